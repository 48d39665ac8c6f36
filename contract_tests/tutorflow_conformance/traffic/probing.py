"""Traffic that no requirement asks for: what tells which alternative of a behaviour a target takes.

A create that validation may refuse is sent under M's idempotency key, after M: what is accepted is then a replay or a
conflict, and costs nothing. What may make a job comes last, one create at a time.
"""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownVariableType=false
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tutorflow_conformance.evidence import Evidence, job_of
from tutorflow_conformance.exchange import Exchange, member, objects
from tutorflow_conformance.receiver import Received
from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.deliveries import address
from tutorflow_conformance.traffic.hooks import NOWHERE
from tutorflow_conformance.traffic.job_m import CREATE, STATUS, own
from tutorflow_conformance.traffic.look import UNKNOWN_ID
from tutorflow_conformance.traffic.minting import mint, secret_facts, subscribe
from tutorflow_conformance.traffic.run import ADMIN, KEY, NONE, NotLearnt, Run
from tutorflow_conformance.traffic.step import Steps
from tutorflow_conformance.traffic.timing import server_second

PROBES = Steps()
ALIAS = "tutorflow_admin_session"
BOTH, FOREIGN, NOTHING, KEYED, OUTPUTS = (
    f"probe.bare {name}" for name in ("in a foreign classroom", "foreign", "nothing", "a key", "outputs")
)
CONTROL, OMITTED = "probe.no-payload", "probe.omitted-outputs"
CONFLICT, INVALID = "content_conflict", frozenset((400, 422))
STUBBORN, LATE = "stubborn", "late"
LIMIT, TWENTY, MINUTE = 3, 20.0, 60.0
LIMITED = 429
_EARLY, _STILL = 8, 28  # seconds of a minute at which a window may be looked at without its turning meanwhile
_BROKEN = 500
_ATTEMPTS = 40
_SILENCE, _LONGEST, _LONGER, _LOOK = 30.0, 600.0, 5.5, 2.5  # pauses grow, five times in the default schedule


def _changed(**members: Any) -> dict[str, Any]:
    return {**bodies.job_m(), **members}


def _without_outputs() -> dict[str, Any]:
    return {name: value for name, value in bodies.job_m().items() if name != "requestedOutputs"}


def _odd_lesson() -> dict[str, Any]:
    lesson: dict[str, Any] = {"id": "lesson-1", "type": "hologram", "title": "Greetings", "terms": []}
    level: dict[str, Any] = {"id": "glossary-a1", "title": "A1 glossary", "lessons": [lesson]}
    return _changed(payload={"category": "Vocabulary", "level": level})


UNDER_M: dict[str, Callable[[], dict[str, Any] | bytes]] = {
    CONTROL: lambda: {"sourceType": "floco", "requestedOutputs": [bodies.MODULE]},
    OMITTED: _without_outputs,
    "probe.empty-outputs": lambda: _changed(requestedOutputs=[]),
    "probe.unknown-output": lambda: _changed(requestedOutputs=[bodies.MODULE, "printed_poster"]),
    "probe.duplicate-outputs": lambda: _changed(requestedOutputs=[bodies.MODULE, bodies.MODULE]),
    "probe.bare-payload": lambda: _changed(payload={"category": "Vocabulary"}),
    "probe.unknown-lesson-type": _odd_lesson,
    "probe.unknown-field": lambda: _changed(clientNote="a field that the API does not know"),
    "probe.foreign-classroom": lambda: _changed(classroomId=UNKNOWN_ID),
    "probe.duplicate-keys": lambda: b'{"sourceType":"floco",' + _text(bodies.job_m())[1:],
}


def _text(body: dict[str, Any]) -> bytes:
    return bodies.as_text(body)


def _classroom(run: Run) -> bytes:
    """Return the end of a body that names the classroom, where the target asks for one."""
    found = run.filled({}).get("classroomId")
    return f',"classroomId":"{found}"}}'.encode() if found else b"}"


def _under_m(body: Callable[[], dict[str, Any] | bytes]) -> Callable[[Run], None]:
    def send(run: Run) -> None:
        run.learnt("M")
        wanted = body()
        if isinstance(wanted, bytes):
            wanted = wanted[:-1] + _classroom(run)
        run.call(CREATE, body=wanted, key=run.key("m"), credential=own(run))

    return send


for _name, _body in UNDER_M.items():
    PROBES.step(_name, "while M", after=("m.create",), reserve=1)(_under_m(_body))


@PROBES.step("probe.alias", "identity", needs="K", after=("admin.session",))
def alias(run: Run) -> None:
    """Show the session under the other name of its cookie."""
    cookie = (("Cookie", f"{ALIAS}={run.secrets[ADMIN]}"),)
    run.call("listOrganizations", credential=NONE, headers=cookie)


@PROBES.step("probe.no-referer", "identity", needs="K")
def no_referer(run: Run) -> None:
    """Sign in as a program would, without `Referer`."""
    given = run.target.credentials
    if not (given.admin_email and given.admin_password):
        raise NotLearnt("not configured: TUTORFLOW_ADMIN_EMAIL and TUTORFLOW_ADMIN_PASSWORD")
    body = {"email": given.admin_email, "password": given.admin_password, "timezone": "UTC"}
    run.call("login", body=body, credential=NONE)


@PROBES.step("probe.unknown-organization", "identity", needs="K", after=("admin.session",))
def unknown_organization(run: Run) -> None:
    """List the keys of an organization that does not exist."""
    run.call("listApiKeys", path={"organizationId": UNKNOWN_ID}, credential=ADMIN)


@PROBES.step("probe.no-limit", "keys", needs="K", after=("admin.organizations",))
def no_limit(run: Run) -> None:
    """Make a key without saying its limit."""
    _mint(run, {"name": run.key("no-limit")})


@PROBES.step("probe.same-name", "keys", needs="K", after=("admin.organizations",), requests=2)
def same_name(run: Run) -> None:
    """Make two keys of one name."""
    for _ in range(2):
        _mint(run, {"name": run.key("twin"), "rateLimitPerMinute": 60})


@PROBES.step("probe.webhooks", "keys", needs="K", after=("admin.organizations",), requests=7)
def webhooks(run: Run) -> None:
    """Make webhooks that some targets refuse: events twice and unknown, over plain http, at one address twice.

    One that was made is deleted.
    """
    some: str | None = None
    far, here = "http://receiver.invalid", "http://127.0.0.1:9"
    done = "content.completed"
    for url, events in (
        (f"{NOWHERE}/{run.key('twice')}", [done, done]),
        (f"{NOWHERE}/{run.key('unknown')}", [done, "content.exploded"]),
        (f"{far}/{run.key('far')}", [done]),
        (f"{here}/{run.key('here')}", [done]),
        (f"{NOWHERE}/{run.key('twin')}", [done]),
        (f"{NOWHERE}/{run.key('twin')}", [done]),
    ):
        ticket = run.ledger.making("webhook", url)
        made = run.call("createWebhook", body={"url": url, "events": events}, credential=ADMIN, facts=secret_facts)
        name = member(made.json, "id") if made.is_success else None
        some = name if isinstance(name, str) else some
        run.ledger.made(ticket, name if isinstance(name, str) else None)
    if some is not None and run.call("deleteWebhook", path={"webhookId": some}, credential=ADMIN).is_success:
        run.ledger.gone(some)


@PROBES.step("probe.rejected", "limits", needs="K", after=("admin.organizations",), requests=2 * LIMIT + 2)
def rejected(run: Run) -> None:
    """Ask for unknown jobs more often than two windows allow."""
    mint(run, "rejected key", LIMIT)
    for _ in range(2 * LIMIT + 1):
        run.call(STATUS, path={"jobId": UNKNOWN_ID}, credential="rejected key")


@PROBES.step("probe.window", "quiet", needs="K", after=("admin.organizations",), requests=18)
def window(run: Run) -> None:
    """Use up a key in two goes, and try it again when the minute of the clock turns, and a minute after the first."""
    second = _second(run, run.call("listClassrooms"))
    if second is None:
        raise NotLearnt("the target sends no Date, so that its minutes cannot be told")
    mint(run, "window key", LIMIT)
    if not _EARLY <= second <= _STILL:
        run.tell("waiting for the beginning of a minute; of the target's clock")
        run.pause((_EARLY + 2 - second) % MINUTE)
    start = _second(run, _listed(run)) or 0.0
    began = run.time
    run.wait_until(began + TWENTY)
    run.notes["calls at twenty"] = _until_limited(run, LIMIT + 1)
    run.call(STATUS, path={"jobId": UNKNOWN_ID}, credential="window key", step="probe.scope")
    _look_at_use(run)
    run.tell("waiting for the end of a minute; of the target's clock")
    run.wait_until(began + MINUTE - start + 1.5)
    run.notes["calls at the turn"] = _until_limited(run, 1)
    run.tell("waiting for a minute to be over; since the first call")
    run.wait_until(began + MINUTE + 2)
    run.notes["calls at sixty"] = _until_limited(run, LIMIT)


@PROBES.step("probe.late", "while M", needs="K W", after=("m.create",), requests=2)
def late(run: Run) -> None:
    """Subscribe while M is under way."""
    subscribe(run, LATE, address(run, LATE))
    run.call(STATUS, path={"jobId": run.learnt("M")}, credential=KEY)


@PROBES.step("probe.stubborn", "hooks", needs="K W", after=("hooks.subscribe",))
def stubborn(run: Run) -> None:
    """Subscribe an endpoint that never takes a delivery, and note when each attempt comes."""
    receiver = run.receiver
    if receiver is None:
        raise NotLearnt("the run has no receiver")
    subscribe(run, STUBBORN, address(run, STUBBORN))
    receiver.answer(STUBBORN, *[_BROKEN] * _ATTEMPTS)
    before = receiver.on_receipt

    def note(received: Received) -> None:
        if received.endpoint == STUBBORN and job_of(received.body) == run.notes.get("M"):
            run.notes.setdefault("attempts", []).append(_instant(run))
        before(received)

    receiver.on_receipt = note


@PROBES.step("probe.schedule", "end of M", needs="K W", after=("probe.stubborn", "m.finish", "hooks.on-receipt"))
def schedule(run: Run) -> None:
    """Wait until no further attempt comes; then list the subscriptions."""
    run.learnt("M")
    seen: list[float] = run.notes.get("attempts", [])
    began = _instant(run)
    while (now := _instant(run)) < min(_due(seen, began), began + _LONGEST):
        run.tell(f"attempt {len(seen) + 1} at a webhook that fails; {_due(seen, began) - now:.0f} s more at most")
        run.pause(_LOOK)
    run.notes["attempts ended"] = True
    run.call("listWebhooks", credential=ADMIN)


@PROBES.step("probe.two-keys", "alternatives", after=("m.create", "probe.foreign-classroom", OMITTED), reserve=1)
def two_keys(run: Run) -> None:
    """Send M under its own key in the header and another one in the body.

    It would be a job where the body counts. So it names a foreign classroom if a known key is answered before the
    classroom is looked at: under the header's key that is M, under the body's it is refused. Outputs are left out where
    they may be, so that a job tells which it has.
    """
    run.learnt("M")
    least = _without_outputs() if may_omit_outputs(run.evidence) else bodies.job_m()
    body = {**least, "idempotencyKey": run.key("m-other")}
    known = run.evidence.at("probe.foreign-classroom")
    if known and (known[0].is_success or known[0].code == CONFLICT):
        body["classroomId"] = UNKNOWN_ID
    run.call(CREATE, body=body, key=run.key("m"), credential=own(run))


@PROBES.step("probe.bare", "alternatives", after=("probe.two-keys",), requests=5, jobs=1, reserve=4)
def bare(run: Run) -> None:
    """Leave out what may be left out, all at once and in a foreign classroom, then less of it, until a job is made.

    Outputs are there from the first where they are known to be needed. With a key they are left out only where they are
    known not to be: a refusal is then the classroom's.
    """
    run.learnt("M")
    outputs, foreign = {"requestedOutputs": [bodies.MODULE]}, {"classroomId": UNKNOWN_ID}
    least = _without_outputs()
    may_omit = may_omit_outputs(run.evidence)
    first = {**least, **outputs} if may_omit is False else least
    sure = least if may_omit else {**least, **outputs}
    tries: tuple[tuple[str, dict[str, Any], str | None], ...] = (
        (BOTH, {**first, **foreign}, None),
        (FOREIGN, {**sure, **foreign}, run.key("foreign")),
        (NOTHING, least, None),
        (KEYED, least, run.key("bare")),
        (OUTPUTS, {**least, **outputs}, None),
    )
    for step, body, key in tries:
        if not run.ledger.may_make_a_job:
            raise NotLearnt("budget: the jobs are spent")
        if step == FOREIGN and run.evidence.at(BOTH)[0].status not in INVALID:
            continue  # the classroom was refused as such, and is told already
        if run.call(CREATE, body=body, key=key, credential=KEY, step=step).is_success:
            return


def may_omit_outputs(seen: Evidence) -> bool | None:
    """Tell whether a create may name no outputs, as M's key shows it; None where known keys are answered first."""
    control, tried = seen.at(CONTROL), seen.at(OMITTED)
    if not control or not tried or is_accepted(control[0]):
        return None
    return True if is_accepted(tried[0]) else False if tried[0].status in INVALID else None


def is_accepted(exchange: Exchange) -> bool:
    """Tell whether validation let a create pass: it made a job, or met M as a replay or as a conflict."""
    return exchange.is_success or exchange.code == CONFLICT


def _second(run: Run, exchange: Exchange) -> float | None:
    """Return the second of the target's minute: as its answer tells, on a mock as its clock does."""
    return server_second(exchange) if run.control is None else _instant(run) % MINUTE


def _instant(run: Run) -> float:
    """Return the present second of the target's time: on a mock by its clock, which stands where an attempt is due."""
    if run.control is None:
        return run.time
    return datetime.fromisoformat(str(run.control.ask("GET", "/clock")["now"])).timestamp()


def _mint(run: Run, body: dict[str, Any]) -> None:
    ticket = run.ledger.making("key", run.key("probe"))
    made = run.call("createApiKey", body=body, credential=ADMIN, facts=secret_facts)
    name = member(made.json, "keyId") if made.is_success else None
    run.ledger.made(ticket, name if isinstance(name, str) else None)


def _listed(run: Run) -> Exchange:
    return run.call("listClassrooms", credential="window key")


def _until_limited(run: Run, most: int) -> int:
    """Call until the limit bites; return how many calls it let through."""
    for number in range(most):
        if _listed(run).status == LIMITED:
            return number
    return most


def _look_at_use(run: Run) -> None:
    """Note whether a call that the limit refused counts as a use of the key."""
    shown: list[Any] = []
    for _ in range(2):
        run.pause(1.5)
        if _listed(run).status != LIMITED:
            return
        listed = run.call("listApiKeys", credential=ADMIN)
        ref = run.notes.get("window key id")
        shown += [member(entry, "lastUsedAt") for entry in objects(listed.json) if member(entry, "id") == ref]
    run.notes["refused calls are uses"] = len(shown) > 1 and shown[0] != shown[1]


def _due(seen: list[float], began: float) -> float:
    """Return until when another attempt is waited for: several times the last pause, and half a minute at least."""
    last = seen[-1] if seen else began
    pause = seen[-1] - seen[-2] if len(seen) > 1 else 0.0
    return last + max(_SILENCE, _LONGER * pause)
