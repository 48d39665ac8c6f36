"""What all machines share: a scene for each example, and what an answer says of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from tutorflow_conformance.exchange import Exchange, member, objects
from tutorflow_conformance.machines.stage import Scene, Stage
from tutorflow_openapi.document import is_array, is_object

MODULE, VIDEO, QUIZ = "interactive_module", "summary_video", "expanded_quiz"
CREATE, STATUS, RESULT = "createExpansion", "getExpansion", "getExpansionResult"
RANK = {"queued": 0, "processing": 1, "completed": 2, "failed": 2}
END = 2
LONG = 3600.0


class Machine(RuleBasedStateMachine):
    """A machine on a stage: `stage` is set on a subclass that one run makes."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.scene: Scene = self.stage.open()

    def teardown(self) -> None:
        """End the example's session."""
        self.scene.end()


def body(number: int = 0, *outputs: str) -> dict[str, Any]:
    """Return one of several small creates that differ in their payload."""
    payload = {"category": ("Vocabulary", "Grammar", "Travel")[number]}
    return {"requestedOutputs": list(outputs) or [MODULE], "payload": payload}


def job(exchange: Exchange) -> Mapping[str, Any]:
    """Return the job in an answer, flat or under `job`; empty if there is none."""
    nested = member(exchange.json, "job")
    found = nested if is_object(nested) else exchange.json
    return found if is_object(found) else {}


def outputs(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the output rows in an answer."""
    rows = member(exchange.json, "outputs")
    return objects(rows if is_array(rows) else job(exchange).get("outputs"))
