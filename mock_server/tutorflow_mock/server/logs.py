"""Logs on stderr: one record is one line, nothing in it moves a cursor, and no secret survives in it."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Literal

from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.keys import prefix

LogFormat = Literal["text", "json"]
LOG_FORMATS: tuple[LogFormat, ...] = ("text", "json")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

_KEY = re.compile(r"tf_content_[0-9A-Za-z]+")
_COOKIE = re.compile(r"\b(jwt|tutorflow_admin_session)=[^\s;,'\"]+")
_AUTHORIZATION = re.compile(r"(?i)\b(bearer|basic)\s+(?!tf_content_)[^\s,;'\"]+")


def configure(style: LogFormat, level: str) -> None:
    """Send all records of this process to stderr, in place of whatever handled them before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def safe(text: str) -> str:
    """Return text with its secrets cut short and its control characters escaped."""
    text = _KEY.sub(lambda found: f"{prefix(found[0])}…", text)
    text = _AUTHORIZATION.sub(r"\1 …", _COOKIE.sub(r"\1=…", text))
    # Not only controls: a right-to-left override or a line separator makes one record look like another, too.
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class _Text(logging.Formatter):
    """`2026-07-04T00:00:00.000Z ERROR message`, a traceback behind it on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        parts = [_instant(record), record.levelname, safe(record.getMessage())]
        if record.exc_info:
            parts.append(safe(self.formatException(record.exc_info)))
        return " ".join(parts)


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        members = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": safe(record.getMessage()),
        }
        if record.exc_info:
            members["exception"] = safe(self.formatException(record.exc_info))
        return json.dumps(members, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return timestamp(int(record.created * 1000))
