"""Rules about coming again: after a 429, after a refusal, after a failure, and too often."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from tutorflow_mock.domain.clock import parse_http_date
from tutorflow_mock.domain.lint.finding import Found, Severity, counted, seconds
from tutorflow_mock.domain.lint.view import Call, Sign, View, gap

Early = tuple[Call, Call, float]
"""A 429, the next call on its key, and the milliseconds that it should have waited."""

_DOCUMENTED_WAIT = 30_000
_LONGEST_ASKED = 366 * 86_400_000
_MINUTE = 60_000
_MOST_A_MINUTE = 5
_EVEN = 1.25
"""Gaps are even where none is longer than another by more than a quarter."""
_ENOUGH_GAPS = 3
_FINAL = ("content_invalid_request", "content_invalid_api_key", "content_forbidden", "content_not_found")
_DIGITS = re.compile(r"[0-9]{1,12}")


def hurried(view: View) -> Iterator[Found]:
    """TF005: the next call on a key came before `Retry-After` had run out, or within 30 s of the 429.

    A call that was under way already when the 429 was answered is not the next one.
    """
    for calls in view.by_key.values():
        early = list(_after_limits(view, calls))
        too_soon = [each for each in early if gap(each[0], each[1]) < each[2]]
        hasty = [each for each in early if each not in too_soon and gap(each[0], each[1]) < _DOCUMENTED_WAIT]
        if too_soon:
            yield _hurry(too_soon, f"before Retry-After had run out, {seconds(too_soon[0][2])}", None)
        if hasty:
            yield _hurry(hasty, "within 30 s", "warning")


def _after_limits(view: View, calls: Iterable[Call]) -> Iterator[Early]:
    limited: Call | None = None
    for call in calls:
        if limited is not None and call.exchange.began >= limited.ended:
            yield limited, call, _asked(limited)
            limited = None
        if view.is_limited(call):
            limited = call


def _hurry(early: Sequence[Early], what: str, severity: Severity | None) -> Found:
    limited, call, _ = early[0]
    after = f"the first {seconds(gap(limited, call))} after its 429"
    message = f"{counted(len(early), 'call')} came {what}: {after}"
    calls = list(dict.fromkeys(each for before, after, _ in early for each in (before, after)))
    return Found(message, calls, severity=severity)


def _asked(call: Call) -> float:
    """Return the milliseconds that an answer asks to wait, 0 where it says nothing that can be understood."""
    for name, value in call.exchange.reply_headers:
        if name.lower() == "retry-after":
            if _DIGITS.fullmatch(value):
                return min(int(value) * 1000, _LONGEST_ASKED)
            instant = parse_http_date(value)
            return 0 if instant is None else max(0, instant - call.entry.at)
    return 0


def unchanged(view: View) -> Iterator[Found]:
    """TF016: a request that was refused for good came again as it was, and was refused again.

    Where the journal cannot tell one credential from another, it takes two repeats to be sure.
    """
    final = frozenset(view.facts.statuses[code] for code in _FINAL)
    invalid = view.facts.statuses[_FINAL[0]]
    for run in _runs(view.calls, lambda call: call.entry.status in final and call.exchange.fault is None):
        is_sure = run[0].is_identified or run[0].entry.status == invalid
        if len(run) > (1 if is_sure else 2) and len({call.entry.status for call in run}) == 1:
            again = counted(len(run) - 1, "time")
            message = f"The same request came again {again} after a {run[0].entry.status}"
            yield Found(message, run, run[0].entry.job_id)


def no_backoff(view: View) -> Iterator[Found]:
    """TF017: a request that failed was repeated at gaps that do not grow.

    Two even gaps suffice, of uneven ones it takes three: chance in the pauses is good practice. Only gaps count in
    which the session's clock ran.
    """
    for run in _runs(view.calls, lambda call: call.is_failure, with_next=True):
        if any(call.exchange.stands for call in run):
            continue
        gaps = [gap(before, after) for before, after in pairwise(run)]
        if len(gaps) > 1 and _is_flat(gaps):
            message = f"A failed request was repeated {counted(len(gaps), 'time')} without growing pauses"
            yield Found(message, run, run[0].entry.job_id)


def _is_flat(gaps: Sequence[float]) -> bool:
    is_even = max(gaps) <= min(gaps) * _EVEN
    return is_even or (len(gaps) >= _ENOUGH_GAPS and all(after < before * _EVEN for before, after in pairwise(gaps)))


def _runs(calls: Iterable[Call], is_bad: Callable[[Call], bool], *, with_next: bool = False) -> Iterator[list[Call]]:
    """Tell the runs of one and the same request being answered badly, on demand with the repeat that ended it."""
    running: dict[Sign, list[Call]] = {}
    for call in calls:
        if is_bad(call):
            running.setdefault(call.sign, []).append(call)
        elif running and (run := running.pop(call.sign, None)) is not None:
            yield [*run, call] if with_next else run
    yield from running.values()


def too_many_credentials(view: View) -> Iterator[Found]:
    """TF022: more than five logins, or more than five minted keys, within a minute."""
    for operation, noun in (("login", "logins"), ("createApiKey", "minted keys")):
        calls = view.of(operation)
        burst: dict[str, Call] = {}
        for first, last in zip(calls, calls[_MOST_A_MINUTE:], strict=False):
            if gap(first, last) < _MINUTE:
                burst |= {first.id: first, last.id: last}
        if burst:
            yield Found(f"There were more than {_MOST_A_MINUTE} {noun} within a minute", list(burst.values()))
