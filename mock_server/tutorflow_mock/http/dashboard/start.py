"""The first page, the sessions, and the clock."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.domain.sessions import HARBOUR
from tutorflow_mock.http.control import common
from tutorflow_mock.http.dashboard.frame import Frame, pages
from tutorflow_mock.operations import agenda, hooks, journal, tenancy

if TYPE_CHECKING:
    from flask import Blueprint, Response

    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.base import Presence

_LATEST = 8
_MOST_PENDING = 50


def add(routes: Blueprint, world: World) -> None:
    """Add the pages to the dashboard's routes."""

    @routes.get("/")
    def overview() -> Response:
        """Show what the session is, how to use it, and what happened in it last."""
        common.query()
        frame = Frame.of(world)
        return frame.render("overview.html", "overview", "Overview", **_counts(frame), **_credentials(frame))

    @routes.get("/ui/clock")
    def clock() -> Response:
        """Show the clock with what it will bring about."""
        common.query()
        frame = Frame.of(world)
        pending = agenda.pending(world, frame.session, frame.now, _MOST_PENDING)
        return frame.render("clock.html", "clock", "Clock", pending=pending, real=world.clock.now())

    @routes.get("/ui/sessions")
    def sessions() -> Response:
        """Show who shares the server."""
        common.query("page")
        frame = Frame.of(world)
        found = tenancy.open_sessions(world)
        page = pages(found)
        rows = [_row(world, each) for each in found[page.items]]
        return frame.render("sessions.html", "sessions", "Sessions", rows=rows, page=page)


def _counts(frame: Frame) -> dict[str, object]:
    world, session = frame.world, frame.session
    found, calls = world.store.jobs(session.id), journal.calls(world, session)
    deliveries = world.store.deliveries(session.id)
    return {
        "jobs": Counter(jobs.status(job, frame.now) for job in found),
        "states": frame.contract.lifecycle.states,
        "latest_jobs": [(job, jobs.status(job, frame.now)) for job in found[:_LATEST]],
        "latest_calls": calls[:_LATEST],
        "call_count": len(calls),
        "unmatched": sum(each.operation is None for each in calls),
        "deliveries": Counter(each.status for each in deliveries),
        "subscriptions": hooks.all_subscriptions(world, session),
    }


def _credentials(frame: Frame) -> dict[str, object]:
    """Return what a client needs; secrets of the default session alone, which stand in the documentation anyway."""
    directory = frame.session.directory
    organization = next(iter(directory.organizations.values()))
    classroom = next(each for each in directory.classrooms.values() if each.organization_id == organization.id)
    presence = next(each for each in frame.world.store.sessions() if each.session.id == frame.session.id)
    key = next(each.key for each in presence.credentials if isinstance(each, KeyCredential))
    return {
        "organization": organization,
        "classroom": classroom,
        "lessons": [each.id for each in directory.lessons.values() if each.classroom_id == classroom.id],
        "key_prefix": key.prefix,
        "key_limit": key.rate_limit,
        "demo": HARBOUR if frame.is_default else None,
    }


def _row(world: World, presence: Presence) -> dict[str, object]:
    session = presence.session
    expires_at = tenancy.expires_at(world, presence)
    rest = None if expires_at is None else max(0, expires_at - world.clock.now())
    return {"session": session, "now": common.now_of(world, session), "rest": rest}
