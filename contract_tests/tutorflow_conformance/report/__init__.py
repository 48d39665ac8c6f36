"""Reports of a run: each a function of its verdict, written in one piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.report import as_har, as_html, as_json, as_junit, as_markdown, as_sarif

WRITERS: Mapping[str, Callable[[Verdict], str]] = {
    "json": as_json.write,
    "junit": as_junit.write,
    "html": as_html.write,
    "sarif": as_sarif.write,
    "markdown": as_markdown.write,
    "record": as_har.write,
}
