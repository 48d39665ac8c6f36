"""`scenarios`: everything that can be asked for, with commands that ask for it."""

import json
import shlex
import subprocess
from pathlib import Path

from mock_server.tests.cli.conftest import Invoke
from mock_server.tests.control.console import EXPANSIONS, SOURCE

from tutorflow_mock.domain.faults import FAULTS
from tutorflow_mock.domain.scenarios import catalogue
from tutorflow_mock.remote import Remote
from tutorflow_mock.server import MockServer

CATALOGUE = catalogue(("interactive_module", "summary_video", "expanded_quiz"))
SILENT = {"fault=timeout", "mock:timeout"}


def test_every_scenario_is_listed(invoke: Invoke) -> None:
    """How it is written, on which operation, what happens, and whether it needs the relay."""
    rows = [line.split("\t") for line in invoke("scenarios").stdout.splitlines()]
    assert len(rows) == len(CATALOGUE)
    assert ["Prefer: job=failed", "createExpansion", "the job fails"] in rows
    assert ["title mock:held", "createExpansion", "the job stays queued until it is moved by hand"] in rows
    assert rows[-1][0] == f"rule {list(FAULTS)[-1]}"
    assert sum("(needs serve --wire-faults)" in row[2] for row in rows) == sum(each.needs_wire for each in CATALOGUE)


def test_programs_get_them_too(invoke: Invoke) -> None:
    """With a command each, if they ask for it."""
    rows = json.loads(invoke("scenarios", "--json").stdout)["scenarios"]
    assert [row["value"] for row in rows] == [each.value for each in CATALOGUE]
    assert "command" not in rows[0]
    first, *_ = json.loads(invoke("scenarios", "--json", "--examples", "curl").stdout)["scenarios"]
    assert first["command"].startswith(f'curl -s http://127.0.0.1:4010{EXPANSIONS} -H "Authorization: ')


def test_a_session_has_a_key_of_its_own(invoke: Invoke) -> None:
    """It is not known here: the command takes it from the variable that `env` prints."""
    text = invoke("scenarios", "--examples", "curl", "--session", "one", "--url", "http://mock.test:1/").stdout
    assert '"Authorization: Bearer $TUTORFLOW_CONTENT_API_KEY"' in text
    assert (
        "tutorflow-mock fault add LOST_RESPONSE --operation '*' --times 1 --url http://mock.test:1 --session one"
        in text
    )


def test_every_command_is_understood(invoke: Invoke, tmp_path: Path) -> None:
    """Each curl is run at a mock: whatever comes back, the wish was heeded, and none is refused as one."""
    with MockServer("--wire-faults", "--seed", "42", "--clock", "frozen") as mock, Remote(mock.url) as remote:
        bearer = {"Authorization": f"Bearer {mock.ready['apiKey']}"}
        job = remote.api("POST", EXPANSIONS, SOURCE, bearer)["id"]
        remote.put("ratelimits", "00000000-0000-4000-8000-000000000019", body={"limit": None})
        rows = json.loads(invoke("scenarios", "--json", "--examples", "curl", "--url", mock.url).stdout)["scenarios"]
        wishes = [row for row in rows if row["kind"] != "rule" and row["value"] not in SILENT]
        lines = [f"{row['command']} -m 2 -o /dev/null -D {tmp_path}/{number} &" for number, row in enumerate(wishes)]
        subprocess.run(
            ["sh", "-uc", "\n".join([*lines, "wait"])],
            check=True,
            timeout=120,
            env={"PATH": "/usr/bin:/bin", "JOB": job},
        )
        for number, row in enumerate(wishes):
            head = (tmp_path / str(number)).read_text("latin-1").lower() if (tmp_path / str(number)).exists() else ""
            assert row["needsWireFaults"] or "preference-applied: " in head or "x-mock-fault: prefer" in head, row[
                "value"
            ]
            assert "x-mock-warnings: unknown" not in head
            assert "problem+json" not in head
        for row in rows:
            if row["kind"] == "rule":
                added = invoke(*shlex.split(row["command"])[1:])
                assert added.exit_code == 0, added.output
