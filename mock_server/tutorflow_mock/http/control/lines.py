"""The lines of a job's timeline, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain.clock import timestamp

if TYPE_CHECKING:
    from tutorflow_mock.domain.lint.view import Sent
    from tutorflow_mock.domain.model import Entry
    from tutorflow_mock.operations.timeline import Line, Placed


def row(sequence: int, placed: Placed) -> dict[str, object]:
    """Return a line as the control plane tells it."""
    return {"sequence": sequence, "at": timestamp(placed.at), "event": placed.line.event, **_members(placed.line)}


def text(placed: Placed) -> str:
    """Return a line to read."""
    return " ".join([timestamp(placed.at), placed.line.event, *_words(placed.line)]) + "\n"


def _members(line: Line) -> dict[str, object]:
    if line.to is not None:
        return {"to": line.to, "cause": line.cause}
    if (finding := line.finding) is not None:
        told = finding.as_json()
        return {name: told[name] for name in ("rule", "severity", "message", "requestIds", "docs")}
    if line.sent is not None:
        return _attempt(line.sent)
    return {} if line.entry is None else _call(line.entry, line.read)


def _attempt(sent: Sent) -> dict[str, object]:
    delivery, attempt = sent
    return {
        "deliveryId": delivery.id,
        "type": delivery.event,
        "number": attempt.number,
        "responseStatus": attempt.response_status,
        "error": attempt.error,
        "misbehaviour": attempt.misbehaviour,
    }


def _call(entry: Entry, read: int | None) -> dict[str, object]:
    told: dict[str, object] = {
        "requestId": entry.id,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
    }
    if read is not None:
        told["read"] = read
    if entry.note is not None:
        told["idempotency"] = entry.note
    fault = _fault(entry)
    return told if fault is None else {**told, "fault": fault}


def _words(line: Line) -> list[str]:
    if line.to is not None:
        return ["→", line.to, f"({line.cause})"]
    if (finding := line.finding) is not None:
        return [finding.rule, f"{finding.severity}:", finding.message]
    if (sent := line.sent) is not None:
        told = [str(sent.attempt.number), sent.delivery.event, sent.attempt.error or str(sent.attempt.response_status)]
        return told if sent.attempt.misbehaviour is None else [*told, f"({sent.attempt.misbehaviour})"]
    return [] if line.entry is None else _said(line.entry, line.read)


def _said(entry: Entry, read: int | None) -> list[str]:
    fault = _fault(entry)
    words = (None if read is None else str(read), str(entry.status), entry.note, fault and f"(fault {fault})")
    return [word for word in words if word]


def _fault(entry: Entry) -> str | None:
    return None if entry.exchange is None else entry.exchange.fault
