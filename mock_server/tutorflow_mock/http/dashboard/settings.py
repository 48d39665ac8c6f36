"""What a session was told: its behaviours, its fault rules; and what is found in its clients."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain.faults import FAULTS
from tutorflow_mock.http.control import common
from tutorflow_mock.http.dashboard.frame import Frame
from tutorflow_mock.operations import lint, steering
from tutorflow_mock.operations.rules import shown
from tutorflow_openapi import as_json, load_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint, Response

    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Behaviour, Source


class Choice(NamedTuple):
    """A behaviour as it stands: its value, what it may be instead, who gave it, and the facts behind it."""

    behaviour: Behaviour
    value: object
    alternatives: list[object]
    set_by: str
    sources: list[tuple[str, Source | None]]


def add(routes: Blueprint, world: World) -> None:
    """Add the pages to the dashboard's routes."""
    sources = load_sources()

    @routes.get("/ui/behaviours")
    def behaviours() -> Response:
        """Show every decision that the contract leaves open, as it stands in the session."""
        common.query()
        frame = Frame.of(world)
        rows = [_choice(frame, each, sources) for each in frame.contract.behaviours.values()]
        return frame.render("behaviours.html", "behaviours", "Behaviours", rows=rows)

    @routes.get("/ui/faults")
    def faults() -> Response:
        """Show the fault rules, in the order in which they act."""
        common.query()
        frame = Frame.of(world)
        rules = [shown(world, frame.session, each) for each in frame.session.fault_rules]
        told = {"rules": rules, "operations": frame.contract.operations, "kinds": FAULTS.values()}
        return frame.render("faults.html", "faults", "Faults", wire=world.settings.wire_faults != "off", **told)

    @routes.get("/ui/findings")
    def findings() -> Response:
        """Show what the mock finds fault with in the session's clients."""
        common.query()
        frame = Frame.of(world)
        found = [each.as_json() for each in lint.grade(world, frame.session)]
        counts = Counter(str(each["severity"]) for each in found)
        return frame.render("findings.html", "findings", "Findings", rows=found, counts=counts)


def _choice(frame: Frame, behaviour: Behaviour, sources: Mapping[str, Source]) -> Choice:
    alternatives = [as_json(each) for each in behaviour.alternatives or ()]
    named = [(name, sources.get(name)) for name in behaviour.source]
    set_by = steering.set_by(frame.world, frame.session, behaviour.name)
    return Choice(behaviour, as_json(frame.contract.values[behaviour.name]), alternatives, set_by, named)
