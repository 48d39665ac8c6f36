"""Rules about receivers of webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from tutorflow_mock.domain.lint.finding import Found, seconds
from tutorflow_mock.domain.lint.view import Sent, View

_REFUSALS = (3, 4)
"""The classes of the statuses with which a receiver turns a delivery away for good."""
_QUICK, _SLOW = 1_000, 5_000
_OBSERVED = frozenset(("slow-receiver", "redirect-answer", "accepted-bad"))
"""Misbehaviours that change nothing and only look."""
_WRONG_SIGNATURES = frozenset(
    (
        "empty-signature",
        "short-signature",
        "long-signature",
        "non-ascii-signature",
        "no-signature",
        "double-signature",
        "prefixed-signature",
        "base64-signature",
        "wrong-secret",
        "altered-body",
        "stale-timestamp",
        "future-timestamp",
    )
)
"""Misbehaviours that no receiver may accept; upper-case hex is none, since some compare without regard to case."""


def refused(view: View) -> Iterator[Found]:
    """TF010: a receiver turned a genuine delivery away, with 3xx or 4xx; what fails for a while is tried again."""
    for sent in view.sent:
        status = sent.attempt.response_status
        if status is None or status // 100 not in _REFUSALS or not _is_genuine(sent):
            continue
        if sent.delivery.job_id is not None and sent.attempt.diagnosis != "clock-skew":
            yield _about(sent, f"The receiver answered {status} to a genuine {sent.delivery.event}")


def slow(view: View) -> Iterator[Found]:
    """TF011: a receiver took more than five seconds, or more than one, in real time."""
    for sent in view.sent:
        took = sent.attempt.duration
        if took > _QUICK and sent.attempt.connected_to is not None and _is_genuine(sent):
            found = _about(sent, f"The receiver took {seconds(took)}")
            yield found if took > _SLOW else found._replace(severity="info")


def accepted_forgery(view: View) -> Iterator[Found]:
    """TF012: a receiver answered 2xx to a signature that is wrong."""
    for sent in view.sent:
        if sent.attempt.is_success and (wrong := _WRONG_SIGNATURES & set(_misbehaviours(sent))):
            yield _about(sent, f"The receiver accepted a delivery with {min(wrong)}")


def _is_genuine(sent: Sent) -> bool:
    return set(_misbehaviours(sent)) <= _OBSERVED


def _misbehaviours(sent: Sent) -> list[str]:
    told = sent.attempt.misbehaviour
    return [] if told is None else [name.strip() for name in told.split(",")]


def _about(sent: Sent, message: str) -> Found:
    delivery = sent.delivery
    return Found(message, job_id=delivery.job_id, delivery_id=delivery.id)
