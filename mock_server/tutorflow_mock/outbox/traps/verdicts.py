"""What a trap has shown of a receiver, and how answers are judged."""

from __future__ import annotations

from collections.abc import Sequence
from http.client import BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, UNAUTHORIZED, UNSUPPORTED_MEDIA_TYPE
from typing import TYPE_CHECKING, Literal, NamedTuple

from tutorflow_mock.outbox.carrying import is_success

if TYPE_CHECKING:
    from tutorflow_mock.outbox.sender import Outcome

Verdict = Literal["pass", "fail", "warning", "skipped"]
Answers = Sequence["Outcome"]

_REFUSALS = frozenset((int(BAD_REQUEST), int(UNAUTHORIZED)))
_UNKNOWN = frozenset((int(NOT_FOUND), int(METHOD_NOT_ALLOWED)))
_CLIENT, _SERVER = 4, 5
_MOST_TOLD = 6


class Finding(NamedTuple):
    """A verdict on a receiver: what came back, and why that is right or wrong."""

    verdict: Verdict
    got: str
    why: str


class Result(NamedTuple):
    """What came of one trap."""

    trap: str
    name: str
    verdict: Verdict
    sent: str
    expected: str
    got: str
    why: str

    def row(self) -> dict[str, str]:
        """Return the result as it is shown."""
        return self._asdict()


def skipped(why: str, got: str = "") -> Finding:
    """Return that a trap could not tell anything."""
    return Finding("skipped", got, why)


def said(outcome: Outcome) -> str:
    """Return in a word what came back."""
    return outcome.error or str(outcome.status)


def told(answers: Answers) -> str:
    """Return in a few words what came back, equal answers counted."""
    counted: dict[str, int] = {}
    for each in answers:
        counted[said(each)] = counted.get(said(each), 0) + 1
    parts = [word if number == 1 else f"{number} × {word}" for word, number in counted.items()]
    return ", ".join(parts[:_MOST_TOLD])


def accepted(answers: Answers) -> Finding:
    """Judge answers to what is right: 2xx and nothing else."""
    bad = [each for each in answers if not is_success(each)]
    if bad:
        return Finding("fail", told(answers), f"a correct delivery is answered 2xx, not {said(bad[0])}")
    return Finding("pass", told(answers), "taken")


def refused(answers: Answers, refusals: frozenset[int] = _REFUSALS) -> Finding:
    """Judge answers to what is wrong: 400 or 401, a 4xx of another kind at the least; never 2xx, never a failure."""
    known = " or ".join(map(str, sorted(refusals)))
    for each in answers:
        if is_success(each):
            return Finding("fail", told(answers), f"it was taken, where {known} is due")
        if status_class(each) != _CLIENT:
            return Finding("fail", told(answers), f"{said(each)} is no refusal; {known} is due")
    if any(each.status not in refusals for each in answers):
        return Finding("warning", told(answers), f"refused, but with another status than {known}")
    return Finding("pass", told(answers), "refused")


def taken_or_refused(answers: Answers) -> Finding:
    """Judge answers to what may be taken and may be refused: 2xx or 4xx."""
    for each in answers:
        if status_class(each) != _CLIENT and not is_success(each):
            return Finding("fail", told(answers), f"{said(each)} is neither success nor refusal")
    return Finding("pass", told(answers), "taken or refused, and no failure")


def untaken_method(answers: Answers) -> Finding:
    """Judge answers to methods that a receiver does not serve: 405 or 404; OPTIONS may be told what is allowed."""
    *others, options = answers
    for each in others:
        if status_class(each) != _CLIENT:
            return Finding("fail", told(answers), f"{said(each)} where 405 or 404 is due")
    if is_success(options):
        names = {name.lower() for name, _ in options.headers}
        if "allow" not in names:
            return Finding("fail", told(answers), "OPTIONS succeeds and does not say what is allowed")
    elif status_class(options) != _CLIENT:
        return Finding("fail", told(answers), f"{said(options)} where 405 or 404 is due")
    if any(each.status not in _UNKNOWN for each in others):
        return Finding("warning", told(answers), "refused, but with another status than 405 or 404")
    return Finding("pass", told(answers), "not served")


def packed(answers: Answers) -> Finding:
    """Judge answers to a body that is compressed, as deliveries never are."""
    if any(is_success(each) for each in answers):
        return Finding("warning", told(answers), "compressed bodies are taken; deliveries are never compressed")
    return refused(answers, _REFUSALS | {int(UNSUPPORTED_MEDIA_TYPE)})


def is_failure(outcome: Outcome) -> bool:
    """Tell whether a receiver has failed: a status of its own failures."""
    return status_class(outcome) == _SERVER


def status_class(outcome: Outcome) -> int | None:
    """Return the class of an answer's status; None where no whole answer came."""
    return None if outcome.error is not None or outcome.status is None else outcome.status // 100
