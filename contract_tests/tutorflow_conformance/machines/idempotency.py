"""Creates with few keys and few bodies, in any order, and which job each of them brings."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.machines.machine import CREATE, Machine, body, job

KEYS = st.sampled_from(("unit-1", "Unit-1", "unit 1", "unit-2"))
BODIES = st.integers(0, 1)
DAY = 86_400.0


class Idempotency(Machine):
    """Remembers for each key the first answer and the body that got it."""

    def __init__(self) -> None:
        super().__init__()
        self._first: dict[str, tuple[dict[str, Any], int]] = {}
        self._jobs: set[str] = set()
        self._failed: set[str] = set()

    @rule(key=KEYS, number=BODIES, in_body=st.booleans())
    def create(self, key: str, number: int, *, in_body: bool) -> None:
        """Create with a key, in the header or in the body."""
        sent = {**body(number), "idempotencyKey": key} if in_body else body(number)
        answer = self.scene.call(CREATE, body=sent, key=None if in_body else key)
        if key not in self._first:
            self._is_new(answer, "IDEM-011" if self._first else "CRE-001")
            self._first[key] = (dict(job(answer)), number)
        elif self._first[key][1] == number:
            self._is_replay(answer, key, "IDEM-004" if in_body else "IDEM-001")
        elif self.stage.values["idempotency.same-key-other-body"] == "replay":
            self._is_replay(answer, key, "IDEM-003")
        else:
            self.scene.must(not answer.is_success, "IDEM-003", "no second job", job(answer).get("id"))

    @rule(number=BODIES)
    def create_without_key(self, number: int) -> None:
        """Create without any key."""
        if self.stage.values["idempotency.missing-key"] == "new-job":
            self._is_new(self.scene.call(CREATE, body=body(number)), "CRE-019")

    @rule(key=KEYS)
    def create_badly(self, key: str) -> None:
        """Use a key for what is refused, which leaves no trace."""
        answer = self.scene.call(CREATE, body={"requestedOutputs": ["interactive_module"]}, key=key)
        refused = key in self._first or not answer.is_success
        self.scene.must(refused, "CRE-008", "a refusal without payload", job(answer).get("id"))

    @rule(key=KEYS)
    def create_unauthorised(self, key: str) -> None:
        """Use a key with a bearer that nobody has."""
        answer = self.scene.call(CREATE, body=body(), key=key, bearer="tf_content_" + "0" * 32)
        self.scene.must(not answer.is_success, "AUTH-003", "401", job(answer).get("id"))

    @precondition(lambda self: self._first)
    @rule(data=st.data())
    def fail(self, data: Any) -> None:
        """Let the job of a key fail."""
        key = data.draw(st.sampled_from(sorted(self._first)))
        name = str(self._first[key][0].get("id"))
        if name in self._failed or self.stage.values["idempotency.after-failed"] != "replay":
            return
        self.scene.fail(name)
        self._failed.add(name)

    @rule(seconds=st.sampled_from((1.0, 90.0, DAY + 1)))
    def wait(self, seconds: float) -> None:
        """Let time pass, but not for failures, which end a job once."""
        is_long = seconds > DAY and self.stage.values["idempotency.retention"] != "forever"
        if not is_long and not self._first.keys() - self._ended():
            self.scene.let_pass(seconds)

    def _ended(self) -> set[str]:
        return {key for key, (first, _) in self._first.items() if first.get("id") in self._failed}

    def _is_new(self, answer: Exchange, requirement: str) -> None:
        name = job(answer).get("id")
        self.scene.must(answer.is_success and name not in self._jobs, requirement, "a job of its own", name)
        self._jobs.add(str(name))

    def _is_replay(self, answer: Exchange, key: str, requirement: str) -> None:
        first, now = self._first[key][0], job(answer)
        right = answer.is_success and now.get("id") == first.get("id")
        self.scene.must(right, requirement, f"the job {first.get('id')} of {key!r} again", now.get("id"))
        same = all(now.get(name) == first.get(name) for name in ("createdAt", "sourceType", "requestedOutputs"))
        self.scene.must(same, "IDEM-002", "fields that never change", now)
        failed = first.get("id") in self._failed and self.stage.values["idempotency.replay-body"] == "current"
        self.scene.must(not failed or now.get("status") == "failed", "IDEM-008", "the failed job", now.get("status"))
