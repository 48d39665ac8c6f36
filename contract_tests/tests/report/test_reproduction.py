"""The script of a finding: it runs as it is, and shows the same again on a target that was never judged."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from contract_tests.tests.report.faulty import Ask, Defect, Passed, Passing, faulty
from contract_tests.tests.report.judged import KEY as BEARER
from contract_tests.tests.report.judged import exchange, outcome

from tutorflow_conformance.cli import main
from tutorflow_conformance.hosting import mock
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.report.reproduction import Reproductions
from tutorflow_conformance.results import Finding

KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"
CREATE = "/v1/content/integrations/expansions"
ENVIRONMENT = {
    "TUTORFLOW_CONTENT_API_KEY": KEY,
    "TUTORFLOW_ADMIN_COOKIE": "demo-admin",
    "TUTORFLOW_ORGANIZATION_ID": "00000000-0000-4000-8000-000000000001",
}
_SHOWN = re.compile(r"^HTTP/1\.[01] (\d{3})", re.MULTILINE)
_RECORDED = re.compile(r"^# x-\d+ \S+, then answered (\d{3})$", re.MULTILINE)


def run_script(script: str, url: str, **more: str) -> str:
    """Run a script as a reader would, and return what it shows."""
    ran = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": os.environ["PATH"], "TUTORFLOW_API_BASE_URL": url, **ENVIRONMENT, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout


def is_create(call: Passing) -> bool:
    """Tell whether a call makes an expansion."""
    return call.method == "POST" and call.target == CREATE


def passes(call: Passing, ask: Ask) -> Passed:
    """Nothing is wrong."""
    return ask(call)


def answers_202(call: Passing, ask: Ask) -> Passed:
    """Create answers 202."""
    found = ask(call)
    return Passed(202, found.headers, found.body) if is_create(call) and found.status == 200 else found


def makes_another_job(call: Passing, ask: Ask) -> Passed:
    """A known key with another body makes a second job."""
    if is_create(call) and b"Another glossary" in call.body:
        call = Passing(call.method, call.target, {**call.headers, "Idempotency-Key": "another"}, call.body)
    return ask(call)


def goes_back() -> Defect:
    """Every second read of a job that has completed shows it as processing."""
    reads: list[str] = []

    def defect(call: Passing, ask: Ask) -> Passed:
        found = ask(call)
        name = call.target.removeprefix(f"{CREATE}/")
        if call.method == "GET" and name != call.target and "/" not in name and b'"completedAt":"' in found.body:
            reads.append(name)
            if len(reads) % 2 == 0:
                node = {**json.loads(found.body), "status": "processing", "completedAt": None}
                return found.saying(json.dumps(node).encode())
        return found

    return defect


def finds_unknown_jobs(call: Passing, ask: Ask) -> Passed:
    """A job that does not exist is answered 200 with nulls."""
    found = ask(call)
    if found.status == 404 and call.method == "GET" and call.target.startswith(f"{CREATE}/"):
        return Passed(200, found.headers, b'{"id":null,"status":null}')
    return found


def leaves_keys_open(call: Passing, ask: Ask) -> Passed:
    """Revoking a key answers 200 and does nothing."""
    if call.target.endswith("/revoke"):
        return Passed(200, {"Content-Type": "application/json"}, b'{"success":true}')
    return ask(call)


CASES = [
    pytest.param(lambda: answers_202, (), "safe", "CRE-001", id="another status"),
    pytest.param(lambda: makes_another_job, (), "safe", "IDEM-003", id="a second job"),
    pytest.param(lambda: finds_unknown_jobs, (), "safe", "STAT-003", id="an unknown job"),
    pytest.param(lambda: leaves_keys_open, (), "full", "AUTH-004", id="a key that was revoked"),
    pytest.param(
        lambda: passes,
        ("--behaviour", "idempotency.same-key-other-body=conflict-409"),
        "safe",
        "IDEM-003",
        id="another behaviour",
    ),
]


@contextmanager
def defective(make: Any, flags: tuple[str, ...]) -> Generator[str]:
    """Serve a mock of its own with a defect."""
    with mock(*flags) as url, faulty(url, make()) as address:
        yield address


@pytest.mark.parametrize(("make", "flags", "mode", "requirement"), CASES)
def test_the_script_shows_the_finding_on_a_target_that_was_never_judged(
    make: Any, flags: tuple[str, ...], mode: str, requirement: str, tmp_path: Path
) -> None:
    """Each request is sent again, ids carried over, and is answered as it was in the run."""
    file = tmp_path / "report.json"
    with defective(make, flags) as url:
        words = ("--mode", mode, "--only", requirement, "--fail-on", "mismatch", "--json", str(file))
        ledger = ("--ledger", str(tmp_path / "ledger"))
        ran = CliRunner().invoke(main, ["run", "--target", url, *words, *ledger], env=ENVIRONMENT)
    assert ran.exit_code == 1, ran.output
    rows = {row["id"]: row for row in json.loads(file.read_text())["requirements"]}
    script = rows[requirement]["findings"][0]["curl"]
    assert KEY not in script
    assert "\\\\\n" not in script
    with defective(make, flags) as url:
        shown = run_script(script, url)
    assert _SHOWN.findall(shown) == _RECORDED.findall(script)
    assert _RECORDED.findall(script)


def test_a_state_that_goes_back_is_shown_going_back(tmp_path: Path) -> None:
    """The script waits for the end of the job that it has made itself, then shows both states."""
    file = tmp_path / "report.json"
    words = ("--mode", "safe", "--only", "LIFE-003", "--json", str(file), "--ledger", str(tmp_path / "ledger"))
    with defective(goes_back, ()) as url:
        CliRunner().invoke(main, ["run", "--target", url, *words], env=ENVIRONMENT)
    row = next(row for row in json.loads(file.read_text())["requirements"] if row["id"] == "LIFE-003")
    script = row["findings"][0]["curl"]
    with defective(goes_back, ()) as url:
        shown = run_script(script, url)
    assert _SHOWN.findall(shown) == _RECORDED.findall(script)
    states = re.findall(r'^\{.*?"status": ?"(\w+)"', shown, re.MULTILINE)
    assert {"completed", "processing"} <= set(states)


def test_every_step_of_a_run_can_be_written_as_a_script(whole_run: Outcome) -> None:
    """Bash reads each script without an error, and none of them holds a token in place of a secret."""
    reproductions = Reproductions(whole_run)
    steps: dict[str, list[str]] = {}
    for each in whole_run.evidence.exchanges:
        steps.setdefault(each.step, []).append(each.id)
    for step, ids in steps.items():
        script = reproductions.script(Finding("HTTP-001", "failed", "", "", tuple(ids)))
        assert "⟨" not in script, step
        assert "\\\\\n" not in script
        read = subprocess.run(["bash", "-n", "-c", script], capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, ""), step


def test_scripts_of_a_run_are_answered_as_the_run_was(whole_run: Outcome, fresh_mock: str) -> None:
    """Where no clock was moved, scripts of whole steps get the statuses of the run, from a mock of the demo's ids."""
    steps = ["look.classrooms", "look.no-credential", "look.malformed-bearer", "look.scheme-case", "look.key-in-query"]
    steps += ["look.unknown-job", "look.malformed-job", "look.wrong-method", "look.head-and-options"]
    steps += ["m.invalid", "m.media-type", "m.reserialised", "m.key-in-body", "keys.use", "keys.rotate", "keys.revoked"]
    steps += ["limits.low", "refused.too-large", "hooks.create"]
    reproductions = Reproductions(whole_run)
    for step in steps:
        ids = tuple(each.id for each in whole_run.evidence.at(step))
        script = reproductions.script(Finding("HTTP-001", "failed", "", "", ids))
        shown = run_script(script, fresh_mock)
        assert _SHOWN.findall(shown) == _RECORDED.findall(script), f"{step}\n{script[:2000]}\n{shown}"


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str], bytes]]]]:
    """Yield an address and what was sent there."""
    seen: list[tuple[str, str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        """Keeps requests."""

        def do_POST(self) -> None:
            """Keep one."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append((self.command, self.path, dict(self.headers.items()), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


BODIES = [
    b'{"plain": "text"}',
    b'{"a": "$HOME `id` $(id) \\" \\\\ \'quoted\'"}',
    b"JSON\n{}\nJSON\nEND",
    b"two\r\nlines\r\n",
    b"\x00\x01\x02",
    b"\xff\xfe{}",
    "한국어 العربية 🎓 \u202e".encode(),
    b'{"key": "\xe2\x9f\xa8key 1\xe2\x9f\xa9", "and": "$5 \\"x\\" \\\\ `y`"}',
    b"x" * 300_000,
    b"'" * 50,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_is_sent_as_it_was(body: bytes, echo: tuple[str, list[Any]]) -> None:
    """Nothing in a body, a path or a header is taken for shell; a here-document ends with a line feed more."""
    url, seen = echo
    target = "/v1/a'b?x=$HOME&y=`id`&z=[1]{2}\\"
    headers = (BEARER, ("X-Odd", 'a\'b "c" $HOME `id` \\'), ("X-Empty", ""))
    sent = exchange(1, "POST", target, headers=headers, body=body, answered=(200, b""))
    script = Reproductions(outcome(exchanges=[sent])).script(Finding("HTTP-001", "failed", "", "", (sent.id,)))
    run_script(script, url)
    method, path, got, raw = seen[-1]
    assert (method, path) == ("POST", target)
    assert got["X-Odd"] == 'a\'b "c" $HOME `id` \\'
    assert got["X-Empty"] == ""
    assert got["Authorization"] == f"Bearer {KEY}"
    assert "Content-Type" not in got
    assert raw in {body.replace("⟨key 1⟩".encode(), KEY.encode()) + tail for tail in (b"", b"\n")}


def test_what_a_target_says_is_never_run(tmp_path: Path, echo: tuple[str, list[Any]]) -> None:
    """Ids and deliveries that hold commands stay text: in a comment one line, in a request one word."""
    url, _ = echo
    odd = f"x'; touch {tmp_path}/ran; #$(touch {tmp_path}/ran)`touch {tmp_path}/ran`\ntouch {tmp_path}/ran\n"
    made = exchange(
        1,
        "POST",
        CREATE,
        body=b"{}",
        operation="createExpansion",
        answered=(200, json.dumps({"id": odd, f"$(touch {tmp_path}/ran)Id": "abcdefgh"}).encode()),
    )
    later = exchange(2, "POST", f"/v1/{odd.strip()}", body=odd.encode(), answered=(200, b""))
    script = Reproductions(outcome(exchanges=[made, later])).script(
        Finding("HTTP-001", "failed", "", "", (made.id, later.id))
    )
    subprocess.run(
        ["bash", "-c", script],
        env={"PATH": os.environ["PATH"], "TUTORFLOW_API_BASE_URL": url, **ENVIRONMENT},
        capture_output=True,
        check=False,
    )
    assert not (tmp_path / "ran").exists()


def test_without_an_exchange_there_is_no_script() -> None:
    """A finding that nothing on the wire shows has no script."""
    assert Reproductions(outcome()).script(Finding("HTTP-001", "failed", "", "")) == ""


def test_a_script_says_what_it_needs() -> None:
    """Without its variables a script refuses to begin, and names the one that is missing."""
    sent = exchange(1, "POST", "/v1/x", answered=(200, b""))
    script = Reproductions(outcome(exchanges=[sent])).script(Finding("HTTP-001", "failed", "", "", (sent.id,)))
    ran = subprocess.run(
        ["bash", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert ran.returncode != 0
    assert "TUTORFLOW_API_BASE_URL" in ran.stderr
