"""A delivery's signatures, explained step by step: what a receiver must do to know that we have sent it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain.deliveries import SIGNATURE_HEADER, SIGNATURE_V2_HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.http.dashboard.frame import Frame


class Explained(NamedTuple):
    """One signature: its header with the value of the last attempt, what is signed, and the time in it, if any."""

    version: str
    header: str
    value: str | None
    base: str
    t: str | None = None


def explained(frame: Frame, delivery: Delivery, attempts: Sequence[Attempt]) -> list[Explained]:
    """Return the signatures of a delivery under the session's contract, with what the last attempt bore."""
    sent = {name.lower(): value for name, value in attempts[-1].request_headers} if attempts else {}
    body = delivery.body.decode("utf-8", "replace")
    legacy = Explained("v1", SIGNATURE_HEADER, sent.get(SIGNATURE_HEADER.lower()), body)
    if "v2" not in _versions(frame):
        return [legacy]
    value = sent.get(SIGNATURE_V2_HEADER.lower())
    t = _time_in(value)
    return [legacy, Explained("v2", SIGNATURE_V2_HEADER, value, f"{t or '<t>'}.{body}", t)]


def _versions(frame: Frame) -> tuple[str, ...]:
    value = frame.contract.values["webhook.signatures"]
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _time_in(value: str | None) -> str | None:
    parts = (value or "").split(",")
    return next((part[2:] for part in parts if part.startswith("t=")), None)
