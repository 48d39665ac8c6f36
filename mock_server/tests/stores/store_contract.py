"""The one test class that every `Store` passes, and the state machine that compares it with a small model."""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from mock_server.tests.domain.samples import DAY, HARBOUR, NOW
from mock_server.tests.stores.delivery_contract import DeliveryContract
from mock_server.tests.stores.flight_contract import FlightContract
from mock_server.tests.stores.job_contract import JobContract
from mock_server.tests.stores.key_contract import KeyContract
from mock_server.tests.stores.presence_contract import PresenceContract
from mock_server.tests.stores.scene import (
    DEFAULT,
    DEMO_KEY,
    DEMO_SECRET,
    MakeStore,
    claim,
    create,
    job,
    meter,
    open_session,
    reason,
)
from mock_server.tests.stores.session_contract import SessionContract
from mock_server.tests.stores.subscription_contract import SubscriptionContract
from mock_server.tests.stores.watching_contract import WatchingContract
from mock_server.tests.stores.window_contract import WindowContract

from tutorflow_mock.domain import jobs, keys
from tutorflow_mock.domain.idempotency import Claim, Policy
from tutorflow_mock.domain.model import Job
from tutorflow_mock.domain.programme import Outcome, Programme
from tutorflow_mock.stores.base import Caps, Created


class StoreContract(
    SessionContract,
    KeyContract,
    WindowContract,
    JobContract,
    FlightContract,
    SubscriptionContract,
    PresenceContract,
    DeliveryContract,
    WatchingContract,
):
    """Everything that a `Store` promises; the module of an implementation gives it `make_store`."""


@dataclass
class Known:
    """What the model remembers of one job."""

    created_at: int
    outcome: Outcome

    def status(self, now: int) -> str:
        """Return what the default programme shows at an instant."""
        if now < self.created_at + 1_000:
            return "queued"
        return "processing" if now < self.created_at + 4_000 else self.outcome


idempotency_keys = st.sampled_from(("a", "b", "c"))
bodies = st.sampled_from((b'{"payload":{"n":1}}', b'{"payload":{"n":2}}'))
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(("completed", "failed"))
policies = st.builds(Policy, retention=st.sampled_from((None, DAY)), renew_failed=st.booleans())


class StoreMachine(RuleBasedStateMachine):
    """TA10: creates, replays, mismatches, calls, revocations, clock moves and resets against dictionaries."""

    make_store: MakeStore

    def __init__(self) -> None:
        super().__init__()
        self.store = type(self).make_store(Caps())
        self.now = NOW
        self.number = 100
        self.policy = Policy()
        self.reset()

    @initialize(policy=policies)
    def begin(self, policy: Policy) -> None:
        """Choose how long keys are held."""
        self.policy = policy

    @rule()
    def reset(self) -> None:
        """Put the session back to its beginning."""
        open_session(self.store)
        self.jobs: dict[str, Known] = {}
        self.held: dict[str, tuple[str, bytes, int]] = {}
        self.used: dict[int, int] = {}
        self.revoked = False

    @rule(key=idempotency_keys, body=bodies, outcome=outcomes)
    def create_with_key(self, key: str, body: bytes, outcome: Outcome) -> None:
        """Make a job, or meet the one that holds the key, with the same body or another."""
        created = self._create(outcome, claim(key, body))
        if self._is_held(key):
            job_id, first_body, _ = self.held[key]
            assert created.job.id == job_id
            assert created.verdict == ("replayed" if body == first_body else "replayed-other-body")
        else:
            assert created.verdict == "new"
            self._remember(created.job.id, outcome)
            self.held[key] = (created.job.id, body, self.now)

    @rule(outcome=outcomes)
    def create_without_key(self, outcome: Outcome) -> None:
        """Make a job that no key holds."""
        created = self._create(outcome)
        assert created.verdict == "new"
        self._remember(created.job.id, outcome)

    @rule(span=st.sampled_from((1, 999, 1_000, 3_000, 60_000, DAY - 1, DAY)))
    def advance(self, span: int) -> None:
        """Let time pass on the session's clock."""
        self.now += span

    @rule()
    def call(self) -> None:
        """Count a call of the demo key."""
        minute = self.now // 60_000
        self.used[minute] = self.used.get(minute, 0) + 1
        assert self.store.take_rate_slot(DEFAULT, meter(), self.now).used == self.used[minute]

    @rule()
    def revoke(self) -> None:
        """End the demo key."""
        self.store.change_key(DEFAULT, DEMO_KEY, lambda key: keys.revoked(key, self.now))
        self.revoked = True

    @invariant()
    def the_store_has_what_the_model_has(self) -> None:
        """Jobs, their states, held keys and the worth of the credential agree after every step."""
        found = {each.id: jobs.status(each, self.now) for each in self.store.jobs(DEFAULT)}
        assert found == {job_id: known.status(self.now) for job_id, known in self.jobs.items()}
        assert all(self.store.read_job(DEFAULT, job_id, HARBOUR, self.now) is not None for job_id in self.jobs)
        assert {held.key: holding.job_id for held, holding in self.store.holdings(DEFAULT)} == {
            key: job_id for key, (job_id, _, _) in self.held.items()
        }
        assert reason(self.store, DEMO_SECRET, self.now) == ("revoked-key" if self.revoked else None)
        assert self.store.is_untouched(DEFAULT) is (not self.jobs and not self.used)

    def _create(self, outcome: Outcome, claimed: Claim | None = None) -> Created:
        def make() -> Job:
            return job(self.number, Programme(outcome=outcome), created_at=self.now)

        return create(self.store, make, claimed, now=self.now, rules=self.policy)

    def _is_held(self, key: str) -> bool:
        if key not in self.held:
            return False
        job_id, _, since = self.held[key]
        is_over = self.policy.retention is not None and self.now >= since + self.policy.retention
        is_free = self.policy.renew_failed and self.jobs[job_id].status(self.now) == "failed"
        return not is_over and not is_free

    def _remember(self, job_id: str, outcome: Outcome) -> None:
        assert job_id not in self.jobs
        self.jobs[job_id] = Known(self.now, outcome)
        self.number += 1
