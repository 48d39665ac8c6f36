"""What a store promises of jobs and of the idempotency keys that make them once."""

from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import DAY, HARBOUR, LIGHTHOUSE, NOW, YEAR, an_id
from mock_server.tests.stores.scene import (
    DEFAULT,
    FIRST,
    OTHER,
    SECOND,
    claim,
    create,
    create_elsewhere,
    job,
    never,
    same,
    together,
)

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.idempotency import Policy
from tutorflow_mock.domain.model import Job
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.stores.base import LimitReached, OpenTwin, Store

FAILS = Programme(outcome="failed")
ALONE = Policy(refuse_open_twin=True)


class JobContract:
    """Jobs, one call after another."""

    def test_without_a_key_every_create_is_a_new_job(self, store: Store) -> None:
        """S10: dedupe is by key only; jobs are listed newest first."""
        assert [create(store, lambda n=n: job(n)).verdict for n in (100, 101)] == ["new", "new"]  # type: ignore[misc]
        assert [made.id for made in store.jobs(DEFAULT)] == [an_id(101), an_id(100)]
        assert (store.jobs(SECOND), store.holdings(DEFAULT)) == ((), ())

    @pytest.mark.requirement("IDEM-001", "IDEM-003")
    def test_a_known_key_answers_its_job_and_makes_none(self, store: Store) -> None:
        """The same body is a replay, another one is told apart; the first body stays the one that counts."""
        first = create(store, job, claim())
        assert first.verdict == "new"
        for body, verdict in (
            (FIRST, "replayed"),
            (OTHER, "replayed-other-body"),
            (b'{ "payload": {"n": 1.0} }', "replayed"),
        ):
            again = create(store, never, claim(body=body))
            assert (again.verdict, same(again.job, first.job)) == (verdict, True)
        assert len(store.jobs(DEFAULT)) == 1
        assert [(held.key, holding.job_id, holding.since) for held, holding in store.holdings(DEFAULT)] == [
            ("k", an_id(100), NOW)
        ]

    @pytest.mark.requirement("IDEM-002")
    def test_a_replay_shows_the_job_as_it_is_by_then(self, store: Store) -> None:
        """The job that is returned is the stored one, moved by reads and pushes since."""
        create(store, lambda: job(programme=Programme(progression="held")), claim())
        store.change_job(DEFAULT, an_id(100), lambda held: jobs.forced(held, "completed", NOW + 5, held.programme))
        assert jobs.status(create(store, never, claim(), now=NOW + 5).job, NOW + 5) == "completed"

    @pytest.mark.requirement("IDEM-005", "IDEM-006", "IDEM-011")
    def test_keys_are_exact_and_belong_to_one_organization_session_and_namespace(self, store: Store) -> None:
        """A key of another spelling, organization, namespace or session is another key."""
        create(store, job, claim("Key"))
        others = [
            claim("key"),
            claim("Key "),
            claim('"Key"'),
            claim("Key", organization_id=LIGHTHOUSE),
            claim("Key", namespace="exports"),
        ]
        made = [create(store, lambda n=n: job(101 + n), other).verdict for n, other in enumerate(others)]  # type: ignore[misc]
        assert made == ["new"] * 5
        assert create_elsewhere(store, claim("Key")).verdict == "new"
        assert create(store, never, claim("Key")).job.id == an_id(100)

    @pytest.mark.requirement("IDEM-009")
    @pytest.mark.parametrize(
        ("retention", "after", "verdict"),
        [
            *((DAY, DAY - 1, "replayed"), (DAY, DAY, "new"), (DAY, DAY + 1, "new")),
            *((30 * DAY, 30 * DAY - 1, "replayed"), (30 * DAY, 30 * DAY, "new"), (None, 10 * YEAR, "replayed")),
        ],
    )
    def test_a_key_is_kept_as_long_as_it_is_told(
        self, store: Store, retention: int | None, after: int, verdict: str
    ) -> None:
        """TA5: a millisecond before the bound, at it, and after it; for ever is ten years and more."""
        rules = Policy(retention=retention)
        create(store, job, claim(), rules=rules)
        later = create(store, lambda: job(101), claim(), now=NOW + after, rules=rules)
        assert (later.verdict, later.job.id) == (verdict, an_id(101 if verdict == "new" else 100))

    def test_a_key_that_is_taken_anew_is_kept_as_long_again(self, store: Store) -> None:
        """The retention of a second use begins with it; the first job stays readable."""
        rules = Policy(retention=DAY)
        for day, number in ((0, 100), (1, 101), (2, 102)):
            assert create(store, lambda n=number: job(n), claim(), now=NOW + day * DAY, rules=rules).verdict == "new"  # type: ignore[misc]
            assert create(store, never, claim(), now=NOW + (day + 1) * DAY - 1, rules=rules).job.id == an_id(number)
        assert len(store.jobs(DEFAULT)) == 3
        assert len(store.holdings(DEFAULT)) == 1

    @pytest.mark.requirement("IDEM-008")
    def test_a_failed_job_answers_or_sets_its_key_free(self, store: Store) -> None:
        """S9: by default a client has to send a new key; under `new-job` the same one works after the failure."""
        create(store, lambda: job(programme=FAILS), claim())
        assert create(store, never, claim(), now=NOW + 4_000).verdict == "replayed"
        renewing = Policy(renew_failed=True)
        assert create(store, never, claim(), now=NOW + 3_999, rules=renewing).verdict == "replayed"
        assert create(store, lambda: job(101), claim(), now=NOW + 4_000, rules=renewing).verdict == "new"
        assert create(store, never, claim(), now=NOW + 9_000, rules=renewing).job.id == an_id(101)

    @pytest.mark.requirement("IDEM-013")
    def test_a_create_that_fails_takes_no_key(self, store: Store) -> None:
        """An exception of the maker comes through and leaves neither job nor claim behind."""

        def fail() -> Job:
            raise ZeroDivisionError

        for claimed in (claim(), None):
            with pytest.raises(ZeroDivisionError):
                create(store, fail, claimed)
        assert (store.jobs(DEFAULT), store.holdings(DEFAULT)) == ((), ())
        assert create(store, job, claim(body=OTHER)).verdict == "new"

    def test_a_full_session_refuses_new_jobs_and_still_replays(self, small_store: Store) -> None:
        """Beyond the cap: a conflict that takes no key; known keys and other sessions go on."""
        for n in range(3):
            create(small_store, lambda n=n: job(100 + n), claim(str(n)))  # type: ignore[misc]
        for claimed in (claim("new"), None):
            with pytest.raises(LimitReached, match="3 jobs") as refusal:
                create(small_store, lambda: job(103), claimed)
            assert refusal.value.reason == "session-limit"
        assert create(small_store, never, claim("0")).verdict == "replayed"
        assert len(small_store.jobs(DEFAULT)) == len(small_store.holdings(DEFAULT)) == 3
        assert create_elsewhere(small_store, claim("new")).verdict == "new"

    def test_an_open_twin_may_be_refused(self, store: Store) -> None:
        """S30: same organization, same payload, not yet ended; the refusal takes no key, and the end lifts it."""
        create(store, job, claim("a"), rules=ALONE)
        for source in (FIRST, b'{"payload": {"n": 1}, "sourceType": "floco"}'):
            for claimed in (claim("b"), None):
                with pytest.raises(OpenTwin) as refusal:
                    create(store, lambda source=source: job(101, source=source), claimed, now=NOW + 3_999, rules=ALONE)  # type: ignore[misc]
                assert refusal.value.reason == "same-content-open"
        assert create(store, never, claim("a"), now=NOW + 3_999, rules=ALONE).verdict == "replayed"
        assert create(store, lambda: job(102, source=OTHER), claim("b"), rules=ALONE).verdict == "new"
        foreign = job(103, organization_id=LIGHTHOUSE)
        assert create(store, lambda: foreign, claim("a", organization_id=LIGHTHOUSE), rules=ALONE).verdict == "new"
        assert create(store, lambda: job(104), claim("c"), now=NOW + 4_000, rules=ALONE).verdict == "new"

    def test_twins_are_welcome_by_default(self, store: Store) -> None:
        """LIFE-011: two keys, same content, two jobs."""
        assert [create(store, lambda n=n: job(n), claim(str(n))).verdict for n in (100, 101)] == ["new", "new"]  # type: ignore[misc]

    @pytest.mark.requirement("STAT-003")
    def test_a_job_is_read_by_its_organization(self, store: Store) -> None:
        """A foreign, an unknown and another session's job look alike; the control plane reads any."""
        made = create(store, job).job
        assert same(store.read_job(DEFAULT, made.id, HARBOUR, NOW), made)
        assert same(store.read_job(DEFAULT, made.id, None, NOW), made)
        assert store.read_job(DEFAULT, made.id, LIGHTHOUSE, NOW, counted=True) is None
        assert store.read_job(DEFAULT, an_id(999), HARBOUR, NOW) is None
        assert store.read_job(SECOND, made.id, HARBOUR, NOW) is None
        assert store.read_count(DEFAULT, made.id) == 0

    @pytest.mark.requirement("STAT-006")
    def test_counted_reads_move_a_job_that_counts_them(self, store: Store) -> None:
        """`polls=2`: uncounted reads show the job as it is, the second counted one its end; other jobs only count."""
        create(store, lambda: job(100, Programme(progression="manual", polls=2)))
        create(store, lambda: job(101))
        shown: list[str] = []
        for counted in (False, True, False, True, False):
            read = store.read_job(DEFAULT, an_id(100), HARBOUR, NOW, counted=counted)
            assert read is not None
            shown.append(jobs.status(read, NOW))
        assert shown == ["queued", "processing", "processing", "completed", "completed"]
        timed = store.read_job(DEFAULT, an_id(101), HARBOUR, NOW, counted=True)
        assert timed is not None
        assert jobs.status(timed, NOW) == "queued"
        assert [store.read_count(DEFAULT, an_id(n)) for n in (100, 101, 999)] == [2, 1, 0]

    def test_a_hidden_read(self, store: Store) -> None:
        """It is counted by itself, for each job, where the caller says that it is hidden; many at once as well."""

        def hide(session_id: str = DEFAULT, number: int = 100) -> bool:
            return store.hide_read(session_id, an_id(number), lambda before: before < 3)

        assert [hide() for _ in range(5)] == [True, True, True, False, False]
        assert (hide(SECOND), store.read_count(DEFAULT, an_id(100))) == (True, 0)
        assert sum(together(40, lambda _: hide(number=101))) == 3

    def test_every_counted_read_counts_once(self, store: Store) -> None:
        """Forty reads at once of a job that ends at the fortieth: exactly one of them sees the end first."""
        create(store, lambda: job(100, Programme(progression="manual", polls=40)))

        def read(_: int) -> list[str]:
            found = [store.read_job(DEFAULT, an_id(100), HARBOUR, NOW, counted=True) for _ in range(5)]
            return [jobs.status(each, NOW) for each in found if each is not None]

        statuses = [status for part in together(8, read) for status in part]
        assert {status: statuses.count(status) for status in statuses} == {
            "queued": 19,
            "processing": 20,
            "completed": 1,
        }
        assert store.read_count(DEFAULT, an_id(100)) == 40

    def test_a_job_is_changed_in_one_step(self, store: Store) -> None:
        """The change sees the job as it is; an exception leaves it; there is none of another session's."""

        def fail(before: Job) -> Job:
            raise ZeroDivisionError(before.id)

        made = create(store, job).job
        with pytest.raises(ZeroDivisionError):
            store.change_job(DEFAULT, made.id, fail)
        assert same(store.read_job(DEFAULT, made.id, None, NOW), made)
        changed = store.change_job(DEFAULT, made.id, lambda before: replace(before, reads=before.reads + 1))
        assert changed is not None
        assert (changed.reads, same(store.read_job(DEFAULT, made.id, None, NOW), changed)) == (1, True)
        assert store.change_job(DEFAULT, an_id(999), fail) is None
        assert store.change_job(SECOND, made.id, fail) is None
