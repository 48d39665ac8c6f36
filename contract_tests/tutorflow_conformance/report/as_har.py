"""The exchanges of a run as HAR 1.2, for browsers and for `replay`."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from tutorflow_conformance import __version__
from tutorflow_conformance.exchange import Exchange, Headers, header
from tutorflow_conformance.outcome import Verdict

_PHRASE = "HTTP/1.1"


def write(verdict: Verdict) -> str:
    """Return the exchanges of a run as HAR; what the redactor hid stays hidden."""
    outcome = verdict.outcome
    began = verdict.now - timedelta(seconds=outcome.seconds)
    entries = [_entry(each, outcome.target.url, began) for each in outcome.evidence.exchanges if each.answer]
    creator = {"name": "tutorflow-conformance", "version": __version__}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}, indent=1) + "\n"


def _entry(exchange: Exchange, url: str, began: datetime) -> dict[str, Any]:
    request, answer = exchange.request, exchange.answer
    took = (exchange.ended - exchange.at) * 1000
    return {
        "startedDateTime": (began + timedelta(seconds=exchange.at)).isoformat(timespec="milliseconds"),
        "time": took,
        "request": {
            "method": request.method,
            "url": url + request.target,
            "httpVersion": _PHRASE,
            "cookies": [],
            "headers": _headers(request.headers),
            "queryString": [
                {"name": name, "value": value} for name, value in parse_qsl(request.target.partition("?")[2])
            ],
            "headersSize": -1,
            "bodySize": len(request.body),
            **({"postData": _content(request.body, request.headers)} if request.body else {}),
        },
        "response": {
            "status": exchange.status,
            "statusText": "",
            "httpVersion": _PHRASE,
            "cookies": [],
            "headers": _headers(answer.headers if answer else ()),
            "content": {"size": len(answer.body), **_content(answer.body, answer.headers)} if answer else {},
            "redirectURL": exchange.header("Location") or "",
            "headersSize": -1,
            "bodySize": len(answer.body) if answer else 0,
        },
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "comment": f"{exchange.id} {exchange.step}",
    }


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _content(body: bytes, headers: Headers) -> dict[str, str]:
    media = header(headers, "Content-Type") or "application/octet-stream"
    try:
        return {"mimeType": media, "text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"mimeType": media, "text": b64encode(body).decode("ascii"), "encoding": "base64"}
