"""Creates that ought to be refused. Each is a job on a target that accepts it, so they come late and one at a time."""

from __future__ import annotations

from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.look import UNKNOWN_KEY
from tutorflow_conformance.traffic.run import NONE, Run
from tutorflow_conformance.traffic.step import step

CREATE = "createExpansion"
DEPTH = 5_000
HARD_JSON = (
    b'{"requestedOutputs":["interactive_module"],"sourceType":NaN}',
    b'{"sourceType":"source_json","sourceType":"floco"}',
    b'{"sourceType":"\\ud800"}',
)


@step("refused.no-payload", "refusals", requests=2, reserve=2)
def no_payload(run: Run) -> None:
    """Leave the payload out, twice in the same way."""
    for _ in range(2):
        run.call(CREATE, body={"requestedOutputs": [bodies.MODULE]}, key=run.key("no-payload"))


@step("refused.payload-types", "refusals", requests=4, reserve=4)
def payload_types(run: Run) -> None:
    """Send a payload that is no object."""
    odd: tuple[object, ...] = (None, [], "text", 7)
    for number, payload in enumerate(odd):
        run.call(CREATE, body={**bodies.small(), "payload": payload}, key=run.key(f"payload-{number}"))


@step("refused.malformed-json", "refusals", reserve=1)
def malformed_json(run: Run) -> None:
    """Send JSON that ends too early."""
    run.call(CREATE, body=b'{"payload":', key=run.key("malformed"))


@step("refused.hard-json", "refusals", requests=len(HARD_JSON) + 1, reserve=len(HARD_JSON) + 1)
def hard_json(run: Run) -> None:
    """Send JSON that parsers stumble over, without a payload, so that it is refused anyway."""
    depth = min(DEPTH, int(str(run.target.contract.values["request.max-body-bytes"])) // 4)
    nested = b'{"sourceType":' + b"[" * depth + b"]" * depth + b"}"
    for number, body in enumerate((*HARD_JSON, nested)):
        run.call(CREATE, body=body, key=run.key(f"hard-{number}"))


@step("refused.bad-key-bad-body", "refusals", reserve=1)
def bad_key_bad_body(run: Run) -> None:
    """Send a body without payload under a key that is nobody's."""
    run.call(CREATE, body={"payload": None}, credential=NONE, headers=(("Authorization", f"Bearer {UNKNOWN_KEY}"),))


@step("refused.unknown-output", "alternatives", reserve=1)
def unknown_output(run: Run) -> None:
    """Ask for an output that does not exist, beside one that does."""
    body = {**bodies.small(), "requestedOutputs": [bodies.MODULE, "printed_poster"]}
    run.call(CREATE, body=body, key=run.key("unknown-output"))


@step("refused.empty-outputs", "alternatives", reserve=1)
def empty_outputs(run: Run) -> None:
    """Ask for no output at all."""
    run.call(CREATE, body={**bodies.small(), "requestedOutputs": []}, key=run.key("empty-outputs"))


@step("refused.media-type", "alternatives", reserve=1)
def media_type(run: Run) -> None:
    """Call the body plain text."""
    headers = (("Content-Type", "text/plain"),)
    run.call(CREATE, body=bodies.small(), key=run.key("media-type"), headers=headers)


@step("refused.too-large", "alternatives", needs="limit", reserve=1)
def too_large(run: Run) -> None:
    """Send more than the limit allows; it must be known: the mock claims it, a profile may tell it."""
    limit = run.target.contract.values["request.max-body-bytes"]
    body = b'{"payload":{"filler":"' + b"x" * int(str(limit)) + b'"}}'
    run.call(CREATE, body=body, key=run.key("too-large"))
