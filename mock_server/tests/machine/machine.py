"""Random steps of two organizations' clients and admins, each taken by the mock and by the model."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from mock_server.tests.control.console import ADMIN, CLOCK, EXPANSIONS, JOBS, Clock, Console
from mock_server.tests.machine.model import Key, Model, Subscription
from werkzeug.test import TestResponse

from tutorflow_mock import Settings
from tutorflow_mock.http.app import application
from tutorflow_mock.operations.start import new_world
from tutorflow_mock.outbox.pump import Pump
from tutorflow_mock.outbox.sender import Outcome
from tutorflow_mock.outbox.worker import Worker
from tutorflow_mock.system import SeededIds

SESSIONS, RATES = f"{ADMIN}/sessions", f"{ADMIN}/ratelimits"
DELIVERIES = f"{ADMIN}/webhooks/deliveries?limit=1000"
PROGRAMME = {"progression": "time", "queued": "PT2S", "processing": "PT3S"}
ENDS = ("completed", "failed")

which = st.integers(0, 3)
callers = st.sampled_from((0, 0, 0, 1, 1, 2, 3))
"""The keys of the beginning more often than those that come and go."""
idempotency_keys = st.sampled_from((None, "a", "b", "c"))
limits = st.sampled_from((0, 1, 2, 5, 60))
spans = st.sampled_from((1, 1_999, 2_000, 3_000, 4_999, 5_000, 5_001, 30_000, 60_000, 155_000))
tries = st.integers(1, 5)


def new_mock() -> Console:
    """Return a mock whose receivers are a function: each takes the try that the end of its URL names."""
    clock = Clock()
    world = new_world(Settings(self_check=True, seed="42"), clock, SeededIds)

    def post(url: str, _headers: object, body: bytes, *_more: object) -> Outcome:
        session_id, _, takes = url.split("/")[3:]
        told = json.loads(body)["jobId"]
        (found,) = (each for each in world.store.deliveries(session_id) if (each.url, each.job_id) == (url, told))
        return Outcome(200 if found.attempts == int(takes) else 503, (), "", None, "127.0.0.1:9", 0)

    pump = Pump(world, post)
    world.store.listen(Worker(world, pump).wake)
    return Console(application(world, pump), clock)


class MockMachine(RuleBasedStateMachine):
    """The mock against the model; each run lives in a session of its own."""

    mock: Console
    numbers = count()

    def __init__(self) -> None:
        super().__init__()
        self.session_id = f"machine-{next(self.numbers)}"
        members = {"id": self.session_id, "seed": "7", "clock": {"mode": "frozen"}, "programme": PROGRAMME}
        told = self.mock.post(SESSIONS, {**members, "rateLimitPerMinute": 12})
        self.organizations = told["organizations"]
        self.headers: Mapping[str, str] = told["headers"]
        self.begin()

    def begin(self) -> None:
        """Begin with what a session has at its creation."""
        self.model = Model()
        self.saved: Model | None = None
        for number, each in enumerate(self.organizations):
            (key,) = self.as_admin(number, "GET", "api-keys").get_json()
            self.model.keys[key["id"]] = Key(number, each["apiKey"], 12, 12)

    def teardown(self) -> None:
        """End the session."""
        self.mock.delete(f"{SESSIONS}/{self.session_id}")

    @rule(key=callers, idempotency_key=idempotency_keys, body=st.integers(1, 2), end=st.sampled_from(ENDS))
    def create(self, key: int, idempotency_key: str | None, body: int, end: str) -> None:
        """Make a job, replay one, or replay one with another body; or be refused."""
        caller = self.key(key)
        expected = self.model.create(caller, idempotency_key, body)
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        answer = self.as_client(caller, "POST", EXPANSIONS, {"payload": {"n": body}}, **headers, Prefer=f"job={end}")
        status, verdict, job_id = expected
        assert (answer.status_code, answer.headers.get("X-Mock-Idempotency")) == (status, verdict), answer.text
        if status == 200:
            made: Any = answer.get_json()
            if job_id is None:
                self.model.keep(made["id"], caller, idempotency_key, body, end)
            assert made["id"] == (job_id or made["id"])
            assert made["status"] == self.model.jobs[made["id"]].status(self.model.now)

    @rule(key=callers, job=which)
    def poll(self, key: int, job: int) -> None:
        """Read a job's status, one's own, the other organization's or nobody's."""
        job_id = ["nobody's", *self.model.jobs][-1 - job % (len(self.model.jobs) + 1)]
        expected = self.model.read(self.key(key), job_id)
        answer = self.as_client(self.key(key), "GET", f"{EXPANSIONS}/{job_id}")
        told: Any = answer.get_json()
        assert (answer.status_code, told.get("status")) == expected, answer.text

    @rule(span=spans)
    def advance(self, span: int) -> None:
        """Let time pass."""
        self.control("PUT", CLOCK, {"action": "advance", "by": f"{span}ms"})
        self.model.now += span

    @rule(end=st.sampled_from(ENDS), span=spans, job=which)
    def go_on(self, end: str, span: int, job: int) -> None:
        """Do what clients do all day: make a job, let time pass, look at a job."""
        self.create(0, None, 1, end)
        self.advance(span)
        self.poll(0, job)

    @rule(organization=st.integers(0, 1), limit=limits.filter(bool))
    def mint(self, organization: int, limit: int) -> None:
        """Make a key."""
        made = self.as_admin(organization, "POST", "api-keys", {"name": "m", "rateLimitPerMinute": limit}).get_json()
        self.model.keys[made["keyId"]] = Key(organization, made["apiKey"], limit, limit)

    @precondition(lambda self: len(self.model.keys) > 2)
    @rule(key=which)
    def rotate(self, key: int) -> None:
        """Turn a key into a new one as it was issued, with a window of its own; one that is revoked stays so."""
        key_id = self.late_key_id(key)
        old = self.model.keys[key_id]
        answer = self.as_admin(old.organization, "POST", f"api-keys/{key_id}/rotate")
        assert answer.status_code == (409 if old.is_revoked else 200), answer.text
        if not old.is_revoked:
            made: Any = answer.get_json()
            self.model.keys[key_id] = replace(old, is_revoked=True)
            self.model.keys[made["keyId"]] = Key(old.organization, made["apiKey"], old.issued, old.issued)

    @precondition(lambda self: len(self.model.keys) > 2)
    @rule(key=which)
    def revoke(self, key: int) -> None:
        """Revoke a key, once more if need be."""
        key_id = self.late_key_id(key)
        found = self.model.keys[key_id]
        answer = self.as_admin(found.organization, "POST", f"api-keys/{key_id}/revoke")
        assert answer.status_code == 200, answer.text
        found.is_revoked = True

    @rule(key=which, limit=limits)
    def limit(self, key: int, limit: int) -> None:
        """Give a key another limit, which bites at once."""
        self.control("PUT", f"{RATES}/{self.key_id(key)}", {"limit": limit})
        self.key(key).limit = limit

    @initialize(takes=tries)
    def listen(self, takes: int) -> None:
        """Let somebody hear of everything from the beginning."""
        self.subscribe(0, ENDS, takes)

    @rule(organization=st.integers(0, 1), ends=st.sampled_from((ENDS[:1], ENDS[1:], ENDS)), takes=tries)
    def subscribe(self, organization: int, ends: tuple[str, ...], takes: int) -> None:
        """Subscribe a receiver that takes a certain try, or none at all."""
        url = f"http://127.0.0.1:9/{self.session_id}/{next(self.numbers)}/{takes}"
        body = {"url": url, "events": [f"content.{end}" for end in ends]}
        made = self.as_admin(organization, "POST", "webhooks", body).get_json()
        self.model.subscriptions[made["id"]] = Subscription(organization, ends, takes, self.model.now)

    @rule(subscription=which)
    def unsubscribe(self, subscription: int) -> None:
        """End a subscription that there is."""
        active = [(name, each) for name, each in self.model.subscriptions.items() if each.deleted is None]
        if active:
            name, found = active[subscription % len(active)]
            assert self.as_admin(found.organization, "DELETE", f"webhooks/{name}").status_code == 200
            found.deleted = self.model.now

    @rule()
    def save(self) -> None:
        """Keep the session as it is, in place of what was kept before."""
        if self.saved is not None:
            self.control("DELETE", f"{ADMIN}/snapshots/kept")
        self.control("POST", f"{ADMIN}/snapshots/kept")
        self.saved = deepcopy(self.model)

    @precondition(lambda self: self.saved is not None)
    @rule()
    def restore(self) -> None:
        """Go back to what was kept."""
        self.control("POST", f"{ADMIN}/snapshots/kept/restore")
        self.model = deepcopy(self.saved or self.model)

    @precondition(lambda self: len(self.model.jobs) > 4)
    @rule()
    def reset(self) -> None:
        """Begin again."""
        self.control("POST", f"{ADMIN}/reset")
        self.begin()

    @invariant()
    def the_mock_has_what_the_model_has(self) -> None:
        """Jobs with their states, deliveries with their tries: no more, no fewer, no other."""
        jobs = self.control("GET", f"{JOBS}?limit=1000")["jobs"]
        assert {each["id"]: each["status"] for each in jobs} == self.model.statuses()
        found = self.control("GET", DELIVERIES)["deliveries"]
        told = {(each["jobId"], each["subscriptionId"]): (each["status"], each["attempts"]) for each in found}
        assert told == self.model.deliveries()
        assert len(told) == len(found)

    def key_id(self, number: int) -> str:
        """Return the id of one of the keys."""
        return list(self.model.keys)[number % len(self.model.keys)]

    def late_key_id(self, number: int) -> str:
        """Return the id of one of the keys, but for the first."""
        return list(self.model.keys)[1 + number % (len(self.model.keys) - 1)]

    def key(self, number: int) -> Key:
        """Return one of the keys."""
        return self.model.keys[self.key_id(number)]

    def as_client(self, key: Key, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """Call the API with a key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.mock.call(method, path, body, headers={"Authorization": f"Bearer {key.secret}", **named})

    def as_admin(self, organization: int, method: str, path: str, body: object = None) -> TestResponse:
        """Call the API with an admin's cookie, below an organization's path."""
        told = self.organizations[organization]
        whole = f"/v1/content/organizations/{told['id']}/{path}"
        return self.mock.call(method, whole, body, headers={"Cookie": told["adminCookie"]})

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Call the control plane, and return what a success tells."""
        answer = self.mock.call(method, path, body, headers=self.headers)
        assert answer.status_code // 100 == 2, answer.text
        return answer.get_json(silent=True)
