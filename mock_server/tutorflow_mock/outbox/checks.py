"""Checks of receivers that a mock runs beside its own work, and what they have shown."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING

from tutorflow_mock.domain import ids
from tutorflow_mock.log import log
from tutorflow_mock.operations.courier import Checked, CheckRunning, NoTarget
from tutorflow_mock.outbox.targets import read_url
from tutorflow_mock.outbox.traps.by_mock import Watch, in_a_mock
from tutorflow_mock.outbox.traps.catalogue import catalogue, chosen
from tutorflow_mock.outbox.traps.runner import NotThere, Run
from tutorflow_mock.outbox.traps.sitting import ProbeFailed, Sitting, Subject
from tutorflow_mock.outbox.traps.styles import style_of
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from tutorflow_mock.operations.courier import Trial
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.outbox.post import Post

KEPT = 20
"""How many checks are remembered, of all sessions together."""


@dataclass
class _Check:
    """A check under way or done."""

    id: str
    session_id: str
    url: str
    run: Run
    error: str | None = None
    is_done: bool = False

    def shown(self) -> Checked:
        """Return how far it is."""
        rows = [each.row() for each in self.run.results()]
        return Checked(self.id, self.url, self.is_done, rows, self.error)


class Checks:
    """The checks of a server; each runs in a thread of its own, one of a session at a time."""

    def __init__(self, world: World, post: Post) -> None:
        self._world = world
        self._post = post
        self._lock = Lock()
        self._known: OrderedDict[str, _Check] = OrderedDict()

    @staticmethod
    def trap_ids() -> tuple[str, ...]:
        """Return the traps that there are."""
        return tuple(each.id for each in catalogue())

    def begin(self, session_id: str, trial: Trial) -> Checked:
        """Begin a check; raise NoTarget or CheckRunning."""
        for name, url in (("url", trial.url), ("probe", trial.probe)):
            if url is not None and read_url(url) is None:
                raise NoTarget(name)
        check = self._new(session_id, trial)
        with self._lock:
            if any(not each.is_done and each.session_id == session_id for each in self._known.values()):
                raise CheckRunning
            self._known[check.id] = check
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        Thread(target=self._go, args=(check,), name="tutorflow-check", daemon=True).start()
        return check.shown()

    def find(self, session_id: str, check_id: str) -> Checked | None:
        """Return a check of a session."""
        found = self._known.get(check_id)
        return None if found is None or found.session_id != session_id else found.shown()

    def _new(self, session_id: str, trial: Trial) -> _Check:
        session = self._world.store.session(session_id)
        if session is None:
            raise SessionEnded
        chance = self._world.ids_of(session)
        check_id = ids.uuid(chance, "checks")
        style = style_of(f"{session.seed} {check_id}", trial.secret, self._world.contract_of(session))
        subject = Subject(trial.url, trial.probe, trial.second_secret)
        sitting = Sitting(subject, style, self._post, self._world.clock)
        traps = chosen(in_a_mock(catalogue(), Watch(self._world, session_id)), trial.traps)
        return _Check(check_id, session_id, trial.url, Run(traps, sitting))

    @staticmethod
    def _go(check: _Check) -> None:
        try:
            check.run.go()
        except (NotThere, ProbeFailed) as failure:
            check.error = str(failure)
        except Exception:  # noqa: BLE001 - a check that fails must say so and not merely stop
            log.exception("check %s failed", check.id)
            check.error = "the check itself failed; the log has the details"
        finally:
            check.is_done = True
