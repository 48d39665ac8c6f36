"""Idempotency keys: what makes two requests one, what a key stands for, and what never takes one."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from mock_server.tests.operations.in_process import (
    CLASSROOM,
    CLASSROOMS,
    DAY,
    EXPANSIONS,
    FOREIGN_CLASSROOM,
    KEY,
    PAYLOAD,
    Answer,
    Json,
    Mock,
    bearer,
)

Refuse = Callable[[Mock], Answer]

SAME = {
    "the very bytes": '{"payload":{"a":1,"b":"é"},"sourceType":"floco"}',
    "another order": '{"sourceType":"floco","payload":{"b":"é","a":1}}',
    "more blanks": '{ "payload" : {"a": 1, "b": "é"},\n"sourceType":"floco" }',
    "1.0 for 1": '{"payload":{"a":1.0,"b":"é"},"sourceType":"floco"}',
    "an escape": '{"payload":{"a":1,"b":"\\u00e9"},"sourceType":"floco"}',
    "the key in the body": '{"payload":{"a":1,"b":"é"},"sourceType":"floco","idempotencyKey":"k"}',
}
OTHER = {
    "an extra field": '{"payload":{"a":1,"b":"é"},"sourceType":"floco","extra":1}',
    "another number": '{"payload":{"a":2,"b":"é"},"sourceType":"floco"}',
    "a text for a number": '{"payload":{"a":"1","b":"é"},"sourceType":"floco"}',
    "a decomposed é": '{"payload":{"a":1,"b":"e\u0301"},"sourceType":"floco"}',
    "true for 1": '{"payload":{"a":true,"b":"é"},"sourceType":"floco"}',
    "a default left out": '{"payload":{"a":1,"b":"é"}}',
}
REUSED = {"replay": (200, None), "conflict-409": (409, "content_conflict"), "reject-422": (422, "content_conflict")}


def send(mock: Mock, text: str) -> Answer:
    """Create an expansion with exactly this body, under the key `k`."""
    return mock.send("POST", EXPANSIONS, KEY, {"Idempotency-Key": "k"}, raw=text.encode())


@pytest.mark.requirement("IDEM-001", "IDEM-003", "IDEM-014")
@pytest.mark.parametrize("policy", REUSED)
@pytest.mark.parametrize("name", SAME)
def test_one_request_in_many_writings(policy: str, name: str) -> None:
    """Order, blanks, escapes, the form of a number and the key itself make no other request."""
    mock = Mock({"idempotency.same-key-other-body": policy})
    first, again = send(mock, SAME["the very bytes"]), send(mock, SAME[name])
    assert (again.status, again.replayed, again.body) == (200, "replayed", first.body)


@pytest.mark.requirement("IDEM-003")
@pytest.mark.parametrize("policy", REUSED)
@pytest.mark.parametrize("name", OTHER)
def test_another_request_under_a_known_key(policy: str, name: str) -> None:
    """Another body makes no second job and leaves the first as it was, however it is answered."""
    mock = Mock({"idempotency.same-key-other-body": policy})
    first, again = send(mock, SAME["the very bytes"]), send(mock, OTHER[name])
    assert again.outcome == REUSED[policy]
    assert again.replayed == "replayed-other-body"
    assert mock.status(first.job["id"]).body == first.body
    assert len(mock.world.store.jobs("default")) == 1


@pytest.mark.parametrize("policy", ["conflict-409", "reject-422"])
@pytest.mark.parametrize("name", [name for name in [*SAME, *OTHER] if name != "the very bytes"])
def test_raw_bytes_know_no_other_writing(policy: str, name: str) -> None:
    """Under `raw-bytes` a body is the same only to the byte."""
    mock = Mock({"idempotency.fingerprint": "raw-bytes", "idempotency.same-key-other-body": policy})
    texts = {**SAME, **OTHER}
    send(mock, texts["the very bytes"])
    assert send(mock, texts["the very bytes"]).status == 200
    assert send(mock, texts[name]).outcome == REUSED[policy]


@pytest.mark.requirement("IDEM-002", "IDEM-010", "LIFE-003")
def test_a_replay_does_no_work_again() -> None:
    """A replay has the first status and the job's current state; ids, titles and times of the end stay."""
    mock = Mock()
    first = mock.create("k")
    mock.clock.advance(4)
    before = mock.result(first.job["id"])
    mock.clock.advance(3600)
    again = mock.create("k")
    assert (again.status, again.replayed) == (first.status, "replayed")
    assert again.body == mock.status(first.job["id"]).body
    assert mock.result(first.job["id"]).body == before.body


@pytest.mark.requirement("IDEM-004")
@pytest.mark.parametrize("carriers", list(product(["header", "body"], repeat=2)), ids="-then-".join)
def test_header_and_body_carry_one_key(carriers: tuple[str, str]) -> None:
    """A key is the same key in the header and in the body."""
    mock = Mock()
    answers = [mock.create("k") if carrier == "header" else mock.create(idempotencyKey="k") for carrier in carriers]
    assert [answer.job["idempotencyKey"] for answer in answers] == ["k", "k"]
    assert answers[0].job["id"] == answers[1].job["id"]


@pytest.mark.parametrize(("precedence", "wins"), [("header", "h"), ("body", "b")])
def test_two_keys_in_one_request_are_warned_of(precedence: str, wins: str) -> None:
    """The one that counts is shown by the job; the mock's own header says that there were two."""
    mock = Mock({"idempotency.precedence": precedence})
    differ, agree = mock.create("h", idempotencyKey="b"), mock.create("same", idempotencyKey="same")
    assert (differ.job["idempotencyKey"], differ.headers["X-Mock-Warnings"]) == (wins, "key-conflict")
    assert "X-Mock-Warnings" not in agree.headers


def test_a_comma_in_a_key_is_warned_of() -> None:
    """Two headers of one name arrive joined by a comma: that is one key, and worth a word."""
    mock = Mock()
    joined, alone = mock.create("a, b"), mock.create("a")
    assert (joined.job["idempotencyKey"], joined.headers["X-Mock-Warnings"]) == ("a, b", "comma-in-key")
    assert alone.replayed == "new"
    both = mock.create("a,b", idempotencyKey="c")
    assert both.headers["X-Mock-Warnings"] == "key-conflict, comma-in-key"


@pytest.mark.requirement("IDEM-011", "IDEM-017")
def test_keys_are_compared_to_the_byte() -> None:
    """Case, blanks, quotes, commas and what looks like an attack are ordinary parts of a key."""
    keys = ["k", "K", " k", '"k"', "k,k", "k k", "k  k", "' OR 1=1--", "../k", "%00", "%6b", "k;", "\\u006b", "k" * 255]
    mock = Mock()
    made = [mock.create(idempotencyKey=key).job["id"] for key in keys]
    assert len(set(made)) == len(keys)
    assert [mock.create(idempotencyKey=key).job["id"] for key in keys] == made


@pytest.mark.requirement("IDEM-012", "IDEM-011")
@pytest.mark.parametrize("key", ["", "k" * 256, "k\u0001", "k\n", "\u007f"])
def test_a_key_that_cannot_be_one(key: str) -> None:
    """An empty key, one of 256 characters and one with a control character are refused, and make no job."""
    mock = Mock()
    assert mock.create(idempotencyKey=key).outcome == (400, "content_invalid_request")
    assert mock.world.store.jobs("default") == ()


@pytest.mark.parametrize("key", ["", "k" * 256, "\u007f", "é"])
def test_a_header_that_cannot_be_a_key(key: str) -> None:
    """The header takes 1 to 255 printable characters of ASCII; a refusal names it."""
    refused = Mock().create(None, {"Idempotency-Key": key})
    assert (refused.outcome, refused.reason) == ((400, "content_invalid_request"), "invalid-header")
    assert refused.error is not None
    assert "Idempotency-Key" in refused.error["message"]


@pytest.mark.requirement("IDEM-005", "KEY-017")
def test_the_keys_of_one_organization_share_the_namespace() -> None:
    """Two API keys meet the same job, also when the one that made it is revoked."""
    mock = Mock()
    made = mock.new_key()
    first = mock.create("k", bearer(made))
    mock.key_call(made.json()["keyId"], "revoke")
    assert mock.create("k").body == first.body


@pytest.mark.requirement("IDEM-015", "IDEM-016")
def test_exports_and_expansions_share_the_namespace() -> None:
    """A key that an export has taken brings its job to an expansion, and the other way round."""
    mock = Mock()
    exported, expanded = mock.export("e"), mock.create("x")
    assert (mock.create("e").job["id"], mock.create("e").replayed) == (exported.job["id"], "replayed-other-body")
    again = mock.export("x")
    assert again.outcome == (200, None)
    assert (again.job["id"], again.job["status"]) == (expanded.job["id"], "queued")


REFUSALS: dict[str, tuple[int, Refuse]] = {
    "bad value": (400, lambda mock: mock.create("k", sourceType=5)),
    "broken JSON": (400, lambda mock: mock.send("POST", EXPANSIONS, KEY, {"Idempotency-Key": "k"}, raw=b"{")),
    "bad key": (401, lambda mock: mock.create("k", {"Authorization": "Bearer tf_content_0"})),
    "no key": (401, lambda mock: mock.send("POST", EXPANSIONS, {"Idempotency-Key": "k"}, body={"payload": {}})),
    "foreign classroom": (404, lambda mock: mock.create("k", classroomId=FOREIGN_CLASSROOM)),
    "too large": (413, lambda mock: mock.create("k", payload={"text": "x" * (1 << 20)})),
    "media type": (415, lambda mock: mock.create("k", {"Content-Type": "text/plain"})),
    "no such output": (400, lambda mock: mock.create("k", requestedOutputs=["mp4"])),
}


@pytest.mark.requirement("IDEM-013", "CRE-015", "AUTH-017", "CRE-004", "CRE-008")
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_create_leaves_no_trace(name: str) -> None:
    """After a refusal its key is free, and the next job is the one that would have come first."""
    status, refuse = REFUSALS[name]
    mock, untouched = Mock({"request.bad-media-type": "reject-415"}), Mock()
    assert refuse(mock).status == status
    assert mock.world.store.jobs("default") == ()
    created = mock.create("k")
    assert (created.replayed, created.body) == ("new", untouched.create("k").body)


@pytest.mark.requirement("RATE-006", "IDEM-013")
def test_a_create_beyond_the_limit_leaves_no_trace() -> None:
    """A create that met 429 is a first use in the next minute."""
    mock = Mock()
    key = bearer(mock.new_key(rateLimitPerMinute=1))
    mock.send("GET", CLASSROOMS, key)
    assert mock.create("k", key).status == 429
    mock.clock.advance(60)
    assert mock.create("k", key).replayed == "new"


@pytest.mark.requirement("IDEM-013")
def test_a_refused_export_leaves_no_trace() -> None:
    """An export of an unknown lesson, or of no lesson, keeps its key free."""
    mock = Mock()
    assert mock.export("k", lesson="no-such-lesson").status == 404
    assert mock.export("k", lesson="").status == 400
    assert mock.export("k").replayed == "new"


@pytest.mark.requirement("IDEM-007")
def test_many_first_uses_make_one_job() -> None:
    """Sixteen creates with one key at once: one job, and every answer has its id."""
    mock = Mock()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(mock.create, ["k"] * 16))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.job["id"] for answer in answers}) == 1
    assert sorted(str(answer.replayed) for answer in answers) == ["new"] + ["replayed"] * 15


def test_a_key_in_flight_is_free_again_when_its_first_use_fails() -> None:
    """Whoever waited for a create that was refused makes the job itself."""
    mock = Mock()

    def create(classroom: str) -> Answer:
        return mock.create("k", classroomId=classroom)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, [FOREIGN_CLASSROOM, CLASSROOM] * 4))
    made = {answer.job["id"] for answer in answers if answer.status == 200}
    assert {answer.status for answer in answers} <= {200, 404}
    assert len(made) == len(mock.world.store.jobs("default")) == 1


@pytest.mark.requirement("IDEM-009")
@pytest.mark.parametrize(("retention", "days"), [("24h", 1), ("30d", 30)])
def test_a_key_ends_at_the_bound_of_its_retention(retention: str, days: int) -> None:
    """A millisecond before the bound a key is held; at it a new job takes the key, for as long again."""
    mock = Mock({"idempotency.retention": retention})
    first, exported = mock.create("k"), mock.export("e")
    mock.clock.advance(days * DAY - 0.001)
    assert [mock.create("k").replayed, mock.export("e").replayed] == ["replayed", "replayed"]
    mock.clock.advance(0.001)
    second = mock.create("k")
    assert [second.replayed, mock.export("e").replayed] == ["new", "new"]
    mock.clock.advance(days * DAY - 0.001)
    assert mock.create("k").job["id"] == second.job["id"]
    assert [mock.status(answer.job["id"]).job["status"] for answer in (first, exported)] == ["completed"] * 2


@pytest.mark.requirement("IDEM-009")
def test_a_key_is_held_for_ever() -> None:
    """By default a key stands for its job after years, and after thousands of other jobs."""
    mock = Mock()
    first = mock.create("k")
    mock.clock.advance(3_650 * DAY)
    for number in range(40):
        mock.create(f"k{number}")
    assert mock.create("k").job["id"] == first.job["id"]


@pytest.mark.requirement("IDEM-002")
def test_the_original_answer_comes_back_to_the_byte() -> None:
    """Under `replay-body=original` a replay is the first answer, also when the job has failed or ended."""
    mock = Mock({"idempotency.replay-body": "original"})
    first = mock.create("k")
    mock.clock.advance(4)
    assert mock.create("k").body == first.body


@pytest.mark.requirement("EXP-007")
def test_the_first_view_of_an_export_is_its_end() -> None:
    """Under `replay-body=original` an expansion's request meets an export as it was answered: completed."""
    mock = Mock({"idempotency.replay-body": "original"})
    exported, expanded = mock.export("e"), mock.create("x")
    assert mock.create("e").json() == {**exported.job, "outputs": exported.json()["outputs"]}
    mock.clock.advance(4)
    again = mock.export("x")
    assert {**again.job, "outputs": again.json()["outputs"]} == expanded.json()


@pytest.mark.requirement("CRE-019", "LIFE-011")
def test_without_a_key_every_create_is_a_job() -> None:
    """Two equal creates without a key, and two with different keys, make four jobs that all end."""
    mock = Mock()
    answers = [mock.create(), mock.create(), mock.create("a"), mock.create("b")]
    mock.clock.advance(4)
    ends = {answer.job["id"]: mock.status(answer.job["id"]).job["status"] for answer in answers}
    assert list(ends.values()) == ["completed"] * 4


def test_the_same_content_of_another_organization_is_no_twin() -> None:
    """Under `same-content-open=conflict-409` only the own organization's open jobs count, and the replay goes first."""
    mock = Mock({"create.same-content-open": "conflict-409"})
    first = mock.create("k")
    other: Json = {"level": {"title": "Garden A1"}}
    assert mock.create("k").body == first.body
    assert mock.create("l", {"Authorization": "Bearer tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64"}).status == 200
    assert mock.create("m", payload=other).status == 200
    assert mock.create("n", payload=json.loads(json.dumps(PAYLOAD))).outcome == (409, "content_conflict")
