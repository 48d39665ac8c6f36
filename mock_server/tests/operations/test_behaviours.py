"""Every behaviour of the contract really switches: one observation for each, under each of its values."""

from collections.abc import Mapping

import pytest
from mock_server.tests.operations.in_process import Mock
from mock_server.tests.operations.observed import access, api_keys, jobs, keys_of_jobs, requests, webhooks
from mock_server.tests.operations.observed.observation import OBSERVATIONS

import tutorflow_openapi
from tutorflow_mock.domain.model import Value
from tutorflow_openapi.behaviours import as_text

BEHAVIOURS = tutorflow_openapi.load().behaviours
REGISTERED = (access, api_keys, jobs, keys_of_jobs, requests, webhooks)

COME_WITH_THE_DELIVERIES: Mapping[str, str] = {
    "webhook.payload": "the shape of a delivery's body",
    "webhook.signatures": "the headers of a delivery",
    "webhook.retry-schedule": "when a delivery is sent again",
    "webhook.timeout": "how long a delivery waits for its receiver",
    "webhook.late-subscription": "who is sent a delivery",
    "webhook.deleted-pending": "whether a retry is still sent",
    "webhook.auto-disable": "what failed deliveries do to a subscription",
    "export.webhook": "whether an export is delivered",
}
"""The behaviours of sending, which nothing shows before something is sent."""


CASES = [
    pytest.param(name, value, id=f"{name}={as_text(value)}")
    for name in BEHAVIOURS
    if name in OBSERVATIONS
    for value in OBSERVATIONS[name].expected
]
"""Every observed behaviour with each value that is looked at, in the order of the document."""


def test_every_behaviour_is_observed_or_waits_for_the_deliveries() -> None:
    """The walk covers the document: what it leaves out is exactly what only a delivery can show."""
    assert set(COME_WITH_THE_DELIVERIES) == set(BEHAVIOURS) - set(OBSERVATIONS)
    assert set(OBSERVATIONS) <= set(BEHAVIOURS)


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
