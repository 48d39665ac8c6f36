"""The traps that this revision knows: what is sent, what a correct receiver does, and how that is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutorflow_mock.domain.misbehaviours.catalogue import HOUR
from tutorflow_mock.outbox.traps import conduct, signatures, verdicts

if TYPE_CHECKING:
    from tutorflow_mock.outbox.traps.sitting import Sitting
    from tutorflow_mock.outbox.traps.verdicts import Finding

Check = Callable[["Sitting"], "Finding"]

PLAIN = "W0"
"""The trap that is none: without a correct delivery taken, nothing can be told."""
EVERY = "*"
_CREATES = "the receiver's own program must create a job for it"
_FETCHES = "the receiver must fetch from a mock for it"


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap; `begin` is done at the start of a run where the rest comes late. A `seen` one is judged at the end."""

    id: str
    name: str
    sent: str
    expected: str
    check: Check
    begin: Callable[[Sitting], None] | None = None
    is_seen: bool = False


def _by_a_mock(why: str) -> Check:
    return lambda _: verdicts.skipped(f"{why}: run it by a mock, with --url or POST /__admin/webhooks/check")


def catalogue() -> tuple[Trap, ...]:
    """Return the traps in their order; those that remember something are new each time."""
    a_day_later, a_week_later = conduct.Late(25 * HOUR), conduct.Late(7 * 24 * HOUR)
    taken, refused = "2xx", "400 or 401"
    return (
        Trap(PLAIN, "plain", "a correct delivery", taken, conduct.plain),
        Trap("W1", "reformatted-json", "a body that parsers print otherwise", taken, signatures.raw_bytes),
        Trap("W2", "plain-chunked", "chunked, with a charset", taken, signatures.chunked),
        Trap("W3", "odd-length-signature", "signatures of 0, 2, 63, 65 digits", refused, signatures.odd_lengths),
        Trap("W4", "non-ascii-signature", "64 characters that are 65 bytes", refused, signatures.not_ascii),
        Trap("W5", "missing-signature", "no signature, `undefined`, two", refused, signatures.missing),
        Trap("W6", "other-spelling", "prefix, base64, upper case, a space", refused, signatures.other_spellings),
        Trap("W7", "wrong-secret", "signed with another secret", refused, signatures.foreign_secret),
        Trap("W8", "altered-body", "one byte changed", refused, signatures.changed_body),
        Trap("W9", "not-json", "well signed, and no JSON object", "2xx or 400", signatures.doubtful_bodies),
        Trap("W10", "duplicate", "the same delivery twice", "2xx twice, one effect", conduct.duplicate),
        Trap("W11", "duplicate-concurrent", "the same delivery 20 times at once", "one effect", conduct.concurrent),
        Trap("W12", "duplicate-late", "one again at the end of the run", "one effect", a_day_later, a_day_later.begin),
        Trap("W13", "reorder", "an older event behind a newer one", "both take effect", conduct.shuffled),
        Trap("W14", "before-response", "a delivery before the create is answered", taken, _by_a_mock(_CREATES)),
        Trap("W15", "drop", "nothing: the delivery is lost", "polling finds the result", _by_a_mock(_CREATES)),
        Trap("W16", "foreign-job", "a job that does not exist", "2xx or 4xx, no effect", conduct.foreign_job),
        Trap("W17", "extra-fields", "unknown members, output, event", taken, conduct.news),
        Trap("W18", "slow-receiver", "(seen) time to 2xx", "within 1 s, 5 s at most", conduct.speed, is_seen=True),
        Trap("W19", "close-early", "the sender hangs up, then tries again", "one effect", conduct.closed_early),
        Trap("W20", "redirect-answer", "(seen) 3xx", "never", conduct.redirects, is_seen=True),
        Trap("W21", "accepted-bad", "(seen) 2xx to a wrong signature", "never", conduct.bad_taken, is_seen=True),
        Trap("W22", "replay", "a week-old one at the end of the run", "one effect", a_week_later, a_week_later.begin),
        Trap("W23", "rotation", "20 events under two secrets", taken, signatures.two_secrets),
        Trap("W24", "burst", "500 deliveries in 5 s", "99 % 2xx, no 5xx", conduct.burst),
        Trap("W25", "big-body", "1 byte, 20 kB, 256 kB, 1 MB", "2xx or 4xx by a limit", conduct.sizes),
        Trap("W26", "transport", "byte by byte, Expect, HTTP/1.0, reused, slow", taken, conduct.transport),
        Trap("W27", "header-case", "header names in lower and odd case", taken, conduct.header_names),
        Trap("W28", "fetch-fails", "a delivery, then fetches that fail", "fetches again", _by_a_mock(_FETCHES)),
        Trap("W29", "probe-methods", "GET, HEAD, OPTIONS", "405 or 404, no effect", conduct.other_methods),
        Trap("W30", "gzip-body", "compressed bodies", "400, 401 or 415", signatures.compressed),
    )


def chosen(traps: tuple[Trap, ...], wanted: tuple[str, ...]) -> tuple[Trap, ...]:
    """Return the traps of these ids, all for `*`; raise KeyError with one that is unknown."""
    if EVERY in wanted:
        return traps
    known = {trap.id: trap for trap in traps}
    for each in wanted:
        if each not in known:
            raise KeyError(each)
    return tuple(trap for trap in traps if trap.id in wanted or trap.id == PLAIN)
