"""API keys made, used, rotated and revoked in any order, and which of them open the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tutorflow_conformance.exchange import member, objects
from tutorflow_conformance.machines.machine import Machine

NAMES = st.sampled_from(("import", "nightly"))
LIMIT = 60


@dataclass
class Held:
    """A key that was made; `old` are secrets that it had before."""

    id: str
    secret: str
    is_revoked: bool = False


class Keys(Machine):
    """Remembers every key with its secret, and which secrets are no more."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[Held] = []
        self._dead: list[str] = []

    @precondition(lambda self: len(self._held) < 4)  # noqa: PLR2004 - more of them show nothing more
    @rule(name=NAMES)
    def mint(self, name: str) -> None:
        """Make a key."""
        answer = self.scene.call("createApiKey", body={"name": name, "rateLimitPerMinute": LIMIT})
        secret, key = member(answer.json, "apiKey"), member(answer.json, "keyId")
        made = answer.is_success and isinstance(secret, str) and isinstance(key, str)
        self.scene.must(made, "KEY-001", "a key with its secret", answer.status)
        self._is_unheard(str(secret))
        self._held.append(Held(str(key), str(secret)))

    @precondition(lambda self: self._held)
    @rule(data=st.data())
    def use(self, data: Any) -> None:
        """Use a key; a minute passes, so that no limit is met."""
        held = self._pick(data)
        self.scene.let_pass(LIMIT)
        answer = self.scene.call("listClassrooms", bearer=held.secret)
        if held.is_revoked:
            self.scene.must(answer.status == 401, "AUTH-004", "401 for a revoked key", answer.status)  # noqa: PLR2004
        else:
            self.scene.must(answer.is_success, "KEY-018", "200 for a key that was made", answer.status)

    @precondition(lambda self: self._dead)
    @rule(data=st.data())
    def use_old(self, data: Any) -> None:
        """Use a secret that was replaced."""
        if self.stage.values["key.rotate-old-key"] == "revoked-at-once":
            answer = self.scene.call("listClassrooms", bearer=data.draw(st.sampled_from(self._dead)))
            self.scene.must(not answer.is_success, "KEY-007", "401 for a rotated key", answer.status)

    @precondition(lambda self: self._held)
    @rule(data=st.data())
    def rotate(self, data: Any) -> None:
        """Rotate a key."""
        held = self._pick(data)
        answer = self.scene.call("rotateApiKey", path={"keyId": held.id})
        secret = member(answer.json, "apiKey")
        if held.is_revoked:
            self.scene.must(not isinstance(secret, str), "KEY-011", "no key from a revoked one", answer.status)
            return
        self.scene.must(answer.is_success and isinstance(secret, str), "KEY-006", "a new key", answer.status)
        self._is_unheard(str(secret))
        self._dead.append(held.secret)
        held.secret, held.id = str(secret), str(member(answer.json, "keyId") or held.id)

    @precondition(lambda self: self._held)
    @rule(data=st.data())
    def revoke(self, data: Any) -> None:
        """Revoke a key, perhaps again."""
        held = self._pick(data)
        answer = self.scene.call("revokeApiKey", path={"keyId": held.id})
        if not held.is_revoked:
            self.scene.must(answer.is_success, "KEY-009", "200", answer.status)
        held.is_revoked = True

    @rule()
    def list_all(self) -> None:
        """List all keys."""
        answer = self.scene.call("listApiKeys")
        rows = {str(row.get("id")): row for row in objects(answer.json)}
        shown = [each for each in (*self._dead, *(held.secret for held in self._held)) if each in str(answer.json)]
        self.scene.must(not shown, "KEY-004", "no secret in a list", f"{len(shown)} of them")
        for held in self._held:
            if not held.is_revoked:
                status = rows.get(held.id, {}).get("status")
                self.scene.must(status == "ACTIVE", "KEY-003", f"{held.id} as ACTIVE", status)
            elif self.stage.values["key.list-revoked"] == "shown":
                status = rows.get(held.id, {}).get("status")
                self.scene.must(status == "REVOKED", "KEY-016", f"{held.id} as REVOKED", status)

    def _pick(self, data: Any) -> Held:
        number: int = data.draw(st.integers(0, len(self._held) - 1))
        return self._held[number]

    def _is_unheard(self, secret: str) -> None:
        known = {*self._dead, *(held.secret for held in self._held)}
        self.scene.must(secret not in known, "KEY-019", "a secret of its own", "one that is known already")
