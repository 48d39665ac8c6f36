"""Everything that one call can ask for, as samples of what to write: preferences, magic titles, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tutorflow_mock.domain.faults import FAULTS
from tutorflow_mock.domain.preferences import MAGIC_CODES, ON_JOBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tutorflow_mock.domain.faults import Fault

Kind: TypeAlias = Literal["prefer", "title", "rule"]

CREATE = "createExpansion"
_KEEPS = {True: "the job is made", False: "no job is made", None: ""}
_MOMENTS = {
    "before": "in place of the operation",
    "after": "on its answer",
    "view": "on what a read shows of the job",
    "claim": "on the idempotency key",
}


class Scenario(NamedTuple):
    """One thing to ask for: how it is written, on which operation (None for any), and what then happens.

    A `title` is written into the payload's title, a `rule` is the name of a fault.
    """

    kind: Kind
    value: str
    effect: str
    operation: str | None = None
    needs_wire: bool = False


def catalogue(output_types: Sequence[str]) -> tuple[Scenario, ...]:
    """Return every scenario, for a contract with these output types."""
    return (*_preferences(output_types), *_titles(output_types), *map(_rule, FAULTS.values()))


def _preferences(output_types: Sequence[str]) -> Iterator[Scenario]:
    for value, effect in _WISHES:
        name = value.partition("=")[0]
        yield Scenario("prefer", value, effect, CREATE if name in ON_JOBS | {"idempotency"} else None)
    yield Scenario("prefer", f"job=partial, outputs={'+'.join(output_types[:2])}", "these outputs fail", CREATE)
    for fault in FAULTS.values():
        yield Scenario("prefer", f"fault={fault.kebab}", _effect(fault), _first(fault), fault.needs_wire)


def _titles(output_types: Sequence[str]) -> Iterator[Scenario]:
    for word, effect in (*_WORDS, *((f"partial:{each}", "this output fails") for each in output_types)):
        yield Scenario("title", f"mock:{word}", effect, CREATE)
    for code in sorted(MAGIC_CODES):
        yield Scenario("title", f"mock:{code}", f"the contract's example for {code}; nothing is stored", CREATE)
    for fault in FAULTS.values():
        if fault.acts_on(CREATE):
            yield Scenario("title", f"mock:{fault.kebab}", _effect(fault), CREATE, fault.needs_wire)


def _rule(fault: Fault) -> Scenario:
    return Scenario("rule", fault.name, _effect(fault), _first(fault), fault.needs_wire)


def _first(fault: Fault) -> str | None:
    return next(iter(fault.operations), None)


def _effect(fault: Fault) -> str:
    return "; ".join(filter(None, (_MOMENTS[fault.moment], _KEEPS[fault.keeps_job])))


_WISHES: Iterable[tuple[str, str]] = (
    ("code=429", "the contract's example for that status; nothing is stored or counted"),
    ("example=baseText", "that example of the contract; nothing is stored or counted"),
    ("job=completed", "the job ends well, whatever the session's programme says"),
    ("job=failed", "the job fails"),
    ("job=partial", "the last requested output fails, the others keep their manifests"),
    ("job=held", "the job stays queued until it is moved by hand"),
    ("job=failed, error=content_timeout", "it fails with this error code"),
    ("polls=3", "the third status read is the first to show the end"),
    ("after=30s", "the job ends that long after its creation, by the session's clock"),
    ("scenario=slow", "the job goes as in that scenario of the catalogue (`tutorflow-fixtures list`)"),
    ("delay=500", "the answer waits so many milliseconds of real time"),
    ("ratelimit=exhausted", "429, as if the window were full"),
    ("idempotency=in-flight", "as if another call held the key just now"),
)
_WORDS: Iterable[tuple[str, str]] = (
    ("failed", "the job fails"),
    ("failed:content_timeout", "it fails with this error code"),
    ("partial", "the last requested output fails"),
    ("slow:30s", "the job ends that long after its creation, by the session's clock"),
    ("polls:3", "the third status read is the first to show the end"),
    ("held", "the job stays queued until it is moved by hand"),
)
