"""A behaviour is switched by a profile, a flag, or in a session: the flag beats the profile, the session beats both."""

from collections.abc import Mapping

import pytest
from mock_server.tests.operations.in_process import FOREIGN_CLASSROOM, Mock
from mock_server.tests.operations.observed import access, api_keys, jobs, keys_of_jobs, requests, webhooks
from mock_server.tests.operations.observed.observation import OBSERVATIONS

from tutorflow_mock.domain.model import Value
from tutorflow_openapi.behaviours import BehaviourError

REGISTERED = (access, api_keys, jobs, keys_of_jobs, requests, webhooks)
NAME = "create.foreign-classroom"
NOT_FOUND, FORBIDDEN, INVALID = "not-found-404", "forbidden-403", "reject-400"

NOTHING: Mapping[str, Value] = {}


@pytest.mark.parametrize(
    ("profile", "flag", "session", "status"),
    [
        (None, None, None, 404),
        (FORBIDDEN, None, None, 403),
        (None, FORBIDDEN, None, 403),
        (None, None, FORBIDDEN, 403),
        (FORBIDDEN, INVALID, None, 400),
        (FORBIDDEN, None, INVALID, 400),
        (None, FORBIDDEN, INVALID, 400),
        (NOT_FOUND, FORBIDDEN, INVALID, 400),
        (FORBIDDEN, INVALID, NOT_FOUND, 404),
    ],
)
def test_the_nearest_word_counts(profile: str | None, flag: str | None, session: str | None, status: int) -> None:
    """The document's default yields to the profile, that to the flag, that to the session."""
    mock = Mock(_only(flag), profile=_only(profile))
    mock.override(_only(session))
    assert mock.create(classroomId=FOREIGN_CLASSROOM).status == status


def test_layers_join() -> None:
    """A layer that does not speak of a behaviour leaves it to the layer below."""
    mock = Mock({"webhook.create-status": "ok-200"}, profile={"export.success-status": "created-201"})
    mock.override({"login.success-status": "created-201"})
    assert [mock.subscribe().status, mock.export().status, mock.login().status] == [200, 201, 201]


def test_an_override_ends_with_its_session_setting() -> None:
    """Taking the override back brings the flag's value back."""
    mock = Mock({NAME: FORBIDDEN})
    mock.override({NAME: INVALID})
    mock.override(NOTHING)
    assert mock.create(classroomId=FOREIGN_CLASSROOM).status == 403


def test_an_unknown_value_never_starts() -> None:
    """A flag or profile with a value that the behaviour does not have is refused with the ones that it has."""
    for layer in ("behaviours", "profile"):
        with pytest.raises(BehaviourError, match="not-found-404, forbidden-403, reject-400"):
            Mock(**{layer: {NAME: "teapot-418"}})


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_a_profile_and_a_session_switch_what_a_flag_does(name: str) -> None:
    """Every behaviour can be switched by each of the other two ways as well."""
    observation = OBSERVATIONS[name]
    value, expected = list(observation.expected.items())[-1]
    by_profile = Mock(profile={**observation.given, name: value})
    by_session = Mock(observation.given)
    by_session.override({name: value})
    assert observation.observe(by_profile) == expected
    assert observation.observe(by_session) == expected


def _only(value: str | None) -> Mapping[str, Value]:
    return NOTHING if value is None else {NAME: value}
