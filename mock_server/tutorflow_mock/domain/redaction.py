"""What a log may show: keys cut to their prefix, cookies and other secrets gone, one record on one line."""

from __future__ import annotations

import re

from tutorflow_mock.domain.keys import prefix

_SUSPECT = re.compile(r"tf_content_|=|bearer|basic|[0-9a-f]{32}", re.IGNORECASE)
_KEY = re.compile(r"tf_content_[0-9A-Za-z]+")
_COOKIE = re.compile(r"\b(jwt|tutorflow_admin_session)=[^\s;,'\"]+")
_RUN = re.compile(r"(?<!tf_content_)[0-9A-Fa-f]{32,}")
"""Webhook secrets, passwords and the values of cookies look like this, and so does nothing else that a log needs."""
_AUTHORIZATION = re.compile(r"\b(bearer|basic)\s+(?!tf_content_)[^\s,;'\"]+", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return a text with its secrets cut short."""
    if not _SUSPECT.search(text):
        return text
    text = _KEY.sub(lambda found: f"{prefix(found[0])}…", text)
    text = _RUN.sub("…", text)
    return _AUTHORIZATION.sub(r"\1 …", _COOKIE.sub(r"\1=…", text))


def on_one_line(text: str) -> str:
    """Return a text in which nothing breaks the line or turns its direction: what cannot be printed is escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
