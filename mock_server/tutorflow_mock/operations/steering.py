"""What the control plane does to a session: its clock, its jobs by hand, its programme, its behaviours."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain import programme as programmes
from tutorflow_mock.domain.clock import LATEST, SessionClock
from tutorflow_mock.domain.programme import ProgrammeError
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.jobs import Status
    from tutorflow_mock.domain.model import Job, Session, Value
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_mock.operations.courier import Courier
    from tutorflow_mock.operations.world import World

Action = Literal["freeze", "advance", "set", "resume", "reset"]

_BACKWARD = frozenset(("set", "reset"))
_FORWARD = frozenset(("advance", "set"))
_NEVER_COMPLETED = "may be some, not all, of a completed job that was made under job.partial-failure=completed"


class ClockBackwards(Exception):
    """The move would show an instant before one that the session has already recorded, or may not go back at all."""


class ClockOutOfRange(Exception):
    """The move would leave the years that timestamps can write."""


class UnknownJob(Exception):
    """The session has no such job."""


class IllegalTransition(Exception):
    """The lifecycle has no such move; `legal` are those that it has from the current status."""

    def __init__(self, current: Status, legal: tuple[str, ...]) -> None:
        super().__init__(current)
        self.current = current
        self.legal = legal


class Move(NamedTuple):
    """A move of the clock as it was asked for: to an instant, or by milliseconds from what it shows.

    `seconds` bounds the real time that what falls due on the way may take before the move is answered.
    """

    action: Action
    instant: Instant | None = None
    by: int = 0
    seconds: float = 60.0


class Moved(NamedTuple):
    """A session whose clock was moved, what the clock showed before, and the real instant of the move."""

    session: Session
    before: Instant
    real: Instant


class Order(NamedTuple):
    """A transition by hand as it was asked for; the outcome's members are still the caller's JSON."""

    to: str
    failed_outputs: object
    error: object


def move_clock(world: World, session_id: str, move: Move) -> Moved:
    """Move a session's clock; raise ClockBackwards or ClockOutOfRange and leave it as it was."""
    may_go_back = move.action in _BACKWARD and world.store.is_untouched(session_id)
    real = world.clock.now()
    before = 0

    def change(session: Session) -> Session:
        nonlocal before
        before = session.clock.now(real)
        clock = _moved(session.clock, real, move)
        if clock.now(real) < before and not may_go_back:
            raise ClockBackwards
        if clock.now(real) > LATEST:
            raise ClockOutOfRange
        return replace(session, clock=clock)

    return Moved(world.store.change_session(session_id, change), before, real)


def travel(world: World, courier: Courier, session_id: str, move: Move) -> Moved:
    """Move a session's clock as `move_clock` does; on the way forward everything that falls due is done."""
    session, real = world.store.session(session_id), world.clock.now()
    if session is None:
        raise SessionEnded
    before = session.clock.now(real)
    target = before + move.by if move.instant is None else move.instant
    if move.action not in _FORWARD or not before < target <= LATEST:
        return move_clock(world, session_id, move)
    courier.advance(session_id, target, move.seconds)
    return Moved(world.store.session(session_id) or session, before, world.clock.now())


def _moved(clock: SessionClock, real: Instant, move: Move) -> SessionClock:
    target = clock.now(real) + move.by if move.instant is None else move.instant
    match move.action:
        case "freeze":
            return clock.frozen(target)
        case "resume":
            return clock.running(real)
        case "reset":
            return SessionClock()
        case _:
            return clock.moved(target, real)


def find_job(world: World, session: Session, job_id: str, now: Instant) -> Job:
    """Return a job of any organization, uncounted; raise UnknownJob."""
    job = world.store.read_job(session.id, job_id, None, now)
    if job is None:
        raise UnknownJob(job_id)
    return job


def transition(world: World, session: Session, job_id: str, order: Order, now: Instant) -> Job:
    """Move a job by hand; raise UnknownJob, IllegalTransition, or ProgrammeError for an outcome that cannot be."""
    moves = world.contract_of(session).lifecycle.transitions

    def change(job: Job) -> Job:
        current = jobs.status(job, now)
        legal = moves.get(current, ())
        if order.to not in legal:
            raise IllegalTransition(current, legal)
        moved = jobs.forced(job, cast("Status", order.to), now, _ordered(job, order))
        if order.to == "completed" and jobs.outcome(moved) != order.to:
            raise ProgrammeError("failedOutputs", _NEVER_COMPLETED)
        return moved

    moved = world.store.change_job(session.id, job_id, change)
    if moved is None:
        raise UnknownJob(job_id)
    return moved


def _ordered(job: Job, order: Order) -> Programme:
    """Return the job's programme with the outcome that was asked for; what is not named fails as a whole."""
    has_failures = order.to == "failed" or bool(order.failed_outputs)
    if order.to == "processing" and has_failures:
        raise ProgrammeError("failedOutputs", "go with the end of a job")
    if order.error is not None and not has_failures:
        raise ProgrammeError("error", "goes with failed outputs")
    error = order.error
    if error is None:
        error = {"code": job.programme.error_code, "message": job.programme.error_message}
    told = programmes.from_json(
        {
            "outcome": "failed" if order.to == "failed" else "partial" if has_failures else "completed",
            "failedOutputs": order.failed_outputs,
            "error": error,
        },
        tuple(output.output_type for output in job.outputs),
    )
    return replace(
        job.programme,
        outcome=told.outcome,
        failed_outputs=told.failed_outputs,
        error_code=told.error_code,
        error_message=told.error_message,
    )


def set_programme(world: World, session_id: str, programme: Programme | None) -> None:
    """Let new jobs of a session go this way, or as the server was told to."""
    world.store.change_session(session_id, lambda session: replace(session, programme=programme))


def default_programme(world: World, session: Session) -> tuple[Programme, Literal["server", "session"]]:
    """Return how a new job of a session goes, and who said so."""
    if session.programme is not None:
        return session.programme, "session"
    return programmes.parse_short(world.settings.programme), "server"


def set_behaviour(world: World, session: Session, name: str, value: Value | None) -> Session:
    """Override a behaviour in one session, or with None let go of it; name and value must have been checked."""

    def change(latest: Session) -> Session:
        others = {known: held for known, held in latest.overrides if known != name}
        overrides = others if value is None else {**others, name: value}
        return replace(latest, overrides=tuple(sorted(overrides.items(), key=itemgetter(0))))

    world.contract_of(change(session))  # a contract that cannot be made is found out before any call lives under it
    return world.store.change_session(session.id, change)


def set_by(world: World, session: Session, name: str) -> Literal["contract", "profile", "flag", "session"]:
    """Tell who gave a behaviour the value that it has in a session."""
    if any(name == overridden for overridden, _ in session.overrides):
        return "session"
    if name in world.settings.behaviours:
        return "flag"
    return "profile" if name in world.settings.profile else "contract"
