"""Canaries: no secret of a run reaches a report, the terminal or the ledger, however the run goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from click.testing import CliRunner
from contract_tests.tests.report.faulty import Ask, Passed, Passing, faulty

from tutorflow_conformance.cli import main
from tutorflow_conformance.hosting import mock
from tutorflow_conformance.report import WRITERS
from tutorflow_conformance.traffic.run import Run
from tutorflow_conformance.traffic.step import STEPS

GIVEN = {
    "TUTORFLOW_CONTENT_API_KEY": "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd",
    "TUTORFLOW_ADMIN_COOKIE": "demo-admin",
    "TUTORFLOW_ADMIN_EMAIL": "admin@demo.example",
    "TUTORFLOW_ADMIN_PASSWORD": "a-password-canary-7Q!x&<>",
    "TUTORFLOW_ORGANIZATION_ID": "00000000-0000-4000-8000-000000000001",
    "TUTORFLOW_OTHER_API_KEY": "tf_content_0therc4nary0therc4nary0therc4na",
    "TUTORFLOW_OTHER_ADMIN_COOKIE": "another-cookie-canary",
    "TUTORFLOW_OTHER_ORGANIZATION_ID": "00000000-0000-4000-8000-000000000099",
}
_SECRETS = (
    re.compile(rb"tf_content_[0-9a-f]{32}"),
    re.compile(rb'"secret": ?"([^"]{8,})"'),
    re.compile(rb'"(?:password|adminToken)": ?"([^"]{8,})"'),
    re.compile(rb'"adminCookie": ?"jwt=([^"]{8,})"'),
)
_COOKIE = re.compile(r"jwt=([^;]{8,})")
_NOT_SECRET = frozenset(("tf_content_00000000000000000000000000000000",))


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Collect every secret that comes over the wire, from the API and from the control plane, as it comes."""
    found = {value for name, value in GIVEN.items() if name.endswith(("KEY", "COOKIE", "PASSWORD"))}
    send = requests.Session.send

    def spy(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = send(self, request, **options)
        if not options.get("stream"):
            for pattern in _SECRETS:
                found.update(each.decode() for each in pattern.findall(response.content))
            found.update(_COOKIE.findall(response.headers.get("Set-Cookie", "")))
        return response

    monkeypatch.setattr(requests.Session, "send", spy)
    yield found
    assert len(found) > len(GIVEN) - 3


def judge(folder: Path, *words: str, env: dict[str, str] | None = None) -> tuple[int, dict[str, str]]:
    """Run, write every form of report, and return the exit code and all that was written anywhere."""
    files = {form: folder / f"report.{form}" for form in WRITERS}
    flags = [word for form, file in files.items() for word in (f"--{form}", str(file))]
    ledger = folder / "ledger.sqlite"
    ran = CliRunner().invoke(main, ["run", *words, *flags, "--ledger", str(ledger)], env=env)
    written = {form: file.read_text(encoding="utf-8") for form, file in files.items()}
    written["terminal"] = ran.output + ran.stderr
    kept = (file for file in folder.iterdir() if file.name.startswith("ledger"))
    written |= {file.name: file.read_bytes().decode("utf-8", "replace") for file in kept}
    return ran.exit_code, written


def leaks(written: dict[str, str], canaries: set[str]) -> list[str]:
    """Return where which secret stands, in any of the forms that it may take."""
    return [
        f"{place}: {secret[:14]}…"
        for place, text in written.items()
        for secret in canaries - _NOT_SECRET
        for form in {secret, quote(secret, safe=""), secret.upper()}
        if form in text
    ]


def spoil(monkeypatch: pytest.MonkeyPatch, name: str, send: Any) -> None:
    """Replace what a step does."""
    steps = STEPS._steps  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setitem(steps, name, replace(steps[name], send=send))


def test_a_whole_run_leaks_nothing(canaries: set[str], tmp_path: Path) -> None:
    """Keys that were minted and rotated, secrets of subscriptions, cookies of logins: none is anywhere."""
    code, written = judge(tmp_path, "--target", "mock", "--no-fuzz")
    assert code in {0, 1}, written["terminal"]
    assert len(canaries) > 15
    assert leaks(written, canaries) == []


def test_a_run_that_breaks_leaks_nothing(canaries: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of ours that quotes every secret of the run is told without them."""

    def broken(run: Run) -> None:
        raise RuntimeError(f"{run.secrets} {run.target.credentials}")

    spoil(monkeypatch, "m.other-body", broken)
    code, written = judge(tmp_path, "--target", "mock", "--no-fuzz", "--only", "IDEM,KEY,AUTH")
    assert code == 2, written["terminal"]
    assert "broke: RuntimeError" in written["json"]
    assert leaks(written, canaries) == []


def test_a_run_that_is_interrupted_leaks_nothing_and_is_reported(
    canaries: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle: exit 130, every report is there and holds what was seen."""

    def interrupted(run: Run) -> None:
        raise KeyboardInterrupt(run.token)

    spoil(monkeypatch, "m.replay", interrupted)
    code, written = judge(tmp_path, "--target", "mock", "--no-fuzz", "--only", "IDEM,KEY,AUTH")
    assert code == 130
    assert '"verdict": "incomplete"' in written["json"]
    assert '"m.create"' in written["json"]
    assert leaks(written, canaries) == []


def echoing(call: Passing, ask: Ask) -> Passed:
    """Every refusal repeats the credential that it refuses, plain and encoded, in body and header."""
    found = ask(call)
    if found.status < 400:
        return found
    told = " ".join(call.headers.get(name, "") for name in ("Authorization", "Cookie"))
    secret = told.replace("Bearer ", "").replace("jwt=", "").strip()
    body = f'{{"error": {{"message": "{secret} {quote(secret, safe="")} {call.target}", "status": {found.status}}}}}'
    return Passed(found.status, {**found.headers, "X-Echo": secret}, body.encode())


@pytest.mark.parametrize("mode", ["safe", "full"])
def test_a_target_that_repeats_credentials_is_reported_without_them(
    mode: str, canaries: set[str], tmp_path: Path
) -> None:
    """Findings quote answers that hold secrets: the reports do not, nor does the ledger."""
    with mock() as url, faulty(url, echoing) as address:
        words = ("--target", address, "--mode", mode, "--no-fuzz", "--only", "AUTH,ERR,KEY,STAT", "--job-timeout", "20")
        code, written = judge(tmp_path, *words, env=GIVEN)
    assert code == 1, written["terminal"]
    assert leaks(written, canaries) == []
    assert any(name.startswith("ledger") for name in written)


def test_a_key_that_is_refused_is_not_shown(canaries: set[str], tmp_path: Path, mock_url: str) -> None:
    """A wrong key is a secret as well."""
    env = {"TUTORFLOW_CONTENT_API_KEY": "tf_content_wr0ngc4narywr0ngc4narywr0ngca"}
    canaries.add(env["TUTORFLOW_CONTENT_API_KEY"])
    code, written = judge(tmp_path, "--target", mock_url, "--mode", "safe", env=env)
    assert code == 1
    assert "the key was refused" in written["markdown"].replace("\\", "")
    assert leaks(written, canaries) == []
