"""What an observation of a behaviour is, and the register that every module beside this one adds to."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mock_server.tests.operations.in_process import Json, Mock

from tutorflow_mock.domain.model import Value

CREATED = (200, None)
INVALID = (400, "content_invalid_request")
UNAUTHORIZED = (401, "content_invalid_api_key")
FORBIDDEN = (403, "content_forbidden")
MISSING = (404, "content_not_found")
CONFLICT = (409, "content_conflict")
LIMITED = (429, "content_rate_limit_exceeded")


class Observation(NamedTuple):
    """How a behaviour is looked at, what is seen under each of its values, and which other behaviours it needs."""

    observe: Callable[[Mock], Json]
    expected: Mapping[Value, Json]
    given: Mapping[str, Value]


OBSERVATIONS: dict[str, Observation] = {}


def observes(
    behaviour: str, expected: Mapping[Value, Json], given: Mapping[str, Value] | None = None
) -> Callable[[Callable[[Mock], Json]], Callable[[Mock], Json]]:
    """Register the observation of a behaviour, with what its document says must be seen under each value."""

    def register(observe: Callable[[Mock], Json]) -> Callable[[Mock], Json]:
        assert behaviour not in OBSERVATIONS, f"{behaviour} is observed twice"
        OBSERVATIONS[behaviour] = Observation(observe, expected, given or {})
        return observe

    return register
