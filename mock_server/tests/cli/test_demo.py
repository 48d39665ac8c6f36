"""`demo`: the base text's own requests from create to export, in a form that can be read."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from mock_server.tests.cli.conftest import Invoke
from mock_server.tests.http import base_text as printed
from mock_server.tests.process import run_command
from rich.console import Console

from tutorflow_mock.cli import base_text
from tutorflow_mock.cli.stage import Stage, Unexpected, abridged, laid_out
from tutorflow_mock.server import MockServer
from tutorflow_openapi import load

ESCAPE = "\x1b["
ACTS = (
    "Create an expansion",
    "Poll its status",
    "Fetch the result",
    "Send the create again",
    "Export a lesson",
    "What",
)


@pytest.mark.smoke
def test_the_demo_shows_a_whole_job() -> None:
    """Exit code 0; every act, the text's own key, four manifests and a summary are there; a pipe gets no colours."""
    result = run_command("demo")
    assert (result.returncode, result.stderr) == (0, "")
    assert ESCAPE not in result.stdout
    places = [result.stdout.find(f"{number}  {act}") for number, act in enumerate(ACTS, 1)]
    assert -1 not in places
    assert places == sorted(places)
    assert "Authorization: Bearer workspace_api_key" in result.stdout
    assert "Idempotency-Key: floco-glossary-a1-2026-07-02" in result.stdout
    assert "the clock moves on by 1 s to 2026-07-02T09:00:01.000Z" in result.stdout
    assert "X-Mock-Idempotency: replayed" in result.stdout
    summary = result.stdout[places[-1] :]
    assert len(re.findall(r"https://tutorflow\.io/share/(?:module|video|test)/\w+", summary)) == 4
    total = result.stdout.count("✓ ")
    assert f"{total} of {total} checks hold" in summary


def test_the_requests_are_those_of_the_base_text() -> None:
    """Both bodies say exactly what the text says, the headers too."""
    assert json.loads(base_text.CREATE) == json.loads(printed.create().body)
    assert json.loads(base_text.EXPORT) == json.loads(printed.export().body)
    assert printed.headers() == {
        "Authorization": f"Bearer {base_text.API_KEY}",
        "Content-Type": "application/json",
        "Idempotency-Key": base_text.IDEMPOTENCY_KEY,
    }


def test_settings_of_the_environment_do_not_disturb_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's mock is its own, whatever a server of the user's is told."""
    monkeypatch.setenv("TUTORFLOW_MOCK_HOST", "0.0.0.0")  # noqa: S104 - would need a token
    monkeypatch.setenv("TUTORFLOW_MOCK_PROGRAMME", "held")
    with MockServer() as mock:
        assert mock.ready["host"] == "127.0.0.1"


def test_a_mock_that_does_not_start(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1 and what the server said."""
    monkeypatch.setattr(base_text, "INSTANT", "yesterday")
    result = invoke("demo")
    assert result.exit_code == 1
    assert result.stderr.startswith("The demo failed: the mock did not start: Error: --clock 'yesterday'")


def stage_of(answer: Mapping[str, Any]) -> Stage:
    """A stage that prints nothing."""
    return Stage(Console(quiet=True), load("2026-07"), "http://127.0.0.1:1", answer)


def test_a_sentence_that_does_not_hold() -> None:
    """It stops the demo and says what should be so."""
    with pytest.raises(Unexpected, match="it should be so that water is dry, and it is not"):
        stage_of({}).hold(False, "water is dry")  # noqa: FBT003 - as the demo calls it


def test_no_answer() -> None:
    """A mock that is gone is told in a sentence."""
    with pytest.raises(Unexpected, match="GET /v1/content/classrooms got no JSON answer"):
        stage_of({}).call("listClassrooms", {})


def test_a_clock_that_cannot_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem is shown."""
    monkeypatch.setattr(base_text, "INSTANT", "frozen")
    with MockServer("--admin-token", "sesame") as mock:
        stage = stage_of(mock.ready)
        stage.url = mock.url
        with pytest.raises(Unexpected, match="the clock cannot be moved"):
            stage.advance(1)


def test_json_is_laid_out_by_width() -> None:
    """What fits on a line stands on one; what does not is opened up."""
    value: dict[str, Any] = {"short": [1, 2], "long": ["abcdefgh", "ijklmnop"], "empty": {}}
    assert laid_out(value, 100) == json.dumps(value)
    assert laid_out(value, 24).splitlines() == [
        "{",
        '  "short": [1, 2],',
        '  "long": [',
        '    "abcdefgh",',
        '    "ijklmnop"',
        "  ],",
        '  "empty": {}',
        "}",
    ]


def test_a_job_is_abridged_to_what_moves() -> None:
    """An ellipsis stands for what is not shown again."""
    moving = {"id": "7", "status": "queued", "updatedAt": "now", "completedAt": None}
    body = {**moving, "sourceType": "floco", "outputs": [{"outputType": "quiz", "status": "queued", "error": None}]}
    lines = laid_out(abridged(body), 40).splitlines()
    assert lines[1:5] == [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in moving.items()]
    assert lines[5:7] == ['  "outputs": [', "    {"]
    assert lines[-4:] == ["    }", "  ],", "  …", "}"]
