"""Two organizations with the same keys and each other's ids: nobody sees, uses or ends what is the other's."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tutorflow_conformance.exchange import member
from tutorflow_conformance.machines.machine import CREATE, RESULT, STATUS, Machine, body, job
from tutorflow_conformance.machines.stage import OURS, THEIRS

WHO = st.sampled_from((OURS, THEIRS))
KEYS = st.sampled_from(("unit-1", "unit-2"))


def other(who: str) -> str:
    """Return the other organization."""
    return THEIRS if who == OURS else OURS


class Tenancy(Machine):
    """Remembers whose each job, key and subscription is."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: dict[str, str] = {}
        self._used: dict[tuple[str, str], str] = {}
        self._keys: list[tuple[str, str, str]] = []

    @rule(who=WHO, key=KEYS)
    def create(self, who: str, key: str) -> None:
        """Create with a key that both organizations use."""
        answer = self.scene.call(CREATE, body=body(), key=key, who=who)
        name = job(answer).get("id")
        known = self._used.get((who, key))
        if known is None:
            fresh = answer.is_success and name not in self._jobs
            self.scene.must(fresh, "IDEM-006", "a job of its own", name)
            self._used[who, key], self._jobs[str(name)] = str(name), who
        else:
            self.scene.must(name == known, "IDEM-001", f"the job {known} again", name)
        owner = job(answer).get("organizationId")
        self.scene.must(owner in {None, self.scene.organization(who)}, "IDEM-006", "the caller's organization", owner)

    @precondition(lambda self: self._jobs)
    @rule(who=WHO, operation=st.sampled_from((STATUS, RESULT)), data=st.data())
    def read(self, who: str, operation: str, data: Any) -> None:
        """Read a job, one's own or the other's."""
        name = data.draw(st.sampled_from(sorted(self._jobs, key=list(self._jobs).index)))
        answer = self.scene.call(operation, path={"jobId": name}, who=who)
        if self._jobs[name] != who:
            self.scene.must(not answer.is_success, "AUTH-011", "no job of another organization", answer.status)
        elif operation == STATUS:
            self.scene.must(answer.is_success, "STAT-001", "200 for one's own job", answer.status)

    @precondition(lambda self: len(self._keys) < 3)  # noqa: PLR2004 - more of them show nothing more
    @rule(who=WHO)
    def mint(self, who: str) -> None:
        """Make an API key."""
        answer = self.scene.call("createApiKey", body={"name": "import", "rateLimitPerMinute": 60}, who=who)
        secret, name = member(answer.json, "apiKey"), member(answer.json, "keyId")
        self.scene.must(isinstance(secret, str), "KEY-001", "a key", answer.status)
        self._keys.append((str(name), str(secret), who))

    @precondition(lambda self: self._keys)
    @rule(data=st.data(), operation=st.sampled_from(("revokeApiKey", "rotateApiKey")))
    def end_theirs(self, operation: str, data: Any) -> None:
        """Try to end a key of the other organization, by one's own path; the key still opens what it did."""
        name, secret, owner = data.draw(st.sampled_from(self._keys))
        answer = self.scene.call(operation, path={"keyId": name}, who=other(owner))
        self.scene.must(not answer.is_success, "KEY-012", "no key of that id", answer.status)
        self.scene.let_pass(60)
        opened = self.scene.call("listClassrooms", bearer=secret, who=owner)
        self.scene.must(opened.is_success, "KEY-018", "200 for a key that was made", opened.status)

    @rule(who=WHO, operation=st.sampled_from(("listApiKeys", "listWebhooks")))
    def visit(self, who: str, operation: str) -> None:
        """Ask with one's own session for what the other organization has."""
        path = {"organizationId": self.scene.organization(other(who))}
        answer = self.scene.call(operation, path=path, who=who)
        self.scene.must(not answer.is_success, "AUTH-010", "no way into another organization", answer.status)
