"""A store with two sessions in it, and short ways to call its verbs."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, replace
from threading import Barrier, Event
from typing import TypeVar

from mock_server.tests.domain.samples import HARBOUR, NOW, a_job, an_id

from tutorflow_mock.domain import sessions
from tutorflow_mock.domain.clock import SessionClock
from tutorflow_mock.domain.idempotency import Claim, Policy, SentBody
from tutorflow_mock.domain.model import ApiKey, Job, KeyCredential, Session
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.domain.rate_windows import Algorithm
from tutorflow_mock.stores.base import Caps, Created, Meter, Store

MakeStore = Callable[[Caps], Store]
Result = TypeVar("Result")

DEFAULT, SECOND = "default", "second"
DEMO_KEY, LIGHTHOUSE_KEY, SECOND_KEY = an_id(19), an_id(18), an_id(29)
SECOND_TENANT = replace(
    sessions.HARBOUR,
    email="admin@second.example",
    cookie="second-admin",
    key_id=SECOND_KEY,
    api_key="tf_content_c7d2e8419f0b4a65b3d1a2c4e6f80917",
)
DEMO_SECRET, SECOND_SECRET = sessions.HARBOUR.api_key, SECOND_TENANT.api_key
FIRST, OTHER = b'{"payload":{"n":1}}', b'{"payload":{"n":2}}'
HANG_GUARD = 10.0
"""Seconds after which a thread that should have gone on is given up."""


def sha(secret: str) -> bytes:
    """Return the digest under which a secret is kept."""
    return hashlib.sha256(secret.encode()).digest()


def open_session(store: Store, session_id: str = DEFAULT) -> None:
    """Open the default session, or the second one, or put it back to this state."""
    tenants = sessions.DEFAULT_TENANTS if session_id == DEFAULT else (SECOND_TENANT,)
    session = _frozen_session(session_id, tenants)
    store.open_session(session, sessions.credentials_of(session_id, tenants, NOW))


def second_session() -> Session:
    """Return the record of the second session."""
    return _frozen_session(SECOND, (SECOND_TENANT,))


def meter(
    key_id: str = DEMO_KEY, algorithm: Algorithm = "fixed-aligned", *, scope: str = "", marks_refused: bool = True
) -> Meter:
    """Return how a call of a key is counted."""
    return Meter(key_id, scope, algorithm, marks_refused)


def claim(key: str = "k", body: bytes = FIRST, organization_id: str = HARBOUR, namespace: str = "") -> Claim:
    """Return a request's claim on an idempotency key."""
    return Claim(namespace, organization_id, key, SentBody(body))


def job(
    number: int = 100,
    programme: Programme | None = None,
    *,
    organization_id: str = HARBOUR,
    source: bytes = FIRST,
    created_at: int = NOW,
) -> Job:
    """Return a new job with the id …0<number>."""
    return replace(
        a_job(programme, created_at=created_at), id=an_id(number), organization_id=organization_id, source=source
    )


def create(
    store: Store,
    make: Callable[[], Job],
    claimed: Claim | None = None,
    *,
    now: int = NOW,
    rules: Policy | None = None,
) -> Created:
    """Make a job in the default session, once for its claim."""
    return store.create_job_once(DEFAULT, make, claimed, now, rules or Policy())


def create_elsewhere(store: Store, claimed: Claim) -> Created:
    """Make the usual job in the second session, once for its claim."""
    return store.create_job_once(SECOND, job, claimed, NOW, Policy())


def never() -> Job:
    """Stand where no job must be made."""
    raise AssertionError("a job was made")


def same(one: Job | None, other: Job | None) -> bool:
    """Tell whether two records say the same; a store may hand out copies."""
    return one is not None and other is not None and astuple(one) == astuple(other)


def key_named(
    store: Store, key_id: str = DEMO_KEY, organization_id: str = HARBOUR, session_id: str = DEFAULT
) -> ApiKey:
    """Return a key as the store has it."""
    return next(key for key, _ in store.keys(session_id, organization_id) if key.id == key_id)


def reason(store: Store, secret: str, now: int = NOW) -> str | None:
    """Return why a bearer secret is refused; `unknown` if the store does not know it."""
    credential = store.find_credential(sha(secret))
    if credential is None:
        return "unknown"
    assert isinstance(credential, KeyCredential)
    return credential.reason(now)


def together(count: int, act: Callable[[int], Result]) -> list[Result]:
    """Let that many threads act at once and return their results in order."""
    ready = Barrier(count)

    def run(number: int) -> Result:
        ready.wait(HANG_GUARD)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@dataclass
class SlowJob:
    """A job whose making begins, and goes on when it is told, or fails then."""

    made: Job
    fails: bool = False
    begun: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)

    def __call__(self) -> Job:
        """Make the job."""
        self.begun.set()
        assert self.released.wait(HANG_GUARD)
        if self.fails:
            raise RuntimeError("the maker failed")
        return self.made


def _frozen_session(session_id: str, tenants: tuple[sessions.Tenant, ...]) -> Session:
    clock = SessionClock().frozen(NOW)
    return sessions.session_of(session_id, tenants, seed="42", revision="2026-07", clock=clock)
