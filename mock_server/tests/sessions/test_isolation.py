"""50 sessions, 50 threads, mixed traffic with resets and deletes: no session ever sees a text of another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from mock_server.tests.control.console import JOBS, SOURCE, Clock, Console, new_app
from mock_server.tests.sessions import canary
from mock_server.tests.sessions.tenant import SESSIONS, Tenant, open_tenant

NAMES = [f"canary-{number:02}" for number in range(50)]
ROUNDS = 4


def test_no_session_sees_another() -> None:
    """Each thread goes from session to session, so that several are always in one; all have the same seed and ids."""
    mock = Console(new_app(Clock()), Clock())
    tenants = {name: open_tenant(mock, **canary.members(name)) for name in NAMES}
    ours = mock.create(sourceType="default")
    ready = Barrier(len(NAMES))

    def drive(number: int) -> int:
        ready.wait(30)
        answers = 0
        for round_ in range(ROUNDS):
            tenant = tenants[NAMES[(number + round_ * 7) % len(NAMES)]]
            for answer in canary.traffic(tenant, round_):
                canary.check(answer, tenant.id)
                answers += 1
            if (number + round_) % 5 == 0:
                renew(tenant)
        return answers

    def renew(tenant: Tenant) -> None:
        """End a session and open it again: with its id and seed, its credentials are the same."""
        canary.check(mock.call("DELETE", f"{SESSIONS}/{tenant.id}"), tenant.id)
        again = mock.call("POST", SESSIONS, canary.members(tenant.id))
        canary.check(again, tenant.id)
        assert again.status_code == 409 or again.get_json() == tenant.told

    with ThreadPoolExecutor(len(NAMES)) as pool:
        assert min(pool.map(drive, range(len(NAMES)))) >= ROUNDS * 12
    for name, tenant in tenants.items():
        assert canary.names_in(canary.kept(mock, name)) == {name}
        canary.check(tenant.create(f"{name} at last"), name)
    assert [each["id"] for each in mock.get(JOBS)["jobs"]] == [ours]
    assert mock.get(SESSIONS)["meta"] == {"total": 51}
    assert SOURCE == {"payload": {"level": {"title": "A1"}}}
