"""Fires traps at a receiver, one after another, and judges; whatever the receiver does, a run comes to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tutorflow_mock.log import log
from tutorflow_mock.outbox.traps import verdicts
from tutorflow_mock.outbox.traps.catalogue import PLAIN
from tutorflow_mock.outbox.traps.sitting import ProbeFailed
from tutorflow_mock.outbox.traps.verdicts import Finding, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.outbox.traps.catalogue import Trap
    from tutorflow_mock.outbox.traps.sitting import Sitting

_NOT_THERE = frozenset(("refused", "unreachable", "unresolved", "blocked", "tls"))


class NotThere(Exception):
    """No receiver can be reached; the message says how that showed."""


@dataclass
class Run:
    """The traps of one run, and what they have shown so far."""

    traps: tuple[Trap, ...]
    sitting: Sitting
    on_trap: Callable[[Trap], None] = lambda _: None
    found: dict[str, Result] = field(default_factory=dict[str, "Result"])

    def results(self) -> tuple[Result, ...]:
        """Return what is known so far, in the order of the catalogue."""
        return tuple(self.found[each.id] for each in self.traps if each.id in self.found)

    def go(self) -> None:
        """Fire all traps; raise NotThere where nobody listens, ProbeFailed where the probe does not count."""
        first, *rest = self.traps
        self.sitting.begin()
        self._keep(first, first.check(self.sitting))
        answer = self.sitting.right[0]
        if answer.error in _NOT_THERE:
            raise NotThere(answer.diagnosis or f"{self.sitting.subject.url}: {answer.error}")
        is_deaf = self.found[PLAIN].verdict == "fail"
        for trap in rest:
            if trap.begin is not None and not is_deaf:
                self.sitting.begin()
                self._begun(trap.id, trap.begin)
        for trap in sorted(rest, key=lambda each: (each.is_seen, each.begin is not None)):
            self.on_trap(trap)
            self.sitting.begin()
            self._keep(trap, verdicts.skipped(_DEAF) if is_deaf and not trap.is_seen else self._judged(trap))

    def _begun(self, trap_id: str, begin: Callable[[Sitting], None]) -> None:
        try:
            begin(self.sitting)
        except ProbeFailed:
            log.warning("%s: the probe did not count at the beginning", trap_id)

    def _judged(self, trap: Trap) -> Finding:
        try:
            return trap.check(self.sitting)
        except ProbeFailed as error:
            return verdicts.skipped(str(error))
        except Exception:  # noqa: BLE001 - a trap that fails itself must not take the others with it
            log.exception("trap %s failed itself", trap.id)
            return verdicts.skipped("the trap itself failed; the log has the details")

    def _keep(self, trap: Trap, finding: Finding) -> None:
        verdict, got, why = finding
        self.found[trap.id] = Result(trap.id, trap.name, verdict, trap.sent, trap.expected, got, why)


_DEAF = "the receiver does not take a correct delivery, so nothing can be told: is its secret the one given?"
