"""What the API refuses, one class for each way; a class names its contract code and knows no status number."""

from __future__ import annotations

from typing import ClassVar

Headers = tuple[tuple[str, str], ...]


class ApiError(Exception):
    """A refusal in the contract's words.

    `reason` is the token of `X-Mock-Error`, `pointers` the JSON Pointers (as URI fragments) of the members at fault,
    `headers` what the answer carries besides the envelope; `idempotency` tells what became of an idempotency key,
    `warnings` what the mock remarks, `fault` whose fault it is: the id of a rule, or `prefer`; `wanted` the preferences
    that brought it about, if they came to light on the way.
    """

    code: ClassVar[str]
    enveloped: ClassVar[bool] = True
    idempotency: ClassVar[str | None] = None
    warnings: tuple[str, ...] = ()
    fault: str | None = None
    wanted: object = None

    def __init__(
        self, message: str, *, reason: str | None = None, pointers: tuple[str, ...] = (), headers: Headers = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.pointers = pointers
        self.headers = headers


class InvalidApiKey(ApiError):
    """The credential is missing, malformed, unknown, revoked, expired or of the wrong kind (F-085)."""

    code = "content_invalid_api_key"


class BareUnauthorized(InvalidApiKey):
    """The same refusal without the envelope, as a guard in front of the API would answer it (S34)."""

    enveloped = False


class InvalidRequest(ApiError):
    """The request cannot be read: malformed JSON, wrong media type, bad framing (F-086)."""

    code = "content_invalid_request"


class FailedValidation(InvalidRequest):
    """The request was read and its values are wrong (F-086); its number follows `validation.status`."""


class Unprocessable(InvalidRequest):
    """A failed validation under `validation.status=reject-422`."""


class PayloadTooLarge(InvalidRequest):
    """The body is over `request.max-body-bytes` (S25)."""


class UnsupportedMediaType(InvalidRequest):
    """The media type is not JSON, under `request.bad-media-type=reject-415` (S26)."""


class MethodNotAllowed(InvalidRequest):
    """The path is known, the method is not, under `request.wrong-method=method-not-allowed-405` (S81)."""


class Forbidden(ApiError):
    """The signed-in admin cannot manage the target (F-087)."""

    code = "content_forbidden"


class NotFound(ApiError):
    """The job, key, webhook, lesson or route is unknown here (F-088)."""

    code = "content_not_found"


class Conflict(ApiError):
    """The request conflicts with existing state (F-089)."""

    code = "content_conflict"


class KeyInUse(Conflict):
    """An idempotency key came back with another body, under `conflict-409` (S7)."""

    idempotency = "replayed-other-body"


class KeyReused(KeyInUse):
    """The same under `reject-422`."""


class RateLimitExceeded(ApiError):
    """The key's window is full (F-090)."""

    code = "content_rate_limit_exceeded"


class InternalError(ApiError):
    """The mock itself failed (F-091); never caused by an input."""

    code = "content_internal_error"


_BY_VALUE: dict[str, type[ApiError]] = {
    "reject-400": FailedValidation,
    "reject-401": InvalidApiKey,
    "required-400": FailedValidation,
    "required-401": InvalidApiKey,
    "invalid-api-key-401": InvalidApiKey,
    "unenveloped-401": BareUnauthorized,
    "forbidden-403": Forbidden,
    "not-found-404": NotFound,
    "method-not-allowed-405": MethodNotAllowed,
    "conflict-409": Conflict,
    "reject-413": PayloadTooLarge,
    "reject-415": UnsupportedMediaType,
    "reject-422": KeyReused,
}


def refusal(value: object) -> type[ApiError] | None:
    """Return the error that a behaviour's value asks for, or None where the value refuses nothing."""
    return _BY_VALUE.get(value) if isinstance(value, str) else None
