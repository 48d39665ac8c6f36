"""A store that fails at its n-th verb, for every n and every operation: a 500, nothing half done, and all goes on."""

from collections.abc import Callable, Mapping
from threading import get_ident
from typing import Any

import pytest
from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOMS,
    FOREIGN_ORGANIZATION,
    HOOK,
    ORGANIZATION,
    ORGANIZATIONS,
    WEBHOOKS,
    WHO,
    Answer,
    Mock,
    bearer,
    cookie,
)

from tutorflow_mock.stores.base import Store
from tutorflow_mock.stores.watching import Watching

VERBS = sorted(name for name in {**vars(Watching), **vars(Store)} if not name.startswith("_"))
WRITES_AFTERWARDS = {"secrets", "append_journal", "early_wait"}
"""The journal, and holding an answer back, are best effort: a call that has done its work is answered all the same."""


class Scene:
    """A mock with one of everything, so that each operation has something to act on."""

    def __init__(self) -> None:
        self.mock = Mock({"rate.rejected-calls": "count-none", "idempotency.same-key-other-body": "conflict-409"})
        self.made = self.mock.new_key("victim")
        self.key_id: str = self.made.json()["keyId"]
        self.job_id: str = self.mock.create("old").job["id"]
        self.hook_id: str = self.mock.subscribe().json()["id"]

    def remembered(self) -> Any:
        """Return all that the store remembers besides calls: how often a key was used is no part of it."""
        store = self.mock.world.store
        organizations = (ORGANIZATION, FOREIGN_ORGANIZATION)
        return (
            store.session("default"),
            [job.id for job in store.jobs("default")],
            store.holdings("default"),
            [[key for key, _ in store.keys("default", each)] for each in organizations],
            [store.subscriptions("default", each) for each in organizations],
            self.mock.send("GET", CLASSROOMS, bearer(self.made)).status,
        )


Operate = Callable[[Scene], Answer]

OPERATIONS: Mapping[str, Operate] = {
    "login": lambda scene: scene.mock.send("POST", "/auth/login", body=WHO),
    "listOrganizations": lambda scene: scene.mock.send("GET", ORGANIZATIONS, ADMIN),
    "listClassrooms": lambda scene: scene.mock.send("GET", CLASSROOMS, bearer(scene.made)),
    "createApiKey": lambda scene: scene.mock.new_key("new"),
    "listApiKeys": lambda scene: scene.mock.send("GET", API_KEYS, ADMIN),
    "rotateApiKey": lambda scene: scene.mock.key_call(scene.key_id, "rotate"),
    "revokeApiKey": lambda scene: scene.mock.key_call(scene.key_id, "revoke"),
    "createExpansion": lambda scene: scene.mock.create("new"),
    "createExpansion again": lambda scene: scene.mock.create("old"),
    "createExpansion refused": lambda scene: scene.mock.create("old", payload={"level": {"title": "Other"}}),
    "getExpansion": lambda scene: scene.mock.status(scene.job_id),
    "getExpansion unknown": lambda scene: scene.mock.status("none"),
    "getExpansionResult": lambda scene: scene.mock.result(scene.job_id),
    "exportContent": lambda scene: scene.mock.export("new"),
    "createWebhook": lambda scene: scene.mock.subscribe(f"{HOOK}/new"),
    "listWebhooks": lambda scene: scene.mock.send("GET", WEBHOOKS, ADMIN),
    "deleteWebhook": lambda scene: scene.mock.send("DELETE", f"{WEBHOOKS}/{scene.hook_id}", ADMIN),
}
ERRORS = [OSError("disk full"), RuntimeError("database is locked"), ValueError("bad row"), LookupError("no such table")]


class Tripwire:
    """Counts the verbs that a store is asked for by this thread, and fails at one; the outbox asks in its own."""

    def __init__(self, store: Store, fail_at: int | None = None, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._store = store
        self._fail_at = fail_at
        self._error = error or OSError("disk full")
        self._thread = get_ident()
        for verb in VERBS:
            setattr(store, verb, self._watched(verb, getattr(store, verb)))

    def _watched(self, verb: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **kwargs: Any) -> Any:
            if get_ident() != self._thread:
                return original(*args, **kwargs)
            self.asked.append(verb)
            if len(self.asked) == self._fail_at:
                raise self._error
            return original(*args, **kwargs)

        return ask

    def off(self) -> None:
        """Give the store its own verbs back."""
        for verb in VERBS:
            delattr(self._store, verb)


def verbs_of(operation: str) -> list[str]:
    """Return the verbs of an operation, in the order in which it asks for them."""
    scene = Scene()
    wire = Tripwire(scene.mock.world.store)
    OPERATIONS[operation](scene)
    wire.off()
    return wire.asked


@pytest.mark.requirement("ERR-001", "ERR-002", "IDEM-013")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_store_that_fails_at_one_verb(operation: str) -> None:
    """An envelope, nothing kept of the call, and the same call succeeds as soon as the store does."""
    fine = OPERATIONS[operation](Scene())
    for number, verb in enumerate(verbs_of(operation), start=1):
        scene = Scene()
        before = scene.remembered()
        wire = Tripwire(scene.mock.world.store, number, ERRORS[number % len(ERRORS)])
        answer = OPERATIONS[operation](scene)
        wire.off()
        where = f"verb {number}, {verb}"
        assert wire.asked[number - 1] == verb
        if verb in WRITES_AFTERWARDS:
            assert answer.outcome == fine.outcome, where
            continue
        assert answer.outcome == (500, "content_internal_error"), where
        assert scene.remembered() == before, where
        again = OPERATIONS[operation](scene)
        assert (again.outcome, again.replayed) == (fine.outcome, fine.replayed), where


def test_every_operation_is_tried() -> None:
    """The table above has all operations of the contract."""
    known = set(Scene().mock.world.contracts["2026-07"].operations)
    assert {name.partition(" ")[0] for name in OPERATIONS} == known


def test_a_login_that_failed_opens_nothing() -> None:
    """The cookie of a login whose session could not be kept does not exist; the next login works."""
    scene = Scene()
    wire = Tripwire(scene.mock.world.store, verbs_of("login").index("save_login") + 1)
    refused = OPERATIONS["login"](scene)
    wire.off()
    assert (refused.status, "Set-Cookie" in refused.headers) == (500, False)
    assert scene.mock.send("GET", ORGANIZATIONS, cookie(OPERATIONS["login"](scene))).status == 200
