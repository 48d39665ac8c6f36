"""G13, F8: a secret is shown where it is made, and nowhere else: no answer, page, journal, log, timeline or error."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from mock_server.tests.control.console import ADMIN
from mock_server.tests.http_app.wsgi import FUNCTIONS
from mock_server.tests.safety.scene import (
    ENDS,
    READS,
    SENT_BY_MISTAKE,
    WRITES,
    Scene,
    call,
    control_calls,
    new_scene,
)
from werkzeug.test import TestResponse

Calls = Iterable[tuple[str, TestResponse]]


@pytest.fixture
def scene(caplog: pytest.LogCaptureFixture) -> Scene:
    """A session full of secrets; everything is logged."""
    caplog.set_level(logging.DEBUG)
    return new_scene()


def found(scene: Scene, calls: Calls) -> list[str]:
    """Return which calls were answered with which secrets."""
    return sorted(
        {
            f"{what} {answer.status_code}: {leak}"
            for what, answer in calls
            for leak in scene.leaks(f"{answer.headers}{answer.get_data(as_text=True)}")
        }
    )


def kept(scene: Scene, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return which secrets stand in the journal, the log or the settings."""
    there = {each.session.id for each in scene.world.store.sessions()}
    journal = [scene.world.store.read_journal(name) for name in there]
    return scene.leaks(f"{journal!r}{caplog.text}{scene.world.settings!r}")


def api_calls(scene: Scene) -> Iterator[tuple[str, TestResponse]]:
    """Call every operation of the contract with good, wrong and no credentials, and with bodies of every sort."""
    ids = {"organizationId": scene.told["organizationId"], "classroomId": scene.told["classroomId"]}
    ids |= {"jobId": scene.ids["job_id"], "keyId": scene.ids["key_id"], "webhookId": scene.ids["subscription_id"]}
    secret = scene.secrets["webhook"]
    credentials: list[dict[str, str]] = [{}, scene.key, scene.cookie, {"Authorization": f"Bearer {secret}"}]
    credentials += [{"Cookie": f"jwt={SENT_BY_MISTAKE['a wrong password']}"}, {"Prefer": f"code={secret}, {secret}=1"}]
    bodies: list[dict[str, Any]] = [
        {},
        {"json": {"payload": {"title": secret}}},
        {"json": {"email": scene.told["admin"]["email"], "password": SENT_BY_MISTAKE["a wrong password"]}},
        {"json": {secret: 1, "payload": secret, "classroomId": secret, "requestedOutputs": [secret]}},
        {"data": f'{{"secret": "{secret}'.encode(), "content_type": "application/json"},
        {"data": b"{}", "content_type": f"text/{secret}"},
    ]
    for operation in sorted(scene.world.contracts["2026-07"].operations.values(), key=lambda each: each.id):
        for path in (operation.path.format_map(ids), operation.path.format_map(dict.fromkeys(ids, secret))):
            for headers in credentials:
                for body in bodies if operation.method == "POST" else bodies[:1]:
                    yield operation.id, scene.call(operation.method, path, headers=headers, **body)


def is_telling(what: str, answer: TestResponse) -> bool:
    """Tell whether this is an answer that makes a secret: that is where it is shown."""
    return answer.status_code in {200, 201} and what in {"createApiKey", "rotateApiKey", "createWebhook", "login"}


@pytest.mark.requirement("ERR-009", "KEY-004", "HOOK-002")
def test_no_route_of_the_control_plane_tells_a_secret(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Every route of the application's own map, by every method, before and after everything else was called."""
    for methods in (READS, WRITES, READS, ENDS, READS):
        assert found(scene, control_calls(scene, methods)) == []
        assert kept(scene, caplog) == []


@pytest.mark.requirement("ERR-009", "KEY-004", "HOOK-002")
def test_no_operation_tells_a_secret(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Nor do the journal and the pages that show it afterwards; where no rule says that it is to be answered."""
    scene.delete(f"{ADMIN}/faults")
    assert found(scene, [each for each in api_calls(scene) if not is_telling(*each)]) == []
    assert found(scene, control_calls(scene, READS)) == []
    assert kept(scene, caplog) == []


@pytest.mark.requirement("ERR-009")
def test_no_crash_tells_a_secret(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks, with whatever in its hands: the answer has an id or points to the log, the log is redacted."""
    said = [each for name, each in scene.secrets.items() if name not in SENT_BY_MISTAKE]

    def crash(*_: object, **__: object) -> Any:
        raise RuntimeError(f"cannot go on with {said}, Basic {said}") from LookupError(said[-1])

    scene.delete(f"{ADMIN}/faults")
    for endpoint in scene.app.view_functions:
        monkeypatch.setitem(scene.app.view_functions, endpoint, crash)
    for operation_id in FUNCTIONS:
        monkeypatch.setitem(FUNCTIONS, operation_id, crash)
    assert found(scene, control_calls(scene, READS)) == []
    assert found(scene, api_calls(scene)) == []
    assert "cannot go on with" in caplog.text
    assert kept(scene, caplog) == []


def test_the_walk_sees_what_there_is_to_see(scene: Scene) -> None:
    """A secret that is shown would be found: the answer that makes a key is, and so is one that an error repeats."""
    made = call(
        scene,
        "POST",
        f"/v1/content/organizations/{scene.told['organizationId']}/api-keys",
        json={"name": "x"},
        headers=scene.cookie,
    )
    scene.secrets["new"] = made.get_json()["apiKey"]
    assert found(scene, [("createApiKey", made)]) == ["createApiKey 201: new"]
    walked = {what for what, _ in control_calls(scene, (*READS, *WRITES, *ENDS))}
    assert len(walked) >= 60
