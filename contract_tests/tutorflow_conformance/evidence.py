"""All that a run saw, in order, with the questions that requirements ask of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tutorflow_conformance.client import job_id
from tutorflow_conformance.exchange import NO_FACTS, Exchange, Headers, as_json, body_json, body_of, member, pairs
from tutorflow_openapi import Contract
from tutorflow_openapi.document import is_object

READS = frozenset(("getExpansion", "getExpansionResult"))
_ERRORS = range(400, 600)


@dataclass(frozen=True)
class Arrival:
    """One delivery as the receiver got it. `endpoint` names the subscription it was meant for.

    `answered` is the status that the receiver gave; `facts` tell what the signature was worth, by secret.
    """

    number: int
    endpoint: str
    at: float
    headers: Headers
    body: bytes
    answered: int
    facts: Mapping[str, Any] = field(default_factory=lambda: NO_FACTS)

    @property
    def id(self) -> str:
        """The name by which findings quote it, such as `d-0003`."""
        return f"d-{self.number:04}"

    @property
    def json(self) -> Any:
        """The body as JSON; `NOTHING` if it is none."""
        return as_json(self.body)


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody besides the suites noticed: a fuzzer, or a machine that found a sequence of calls.

    `by` says who and what for; `proof` names exchanges of `operation`. With `is_ours` it is no finding but a fault of
    the one who looked.
    """

    requirement: str
    by: str
    operation: str | None
    expected: str
    observed: str
    proof: tuple[str, ...] = ()
    is_ours: bool = False


class Evidence:
    """What a run saw. Grows while the run lasts; requirements are judged when it is complete.

    `notes` hold what steps want to be known: ids by name, and why a step could not do its work.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.exchanges: list[Exchange] = []
        self.arrivals: list[Arrival] = []
        self.remarks: list[Remark] = []
        self.notes: dict[str, Any] = {}
        self._steps: dict[str, list[Exchange]] = defaultdict(list)
        self._jobs: dict[str, list[Exchange]] = defaultdict(list)

    def add(self, exchange: Exchange) -> None:
        """Take in one exchange, redacted."""
        self.exchanges.append(exchange)
        self._steps[exchange.step].append(exchange)
        if exchange.operation in READS:
            self._jobs[_id_in(exchange, self.contract)].append(exchange)

    def read_by(self, contract: Contract) -> Evidence:
        """Return the same evidence under another contract, such as one with other behaviour values."""
        again = Evidence(contract)
        again.notes, again.arrivals, again.remarks = self.notes, self.arrivals, self.remarks
        for exchange in self.exchanges:
            again.add(exchange)
        return again

    def at(self, step: str) -> tuple[Exchange, ...]:
        """Return what a step sent, in order."""
        return tuple(self._steps.get(step, ()))

    def reads(self, job: str, operation: str = "getExpansion") -> tuple[Exchange, ...]:
        """Return the answered 200s of one job's status (or result), in the order in which they were asked for."""
        return tuple(
            x
            for x in self._jobs.get(job, ())
            if x.operation == operation and x.request.method == "GET" and x.is_success
        )

    @property
    def creates(self) -> tuple[Exchange, ...]:
        """All creates that were answered 2xx, replays included."""
        return tuple(x for x in self.exchanges if x.operation == "createExpansion" and x.is_success)

    @property
    def jobs(self) -> tuple[str, ...]:
        """The ids of all jobs that were met, in the order of their first appearance."""
        found = (job_id(x.json) for x in self.creates)
        return tuple(dict.fromkeys(name for name in found if name is not None))

    def errors(self, operations: Iterable[str] | None = None) -> tuple[Exchange, ...]:
        """Return all 4xx and 5xx answers of the contract's operations, or of some of them."""
        wanted = frozenset(operations) if operations is not None else self.contract.operations.keys()
        return tuple(x for x in self.exchanges if x.operation in wanted and x.status in _ERRORS)


def arrival_json(arrival: Arrival) -> dict[str, Any]:
    """Return a delivery as plain JSON, for reports; `arrival_of` reads it back."""
    return {
        "id": arrival.id,
        "number": arrival.number,
        "endpoint": arrival.endpoint,
        "at": round(arrival.at, 6),
        "headers": [list(pair) for pair in arrival.headers],
        **body_json(arrival.body),
        "answered": arrival.answered,
        "facts": dict(arrival.facts),
    }


def arrival_of(node: Mapping[str, Any]) -> Arrival:
    """Read what `arrival_json` wrote; KeyError, TypeError or ValueError if it is something else."""
    return Arrival(
        number=int(node["number"]),
        endpoint=str(node["endpoint"]),
        at=float(node["at"]),
        headers=pairs(node["headers"]),
        body=body_of(node),
        answered=int(node["answered"]),
        facts=dict(node["facts"]),
    )


def remark_of(node: Mapping[str, Any]) -> Remark:
    """Read back a remark that was written as plain JSON; KeyError or TypeError if it is something else."""
    return Remark(
        requirement=str(node["requirement"]),
        by=str(node["by"]),
        operation=node["operation"],
        expected=str(node["expected"]),
        observed=str(node["observed"]),
        proof=tuple(str(each) for each in node["proof"]),
        is_ours=bool(node["is_ours"]),
    )


def told(body: bytes) -> Mapping[str, Any]:
    """Return what a delivery tells of its job, in the flat form or under `data`; empty if it tells nothing."""
    node = as_json(body)
    data = member(node, "data")
    if is_object(data):
        return data
    return node if is_object(node) else {}


def job_of(body: bytes) -> str | None:
    """Return the id of the job that a delivery is about."""
    fields = told(body)
    found = fields.get("jobId") or fields.get("id")
    return found if isinstance(found, str) else None


def _id_in(exchange: Exchange, contract: Contract) -> str:
    match = contract.match(exchange.request.path)
    return match.parameters.get("jobId", "") if match else ""
