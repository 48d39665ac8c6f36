"""Every behaviour of the contract really switches: one observation for each, under each of its values."""

import pytest
from mock_server.tests.operations.in_process import Mock
from mock_server.tests.operations.observed import access, api_keys, deliveries, jobs, keys_of_jobs, requests, webhooks
from mock_server.tests.operations.observed.observation import OBSERVATIONS

import tutorflow_openapi
from tutorflow_mock.domain.model import Value
from tutorflow_openapi.behaviours import as_text

BEHAVIOURS = tutorflow_openapi.load().behaviours
REGISTERED = (access, api_keys, deliveries, jobs, keys_of_jobs, requests, webhooks)

CASES = [
    pytest.param(name, value, id=f"{name}={as_text(value)}")
    for name in BEHAVIOURS
    for value in OBSERVATIONS[name].expected
]
"""Every observed behaviour with each value that is looked at, in the order of the document."""


def test_every_behaviour_is_observed() -> None:
    """The walk covers the document."""
    assert set(OBSERVATIONS) == set(BEHAVIOURS)


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_every_value_is_looked_at(name: str) -> None:
    """Of a closed list every alternative is observed, of a number the default and one more."""
    behaviour, seen = BEHAVIOURS[name], OBSERVATIONS[name].expected
    if behaviour.alternatives is None:
        assert behaviour.value in seen
        assert len(seen) > 1
    else:
        assert set(behaviour.alternatives) == set(seen)


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_no_two_values_look_the_same(name: str) -> None:
    """Whoever looks can tell the values of a behaviour apart."""
    seen = list(OBSERVATIONS[name].expected.values())
    assert [one for index, one in enumerate(seen) if one in seen[:index]] == []


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_value_shows(name: str, value: Value) -> None:
    """Under each value the mock answers as the document says, in answers that the document declares."""
    observation = OBSERVATIONS[name]
    mock = Mock({**observation.given, name: value})
    assert observation.expected[value] == observation.observe(mock)


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_the_default_is_the_documents(name: str) -> None:
    """Without a word about a behaviour, the mock shows what it shows under the document's own value."""
    observation = OBSERVATIONS[name]
    assert observation.expected[BEHAVIOURS[name].value] == observation.observe(Mock(observation.given))
