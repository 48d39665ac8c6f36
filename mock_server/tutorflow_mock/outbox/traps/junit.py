"""Verdicts as JUnit XML: a test case for each trap."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(url: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Return the results of a run; a warning passes and says why in its output."""
    failures, skipped = (sum(row["verdict"] == verdict for row in rows) for verdict in ("fail", "skipped"))
    head = f'<testsuite name={_quoted(f"check-receiver {url}")} tests="{len(rows)}" failures="{failures}"'
    cases = "\n".join(map(_case, rows))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head} errors="0" skipped="{skipped}">\n{cases}\n</testsuite>\n'


def _case(row: Mapping[str, str]) -> str:
    name = _quoted(f"{row['trap']} {row['name']}")
    told = _quoted(f"{row['why']} (sent: {row['sent']}; expected: {row['expected']}; got: {row['got']})")
    inside = {
        "fail": f"<failure message={told}/>",
        "skipped": f"<skipped message={told}/>",
        "warning": f'<properties><property name="warning" value={told}/></properties>',
    }
    return f'  <testcase classname="check-receiver" name={name}>{inside.get(row["verdict"], "")}</testcase>'


def _quoted(text: str) -> str:
    return quoteattr(_UNWRITABLE.sub("�", text))
