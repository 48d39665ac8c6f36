"""The public base text, run as it stands: its requests are cut out of the text and sent letter by letter."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from mock_server.tests.http import base_text
from mock_server.tests.http.answer import check_created
from mock_server.tests.http.api import Api
from mock_server.tests.process import RunningServer

TITLE = "A1 glossary"
ALL_OUTPUTS = ["interactive_module", "summary_video", "expanded_quiz"]


def test_the_text_gives_up_its_requests() -> None:
    """The pieces that the tour sends are the printed ones."""
    assert base_text.headers() == {
        "Authorization": "Bearer workspace_api_key",
        "Content-Type": "application/json",
        "Idempotency-Key": "floco-glossary-a1-2026-07-02",
    }
    assert base_text.create().body.startswith(b'{\n"sourceType": "floco",\n"requestedOutputs": [\n')
    assert base_text.status().path == "/v1/content/integrations/expansions/{jobId}"
    assert base_text.result().path == "/v1/content/integrations/expansions/{jobId}/result"
    assert json.loads(base_text.export().body)["lessonId"] == "standalone-lesson-id"


@pytest.mark.smoke
@pytest.mark.requirement("CRE-001", "CRE-002", "CRE-007", "STAT-001", "RES-001", "RES-003", "RES-007")
def test_the_whole_import_runs_as_printed(nobody: Api, admin: Api) -> None:
    """Create is queued, status follows the clock, the result has the printed shape and one manifest per output."""
    headers = base_text.headers()
    create = base_text.create()
    job = check_created(nobody.send(create.method, create.path, create.body, headers))
    assert (job["sourceType"], job["status"]) == ("floco", "queued")
    assert [row["status"] for row in job["outputs"]] == ["queued"] * 3

    status_path = base_text.status().path.format(jobId=job["id"])
    result_path = base_text.result().path.format(jobId=job["id"])
    assert nobody.send("GET", status_path, None, headers).json()["status"] in {"queued", "processing"}
    assert admin.advance("PT5S").status == 200
    assert nobody.send("GET", status_path, None, headers).json()["status"] == "completed"

    result = nobody.send("GET", result_path, None, headers).json()
    printed = base_text.result_document()
    check_shape(printed["job"], result["job"])
    assert result["job"]["status"] == printed["job"]["status"]
    assert [row["outputType"] for row in result["outputs"]] == ALL_OUTPUTS
    for row in result["outputs"]:
        check_shape(printed["outputs"][0], row)
        assert TITLE in row["manifest"]["title"]
    module, printed_module = result["outputs"][0], printed["outputs"][0]
    assert module["resourceType"] == printed_module["resourceType"]
    assert module["manifest"]["title"] == printed_module["manifest"]["title"]
    before_token = printed_module["manifest"]["urls"]["publicUrl"].removesuffix("share-token")
    assert module["manifest"]["urls"]["publicUrl"].startswith(before_token)


@pytest.mark.smoke
@pytest.mark.requirement("IDEM-001")
def test_the_create_sent_again_is_the_same_job(nobody: Api) -> None:
    """The printed key opens one job, however often the printed request arrives."""
    create = base_text.create()
    first = check_created(nobody.send(create.method, create.path, create.body, base_text.headers()))
    again = check_created(nobody.send(create.method, create.path, create.body, base_text.headers()))
    assert again["id"] == first["id"]


@pytest.mark.smoke
@pytest.mark.requirement("EXP-001", "EXP-002", "IDEM-015")
def test_the_export_runs_as_printed(nobody: Api, server: RunningServer) -> None:
    """The admin's export answers a completed result at once, and the same one when it is asked for again."""
    export = base_text.export()
    path = export.path.format(classroomId=server.classroom_id)
    headers = {"Cookie": "jwt=demo-admin", "Content-Type": "application/json"}
    first = nobody.send(export.method, path, export.body, headers)
    again = nobody.send(export.method, path, export.body, headers)

    assert first.status == 200, first.body
    document = first.json()
    assert document["job"]["status"] == "completed"
    assert document["job"]["idempotencyKey"] == "standalone-lesson:standalone-lesson-id"
    for row in document["outputs"]:
        check_shape(base_text.result_document()["outputs"][0], row)
    assert again.json()["job"]["id"] == document["job"]["id"]


def check_shape(printed: Mapping[str, Any], answered: Mapping[str, Any]) -> None:
    """Assert that every member of the printed object is there, in its place and of its kind."""
    for name, value in printed.items():
        assert type(answered[name]) is type(value), f"{name}: {answered[name]!r}"
        if isinstance(value, dict):
            check_shape(cast("Mapping[str, Any]", value), answered[name])
