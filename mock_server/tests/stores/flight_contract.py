"""What a store promises while several requests bring one idempotency key at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from mock_server.tests.domain.samples import NOW, an_id
from mock_server.tests.stores.scene import (
    DEFAULT,
    HANG_GUARD,
    OTHER,
    SlowJob,
    claim,
    create,
    create_elsewhere,
    job,
    never,
    open_session,
    same,
    together,
)

from tutorflow_mock.domain.idempotency import Policy
from tutorflow_mock.domain.model import Job
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.stores.base import InFlight, SessionEnded, Store

IMPATIENT = Policy(refuse_in_flight=True)


class FlightContract:
    """Keys in flight."""

    @pytest.mark.requirement("IDEM-007")
    def test_many_first_uses_make_one_job(self, store: Store) -> None:
        """TA1: one key, forty senders, one job; all answer with it, and its maker ran once."""
        numbers = count(100)
        made: list[Job] = []

        def make() -> Job:
            made.append(job(next(numbers)))
            return made[-1]

        created = together(40, lambda _: create(store, make, claim()))
        assert len(made) == len(store.jobs(DEFAULT)) == 1
        assert {each.job.id for each in created} == {an_id(100)}
        assert sorted(each.verdict for each in created) == ["new"] + ["replayed"] * 39

    def test_many_keys_with_shuffled_senders_make_a_job_each(self, store: Store) -> None:
        """TA2: 50 keys, four senders each in another order: exactly 50 jobs."""
        numbers = count(100)

        def send(sender: int) -> list[tuple[str, str]]:
            keys = [str((7 * sender + 11 * n) % 50) for n in range(50)]
            return [(key, create(store, lambda: job(next(numbers)), claim(key)).job.id) for key in keys]

        answers = {pair for part in together(4, send) for pair in part}
        assert len(answers) == len(store.jobs(DEFAULT)) == len(store.holdings(DEFAULT)) == 50

    def test_a_second_first_use_waits_for_the_first(self, store: Store) -> None:
        """S13: while the first is being made the second waits, also one with another body; then both have the job."""
        slow = SlowJob(job())
        with ThreadPoolExecutor(3) as pool:
            first = pool.submit(create, store, slow, claim())
            try:
                assert slow.begun.wait(HANG_GUARD)
                second = pool.submit(create, store, never, claim())
                third = pool.submit(create, store, never, claim(body=OTHER))
                with pytest.raises(TimeoutError):
                    second.result(timeout=0.05)
                assert store.jobs(DEFAULT) == ()
            finally:
                slow.released.set()
            verdicts = [each.result(HANG_GUARD).verdict for each in (first, second, third)]
        assert verdicts == ["new", "replayed", "replayed-other-body"]
        assert same(first.result().job, second.result().job)

    def test_when_the_first_fails_the_next_takes_its_place(self, store: Store) -> None:
        """Nobody waits for ever: an exception sets the key free, and one of the waiting makes the job."""
        slow = SlowJob(job(), fails=True)
        with ThreadPoolExecutor(3) as pool:
            first = pool.submit(create, store, slow, claim())
            try:
                assert slow.begun.wait(HANG_GUARD)
                others = [pool.submit(create, store, lambda: job(101), claim()) for _ in range(2)]
            finally:
                slow.released.set()
            assert sorted(each.result(HANG_GUARD).verdict for each in others) == ["new", "replayed"]
            with pytest.raises(RuntimeError, match="the maker failed"):
                first.result(HANG_GUARD)
        assert [made.id for made in store.jobs(DEFAULT)] == [an_id(101)]

    def test_a_key_in_flight_may_be_refused(self, store: Store) -> None:
        """`idempotency.in-flight=conflict-409`: at once while the first is being made, a replay afterwards."""
        slow = SlowJob(job())
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(create, store, slow, claim(), rules=IMPATIENT)
            try:
                assert slow.begun.wait(HANG_GUARD)
                with pytest.raises(InFlight) as refusal:
                    create(store, never, claim(), rules=IMPATIENT)
                assert refusal.value.reason == "in-flight"
            finally:
                slow.released.set()
            assert first.result(HANG_GUARD).verdict == "new"
        assert create(store, never, claim(), rules=IMPATIENT).verdict == "replayed"

    def test_a_key_in_flight_blocks_nothing_else(self, store: Store) -> None:
        """While a job is being made, other keys, keyless creates, reads and other sessions go on."""
        create(store, lambda: job(200), claim("known"))
        slow = SlowJob(job())
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(create, store, slow, claim())
            try:
                assert slow.begun.wait(HANG_GUARD)
                others = pool.submit(
                    lambda: [
                        create(store, lambda: job(201), claim("other")).verdict,
                        create(store, lambda: job(202)).verdict,
                        create(store, never, claim("known")).verdict,
                        create_elsewhere(store, claim()).verdict,
                        store.read_job(DEFAULT, an_id(200), None, NOW) is not None,
                    ]
                )
                assert others.result(HANG_GUARD) == ["new", "new", "replayed", "new", True]
                assert not first.done()
            finally:
                slow.released.set()
            assert first.result(HANG_GUARD).verdict == "new"

    def test_a_reset_ends_the_wait(self, store: Store) -> None:
        """Who waits for a job of a session that begins anew is refused at once, not when the maker comes back."""
        slow = SlowJob(job())
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(create, store, slow, claim())
            try:
                assert slow.begun.wait(HANG_GUARD)
                second = pool.submit(create, store, never, claim())
                with pytest.raises(TimeoutError):
                    second.result(timeout=0.05)
                open_session(store)
                with pytest.raises(SessionEnded):
                    second.result(HANG_GUARD)
                assert not first.done()
            finally:
                slow.released.set()
        assert (store.jobs(DEFAULT), store.holdings(DEFAULT)) == ((), ())
        assert create(store, lambda: job(101), claim()).verdict == "new"

    def test_many_renewals_of_a_failed_job_make_one(self, store: Store) -> None:
        """`idempotency.after-failed=new-job`: the key that became free is taken once."""
        numbers = count(101)
        create(store, lambda: job(programme=Programme(outcome="failed")), claim())
        rules = Policy(renew_failed=True)
        created = together(
            16, lambda _: create(store, lambda: job(next(numbers)), claim(), now=NOW + 4_000, rules=rules)
        )
        assert {each.job.id for each in created} == {an_id(101)}
        assert len(store.jobs(DEFAULT)) == 2
