"""Free text of a target, and of ours that quotes it, made harmless for whoever reads a report."""

from __future__ import annotations

import re

CUT = 4000
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of all that follows
_HIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_WHITE = str.maketrans({"\n": "\\n", "\t": "\\t"})


def visible(text: str) -> str:
    """Return a text in which nothing acts: control characters and turns of direction show as escapes.

    Line feeds and tabs stay.
    """
    return _HIDDEN.sub(_escape, text)


def line(text: str) -> str:
    """Return a text in one line, so that it cannot forge another one."""
    return visible(text).translate(_WHITE)


def cut(text: str, most: int = CUT) -> str:
    """Return a text, or its beginning and how long it is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - a byte
