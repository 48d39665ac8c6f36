"""Logs on stderr: one record is one line, nothing in it moves a cursor, and no secret survives in it."""

from __future__ import annotations

import json
import logging
import sys
from typing import Literal

from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.redaction import on_one_line, redacted

LogFormat = Literal["text", "json"]


def configure(style: LogFormat, level: str) -> None:
    """Send all records of this process to stderr, in place of whatever handled them before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


class _Text(logging.Formatter):
    """`2026-07-04T00:00:00.000Z ERROR message`, a traceback behind it on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        parts = (_instant(record), record.levelname, _message(record), _traceback(record))
        return " ".join(part for part in parts if part)


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        members = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if exception := _traceback(record):
            members["exception"] = exception
        return json.dumps(members, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return timestamp(int(record.created * 1000))


def _message(record: logging.LogRecord) -> str:
    return on_one_line(redacted(record.getMessage()))


def _traceback(record: logging.LogRecord) -> str:
    text = record.exc_text
    if text is None and record.exc_info:
        text = logging.Formatter().formatException(record.exc_info)
    return on_one_line(redacted(text or ""))
