"""What makes the rest of a run pointless: nobody answers, the key is refused, or somebody else lives there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from tutorflow_conformance.client import Unreachable
from tutorflow_conformance.exchange import NOTHING, Exchange
from tutorflow_conformance.results import FAILED, Finding
from tutorflow_openapi import Contract

FIRST = 3  # answers, or failures to answer, that are enough to tell
CREDENTIAL = "key"
_REFUSED = 401
_REDIRECTS = range(300, 400)
_HTML = ("<!doctype html", "<html")
_SHOWN = 120


class Stopped(Exception):
    """The rest of a run makes no sense; the message is its headline, `is_lost` tells that the target is gone."""

    def __init__(self, headline: str, *, is_lost: bool = False) -> None:
        super().__init__(headline)
        self.is_lost = is_lost


class OutOfTime(Stopped):
    """The run's own time is over."""


class Unfit(Stopped):
    """What was found at the address is not what can be judged there; `shown` is the exchange that tells."""

    def __init__(self, headline: str, expected: str, shown: Exchange) -> None:
        super().__init__(headline)
        self.expected = expected
        self.shown = shown

    def finding(self, requirement: str) -> Finding:
        """Return it as the one finding for all that was not reached."""
        observed = f"{self.shown.id}: {self.shown.status} {self.shown.code or ''}".strip()
        return Finding(requirement, FAILED, self.expected, observed, (self.shown.id,))


class Elsewhere(Unfit):
    """Somebody else answers at the address: nothing can be said of the API."""


class KeyRefused(Unfit):
    """The run's own key opens nothing."""


def check_presence(url: str, seen: Sequence[Exchange]) -> None:
    """Raise Unreachable if nothing has answered yet, and Stopped if nothing answers any more."""
    last = [exchange.error for exchange in seen[-FIRST:]]
    if seen and last[-1] and not any(exchange.answer for exchange in seen):
        first = seen[0]
        raise Unreachable(f"{url} did not answer: {first.error} ({first.request.method} {first.request.path})")
    if len(last) == FIRST and all(last):
        raise Stopped(f"the target was lost: {last[-1]}", is_lost=True)


def lost_with(seen: Sequence[Exchange]) -> frozenset[str]:
    """Return the ids of the exchanges at the end that got no answer: what a lost target did not do is no finding."""
    return frozenset(exchange.id for exchange in takewhile(lambda each: each.error, reversed(seen)))


def check_first_answers(seen: Sequence[Exchange], contract: Contract, enough: int = FIRST) -> None:
    """Raise Unfit if all answers so far, and there are enough, say that this is the wrong key or the wrong address."""
    telling = [exchange for exchange in seen if exchange.answer and (exchange.answer.body or _is_redirect(exchange))]
    if len(telling) >= enough and all(_is_redirect(exchange) or _is_html(exchange) for exchange in telling[:FIRST]):
        raise _elsewhere(telling)
    keyed = [exchange for exchange in seen if _ought_to_open(exchange, contract)][:FIRST]
    if keyed and len(seen) >= enough and all(exchange.status == _REFUSED for exchange in keyed):
        raise KeyRefused("the key was refused", "operations that open with the run's key", keyed[0])


def _elsewhere(telling: Sequence[Exchange]) -> Elsewhere:
    moved = next((exchange for exchange in telling if _is_redirect(exchange)), None)
    if moved is not None:
        where = (moved.header("Location") or "nowhere")[:_SHOWN]
        return Elsewhere(
            f"the target redirects ({moved.status} to {where}); no redirect is followed, since it would carry the"
            " credentials along: give the address that it leads to",
            "answers of the API at the address itself",
            moved,
        )
    return Elsewhere(
        "this is not the API: every answer is HTML; is the address right, and does it need a prefix?",
        "answers in JSON",
        telling[0],
    )


def _is_redirect(exchange: Exchange) -> bool:
    return exchange.status in _REDIRECTS


def _is_html(exchange: Exchange) -> bool:
    body = exchange.answer.body[:_SHOWN].lstrip().lower() if exchange.answer else b""
    declared = "text/html" in (exchange.header("Content-Type") or "").lower()
    return exchange.json is NOTHING and (declared or body.startswith(tuple(map(str.encode, _HTML))))


def _ought_to_open(exchange: Exchange, contract: Contract) -> bool:
    operation = contract.operations.get(exchange.operation or "")
    return operation is not None and exchange.credential == CREDENTIAL and operation.security == "contentApiKey"
