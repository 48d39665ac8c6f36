"""The public base text's own requests, cut out of the text letter by letter.

The text has lost some line breaks (`…/expansions{`, `…-07-02Admin export…`), so
each piece is found by what stands before it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEXT = (Path(__file__).parent.parent / "data" / "base_text.txt").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the text: method, path with its placeholders, and the body as it is printed."""

    method: str
    path: str
    body: bytes


def headers() -> Mapping[str, str]:
    """Return the three headers that the text shows for expansion calls."""
    key = re.search(r"Idempotency-Key: ([a-z0-9-]+?\d{4}-\d{2}-\d{2})", TEXT)
    assert key is not None
    return {**dict(re.findall(r"^(Authorization|Content-Type): (.+)$", TEXT, re.MULTILINE)), "Idempotency-Key": key[1]}


def create() -> Call:
    """Return the create request."""
    return Call("POST", "/v1/content/integrations/expansions", json_after("POST /v1/content/integrations/expansions"))


def status() -> Call:
    """Return the status request."""
    return bodiless("Get status")


def result() -> Call:
    """Return the result request."""
    return bodiless("Get result")


def export() -> Call:
    """Return the export request."""
    line = "/v1/content/classrooms/{classroomId}/integrations/exports"
    return Call("POST", line, json_after(f"POST {line}"))


def result_document() -> Mapping[str, Any]:
    """Return the result that the text prints."""
    document: Mapping[str, Any] = json.loads(json_after("The result includes one manifest per output."))
    return document


def bodiless(heading: str) -> Call:
    """Return the GET under a heading; the path ends where the next sentence begins with a capital letter."""
    found = re.search(rf"^{heading}\nGET (/[a-z0-9/]+\{{jobId\}}(?:/[a-z]+)?)", TEXT, re.MULTILINE)
    assert found is not None
    return Call("GET", found[1], b"")


def json_after(words: str) -> bytes:
    """Return the bytes of the JSON document that follows these words."""
    start = TEXT.index("{", TEXT.index(words) + len(words))
    _, end = json.JSONDecoder().raw_decode(TEXT, start)
    return TEXT[start:end].encode()
