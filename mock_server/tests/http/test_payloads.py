"""Real input: source payloads in both dialects and many scripts, from one lesson to three hundred, run to their end."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mock_server.tests.http.answer import check_created
from mock_server.tests.http.api import EXPANSIONS, Api
from mock_server.tests.http.large_payloads import large_payloads

FILES = sorted((Path(__file__).parent.parent / "data" / "payloads").glob("*.json"))
PAYLOADS: Mapping[str, Mapping[str, Any]] = {
    **{file.stem: json.loads(file.read_text("utf-8")) for file in FILES},
    **large_payloads(),
}
ALL_OUTPUTS = ["interactive_module", "summary_video", "expanded_quiz"]


@pytest.mark.requirement("CRE-017", "CRE-018", "HTTP-002", "IDEM-001", "IDEM-010", "RES-003", "RES-007", "RES-013")
@pytest.mark.parametrize("name", PAYLOADS)
def test_a_source_payload_becomes_outputs(api: Api, admin: Api, name: str) -> None:
    """The payload is accepted, its job completes, and its title stands unchanged in the title of every output."""
    payload = PAYLOADS[name]
    title = payload["level"]["title"]
    body = request_body(name, payload)
    headers = {"Idempotency-Key": f"real-input:{name}:v1"}
    job = check_created(api.create_raw(body, headers))
    assert (job["status"], job["sourceType"]) == ("queued", source_type(name))
    assert check_created(api.create_raw(body, headers))["id"] == job["id"]

    assert admin.advance("PT5S").status == 200
    assert api.get(f"{EXPANSIONS}/{job['id']}").json()["status"] == "completed"
    result = api.get(f"{EXPANSIONS}/{job['id']}/result").json()
    assert [row["outputType"] for row in result["outputs"]] == ALL_OUTPUTS
    assert [row["outputType"] for row in result["outputs"] if title not in row["manifest"]["title"]] == []
    assert result["manifest"]["title"] == title

    replay = check_created(api.create_raw(body, headers))
    assert [replay[field] for field in ("id", "status", "createdAt")] == [job["id"], "completed", job["createdAt"]]


@pytest.mark.requirement("IDEM-014")
@pytest.mark.parametrize("name", [file.stem for file in FILES[::5]])
def test_a_payload_written_otherwise_is_the_same_request(api: Api, name: str) -> None:
    """Escapes instead of characters, other spaces and another order of names make no other body."""
    payload = PAYLOADS[name]
    headers = {"Idempotency-Key": f"written-otherwise:{name}"}
    first = api.create_raw(request_body(name, payload), headers)
    document = {"payload": {field: payload[field] for field in reversed([*payload])}, "sourceType": source_type(name)}
    again = api.create_raw(json.dumps(document, indent=3).encode(), headers)
    assert check_created(again)["id"] == check_created(first)["id"]
    assert again.headers["x-mock-idempotency"] == "replayed"


def test_the_payloads_are_as_varied_as_they_claim() -> None:
    """At least 36 files, both dialects, all lesson types, both forms of category, sizes from 1 kB to 900 kB."""
    lessons = [lesson for payload in PAYLOADS.values() for lesson in payload["level"]["lessons"]]
    sizes = [len(request_body(name, payload)) for name, payload in PAYLOADS.items()]
    counts = [len(payload["level"]["lessons"]) for payload in PAYLOADS.values()]
    assert len(FILES) >= 36
    assert {lesson["type"] for lesson in lessons} == {"vocabulary", "term", "example", "dialogue", "quiz", "review"}
    assert {type(payload["category"]) for payload in PAYLOADS.values()} == {str, dict}
    assert {"language" in payload for payload in PAYLOADS.values()} == {True, False}
    assert (min(counts), max(counts)) == (1, 300)
    assert min(sizes) < 1_200
    assert 880_000 < max(sizes) < 1_048_576
    assert sum(file.stat().st_size for file in FILES) < 400_000


def source_type(name: str) -> str:
    """Return the source type that the dialect's guide shows."""
    return "floco" if name.startswith("floco_") else "source_json"


def request_body(name: str, payload: Mapping[str, Any]) -> bytes:
    """Return the create request for a payload, as a client would write it."""
    return json.dumps({"sourceType": source_type(name), "payload": payload}, ensure_ascii=False).encode()
