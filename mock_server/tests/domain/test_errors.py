"""The refusals: their codes, and which behaviour's value asks for which."""

import pytest

from tutorflow_mock.domain import errors
from tutorflow_mock.domain.errors import ApiError, refusal
from tutorflow_openapi import Contract, load

CODES = {
    errors.InvalidApiKey: "content_invalid_api_key",
    errors.BareUnauthorized: "content_invalid_api_key",
    errors.InvalidRequest: "content_invalid_request",
    errors.FailedValidation: "content_invalid_request",
    errors.Unprocessable: "content_invalid_request",
    errors.PayloadTooLarge: "content_invalid_request",
    errors.UnsupportedMediaType: "content_invalid_request",
    errors.MethodNotAllowed: "content_invalid_request",
    errors.Forbidden: "content_forbidden",
    errors.NotFound: "content_not_found",
    errors.Conflict: "content_conflict",
    errors.KeyReused: "content_conflict",
    errors.RateLimitExceeded: "content_rate_limit_exceeded",
    errors.InternalError: "content_internal_error",
}


def refusing_values(contract: Contract) -> set[str]:
    """Return the values of behaviours that end in the number of a refusal."""
    alternatives = (value for behaviour in contract.behaviours.values() for value in behaviour.alternatives or ())
    return {value for value in alternatives if isinstance(value, str) and value[-4:-2] == "-4" and value[-2:].isdigit()}


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=[kind.__name__ for kind in CODES])
def test_a_refusal_carries_the_contracts_code(kind: type[ApiError], code: str) -> None:
    """Section 11: 405, 413, 415 and a 422 of validation are invalid requests, the 422 of a reused key is a conflict."""
    error = kind("Because", reason="because", pointers=("#/a",), headers=(("Allow", "GET"),))
    assert (error.code, str(error), error.message) == (code, "Because", "Because")
    assert (error.reason, error.pointers, error.headers) == ("because", ("#/a",), (("Allow", "GET"),))
    assert error.enveloped is (kind is not errors.BareUnauthorized)


def test_the_seven_codes_are_the_contracts() -> None:
    """No code is raised that the document does not list, and none of it is forgotten."""
    assert set(CODES.values()) == set(load().errors)


def test_every_refusing_value_of_the_contract_has_its_error() -> None:
    """Whatever alternative is chosen, the mock knows what to raise: an error whose name in the value is its number."""
    values = refusing_values(load())
    assert {value for value in values if refusal(value) is None} == set()
    assert {"conflict-409", "reject-422", "unenveloped-401", "method-not-allowed-405"} <= values


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *(("reject-400", errors.FailedValidation), ("required-400", errors.FailedValidation)),
        *(("reject-401", errors.InvalidApiKey), ("required-401", errors.InvalidApiKey)),
        *(("invalid-api-key-401", errors.InvalidApiKey), ("unenveloped-401", errors.BareUnauthorized)),
        *(("forbidden-403", errors.Forbidden), ("not-found-404", errors.NotFound)),
        *(("method-not-allowed-405", errors.MethodNotAllowed), ("conflict-409", errors.Conflict)),
        *(("reject-413", errors.PayloadTooLarge), ("reject-415", errors.UnsupportedMediaType)),
        *(("reject-422", errors.KeyReused), ("replay", None), ("state-200", None), ("ok-200", None), ("", None)),
        *((409, None), (1.0, None), ((), None), (None, None), (("v1",), None)),
    ],
)
def test_which_error_a_value_asks_for(value: object, kind: type[ApiError] | None) -> None:
    """A value that refuses nothing, or is no text, asks for no error."""
    assert refusal(value) is kind
