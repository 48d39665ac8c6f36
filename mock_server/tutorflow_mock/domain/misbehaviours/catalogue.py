"""Every misbehaviour by its name: its trap, its options, and what is sent in place of a delivery."""

from __future__ import annotations

import base64
import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from tutorflow_mock.domain.misbehaviours import bodies
from tutorflow_mock.domain.misbehaviours.letters import CONTENT_TYPE, Plan, Send, Wire
from tutorflow_mock.domain.misbehaviours.options import Choice, Span, Text, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutorflow_mock.domain.misbehaviours.letters import Letter, Options
    from tutorflow_mock.domain.misbehaviours.options import Kinds

    Act = Callable[[Letter, Options], Plan]

HOUR = 3_600_000
REFUSED_METHODS = ("GET", "HEAD", "OPTIONS")
"""What a receiver of deliveries does not answer."""
NOT_JSON = ("text", "array", "huge-integer", "duplicate-keys")
GZIP_SIGNED = ("compressed", "plain")

_HEX = 64
_SOON = 0
_BURST_AT_ONCE = 20
_A_BURST = 5 * 100  # a hundred a second, for five seconds
_USUAL_FAILURES = "404,429,500"


class Misbehaviour(NamedTuple):
    """One entry of the catalogue; `act` is None for what the outbox does by itself."""

    trap: str
    act: Act | None = None
    options: Kinds = MappingProxyType({})


def wrong_secret(secret: str) -> str:
    """Return another secret of the same form."""
    return hashlib.sha256(f"not {secret}".encode()).hexdigest()


def _as_it_is(letter: Letter, _: Options) -> Plan:
    return Plan((letter.sent(),))


def _twice(letter: Letter, _: Options) -> Plan:
    return Plan((letter.sent(),), later=_SOON)


def _sending(make: Callable[[Letter, Options], Send]) -> Act:
    return lambda letter, options: Plan((make(letter, options),))


def _told_else(make: Callable[[Letter, Options], bytes]) -> Act:
    """Return what sends other bytes first, signed well, and the delivery itself behind them."""
    return lambda letter, options: Plan((letter.sent(make(letter, options)),), later=_SOON)


def _forged(make: Callable[[Letter, Options], Send]) -> Act:
    return lambda letter, options: Plan((make(letter, options),), is_forged=True)


def _wired(make: Callable[[Options], Wire]) -> Act:
    return lambda letter, options: Plan((letter.sent(wire=make(options)),))


def _signed(make: Callable[[Letter, Options], tuple[str, ...]]) -> Act:
    return _forged(lambda letter, options: letter.signed_as(*make(letter, options)))


def _number(options: Options, name: str) -> int:
    return cast("int", options[name])


def _text(options: Options, name: str) -> str:
    return cast("str", options[name])


def _absent(_: Letter, options: Options) -> tuple[str, ...]:
    return () if options["instead"] is None else (_text(options, "instead"),)


def _stretched(letter: Letter, options: Options) -> tuple[str, ...]:
    length = _number(options, "length")
    return ((letter.signature * (length // _HEX + 1))[:length],)


def _encoded(letter: Letter, _: Options) -> tuple[str, ...]:
    return (base64.b64encode(bytes.fromhex(letter.signature)).decode(),)


def _chunked(letter: Letter, _: Options) -> Plan:
    headers = tuple(each for each in letter.headers() if each != CONTENT_TYPE)
    charset = (*headers, ("Content-Type", "application/json; charset=utf-8"))
    return Plan((Send(charset, letter.body, Wire(is_chunked=True)),))


def _gzipped(letter: Letter, options: Options) -> Plan:
    packed = bodies.gzipped(letter.body)
    headers = letter.headers(packed if options["signed"] == "compressed" else None)
    return Plan((Send((*headers, ("Content-Encoding", "gzip")), packed),), later=_SOON)


def _unknown_event(letter: Letter, options: Options) -> Plan:
    return Plan((letter.sent(event=_text(options, "event")),), later=_SOON)


def _at_once(letter: Letter, options: Options) -> Plan:
    count = _number(options, "count")
    return Plan((letter.sent(),) * count, at_once=count)


def _burst(letter: Letter, options: Options) -> Plan:
    return Plan((letter.sent(),) * _number(options, "count"), _BURST_AT_ONCE, _number(options, "spanMillis") / 1000)


def _later(letter: Letter, options: Options) -> Plan:
    return Plan((letter.sent(),), later=_number(options, "after"))


def _probes(letter: Letter, _: Options) -> Plan:
    return Plan((*(Send((), b"", Wire(method=method)) for method in REFUSED_METHODS), letter.sent()))


def _cased(options: Options) -> Wire:
    return Wire(case=cast("Literal['lower', 'odd']", options["case"]))


BEFORE_RESPONSE, DROP, REORDER, FETCH_FAILS = "before-response", "drop", "reorder", "fetch-fails"

CATALOGUE: Mapping[str, Misbehaviour] = {
    "reformatted-json": Misbehaviour(
        "W1", _sending(lambda letter, options: letter.sent(bodies.reformatted(letter.body)))
    ),
    "plain-chunked": Misbehaviour("W2", _chunked),
    "empty-signature": Misbehaviour("W3", _signed(lambda letter, options: ("",))),
    "short-signature": Misbehaviour("W3", _signed(_stretched), {"length": Whole(2, 1, _HEX - 1)}),
    "long-signature": Misbehaviour("W3", _signed(_stretched), {"length": Whole(_HEX + 1, _HEX + 1, 4_096)}),
    "non-ascii-signature": Misbehaviour("W4", _signed(lambda letter, options: ("é" + "a" * (_HEX - 1),))),
    "no-signature": Misbehaviour("W5", _signed(_absent), {"instead": Text()}),
    "double-signature": Misbehaviour("W5", _signed(lambda letter, options: (letter.signature, letter.signature))),
    "upper-hex": Misbehaviour("W6", _sending(lambda letter, options: letter.signed_as(letter.signature.upper()))),
    "prefixed-signature": Misbehaviour(
        "W6",
        _signed(lambda letter, options: (f"{options['prefix']}{letter.signature}",)),
        {"prefix": Text("sha256=")},
    ),
    "base64-signature": Misbehaviour("W6", _signed(_encoded)),
    "wrong-secret": Misbehaviour(
        "W7", _forged(lambda letter, options: letter.sent(secret=wrong_secret(letter.secret)))
    ),
    "altered-body": Misbehaviour(
        "W8", _forged(lambda letter, options: Send(letter.headers(), bodies.altered(letter.body)))
    ),
    "not-json": Misbehaviour(
        "W9",
        _told_else(lambda letter, options: bodies.not_json(cast("bodies.NotJson", options["kind"]))),
        {"kind": Choice(NOT_JSON)},
    ),
    "duplicate": Misbehaviour("W10", _twice),
    "duplicate-concurrent": Misbehaviour("W11", _at_once, {"count": Whole(20, 2, 50)}),
    "duplicate-late": Misbehaviour("W12", _later, {"after": Span(25 * HOUR)}),
    REORDER: Misbehaviour("W13", None, {"after": Span(60_000)}),
    BEFORE_RESPONSE: Misbehaviour("W14", _as_it_is, {"timeoutMillis": Whole(2_000, 0, 10_000)}),
    DROP: Misbehaviour("W15"),
    "foreign-job": Misbehaviour(
        "W16",
        _told_else(
            lambda letter, options: bodies.of_another_job(
                letter.body, letter.delivery.job_id, cast("str | None", options["jobId"])
            )
        ),
        {"jobId": Text()},
    ),
    "extra-fields": Misbehaviour("W17", _sending(lambda letter, options: letter.sent(bodies.with_more(letter.body)))),
    "unknown-event": Misbehaviour("W17", _unknown_event, {"event": Text("content.archived")}),
    "close-early": Misbehaviour(
        "W19",
        _wired(lambda options: Wire(close_after=_number(options, "afterMillis") / 1000)),
        {"afterMillis": Whole(1_000, 0, 60_000)},
    ),
    "replay": Misbehaviour("W22", _later, {"after": Span(7 * 24 * HOUR)}),
    "rotation": Misbehaviour(
        "W23",
        _sending(lambda letter, options: letter.sent(secret=_text(options, "secret"))),
        {"secret": Text(is_required=True)},
    ),
    "burst": Misbehaviour("W24", _burst, {"count": Whole(_A_BURST, 1, 1_000), "spanMillis": Whole(5_000, 0, 60_000)}),
    "big-body": Misbehaviour(
        "W25",
        _told_else(lambda letter, options: bodies.of_size(letter.body, _number(options, "bytes"))),
        {"bytes": Whole(1_000_000, 1, 16_000_000)},
    ),
    "slow-send": Misbehaviour(
        "W26",
        _wired(lambda options: Wire(packet=16, span=_number(options, "spanMillis") / 1000)),
        {"spanMillis": Whole(3_000, 0, 60_000)},
    ),
    "one-byte-packets": Misbehaviour("W26", _wired(lambda options: Wire(packet=1))),
    "http10": Misbehaviour("W26", _wired(lambda options: Wire(version="1.0"))),
    "header-case": Misbehaviour("W27", _wired(_cased), {"case": Choice(("lower", "odd"))}),
    FETCH_FAILS: Misbehaviour("W28", _as_it_is, {"statuses": Text(_USUAL_FAILURES)}),
    "probe-methods": Misbehaviour("W29", _probes),
    "gzip-body": Misbehaviour("W30", _gzipped, {"signed": Choice(GZIP_SIGNED)}),
}
"""What can be ordered, by name."""

LATER_REVISION = {"stale-timestamp": "W31", "future-timestamp": "W32", "one-signature-of-two": "W33"}
"""What needs a signature with a timestamp, which this revision does not have."""
OBSERVED = {"slow-receiver": "W18", "redirect-answer": "W20", "accepted-bad": "W21"}
"""What is not sent but seen, over a check of a receiver."""


def plan(name: str, letter: Letter, options: Options) -> Plan:
    """Return what is sent in place of a delivery; for what the outbox does by itself, the delivery as it is."""
    return (CATALOGUE[name].act or _as_it_is)(letter, options)
