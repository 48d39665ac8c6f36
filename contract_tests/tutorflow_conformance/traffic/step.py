"""A step: a small piece of traffic with a name, what it needs, what it costs, and when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutorflow_conformance.traffic.run import Run

LAST = "last"
PHASES = (
    "look",  # reads without any job
    "identity",  # the admin session
    "hooks",  # subscriptions, before any job
    "limits",  # low-limit keys, exhausted before C, whose key one of them tries, and long before they open again
    "before M",  # refused tries with M's key
    "M",  # the first job
    "companions",  # A and B
    "while M",  # what happens while M is under way
    "end of M",  # M read to its end
    "second",  # C, A2: further jobs
    "while second",  # what happens while C is under way
    "end of second",  # C left alone, then read to its end
    "keys",  # key lifecycle
    "exports",
    "tenancy",  # the second organization
    "deliveries",  # what needs more deliveries
    "around",  # by Schemathesis, what costs no job: keys that are used up open again meanwhile
    "quiet",  # low-limit keys after a minute without calls
    "parallel",
    "clock",  # mock only
    "after clock",  # what is told of it
    "refusals",  # creates that only a faulty target accepts
    "alternatives",  # creates that another value of a behaviour accepts
    LAST,  # what ends something: deleted hooks, revoked keys
)


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of traffic.

    `needs` are the words of the requirements (K an admin session, W a receiver, 2o, N, C), `after` the steps whose
    outcome it uses. `requests` is the most that it sends, `jobs` how many a correct target accepts, `reserve` how many
    creates it sends that a faulty target might accept as well.
    """

    name: str
    phase: str
    send: Callable[[Run], None]
    needs: frozenset[str] = frozenset()
    after: tuple[str, ...] = ()
    requests: int = 1
    jobs: int = 0
    reserve: int = 0


class Steps:
    """All steps by name, in the order in which they are sent."""

    def __init__(self) -> None:
        self._steps: dict[str, Step] = {}

    def step(  # noqa: PLR0913 - a step is a row of a table
        self,
        name: str,
        phase: str,
        *,
        needs: str = "",
        after: Iterable[str] = (),
        requests: int = 1,
        jobs: int = 0,
        reserve: int = 0,
    ) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
        """Return a decorator that makes a function a step."""
        if name in self._steps or phase not in PHASES:
            raise ValueError(f"the step {name!r} exists already, or its phase {phase!r} does not")

        def register(send: Callable[[Run], None]) -> Callable[[Run], None]:
            self._steps[name] = Step(name, phase, send, frozenset(needs.split()), tuple(after), requests, jobs, reserve)
            return send

        return register

    def ordered(self) -> Mapping[str, Step]:
        """Return the steps by phase, within a phase as they were written down."""
        return dict(sorted(self._steps.items(), key=lambda pair: PHASES.index(pair[1].phase)))


STEPS = Steps()
step = STEPS.step
