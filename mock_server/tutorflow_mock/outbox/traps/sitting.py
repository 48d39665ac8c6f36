"""One receiver on trial: where it is, what it knows, what has been seen of it so far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain.misbehaviours import catalogue
from tutorflow_mock.domain.misbehaviours.letters import PLAIN, Plan, Send, Wire
from tutorflow_mock.domain.misbehaviours.options import read
from tutorflow_mock.domain.misbehaviours.samples import Ending, Style, sample
from tutorflow_mock.outbox.carrying import carry, is_success
from tutorflow_mock.outbox.post import Manner
from tutorflow_mock.outbox.sender import Outcome

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Clock
    from tutorflow_mock.domain.misbehaviours.letters import Letter
    from tutorflow_mock.outbox.post import Post

_AGAIN = 0.05
"""Seconds between two looks at the probe."""
_GET = Manner(Wire(method="GET"))


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is sent and how patiently, in seconds: a whole request, a trap, an effect to come, and to settle.

    By a mock, `creates` is how long a job or a fetch of the receiver's program is waited for, `fetches` the next one.
    """

    request: float = 10.0
    trap: float = 60.0
    effect: float = 2.0
    settle: float = 0.15
    burst: int = 5 * 100  # a hundred a second
    burst_span: float = 5.0
    slow_span: float = 1.0
    hang_up: float = 1.0
    creates: float = 5.0
    fetches: float = 15.0


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is tried: the URL, where its effects can be counted, and a second secret that it knows, if any."""

    url: str
    probe: str | None = None
    second_secret: str | None = None


class ProbeFailed(Exception):
    """The probe did not answer a count; the message says what it answered."""


@dataclass
class Sitting:
    """A trial under way. `had_effect` is whether a plain delivery did something, None where nobody can tell."""

    subject: Subject
    style: Style
    post: Post
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    had_effect: bool | None = None
    times: list[int] = field(default_factory=list[int])
    right: list[Outcome] = field(default_factory=list[Outcome])
    wrong: list[Outcome] = field(default_factory=list[Outcome])
    _count: int = 0
    _until: float = 0.0

    def begin(self) -> None:
        """Start the time of one trap."""
        self._until = self.clock.elapsed() + self.pace.trap

    def letter(self, ending: Ending = "completed", age: int = 0) -> Letter:
        """Return a new delivery, of a job that ended so many milliseconds ago."""
        self._count += 1
        return sample(self.style, self._count, ending, self.clock.now() - age)

    def plan(self, name: str, letter: Letter | None = None, **options: object) -> Plan:
        """Return what a misbehaviour sends in place of a delivery, of a new one unless one is given."""
        known = read(name, catalogue.CATALOGUE[name].options, options)
        return catalogue.plan(name, letter or self.letter(), known)

    def carried(self, plan: Plan) -> tuple[Outcome, ...]:
        """Send what a plan says."""
        return carry(plan, self.sent)

    def sent(self, send: Send) -> Outcome:
        """Send one request, within what is left of the trap's time."""
        left = self._until - self.clock.elapsed()
        if left <= 0:
            return Outcome(None, (), "", "out of time", None, 0)
        seconds = min(left, self.pace.request)
        return self.post(self.subject.url, send.headers, send.body, seconds, Manner(send.wire))

    def good(self, *sends: Send) -> tuple[Outcome, ...]:
        """Send what is to be taken, one after another, and remember how that went."""
        found = tuple(map(self.sent, sends))
        self.right += found
        plain = [each for each, send in zip(found, sends, strict=True) if send.wire == PLAIN]
        self.times += [each.duration for each in plain if is_success(each)]
        return found

    def bad(self, *plans: Plan) -> tuple[Outcome, ...]:
        """Send what is to be refused, and remember how that went."""
        found = tuple(self.sent(send) for plan in plans for send in plan.sends)
        self.wrong += found
        return found

    def effects(self) -> int:
        """Return how many effects the probe counts; raise ProbeFailed."""
        outcome = self.post(cast("str", self.subject.probe), (), b"", self.pace.request, _GET)
        if not is_success(outcome):
            raise ProbeFailed(f"the probe answered {outcome.error or outcome.status}")
        return _count_in(outcome.body)

    def settled(self) -> int:
        """Return how many effects there are once that number stands still."""
        found = self.effects()
        for _ in range(round(self.pace.effect / self.pace.settle)):
            self.rest(self.pace.settle)
            latest = self.effects()
            if latest == found:
                break
            found = latest
        return found

    def effects_since(self, before: int, wanted: int) -> int:
        """Return how many effects came since; wait for those that are wanted, and for those that are too many."""
        until = self.clock.elapsed() + self.pace.effect
        while self.effects() - before < wanted and self.clock.elapsed() < until:
            self.rest(_AGAIN)
        self.rest(self.pace.settle)
        return self.effects() - before

    @staticmethod
    def rest(seconds: float) -> None:
        """Wait."""
        Event().wait(seconds)


def _count_in(body: str) -> int:
    try:
        value: object = json.loads(body)
    except ValueError as error:
        raise ProbeFailed("the probe answered no JSON") from error
    if isinstance(value, dict):
        value = cast("dict[str, object]", value).get("count")
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProbeFailed('the probe answered neither a whole number nor {"count": <number>}')
    return value
