"""`create_app`: an ordinary Flask application, the front page, the settings that count, and what fails at start."""

import json
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from mock_server.tests.http_app.wsgi import FUNCTIONS, call
from mock_server.tests.operations.in_process import ADMIN, CLASSROOMS, KEY, LOGIN, NINE, WHO, HandClock, Mock

import tutorflow_openapi
from tutorflow_mock import Settings, create_app
from tutorflow_mock.domain.model import Value
from tutorflow_mock.operations import plan
from tutorflow_mock.operations.world import World
from tutorflow_openapi import Contract
from tutorflow_openapi.behaviours import BehaviourError

MIB = 1 << 20


def test_the_application_is_flasks() -> None:
    """Test clients and any WSGI server take it; without settings it has the default ones."""
    app = create_app()
    assert isinstance(app, Flask)
    world: World = app.extensions["tutorflow_mock"]
    assert world.settings == Settings()
    assert app.test_client().get(CLASSROOMS, headers=dict(KEY)).status_code == 200


def test_two_applications_share_nothing() -> None:
    """Each application has a world of its own."""
    first, second = Mock(), Mock()
    first.create("k")
    assert (len(first.world.store.jobs("default")), len(second.world.store.jobs("default"))) == (1, 0)


@pytest.mark.parametrize(
    ("accept", "status", "location"),
    [
        ("text/html", 302, "/__admin/"),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", 302, "/__admin/"),
        ("application/json", 404, None),
        ("*/*", 404, None),
        (None, 404, None),
    ],
)
def test_a_browser_is_led_to_the_control_plane(accept: str | None, status: int, location: str | None) -> None:
    """`GET /` that asks for HTML by name is redirected; for everybody else there is nothing."""
    answer = call(Mock().app, {"PATH_INFO": "/", "HTTP_ACCEPT": accept})
    assert (answer.status, answer.headers.get("Location")) == (status, location)


@pytest.mark.requirement("ERR-005", "ERR-006")
@pytest.mark.parametrize(
    "given",
    [
        {"PATH_INFO": "/", "REQUEST_METHOD": "POST"},
        {"PATH_INFO": "/", "REQUEST_METHOD": "DELETE"},
        {"PATH_INFO": "/v1/nothing", "REQUEST_METHOD": "BREW"},
        {"PATH_INFO": "/static/x.js"},
        {"PATH_INFO": "/__adminx"},
        {"PATH_INFO": "/v1/nothing", "REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(MIB + 1)},
        {"PATH_INFO": "/v1/nothing", "CONTENT_LENGTH": "junk"},
        {"PATH_INFO": "/v1/nothing", "QUERY_STRING": "%ff=%00&&=", "HTTP_COOKIE": "=;;"},
    ],
    ids=lambda given: " ".join(str(value) for value in given.values()),
)
def test_flasks_own_errors_are_envelopes(given: dict[str, str]) -> None:
    """No HTML leaves the server: what Flask refuses is the contract's 404 as well."""
    answer = call(Mock().app, given)
    assert answer.outcome == (404, "content_not_found")
    assert (answer.headers["Content-Type"], answer.reason) == ("application/json", "unknown-route")


def test_errors_on_the_control_plane_are_problems() -> None:
    """An unknown path below `/__admin` is told as a problem document."""
    answer = call(Mock().app, {"PATH_INFO": "/__admin/nothing"})
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_the_application_is_configured_against_abuse() -> None:
    """Bodies and forms have limits, hosts are listed, and there is no debugger."""
    config = Mock().app.config
    assert (config["MAX_CONTENT_LENGTH"], config["DEBUG"], config["TESTING"]) == (MIB, False, False)
    assert config["MAX_FORM_MEMORY_SIZE"] <= MIB
    assert config["MAX_FORM_PARTS"] <= 1_000
    assert config["SECRET_KEY"] is None


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"revision": "2027-01"}, "no revision '2027-01'; known are 2026-07"),
        ({"programme": "nonsense"}, "immediate, time, held, polls=3, after=30s"),
        ({"clock": "yesterday"}, "yesterday"),
        ({"behaviours": {"no.such": "value"}}, "no behaviour 'no.such'"),
        ({"profile": {"create.empty-outputs": "perhaps"}}, "reject-400, as-omitted"),
        ({"behaviours": {"request.max-body-bytes": 0}}, "from 1 to"),
    ],
)
def test_a_setting_that_cannot_be_read_fails_at_start(setting: dict[str, Any], says: str) -> None:
    """Nothing waits for the first request to find out; the message says what would do."""
    with pytest.raises(ValueError, match=says):
        create_app(Settings(**setting))


@pytest.mark.parametrize(
    ("clock", "first", "later"),
    [
        ("running", "2026-07-06T09:00:00.000Z", "2026-07-06T09:00:05.000Z"),
        ("frozen", "2026-07-06T09:00:00.000Z", "2026-07-06T09:00:00.000Z"),
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Z"),
        ("2030-01-01T00:00:00.25+09:00", "2029-12-31T15:00:00.250Z", "2029-12-31T15:00:00.250Z"),
    ],
)
def test_the_clock_of_a_start(clock: str, first: str, later: str) -> None:
    """The session's clock runs with real time, stands at the start, or stands at an instant."""
    mock = Mock(clock=clock)
    seen = [mock.create().job["createdAt"]]
    mock.clock.advance(5)
    seen.append(mock.create().job["createdAt"])
    assert seen == [first, later]


def test_an_operation_without_a_function_fails_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract's operations are all registered."""
    monkeypatch.delitem(FUNCTIONS, "listClassrooms")
    with pytest.raises(LookupError, match="no function is registered for listClassrooms"):
        create_app()


def test_a_function_without_an_operation_fails_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is registered that no revision knows."""
    monkeypatch.setitem(FUNCTIONS, "renderVideo", FUNCTIONS["listClassrooms"])
    with pytest.raises(LookupError, match="no revision of the contract knows renderVideo"):
        create_app()


def later_revision(folder: Path) -> Contract:
    """Return a made-up revision that has no list of classrooms and calls itself 2099-01."""
    document = json.loads(json.dumps(tutorflow_openapi.load().document))
    document["info"]["version"] = "2099-01"
    del document["paths"][CLASSROOMS]
    path = folder / "2099-01.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    return tutorflow_openapi.load_file(path)


def test_an_operation_that_the_sessions_revision_lacks_is_not_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Paths are matched in all revisions together; a session sees its own only, as the same 404."""
    contracts = {"2026-07": tutorflow_openapi.load(), "2099-01": later_revision(tmp_path)}
    monkeypatch.setattr(tutorflow_openapi, "revisions", lambda: tuple(contracts))
    monkeypatch.setattr(tutorflow_openapi, "load", contracts.__getitem__)
    older, newer = Mock(), Mock(revision="2099-01")
    assert older.send("GET", CLASSROOMS, KEY).status == 200
    missing = newer.send("GET", CLASSROOMS, KEY)
    assert (missing.outcome, missing.reason) == ((404, "content_not_found"), "unknown-operation")
    assert newer.send("GET", "/v1/content/organizations", ADMIN).status == 200


def test_contracts_are_made_once_for_each_set_of_values() -> None:
    """Sessions with the same overrides share one contract; another value makes another one."""
    mock = Mock()
    session = mock.world.store.session("default")
    assert session is not None
    other = replace(session, id="other")
    changed = replace(session, overrides=(("create.empty-outputs", "as-omitted"),))
    world = mock.world
    assert world.contract_of(session) is world.contract_of(session)
    assert world.contract_of(session) is world.contract_of(other)
    assert world.contract_of(changed) is world.contract_of(replace(changed, id="third"))
    assert world.contract_of(changed) is not world.contract_of(session)


def test_the_memory_for_contracts_is_bounded() -> None:
    """However many values somebody tries, what is remembered of them does not grow for ever."""
    mock = Mock()
    session = mock.world.store.session("default")
    assert session is not None

    def under(number: int) -> Value:
        overrides: tuple[tuple[str, Value], ...] = (("login.session-lifetime", number),)
        return mock.world.contract_of(replace(session, overrides=overrides)).values["login.session-lifetime"]

    assert [under(number) for number in range(1, 1_100)] == list(range(1, 1_100))
    assert len(attrgetter("_effective")(mock.world)) <= 1_024
    assert under(1) == 1


def test_plans_are_made_once_for_each_contract() -> None:
    """What the document says of outputs, statuses and events is looked up once."""
    contract = tutorflow_openapi.load()
    assert plan.output_kinds(contract) is plan.output_kinds(contract)
    assert [kind.resource_type for kind in plan.output_kinds(contract).values()] == ["module", "video", "test"]
    assert plan.event_types(contract) == ("content.completed", "content.failed")
    assert plan.success_of(contract, "createApiKey") == 201
    assert plan.success_of(contract.under({"webhook.create-status": "ok-200"}), "createWebhook") == 200


def test_defaults_are_the_documents() -> None:
    """A member that was left out has the schema's default; an operation without a body has none."""
    contract = tutorflow_openapi.load()
    assert plan.with_defaults(contract, "createApiKey", {"name": "x"}) == {"name": "x", "rateLimitPerMinute": 60}
    assert plan.with_defaults(contract, "createExpansion", {"sourceType": "floco"}) == {"sourceType": "floco"}
    assert plan.with_defaults(contract, "listClassrooms", {}) == {}


def test_chance_and_time_are_arguments() -> None:
    """An application takes a clock and a source of chance; one source lives as long as its session is not reset."""
    mock = Mock()
    session = mock.world.store.session("default")
    assert session is not None
    first = mock.world.ids_of(session)
    assert mock.world.ids_of(session) is first
    assert mock.send("POST", "/__admin/reset").status == 200
    again = mock.world.store.session("default")
    assert again is not None
    assert mock.world.ids_of(again) is not first
    assert HandClock().elapsed() == NINE / 1000


def test_a_reset_begins_the_story_anew() -> None:
    """After a reset the same calls give the same answers, and what was made before is gone."""
    mock = Mock()
    first, made, session = mock.create("k"), mock.new_key(), mock.login()
    assert mock.send("POST", "/__admin/reset").status == 200
    assert mock.create("k").body == first.body
    assert mock.new_key().body == made.body
    assert mock.login().headers["Set-Cookie"] == session.headers["Set-Cookie"]
    assert [key["id"] for key in mock.list_keys()] == [made.json()["keyId"], "00000000-0000-4000-8000-000000000019"]


def test_a_reset_ends_what_was_made_before() -> None:
    """Keys and sessions of logins are dead after a reset; what the mock hands out works again."""
    mock = Mock()
    made, signed_in = mock.new_key(), mock.send("POST", LOGIN, body=WHO)
    mock.key_call("00000000-0000-4000-8000-000000000019", "revoke")
    mock.send("POST", "/__admin/reset")
    old = [
        mock.send("GET", CLASSROOMS, {"Authorization": f"Bearer {made.json()['apiKey']}"}),
        mock.send("GET", "/v1/content/organizations", {"Cookie": signed_in.headers["Set-Cookie"].partition(";")[0]}),
    ]
    assert [answer.status for answer in old] == [401, 401]
    assert mock.send("GET", CLASSROOMS, KEY).status == 200


def test_unknown_behaviours_name_their_family() -> None:
    """A typo is told with what there is."""
    with pytest.raises(BehaviourError, match=r"create\.empty-outputs"):
        Mock({"create.empty-output": "reject-400"})
