"""The acts of the demo, each a call or two and what must be true of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tutorflow_mock.cli import base_text
from tutorflow_mock.domain.programme import Programme

if TYPE_CHECKING:
    from tutorflow_mock.cli.stage import Stage

_BEARER = {"Authorization": f"Bearer {base_text.API_KEY}"}
_JSON = {"Content-Type": "application/json"}
_CREATE = _BEARER | _JSON | {"Idempotency-Key": base_text.IDEMPOTENCY_KEY}
_SECOND = 1000


def create(stage: Stage) -> str:
    """Create the job of the base text, and return its id."""
    stage.act("Create an expansion: source content in, a job out")
    job = stage.call("createExpansion", _CREATE, base_text.CREATE).body
    requested = json.loads(base_text.CREATE)["requestedOutputs"]
    stage.hold(job["status"] == stage.contract.lifecycle.initial, "the job begins queued")
    stage.hold([row["outputType"] for row in job["outputs"]] == requested, "it has a row for each requested output")
    return str(job["id"])


def poll(stage: Stage, job_id: str) -> None:
    """Poll the job to its end; the clock is moved instead of waited for."""
    stage.act("Poll its status: queued, processing, completed")
    pace = Programme()
    for milliseconds, status in ((0, "queued"), (pace.queued, "processing"), (pace.processing, "completed")):
        if milliseconds:
            stage.advance(milliseconds / _SECOND)
        job = stage.call("getExpansion", _BEARER, brief=True, jobId=job_id).body
        stage.hold(job["status"] == status, f"the job is {status}")
    stage.hold(bool(job["completedAt"]), "it says when it was completed")


def results(stage: Stage, job_id: str) -> None:
    """Fetch the result: a manifest per output."""
    stage.act("Fetch the result: one manifest per output")
    result = stage.call("getExpansionResult", _BEARER, jobId=job_id).body
    requested = json.loads(base_text.CREATE)["requestedOutputs"]
    _collect(stage, result["outputs"])
    stage.hold([row["outputType"] for row in result["outputs"]] == requested, "each requested output has its manifest")
    links = [row["manifest"]["urls"]["publicUrl"] for row in result["outputs"]]
    stage.hold(all(link.startswith("https://") for link in links), "each manifest has a public URL")


def replay(stage: Stage, job_id: str) -> None:
    """Send the create again, as a client does that has lost the answer."""
    stage.act("Send the create again: the same key never makes a second job")
    job = stage.call("createExpansion", _CREATE, base_text.CREATE, brief=True).body
    stage.hold(job["id"] == job_id, "the same key answers the same job")


def export(stage: Stage) -> None:
    """Export a lesson that somebody authored in the UI, with the admin's session."""
    stage.act("Export a lesson from the UI, with the admin session")
    headers = {"Cookie": stage.ready["adminCookie"]} | _JSON
    job = stage.call("exportContent", headers, base_text.EXPORT, classroomId=stage.ready["classroomId"]).body
    exported = job.get("job", job)
    stage.hold(exported["status"] == "completed", "the export is completed at once")
    result = stage.call("getExpansionResult", _BEARER, brief=True, jobId=exported["id"]).body
    _collect(stage, result["outputs"])
    stage.hold(bool(result["outputs"]), "its result is read like any other")


def close(stage: Stage) -> None:
    """Sum up."""
    stage.act("What came out")
    table = Table("output", "title", box=SIMPLE_HEAD)
    table.add_column("public URL", overflow="fold")
    for row in stage.manifests:
        table.add_row(*row)
    stage.console.print(table, soft_wrap=False)
    jobs = "one job, replayed once; one export"
    stage.console.print(
        f"  [bold green]{len(stage.held)} of {len(stage.held)} checks hold[/]: {jobs}; "
        f"{len(stage.manifests)} manifests, no waiting",
        markup=True,
    )
    stage.console.print("  Go on with a server of your own: [bold]tutorflow-mock serve[/]", markup=True)


def _collect(stage: Stage, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        manifest = row["manifest"]
        stage.manifests.append((row["outputType"], manifest["title"], manifest["urls"]["publicUrl"]))
