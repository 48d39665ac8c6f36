"""Traps about order, number and transport, and about what is merely seen over a run."""

from __future__ import annotations

from statistics import quantiles
from typing import TYPE_CHECKING

from tutorflow_mock.domain.misbehaviours.catalogue import HOUR
from tutorflow_mock.domain.misbehaviours.letters import Plan, Wire
from tutorflow_mock.outbox.carrying import is_success
from tutorflow_mock.outbox.traps import verdicts
from tutorflow_mock.outbox.traps.verdicts import Finding, told

if TYPE_CHECKING:
    from tutorflow_mock.domain.misbehaviours.letters import Letter
    from tutorflow_mock.outbox.sender import Outcome
    from tutorflow_mock.outbox.traps.sitting import Sitting

_NO_PROBE = "the answers were right; how often it had an effect can be seen with a probe only"
_NO_EFFECT = "the answers were right; a delivery of a job that nobody made has no effect here, so none can be counted"
_EFFECTS = {0: "no second effect", 1: "one effect"}
_SIZES = (1, 20_000, 256_000, 1_000_000)
_SLOW, _TOO_SLOW = 1_000, 5_000
_LEAST_TAKEN = 0.99
_REDIRECT = 3


def plain(sitting: Sitting) -> Finding:
    """W0."""
    before = None if sitting.subject.probe is None else sitting.settled()
    found = verdicts.accepted(sitting.good(sitting.letter().sent()))
    if before is not None and found.verdict == "pass":
        sitting.had_effect = sitting.effects_since(before, 1) > 0
    return found


def _with_effects(sitting: Sitting, before: int, judged: Finding, wanted: int = 1) -> Finding:
    """Add to a judgement of the answers that of the effects, as far as they can be counted."""
    if judged.verdict == "fail":
        return judged
    if (why := _uncountable(sitting)) is not None:
        return verdicts.skipped(why, judged.got)
    count = sitting.effects_since(before, wanted)
    if count == wanted:
        return judged._replace(why=_EFFECTS.get(wanted, f"{wanted} effects"))
    return Finding("fail", f"{judged.got}; effects: {count}", f"{wanted} due, {count} seen")


def _uncountable(sitting: Sitting) -> str | None:
    return _NO_PROBE if sitting.subject.probe is None else None if sitting.had_effect else _NO_EFFECT


def _before(sitting: Sitting) -> int:
    return 0 if _uncountable(sitting) is not None else sitting.settled()


def duplicate(sitting: Sitting) -> Finding:
    """W10."""
    before, letter = _before(sitting), sitting.letter()
    return _with_effects(sitting, before, verdicts.accepted(sitting.good(letter.sent(), letter.sent())))


def concurrent(sitting: Sitting) -> Finding:
    """W11: who is still at it may refuse the others, but not fail."""
    before, plan = _before(sitting), sitting.plan("duplicate-concurrent")
    answers = sitting.carried(plan)
    judged = verdicts.taken_or_refused(answers)
    if judged.verdict == "pass" and not any(map(is_success, answers)):
        judged = Finding("fail", told(answers), "none of them was taken")
    return _with_effects(sitting, before, judged)


class Late:
    """W12, W22: one delivery at the beginning of a run and again at its end."""

    def __init__(self, age: int) -> None:
        self._age = age
        self._letter: Letter | None = None
        self._first: tuple[Outcome, ...] = ()

    def begin(self, sitting: Sitting) -> None:
        """Send it for the first time, and let it have its effect."""
        before = _before(sitting)
        self._letter = sitting.letter(age=self._age)
        self._first = sitting.good(self._letter.sent())
        if _uncountable(sitting) is None:
            sitting.effects_since(before, 1)

    def __call__(self, sitting: Sitting) -> Finding:
        """Send it for the second time: nothing may happen."""
        letter = self._letter or sitting.letter()
        before = _before(sitting)
        return _with_effects(sitting, before, verdicts.accepted((*self._first, *sitting.good(letter.sent()))), 0)


def shuffled(sitting: Sitting) -> Finding:
    """W13."""
    before = _before(sitting)
    newer, older = sitting.letter("failed"), sitting.letter(age=HOUR)
    return _with_effects(sitting, before, verdicts.accepted(sitting.good(newer.sent(), older.sent())), 2)


def foreign_job(sitting: Sitting) -> Finding:
    """W16."""
    if sitting.subject.probe is None:
        return _with_effects(sitting, 0, verdicts.taken_or_refused(sitting.carried(sitting.plan("foreign-job"))))
    before = sitting.settled()
    judged = verdicts.taken_or_refused(sitting.carried(sitting.plan("foreign-job")))
    if judged.verdict == "fail":
        return judged
    if sitting.had_effect:
        why = "the answer was right; this receiver takes each job for one of its own, as it cannot ask for them"
        return verdicts.skipped(why, judged.got)
    count = sitting.effects_since(before, 0)
    return Finding("fail", f"{judged.got}; effects: {count}", "no effect is due") if count else judged


def news(sitting: Sitting) -> Finding:
    """W17."""
    plans = (sitting.plan("extra-fields"), sitting.plan("unknown-event"))
    return verdicts.accepted(sitting.good(*(send for plan in plans for send in plan.sends)))


def closed_early(sitting: Sitting) -> Finding:
    """W19."""
    before, letter = _before(sitting), sitting.letter()
    sitting.sent(letter.sent(wire=Wire(close_after=sitting.pace.hang_up)))
    return _with_effects(sitting, before, verdicts.accepted(sitting.good(letter.sent())))


def burst(sitting: Sitting) -> Finding:
    """W24."""
    sends = tuple(sitting.letter().sent() for _ in range(sitting.pace.burst))
    answers = sitting.carried(Plan(sends, at_once=20, span=sitting.pace.burst_span))
    failures = [each for each in answers if verdicts.is_failure(each)]
    taken = sum(map(is_success, answers))
    if failures:
        return Finding("fail", told(answers), f"{len(failures)} of {len(answers)} failed with 5xx")
    if taken < _LEAST_TAKEN * len(answers):
        return Finding("fail", told(answers), f"{taken} of {len(answers)} were taken; 99 % are due")
    return Finding("pass", told(answers), "taken")


def sizes(sitting: Sitting) -> Finding:
    """W25: by a limit, what is larger than something refused is refused, too."""
    answers = [outcome for size in _SIZES for outcome in sitting.carried(sitting.plan("big-body", bytes=size))]
    judged = verdicts.taken_or_refused(answers)
    taken = [is_success(each) for each in answers[1:]]
    if judged.verdict == "pass" and taken != sorted(taken, reverse=True):
        return Finding("fail", told(answers), "a larger body was taken than one that was refused")
    return judged


def transport(sitting: Sitting) -> Finding:
    """W26."""
    wires = (
        Wire(packet=1),
        Wire(expects_continue=True),
        Wire(version="1.0"),
        Wire(repeats=2),
        Wire(packet=16, span=sitting.pace.slow_span),
    )
    return verdicts.accepted(sitting.good(*(sitting.letter().sent(wire=wire) for wire in wires)))


def header_names(sitting: Sitting) -> Finding:
    """W27."""
    wires = (Wire(case="lower"), Wire(case="odd"))
    return verdicts.accepted(sitting.good(*(sitting.letter().sent(wire=wire) for wire in wires)))


def other_methods(sitting: Sitting) -> Finding:
    """W29."""
    before = None if sitting.subject.probe is None else sitting.settled()
    *sends, _ = sitting.plan("probe-methods").sends
    judged = verdicts.untaken_method(sitting.carried(Plan(tuple(sends))))
    if judged.verdict != "fail" and before is not None and (count := sitting.effects_since(before, 0)):
        return Finding("fail", f"{judged.got}; effects: {count}", "no effect is due")
    return judged


def speed(sitting: Sitting) -> Finding:
    """W18."""
    late = [each for each in sitting.right if each.error == "timeout"]
    if late:
        return Finding("fail", f"{len(late)} without an answer in time", "an answer is due within 5 s")
    if not sitting.times:
        return verdicts.skipped("nothing was taken, so no time was measured")
    times = sorted(sitting.times)
    middle, high = (times[0], times[0]) if len(times) == 1 else _two_of(times)
    got = f"p50 {middle:.0f} ms, p95 {high:.0f} ms, longest {times[-1]} ms over {len(times)}"
    if times[-1] > _TOO_SLOW:
        return Finding("fail", got, "an answer is due within 5 s")
    if times[-1] > _SLOW:
        return Finding("warning", got, "slower than 1 s: answer first, work behind it")
    return Finding("pass", got, "quick")


def _two_of(times: list[int]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    parts = quantiles(times, n=20, method="inclusive")
    return parts[9], parts[18]


def redirects(sitting: Sitting) -> Finding:
    """W20."""
    seen = [each for each in (*sitting.right, *sitting.wrong) if (each.status or 0) // 100 == _REDIRECT]
    if seen:
        return Finding("fail", told(seen), "nobody follows a redirect: the delivery is lost")
    return Finding("pass", "no 3xx", "no redirect")


def bad_taken(sitting: Sitting) -> Finding:
    """W21."""
    if not sitting.wrong:
        return verdicts.skipped("nothing with a wrong signature was sent; run W3 to W8")
    taken = [each for each in sitting.wrong if is_success(each)]
    if taken:
        return Finding("fail", f"{len(taken)} of {len(sitting.wrong)} taken", "a wrong signature is never answered 2xx")
    return Finding("pass", f"none of {len(sitting.wrong)} taken", "refused throughout")
