"""Observations of idempotency keys: `idempotency.*`."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from mock_server.tests.operations.in_process import DAY, EXPANSIONS, KEY, Json, Mock
from mock_server.tests.operations.observed.observation import CONFLICT, CREATED, INVALID, observes

from tutorflow_mock.domain.programme import Programme

PATIENCE = 10.0
A_MOMENT = 1.0


@observes(
    "idempotency.same-key-other-body",
    {
        "replay": ("the first job", "replayed-other-body"),
        "conflict-409": (CONFLICT, None),
        "reject-422": ((422, "content_conflict"), None),
    },
)
def same_key_other_body(mock: Mock) -> Json:
    """A known key with another payload."""
    first = mock.create("k")
    again = mock.create("k", payload={"level": {"title": "Garden A1"}})
    if again.status == 200:
        return "the first job" if again.body == first.body else "another job", again.replayed
    return again.outcome, None


@observes(
    "idempotency.fingerprint",
    {"canonical-json": CREATED, "raw-bytes": CONFLICT},
    given={"idempotency.same-key-other-body": "conflict-409"},
)
def fingerprint(mock: Mock) -> Json:
    """One request written in two ways, where another request would be a conflict."""
    for raw in (b'{"payload":{"a":1,"b":"\xc3\xa9"}}', b'{ "payload": {"b": "\\u00e9", "a": 1.0} }'):
        answer = mock.send("POST", EXPANSIONS, KEY, {"Idempotency-Key": "k"}, raw=raw)
    return answer.outcome


@observes(
    "idempotency.precedence",
    {
        "header": {"held by the header's": True, "held by the body's": False, "shown": "header"},
        "body": {"held by the header's": False, "held by the body's": True, "shown": "body"},
    },
)
def precedence(mock: Mock) -> Json:
    """Which of two keys of one request stands for its job afterwards."""
    first = mock.create("header", idempotencyKey="body").job
    return {
        "held by the header's": mock.create("header").job["id"] == first["id"],
        "held by the body's": mock.create("body").job["id"] == first["id"],
        "shown": first["idempotencyKey"],
    }


@observes("idempotency.after-failed", {"replay": (True, "failed"), "new-job": (False, "queued")})
def after_failed(mock: Mock) -> Json:
    """The key of a job that has failed."""
    mock.let_jobs_go(Programme(outcome="failed"))
    first = mock.create("k").job
    mock.clock.advance(4)
    again = mock.create("k").job
    return again["id"] == first["id"], again["status"]


@observes("idempotency.missing-key", {"new-job": (CREATED, CREATED, 2), "reject-400": (INVALID, INVALID, 0)})
def missing_key(mock: Mock) -> Json:
    """A create and an export without any key, and how many jobs there are then."""
    return mock.create().outcome, mock.export().outcome, len(mock.world.store.jobs("default"))


@observes("idempotency.export-namespace", {"shared": ("replayed-other-body", 1), "separate": ("new", 2)})
def export_namespace(mock: Mock) -> Json:
    """An expansion under the key of an export, and how many jobs there are then."""
    mock.export("k")
    return mock.create("k").replayed, len(mock.world.store.jobs("default"))


@observes(
    "idempotency.max-key-length",
    {
        255: {20: (CREATED, CREATED), 21: (CREATED, CREATED), 255: (CREATED, CREATED), 256: (INVALID, INVALID)},
        20: {20: (CREATED, CREATED), 21: (INVALID, INVALID), 255: (INVALID, INVALID), 256: (INVALID, INVALID)},
    },
)
def max_key_length(mock: Mock) -> Json:
    """Keys of several lengths, in the header and in the body."""
    return {
        length: (mock.create("h" * length).outcome, mock.create(idempotencyKey="b" * length).outcome)
        for length in (20, 21, 255, 256)
    }


@observes(
    "idempotency.retention",
    {
        "forever": [True, True, True, True, True],
        "24h": [True, False, False, False, False],
        "30d": [True, True, True, False, False],
    },
)
def retention(mock: Mock) -> Json:
    """Whether a key is held a millisecond before and at the end of a day, of thirty days, and after ten years."""
    instants = [DAY - 0.001, DAY, 30 * DAY - 0.001, 30 * DAY, 3650 * DAY]
    made = [mock.create(f"k{index}").job["id"] for index, _ in enumerate(instants)]
    held: list[bool] = []
    elapsed = 0.0
    for index, instant in enumerate(instants):
        mock.clock.advance(instant - elapsed)
        elapsed = instant
        held.append(mock.create(f"k{index}").job["id"] == made[index])
    return held


@observes("idempotency.replay-body", {"current": "completed", "original": "queued"})
def replay_body(mock: Mock) -> Json:
    """How a replay shows a job that has ended."""
    mock.create("k")
    mock.clock.advance(4)
    return mock.create("k").job["status"]


@observes("idempotency.replay-marker", {"none": [None, None, None], "idempotent-replayed": [None, "true", "true"]})
def replay_marker(mock: Mock) -> Json:
    """The mark on a first answer, on a replay, and on the replay of an export."""
    mock.export("e")
    answers = mock.create("k"), mock.create("k"), mock.export("e")
    return [answer.headers.get("Idempotent-Replayed") for answer in answers]


@observes(
    "idempotency.in-flight",
    {
        "wait": {"answered while the first runs": False, "second": CREATED, "jobs": 1},
        "conflict-409": {"answered while the first runs": True, "second": CONFLICT, "jobs": 1},
    },
)
def in_flight(mock: Mock) -> Json:
    """A key that comes a second time while the job of the first is being made."""
    reached, release = Event(), Event()

    def hold() -> None:
        reached.set()
        assert release.wait(PATIENCE), "nobody let the first create go on"

    mock.hooks["jobs"] = hold
    with ThreadPoolExecutor(2) as pool:
        try:
            first = pool.submit(mock.create, "k")
            assert reached.wait(PATIENCE), "the first create never made its job"
            second = pool.submit(mock.create, "k")
            early, _ = wait([second], A_MOMENT)
        finally:
            release.set()
    assert first.result().outcome == CREATED
    return {
        "answered while the first runs": second in early,
        "second": second.result().outcome,
        "jobs": len(mock.world.store.jobs("default")),
    }
