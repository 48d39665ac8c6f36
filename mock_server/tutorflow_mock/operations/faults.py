"""The faults that calls meet: whose will counts, what is answered in place of the operation, what becomes of an answer.

A call's own wish beats the rules of its session, key by key: a fault, or a wait.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain import delays, jobs, spoiling, views
from tutorflow_mock.domain.errors import ApiError, NotFound
from tutorflow_mock.domain.fault_rules import Decision, decide
from tutorflow_mock.domain.faults import FAULTS, Injected
from tutorflow_mock.domain.preferences import NONE
from tutorflow_mock.domain.strict_json import compact
from tutorflow_mock.operations import wishes
from tutorflow_mock.operations.call import Met, Reply
from tutorflow_mock.operations.find import KEY_SCHEME
from tutorflow_mock.operations.matching import Arriving, body_of
from tutorflow_mock.operations.waiting import hold
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from tutorflow_mock.domain.jobs import Progress
    from tutorflow_mock.domain.model import Job, Session
    from tutorflow_mock.domain.preferences import Preferences
    from tutorflow_mock.operations.call import Request, Visit
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Operation

PREFERRED = "prefer"
"""Whose fault it is where the call itself has asked for it."""

_DELAY = frozenset({"delay"})


class GatewayPage(Exception):
    """An answer of something in front of the API is due, in HTML, because of what a call has met.

    `wanted` holds the wishes that brought it about, if they came to light on the way.
    """

    wanted: Preferences | None = None

    def __init__(self, page: spoiling.Page, met: Met) -> None:
        super().__init__(page.status)
        self.page = page
        self.met = met


def meet(world: World, visit: Visit) -> Visit:
    """Return a visit with what it meets, and with those of its wishes alone that mean something on its operation.

    Raises SteeringError for a wish that cannot be granted. The rules that it meets have counted it.
    """
    operation, own = visit.operation, visit.wanted.delay
    if operation is None:
        return visit._replace(wanted=visit.wanted.only(_DELAY), delay=own or 0)
    if visit.wanted is not NONE:
        wanted = wishes.heeded(visit.wanted, operation, is_counted=operation.security == KEY_SCHEME)
        visit = visit._replace(wanted=wanted, met=preferred(world, wanted, operation), delay=own or 0)
    if not visit.session.fault_rules or visit.wanted.is_forced:
        return visit
    decision = _decided(world, visit, operation)
    acting = decision.acting
    if acting is not None:
        visit = visit._replace(met=Met(acting.id, acting.injected, acting.error))
    return visit if own is not None else visit._replace(delay=decision.delay)


def preferred(world: World, wanted: Preferences, operation: Operation) -> Met | None:
    """Return the fault that a call wants, if it wants one; raise NeedsWireFaults."""
    injected = wishes.injected(world, wanted, operation)
    return None if injected is None else Met(PREFERRED, injected)


def in_place(visit: Visit, met: Met | None) -> Reply | None:
    """Return or raise what is answered in place of the operation; None where it may run.

    TIMEOUT is silent first, then a gateway gives up.
    """
    if met is None:
        return None
    if met.failure is not None:
        failure = met.failure
        return Reply(failure.status, failure.content, media_type=failure.media_type, fault=met.by)
    injected = met.acts_at("before")
    if injected is None:
        return None
    if (error := spoiling.refusal(injected)) is not None:
        error.fault = met.by
        raise error
    if injected.fault.needs_wire:
        body_of(visit)  # the connection breaks behind the request and not within it
        injected = Injected(FAULTS["GATEWAY_ERROR"])
    elif injected.fault.name == "TIMEOUT":
        hold(spoiling.silence(injected))
        injected = Injected(injected.fault, {"status": "gateway-timeout"})
    raise GatewayPage(spoiling.page(injected), met)


def meet_title(world: World, request: Request, wanted: Preferences) -> Met | None:
    """Return what a create meets by the words of a title, or raise what is answered in its place."""
    met = preferred(world, wanted, request.operation)
    try:
        in_place(request.visit, met)
    except (ApiError, GatewayPage) as due:
        due.wanted = wanted
        raise
    return met


def on_answer(reply: Reply, met: Met | None) -> Reply:
    """Return what becomes of an answer on its way to the client."""
    met = reply.met or met
    if met is None or met.injected is None:
        return reply
    if met.injected.fault.needs_wire:
        return reply._replace(injected=met.injected, fault=met.by)
    if met.acts_at("after") is None or reply.body is None:
        return reply
    body = reply.body if isinstance(reply.body, bytes) else compact(reply.body).encode()
    spoilt = spoiling.spoil(met.injected, body)
    if spoilt == (body, None):
        return reply
    return reply._replace(body=spoilt.body, media_type=spoilt.media_type or reply.media_type, fault=met.by)


def hide(world: World, request: Request) -> None:
    """Raise NotFound for a status read whose job NOT_YET_VISIBLE hides; such a read is not counted as one."""
    met, job_id = request.visit.met, request.parameters["jobId"]
    injected = None if met is None else met.acts_at("view")
    if met is None or injected is None or injected.fault.name != "NOT_YET_VISIBLE":
        return
    job = world.store.read_job(request.session.id, job_id, request.organization_id, request.now)
    if job is not None and world.store.hide_read(
        request.session.id, job_id, lambda before: views.is_hidden(injected, job, request.now, before)
    ):
        error = NotFound("Job not found", reason="fault")
        error.fault = met.by
        raise error


def view(world: World, request: Request, job: Job) -> tuple[Progress, str | None]:
    """Return what a read shows of a job, and whose fault it is if that is not the truth."""
    truth, met = jobs.progress(job, request.now), request.visit.met
    injected = None if met is None else met.acts_at("view")
    if met is None or injected is None:
        return truth, None
    reads = world.store.read_count(request.session.id, job.id)
    shown = views.shown(injected, job, request.now, last=None, reads=reads)
    return shown, None if shown == truth else met.by


def _decided(world: World, visit: Visit, operation: Operation) -> Decision:
    """Ask the rules of the session, and count what they say, in one step of the store.

    Which of them mean the call is found out before: that may take the time of reading its body.
    """
    title = wishes.in_title(world, visit.contract, body_of(visit)) if operation.id == wishes.CREATE else NONE
    if title.is_forced:
        return Decision(())
    is_spared = visit.met is not None or wishes.fault_of(title, operation) is not None
    subject = Arriving(world, visit)
    meant = {rule.id for rule in visit.session.fault_rules if rule.means(operation.id, subject)}
    decision = Decision(())

    def ask(latest: Session) -> Session:
        nonlocal decision
        decision = decide(latest.fault_rules, meant, delays.draw_from(world.ids_of(latest)), is_spared=is_spared)
        return replace(latest, fault_rules=decision.rules)

    if meant:
        with suppress(SessionEnded):  # the operation will say so
            world.store.change_session(visit.session.id, ask)
    return decision
