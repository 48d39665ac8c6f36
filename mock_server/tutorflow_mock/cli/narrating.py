"""What `listen` says: a line for each attempt and each answer, for people or for programs."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from tutorflow_mock.cli.attending import Attendance
    from tutorflow_mock.receivers.listen import Answer, Received

_SUCCESS = 2  # the class of the statuses that say so
_SHOWN_BODY = 4096


class Narrator:
    """Tells what comes; `stop` is set when nobody reads any more."""

    def __init__(self, stop: Event, *, as_json: bool) -> None:
        self._stop = stop
        self._as_json = as_json
        self._attendance: Attendance | None = None
        self._clock = SystemClock()
        self._lock = Lock()
        self._deliveries: dict[int, Mapping[str, Any]] = {}
        self._seen: set[str] = set()
        self._counts = {"attempts": 0, "accepted": 0, "refused": 0, "invalidSignatures": 0}

    def attending(self, attendance: Attendance) -> None:
        """Learn for whom it speaks."""
        self._attendance = attendance

    def ready(self, attendance: Attendance, forward_to: str | None, *, show_secret: bool) -> None:
        """Tell that it listens, and the secrets that were asked for or just made."""
        secret = {"secret": attendance.secret} if show_secret else {}
        environment = {"environment": dict(attendance.environment)} if attendance.environment else {}
        if self._as_json:
            told = {
                "type": "ready",
                "url": attendance.url,
                "session": attendance.session,
                "events": list(attendance.events),
                "subscriptionId": attendance.webhook_id,
                "forwardTo": forward_to,
            }
            self._say(told | secret | environment)
            return
        lines = [f"export {name}={value}" for name, value in attendance.environment.items()]
        lines += [f"Secret: {attendance.secret}"] if show_secret else []
        lines += [f"Forwarding to {showing.cell(forward_to)}"] if forward_to else []
        events = ", ".join(attendance.events)
        self._print("\n".join([*lines, f"Listening on {attendance.url} for {events} of {attendance.session}"]))

    def heard(self, received: Received) -> None:
        """Tell of an attempt."""
        digest, verdict = hashlib.sha256(received.body).hexdigest(), received.verdict
        delivery = (self._attendance.delivery(digest) if self._attendance else None) or {}
        with self._lock:
            self._deliveries[received.number] = delivery
            self._seen.add(str(delivery.get("id", received.number)))
            self._counts["attempts"] += 1
            self._counts["invalidSignatures"] += not verdict.is_valid
        if self._as_json:
            signature = {"valid": verdict.is_valid, "step": verdict.step, "why": verdict.why, "hint": verdict.hint}
            body = received.body[:_SHOWN_BODY].decode("utf-8", "replace")
            told = {"type": "delivery", "at": self._now(), "event": received.event, **_which(delivery)}
            self._say({**told, "signature": signature, "body": body})
            return
        words = ["-->", received.event or "no event", *_words(delivery)]
        judged = "signature valid" if verdict.is_valid else f"signature fails at {verdict.step}: {verdict.why}"
        self._print(f"{self._now()} {showing.cell(' '.join(words))} · {judged}")

    def answered(self, received: Received, answer: Answer) -> None:
        """Tell what goes back."""
        with self._lock:
            self._counts["accepted" if answer.status // 100 == _SUCCESS else "refused"] += 1
            delivery = self._deliveries.pop(received.number, {})
        if self._as_json:
            told = {"type": "answer", "at": self._now(), **_which(delivery), "status": answer.status}
            self._say({**told, "error": answer.error, "durationMillis": answer.duration})
            return
        trouble = f" · the receiver gave no answer: {showing.cell(answer.error)}" if answer.error else ""
        self._print(f"{self._now()} <-- {answer.status} in {answer.duration} ms{trouble}")

    def summary(self) -> None:
        """Tell what it came to."""
        told = {"type": "summary", "deliveries": len(self._seen), **self._counts}
        if self._as_json:
            self._say(told)
            return
        counts = (
            ("deliveries", len(self._seen)),
            *((name, count) for name, count in self._counts.items() if name != "invalidSignatures"),
            ("signatures that fail", self._counts["invalidSignatures"]),
        )
        self._print(", ".join(f"{name}: {count}" for name, count in counts))

    def _now(self) -> str:
        return timestamp(self._clock.now())

    def _say(self, value: Any) -> None:
        self._tell(lambda: showing.as_json(value))

    def _print(self, text: str) -> None:
        self._tell(lambda: click.echo(text))

    def _tell(self, speak: Any) -> None:
        try:
            with self._lock:
                speak()
        except OSError:
            self._stop.set()


def _which(delivery: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "deliveryId": delivery.get("id"),
        "attempt": delivery.get("attempts"),
        "jobId": delivery.get("jobId"),
    }


def _words(delivery: Mapping[str, Any]) -> list[str]:
    if not delivery:
        return []
    job = [f"job {delivery['jobId']}"] if delivery["jobId"] else []
    return [*job, f"delivery {delivery['id']}", f"attempt {delivery['attempts']}"]
