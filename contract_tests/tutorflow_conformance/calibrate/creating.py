"""What creates show: validation, idempotency, the shape of a job."""

from __future__ import annotations

from tutorflow_conformance.calibrate.observing import (
    Seen,
    Unidentified,
    named,
    nth,
    observe_status,
    observes,
    proof,
)
from tutorflow_conformance.client import job_id
from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.exchange import Exchange, items, member
from tutorflow_conformance.traffic.job_m import TERMINAL, status
from tutorflow_conformance.traffic.look import UNKNOWN_ID
from tutorflow_conformance.traffic.probing import (
    BOTH,
    CONFLICT,
    CONTROL,
    FOREIGN,
    INVALID,
    KEYED,
    NOTHING,
    OMITTED,
    OUTPUTS,
    is_accepted,
    may_omit_outputs,
)
from tutorflow_openapi.document import is_object

EMPTY, TWO_KEYS = "probe.empty-outputs", "probe.two-keys"
MARKER = "Idempotent-Replayed"
_REFUSED_CLASSROOM = frozenset((400, 403, 404, 422))


def _observe_validation(behaviour: str, step: str, accepts: str, refuses: str) -> None:
    """Observe by a create under M's key whether validation refuses a body; a body that must be is the control."""

    def look(seen: Evidence) -> Seen:
        control, tried = nth(seen, CONTROL), nth(seen, step)
        if is_accepted(control):
            raise Unidentified("a known key is answered before the body is looked at")
        if step == EMPTY and may_omit_outputs(seen) is False:
            raise Unidentified("outputs may not be left out, so that taking none for that shows nothing")
        if tried.status in INVALID and not is_accepted(tried):
            return Seen(refuses, proof((tried,)))
        if is_accepted(tried):
            return Seen(accepts, proof((tried,)))
        raise Unidentified(f"{tried.id} was answered {tried.status}, which no alternative explains")

    observes(behaviour, "m.create", CONTROL, *((OMITTED,) if step == EMPTY else ()), step)(look)


_observe_validation("create.empty-outputs", EMPTY, "as-omitted", "reject-400")
_observe_validation("create.unknown-output", "probe.unknown-output", "ignore", "reject-400")
_observe_validation("create.duplicate-outputs", "probe.duplicate-outputs", "deduplicate", "reject-400")
_observe_validation("create.payload-validation", "probe.bare-payload", "lenient", "strict")
_observe_validation("create.unknown-lesson-type", "probe.unknown-lesson-type", "accept", "reject-400")
_observe_validation("create.unknown-fields", "probe.unknown-field", "ignore", "reject-400")
_observe_validation("request.duplicate-keys", "probe.duplicate-keys", "last-wins", "reject-400")
observe_status("validation.status", "m.invalid", {400: "reject-400", 422: "reject-422"})
observe_status(
    "request.bad-media-type",
    "m.media-type",
    {400: "reject-400", 422: "reject-400", 415: "reject-415", 200: "accept", 201: "accept", 202: "accept"},
)


@observes("job.body", "m.create")
def job_body(seen: Evidence) -> Seen:
    """A nested answer holds the job under `job`."""
    made = _made(seen)
    return Seen("nested" if is_object(member(made.json, "job")) else "flat", (made.id,))


@observes("result.before-terminal", "m.at-once")
def result_before_terminal(seen: Evidence) -> Seen:
    """The result as soon as M is made, unless M had ended by then."""
    first, result = nth(seen, "m.at-once"), nth(seen, "m.at-once", 1)
    if status(first) in TERMINAL or status(result) in TERMINAL:
        raise Unidentified("the job had ended before its result could be asked for")
    values = {200: "state-200", 409: "conflict-409", 404: "not-found-404"}
    return Seen(named(result, values), (result.id,))


@observes("create.classroom-id", "m.create", TWO_KEYS, "probe.bare")
def classroom_id(seen: Evidence) -> Seen:
    """A foreign classroom is refused where it counts; that it is required shows where M itself has to name one."""
    if seen.contract.values["create.classroom-id"] == "required-400":
        return Seen("required-400", (_made(seen).id,))
    tried = _in_foreign_classroom(seen)
    return Seen("ignored" if tried.is_success else "optional", (tried.id,))


@observes("create.foreign-classroom", "m.create", TWO_KEYS, "probe.bare")
def foreign_classroom(seen: Evidence) -> Seen:
    """What the create in a foreign classroom is refused with."""
    tried = _in_foreign_classroom(seen)
    if tried.is_success:
        raise Unidentified("the target does not look at the classroom")
    values = {404: "not-found-404", 403: "forbidden-403", 400: "reject-400", 422: "reject-400"}
    return Seen(named(tried, values), (tried.id,))


@observes("create.omitted-outputs", "m.create", CONTROL, OMITTED, TWO_KEYS, "probe.bare")
def omitted_outputs(seen: Evidence) -> Seen:
    """Refused under M's key, or the rows of a job that was made without outputs."""
    tried = nth(seen, OMITTED)
    if may_omit_outputs(seen) is False:
        return Seen("reject-400", (tried.id,))
    made = _first_made(seen, TWO_KEYS, BOTH, FOREIGN, NOTHING, KEYED)
    if made is None or "requestedOutputs" in made.sent_json:
        raise Unidentified(_spent(seen))
    rows = items(member(made.json, "outputs"))
    return Seen("module-only" if len(rows) == 1 else "all", (made.id,))


@observes("idempotency.missing-key", "m.create", CONTROL, OMITTED, "probe.bare")
def missing_key(seen: Evidence) -> Seen:
    """A create without a key makes a job, or is refused where the same one under a key is not."""
    made = _first_made(seen, BOTH, NOTHING, OUTPUTS)
    if made is not None:
        return Seen("new-job", (made.id,))
    bare, keyed = seen.at(NOTHING) or seen.at(BOTH), _first_made(seen, KEYED, FOREIGN)
    if bare and keyed is not None and bare[0].status in INVALID and bare[0].sent_json == keyed.sent_json:
        return Seen("reject-400", proof((bare[0], keyed)))
    if seen.at(OUTPUTS) and nth(seen, OUTPUTS).status in INVALID:
        return Seen("reject-400", proof(seen.at(OUTPUTS)))
    raise Unidentified(_spent(seen))


@observes("idempotency.same-key-other-body", "m.create", "m.other-body")
def same_key_other_body(seen: Evidence) -> Seen:
    """M's key under another body: M, or a conflict."""
    tried = nth(seen, "m.other-body")
    if tried.is_success and job_id(tried.json) != job_id(_made(seen).json):
        raise Unidentified(f"{tried.id} made a new job, which no alternative allows")
    return Seen(_met(tried), (tried.id,))


@observes("idempotency.fingerprint", "m.create", "m.other-body", "m.reserialised")
def fingerprint(seen: Evidence) -> Seen:
    """M in other bytes, where another body would be a conflict."""
    if nth(seen, "m.other-body").is_success:
        raise Unidentified("any body is replayed, so that nothing shows what makes two the same")
    tried = nth(seen, "m.reserialised")
    return Seen("canonical-json" if _met(tried) == "replay" else "raw-bytes", (tried.id,))


@observes("idempotency.precedence", "m.create", TWO_KEYS)
def precedence(seen: Evidence) -> Seen:
    """M under its own key in the header and another in the body: where the header counts it is M that comes back."""
    tried = nth(seen, TWO_KEYS)
    is_new = tried.is_success and job_id(tried.json) != job_id(_made(seen).json)
    is_foreign = member(tried.sent_json, "classroomId") == UNKNOWN_ID
    if is_new or (is_foreign and tried.status in _REFUSED_CLASSROOM and tried.code != CONFLICT):
        return Seen("body", (tried.id,))
    if tried.is_success or tried.code == CONFLICT:
        return Seen("header", (tried.id,))
    raise Unidentified(f"{tried.id} was answered {tried.status}, which no alternative explains")


@observes("idempotency.replay-body", "m.create", "m.ended")
def replay_body(seen: Evidence) -> Seen:
    """The replay after M's end: M as it is, or as it was answered first."""
    replay = nth(seen, "m.ended", 3)
    if "M ended" not in seen.notes or not replay.is_success:
        raise Unidentified("the job did not end, or its replay was refused")
    return Seen("current" if status(replay) in TERMINAL else "original", (replay.id,))


@observes("idempotency.replay-marker", "m.create", "m.replay")
def replay_marker(seen: Evidence) -> Seen:
    """The header that marks a replay."""
    replays = [each for step in ("m.replay", "m.ended") for each in seen.at(step) if _is_replay(each)]
    if not replays:
        raise Unidentified("no replay was answered")
    is_marked = all(each.header(MARKER) is not None for each in replays)
    return Seen("idempotent-replayed" if is_marked else "none", proof(replays))


def _made(seen: Evidence) -> Exchange:
    made = nth(seen, "m.create")
    if not made.is_success:
        raise Unidentified(f"the job could not be made: {made.id} was answered {made.status}")
    return made


def _met(tried: Exchange) -> str:
    values = {200: "replay", 201: "replay", 202: "replay", 409: "conflict-409", 422: "reject-422"}
    return named(tried, values)


def _is_replay(exchange: Exchange) -> bool:
    return exchange.operation == "createExpansion" and exchange.is_success


def _in_foreign_classroom(seen: Evidence) -> Exchange:
    """Return the create that tells what becomes of a foreign classroom."""
    for step in (BOTH, FOREIGN, TWO_KEYS):
        for tried in seen.at(step):
            is_foreign = member(tried.sent_json, "classroomId") == UNKNOWN_ID
            is_told = tried.is_success or step == FOREIGN or tried.status not in INVALID
            if is_foreign and is_told and not _is_m(seen, tried) and tried.code != CONFLICT:
                return tried
    raise Unidentified(_spent(seen))


def _first_made(seen: Evidence, *steps: str) -> Exchange | None:
    """Return the create of these steps that made a job; a replay of M is none."""
    return next((each for step in steps for each in seen.at(step) if each.is_success and not _is_m(seen, each)), None)


def _is_m(seen: Evidence, tried: Exchange) -> bool:
    return tried.is_success and job_id(tried.json) == seen.notes.get("M")


def _spent(seen: Evidence) -> str:
    made = _first_made(seen, BOTH, FOREIGN, TWO_KEYS) is not None
    return "the second job was spent on telling something else" if made else "no create was accepted that shows it"
