"""Targets that are unreachable, somebody else's, broken, or that die: what is said, and with which exit code."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from tutorflow_conformance import client
from tutorflow_conformance.cli import main

KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"
ENV = {"TUTORFLOW_CONTENT_API_KEY": KEY}
HTML = b"<!DOCTYPE html><html><body>Welcome!</body></html>"
Handler = BaseHTTPRequestHandler
Maker = Callable[..., Any]


def judge(*words: str) -> Result:
    """Run a safe run in this process."""
    return CliRunner().invoke(main, ["run", "--mode", "safe", "--job-timeout", "5", *words], env=ENV)


def say(handler: Handler, status: int, body: bytes, kind: str, **headers: str) -> None:
    """Answer, whatever was asked."""
    handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def always(status: int, body: bytes, kind: str, **headers: str) -> Callable[[Handler], None]:
    """Return what answers everything so."""

    def answer(handler: Handler) -> None:
        say(handler, status, body, kind, **headers)

    return answer


def test_html_everywhere_is_no_api(http_server: Maker) -> None:
    """A web site at the address: said in the headline, exit 1 after a few requests, not a flood of findings."""
    asked: list[str] = []

    def answer(handler: Handler) -> None:
        asked.append(handler.path)
        say(handler, 200, HTML, "text/html; charset=utf-8")

    with http_server(answer) as url:
        ran = judge("--target", url)
    assert ran.exit_code == 1, ran.output
    assert "this is not the API: every answer is HTML" in ran.output
    assert ran.output.count("expected") == 1
    assert len(asked) <= 6


def test_html_of_another_status_is_no_api_either(http_server: Maker) -> None:
    """A site that answers 404 in HTML, with no content type at all, is told from the API too."""
    with http_server(always(404, HTML, "")) as url:
        ran = judge("--target", url)
    assert ran.exit_code == 1
    assert "this is not the API" in ran.output


def test_one_html_page_is_a_finding_not_a_headline(http_server: Maker, mock_url: str) -> None:
    """Where only unknown routes answer HTML the API is judged as ever: ERR-006 fails."""

    def answer(handler: Handler) -> None:
        if "nothing-here" in handler.path:
            say(handler, 404, HTML, "text/html")
        else:
            forward(handler, mock_url)

    with http_server(answer) as url:
        ran = judge("--target", url, "--only", "ERR-006,STAT-003")
    assert "this is not the API" not in ran.output
    assert "mismatch ERR-006" in ran.output


def test_a_redirect_is_never_followed_with_the_key(http_server: Maker) -> None:
    """The headline says where the target redirects to; nobody there ever hears of the key."""
    heard: list[str] = []

    def listen(handler: Handler) -> None:
        heard.append(handler.path)

    with http_server(listen) as elsewhere:
        where = {"Location": f"{elsewhere}/v1"}
        with http_server(always(308, b"", "text/plain", **where)) as url:
            ran = judge("--target", url)
    assert ran.exit_code == 1, ran.output
    assert "the target redirects (308 to http" in ran.output
    assert heard == []


def test_the_key_is_not_shown_where_a_redirect_repeats_it(http_server: Maker) -> None:
    """A site that carries the query along in `Location` does not bring the key into the headline."""

    def answer(handler: Handler) -> None:
        say(handler, 302, b"", "text/plain", Location=f"/login?next={handler.path}&key={KEY}")

    with http_server(answer) as url:
        ran = judge("--target", url)
    assert "the target redirects" in ran.output
    assert KEY not in ran.output


def test_a_certificate_that_nobody_trusts_is_named(http_server: Maker, self_signed: Path) -> None:
    """TLS is verified; exit 3 with the reason that the library gives."""
    with http_server(always(200, b"{}", "application/json"), self_signed) as url:
        ran = judge("--target", url)
    assert ran.exit_code == 3, ran.output
    assert "TLS: self-signed certificate" in ran.output or "TLS: self signed certificate" in ran.output


def test_plain_http_at_an_https_address_is_named(http_server: Maker) -> None:
    """A server that speaks no TLS: exit 3, and TLS in the reason."""
    with http_server(always(200, b"{}", "application/json")) as url:
        ran = judge("--target", url.replace("http:", "https:"))
    assert ran.exit_code == 3
    assert "TLS:" in ran.output


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\x01\x02\x03" * 20,
        b"HTTP/1.1 abc Nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A" * 100_000 + b"\r\n\r\n",
    ],
)
def test_another_protocol_is_no_answer(raw_server: Maker, bytes_sent: bytes) -> None:
    """Garbage instead of HTTP ends with 3 and says so; the tool does not break."""

    def speak(connection: socket.socket, _: Event) -> None:
        connection.recv(4096)
        connection.sendall(bytes_sent)

    with raw_server(speak) as url:
        ran = judge("--target", url)
    assert ran.exit_code == 3, ran.output
    assert "no HTTP" in ran.output
    assert "Traceback" not in ran.output


def test_a_server_that_never_answers_costs_one_wait(raw_server: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts and says nothing: one request, the whole timeout once, exit 3."""
    monkeypatch.setattr(client, "TOTAL", 0.3)
    heard: list[bytes] = []

    def speak(connection: socket.socket, over: Event) -> None:
        heard.append(connection.recv(4096))
        over.wait(20)

    with raw_server(speak) as url:
        ran = judge("--target", url)
    assert ran.exit_code == 3, ran.output
    assert "no answer within" in ran.output
    assert len(heard) == 1


def test_an_answer_without_end_is_given_up(raw_server: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that drips for ever counts as no answer, though something comes all the time."""
    monkeypatch.setattr(client, "TOTAL", 0.3)

    def speak(connection: socket.socket, over: Event) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not over.wait(0.02):
            connection.sendall(b" ")

    with raw_server(speak) as url:
        ran = judge("--target", url)
    assert ran.exit_code == 3, ran.output
    assert "no answer within" in ran.output


def test_an_answer_that_is_far_too_long_is_given_up(raw_server: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood is not read to its end."""
    monkeypatch.setattr(client, "LARGEST", 100_000)

    def speak(connection: socket.socket, over: Event) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.is_set():
            connection.sendall(b"x" * 65_536)

    with raw_server(speak) as url:
        ran = judge("--target", url)
    assert ran.exit_code == 3, ran.output
    assert "more than 100000 bytes" in ran.output


def test_a_server_that_dies_in_the_middle_leaves_a_partial_report(
    http_server: Maker, mock_url: str, tmp_path: Path
) -> None:
    """What was seen is judged, the rest is `error`, nothing is `failed`, the report is whole, exit 3."""
    answered: list[str] = []

    def answer(handler: Handler) -> None:
        if len(answered) >= 20:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        answered.append(handler.path)
        forward(handler, mock_url)

    report = tmp_path / "report.json"
    with http_server(answer) as url:
        ran = judge("--target", url, "--json", str(report))
    assert ran.exit_code == 3, ran.output
    found = json.loads(report.read_text())
    assert found["headline"] == "the target was lost: connection broken"
    assert found["counts"]["failed"] == found["counts"]["mismatch"] == found["counts"]["warning"] == 0
    assert found["counts"]["error"] > 10
    assert found["counts"]["passed"] > 5
    assert len(found["exchanges"]) <= 26


@pytest.mark.parametrize("after", [1, 7, 26, 41])
def test_wherever_a_server_dies_it_is_not_accused(http_server: Maker, mock_url: str, after: int) -> None:
    """A step that was cut short accuses nobody."""
    answered: list[str] = []

    def answer(handler: Handler) -> None:
        if len(answered) >= after:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        answered.append(handler.path)
        forward(handler, mock_url)

    with http_server(answer) as url:
        ran = judge("--target", url, "--poll-interval", "0.5")
    assert ran.exit_code == 3, ran.output


def forward(handler: Handler, url: str) -> None:
    """Let a mock answer."""
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    dropped = {"host", "content-length", "connection"}
    headers = {name: value for name, value in handler.headers.items() if name.lower() not in dropped}
    got = requests.request(
        handler.command, url + handler.path, data=body, headers=headers, timeout=10, allow_redirects=False
    )
    handler.send_response_only(got.status_code)
    for name, value in got.headers.items():
        if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(got.content)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(got.content)


def test_a_name_that_does_not_exist_is_said() -> None:
    """No such host: exit 3 with the address and the reason."""
    ran = judge("--target", "https://nowhere.invalid")
    assert ran.exit_code == 3, ran.output
    assert "nowhere.invalid" in ran.output
    assert "no such host" in ran.output
