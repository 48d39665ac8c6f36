"""How a run waits: as long as it is asked to, until its deadline, and not longer than it may take."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tutorflow_conformance.cli import main
from tutorflow_conformance.exchange import Answer, Exchange, Request

Maker = Callable[..., Any]
ENV = {"TUTORFLOW_CONTENT_API_KEY": "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"}


def judge(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(words), env=ENV)


def job(status: str, polls: list[str], **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return a server whose one job has a status for ever, and that notes who asks."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        polls.append(handler.command)
        body = json.dumps({"id": "job-1", "status": status, "outputs": []}).encode()
        handler.send_response(200)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


WORDS = ("run", "--mode", "safe", "--only", "LIFE-004", "--poll-interval", "0.1")


def test_a_job_that_never_ends_is_given_up(http_server: Maker) -> None:
    """`--job-timeout` bounds the wait, and what is waited for is said."""
    polls: list[str] = []
    with http_server(job("processing", polls)) as url:
        ran = judge(*WORDS, "--target", url, "--job-timeout", "1")
    assert "job M is processing" in ran.output
    assert 3 <= polls.count("GET") <= 11


def test_retry_after_on_a_200_is_obeyed(http_server: Maker) -> None:
    """Asked to come back in a second, the judge polls no faster than that."""
    polls: list[str] = []
    with http_server(job("processing", polls, Retry_After="1")) as url:
        judge(*WORDS, "--target", url, "--job-timeout", "2")
    assert polls.count("GET") <= 4


def test_polling_stops_at_the_end(http_server: Maker) -> None:
    """A terminal state is read once by the poll."""
    polls: list[str] = []
    with http_server(job("completed", polls)) as url:
        judge(*WORDS, "--target", url)
    assert polls.count("GET") == 1


def test_the_run_may_take_no_longer_than_it_is_told(http_server: Maker) -> None:
    """`--max-time` stops a run in the middle of a wait, and says so."""
    with http_server(job("processing", [])) as url:
        ran = judge(*WORDS, "--target", url, "--job-timeout", "500", "--max-time", "0.5")
    assert "the run's time of 0 s is over" in ran.output


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("Retry-After", "7"),), 7.0),
        ((("Retry-After", "Wed, 25 Nov 2026 03:00:09 GMT"), ("Date", "Wed, 25 Nov 2026 03:00:00 GMT")), 9.0),
        ((("Retry-After", "soon"),), None),
        ((("Retry-After", "Wed, 25 Nov 2026 03:00:09 GMT"),), None),
        ((), None),
    ],
)
def test_what_an_answer_asks_to_wait(headers: tuple[tuple[str, str], ...], seconds: float | None) -> None:
    """A number, or a date beside the target's own `Date`; anything else asks for nothing."""
    exchange = Exchange(1, "s", None, "key", 0.0, 0.0, Request("GET", "/"), Answer(429, headers))
    assert exchange.retry_after == seconds


def test_receivers_that_cannot_be_are_refused(mock_url: str) -> None:
    """A port that is taken, a plain address for an https target, an address that leads nowhere on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        here = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = judge("run", "--target", mock_url, "--mode", "full", "--webhook-listen", here)
        assert ran.exit_code == 2
        assert "nothing can listen there" in ran.output
    https = ("run", "--target", "https://nowhere.invalid", "--mode", "full")
    plain = judge(*https, "--webhook-listen", "127.0.0.1:0", "--webhook-url", "http://public.example")
    assert plain.exit_code == 2
    assert "https addresses only" in plain.output.replace("\n", " ")
    alone = judge(*https, "--webhook-url", "https://public.example")
    assert alone.exit_code == 2
    assert "--webhook-listen" in alone.output


def test_an_address_that_leads_elsewhere_spends_nothing_on_webhooks(mock_url: str) -> None:
    """Webhook requirements are skipped as unreachable, and their steps are not in the plan."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    elsewhere = ("--webhook-listen", "127.0.0.1:0", "--webhook-url", f"http://127.0.0.1:{port}")
    admin = {**ENV, "TUTORFLOW_ADMIN_COOKIE": "any"}
    words = (
        "run",
        "--target",
        mock_url,
        "--mode",
        "full",
        "--no-fuzz",
        "--only",
        "HOOK-004,HOOK-005,DISC-002",
        *elsewhere,
    )
    ran = CliRunner().invoke(main, list(words), env=admin)
    assert "skipped: unreachable receiver" in ran.output
    assert "jobs 0 · creates sent 0" in ran.output
