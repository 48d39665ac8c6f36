"""Rules about how requests are made, and in which order an integration is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from tutorflow_mock.domain import near_misses
from tutorflow_mock.domain.lint.finding import Found, echo
from tutorflow_mock.domain.lint.view import STATUS, Call, View

_JSON = "application/json"
_NEAR = 2
_LONGEST_NAME = 64
_MOST_NAMES = 100
_MOST_NEAR_MISSES = 20
_UNASKED = frozenset(("/", "/favicon.ico", "/robots.txt"))
"""What browsers ask for by themselves."""


def no_media_type(view: View) -> Iterator[Found]:
    """TF015: a body that was not sent as `application/json`."""
    for call in view.of(*view.facts.members):
        if call.exchange.body:
            sent = call.facts.get("content-type", "")
            if sent.partition(";")[0].strip().lower() != _JSON:
                how = f"as {echo(sent)}" if sent else "without a Content-Type"
                yield Found(f"{call.entry.operation} was sent {how}", [call], call.entry.job_id)


def misspelt(view: View) -> Iterator[Found]:
    """TF019: an unknown member whose name is almost a known one's, once for each name."""
    seen: set[tuple[str, str]] = set()
    for operation, known in view.facts.members.items():
        for call in view.of(operation):
            for name in islice((name for name in call.members if name not in known), _MOST_NAMES):
                if (operation, name) in seen:
                    continue
                seen.add((operation, name))
                if (meant := _nearest(name, known)) is not None:
                    yield Found(f"{operation} knows no {echo(name)}; {meant} was meant?", [call], call.entry.job_id)


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name within two edits of another; of a short name fewer than half the letters may differ."""
    if len(name) > _LONGEST_NAME:
        return None
    near = ((distance(name, each), each) for each in sorted(known))
    close = [(far, each) for far, each in near if far <= _NEAR and 2 * far < len(each)]
    return min(close)[1] if close else None


def distance(one: str, other: str) -> int:
    """Return how many letters must be put in, taken out or replaced to make one text of another."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, start=1):
        above, row = row, [index]
        for place, wanted in enumerate(other):
            row.append(min(above[place] + (letter != wanted), above[place + 1] + 1, row[place] + 1))
    return row[-1]


def unmatched(view: View) -> Iterator[Found]:
    """TF020: calls that no operation took, one finding for each method and path."""
    groups: dict[tuple[str, str], list[Call]] = {}
    for call in view.calls:
        if call.entry.operation is None and call.path not in _UNASKED:
            groups.setdefault((call.entry.method, call.path), []).append(call)
    for number, ((method, path), calls) in enumerate(groups.items()):
        near = _near_miss(view, method, path) if number < _MOST_NEAR_MISSES else ""
        yield Found(f"{method} {echo(path)} is no operation{near}", calls, calls[0].entry.job_id)


def _near_miss(view: View, method: str, path: str) -> str:
    route, miss = near_misses.of_call(method, path, view.facts.routes)[0]
    hints = "; ".join(difference.hint for difference in miss.differences)
    return f"; nearest is {route.method} {route.path} ({hints})"


def hooks_first(view: View) -> Iterator[Found]:
    """TF021: a subscription before any job was polled to its end, as far as the journal goes back."""
    if not view.is_whole:
        return
    for call in view.calls:
        if call.entry.operation == STATUS and view.shows_end(call):
            return
        if call.entry.operation == "createWebhook" and call.is_success:
            yield Found("A webhook was subscribed before any job had been polled to its end", [call])
            return
