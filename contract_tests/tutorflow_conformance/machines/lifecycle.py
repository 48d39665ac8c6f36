"""Jobs on their way, read in any order: nothing goes back, ends twice, or changes that was said once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.machines.machine import (
    CREATE,
    END,
    LONG,
    MODULE,
    QUIZ,
    RANK,
    RESULT,
    STATUS,
    VIDEO,
    Machine,
    body,
    job,
    outputs,
)

FIXED = ("id", "sourceType", "requestedOutputs", "createdAt")
OUTPUTS = st.sampled_from(((MODULE,), (MODULE, VIDEO), (MODULE, VIDEO, QUIZ), (QUIZ,)))


@dataclass
class Known:
    """What has been said of one job so far."""

    first: Mapping[str, Any]
    status: str
    last: Mapping[str, Any] = field(default_factory=dict[str, Any])
    read_at: int = -1
    result: Any = None
    rows: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def has_ended(self) -> bool:
        """Tell whether an end was seen."""
        return RANK.get(self.status) == END


class Lifecycle(Machine):
    """Remembers of each job all that was said of it; `_moves` counts what could have changed one."""

    def __init__(self) -> None:
        super().__init__()
        self._known: list[Known] = []
        self._moves = 0

    @rule(wanted=OUTPUTS)
    def create(self, wanted: tuple[str, ...]) -> None:
        """Make a job."""
        answer = self.scene.call(CREATE, body=body(0, *wanted))
        made = job(answer)
        self.scene.must(made.get("status") == "queued", "CRE-002", "queued", made.get("status"))
        rows = sorted(str(row.get("outputType")) for row in outputs(answer))
        self.scene.must(rows == sorted(wanted), "CRE-003", f"a row for each of {wanted}", rows)
        self._known.append(Known(made, "queued"))

    @rule(seconds=st.sampled_from((0.5, 1.0, 2.5, 6.0)))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.scene.let_pass(seconds)
        self._moves += 1

    @precondition(lambda self: self._known)
    @rule(data=st.data())
    def read(self, data: Any) -> None:
        """Read a job's status."""
        known = self._pick(data)
        answer = self.scene.call(STATUS, path={"jobId": str(known.first.get("id"))})
        self.scene.must(answer.is_success, "STAT-001", "200", answer.status)
        self._compare(known, answer)
        self._compare_rows(known, answer)

    @precondition(lambda self: self._known)
    @rule(data=st.data())
    def read_result(self, data: Any) -> None:
        """Read a job's result, and its status at the same instant."""
        known = self._pick(data)
        path = {"jobId": str(known.first.get("id"))}
        status = self.scene.call(STATUS, path=path)
        self._compare(known, status)
        answer = self.scene.call(RESULT, path=path)
        if known.has_ended:
            self._ended(known, answer)
            self._ended(known, self.scene.call(RESULT, path=path))
        else:
            told = RANK.get(str(job(answer).get("status")), 0)
            self.scene.must(told <= RANK[known.status], "RES-010", f"no more than {known.status}", job(answer))
            early = [row for row in outputs(answer) if row.get("status") != "completed" and row.get("manifest")]
            self.scene.must(not early, "RES-010", "no manifest of an unfinished output", early)

    @precondition(lambda self: self._known)
    @rule(data=st.data())
    def fail(self, data: Any) -> None:
        """Let a job fail that has not ended."""
        known = self._pick(data)
        path = {"jobId": str(known.first.get("id"))}
        self._compare(known, self.scene.call(STATUS, path=path))
        if not known.has_ended:
            self.scene.fail(path["jobId"])
            self._moves += 1

    @precondition(lambda self: self._known)
    @rule(data=st.data())
    def finish(self, data: Any) -> None:
        """Wait as long as no job takes, and read one."""
        known = self._pick(data)
        self.scene.let_pass(LONG)
        self._moves += 1
        self._compare(known, self.scene.call(STATUS, path={"jobId": str(known.first.get("id"))}))
        self.scene.must(known.has_ended, "LIFE-004", "an end", known.status)

    def _pick(self, data: Any) -> Known:
        number: int = data.draw(st.integers(0, len(self._known) - 1))
        return self._known[number]

    def _compare(self, known: Known, answer: Exchange) -> None:
        """Compare an answer with all that was said before."""
        now, must = job(answer), self.scene.must
        status = str(now.get("status"))
        must(now.get("id") == known.first.get("id"), "STAT-002", f"{known.first.get('id')}", now.get("id"))
        must(status in RANK, "LIFE-001", "one of the four states", status)
        must(not known.has_ended or status == known.status, "LIFE-003", f"{known.status} for good", status)
        must(RANK[status] >= RANK[known.status], "LIFE-002", f"nothing before {known.status}", status)
        fixed = {name: now.get(name) for name in FIXED}
        must(fixed == {name: known.first.get(name) for name in FIXED}, "STAT-005", "what create said", fixed)
        ended = RANK[status] == END
        must(bool(now.get("completedAt")) == ended, "LIFE-007", "completedAt once it has ended", now.get("completedAt"))
        if known.last:
            later = str(now.get("updatedAt")) >= str(known.last.get("updatedAt"))
            must(later, "LIFE-013", f"nothing before {known.last.get('updatedAt')}", now.get("updatedAt"))
            kept = not known.has_ended or now.get("completedAt") == known.last.get("completedAt")
            must(kept, "LIFE-007", f"completedAt {known.last.get('completedAt')}", now.get("completedAt"))
            same = known.read_at != self._moves or now == known.last
            must(same, "STAT-006", "what was read at the same instant", now)
        known.status, known.last, known.read_at = status, now, self._moves

    def _compare_rows(self, known: Known, answer: Exchange) -> None:
        for row in outputs(answer):
            kind, status = str(row.get("outputType")), str(row.get("status"))
            before = known.rows.get(kind, "queued")
            self.scene.must(RANK.get(status, -1) >= RANK[before], "LIFE-006", f"{kind} not before {before}", status)
            known.rows[kind] = status

    def _ended(self, known: Known, answer: Exchange) -> None:
        """Compare the result of an ended job with what was asked for, and with what was read before."""
        must = self.scene.must
        must(answer.is_success, "RES-001" if known.status == "completed" else "RES-011", "200", answer.status)
        told = job(answer).get("status")
        must(told == known.status, "RES-002", f"the status {known.status}", told)
        if known.status == "completed":
            rows = sorted(str(row.get("outputType")) for row in outputs(answer) if member(row, "manifest") is not None)
            wanted = sorted(str(each) for each in known.first.get("requestedOutputs", ()))
            must(rows == wanted, "RES-003", f"one manifest for each of {wanted}", rows)
        must(known.result is None or answer.json == known.result, "RES-006", "what was read before", answer.json)
        known.result = answer.json
