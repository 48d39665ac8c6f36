"""Keys of a low limit, used up: where the limit bites, what it leaves alone, and when it lets go."""

from __future__ import annotations

from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.job_m import CREATE, STATUS
from tutorflow_conformance.traffic.look import CLASSROOMS, UNKNOWN_ID, UNKNOWN_KEY
from tutorflow_conformance.traffic.minting import mint, revoke
from tutorflow_conformance.traffic.parallel import at_once
from tutorflow_conformance.traffic.run import ADMIN, KEY, NONE, Run
from tutorflow_conformance.traffic.step import step

LOW, HIGHER, REFUSED, CROWD = "low key", "higher key", "refused key", "crowd key"
LIMITS = {LOW: 3, HIGHER: 5, REFUSED: 4, CROWD: 5}
MINUTE = 61.0
WELL_IN = 9.0  # seconds after which a window is old enough to tell that it did not turn
_LIMITED = 429
_RETRY_AFTER = 60.0


@step("limits.mint", "limits", needs="K", after=("admin.organizations",), requests=2)
def mint_low(run: Run) -> None:
    """Make two keys of different low limits; on the mock early in a minute, so that none turns meanwhile."""
    _settle_in(run)
    for label in (LOW, HIGHER):
        mint(run, label, LIMITS[label])


@step("limits.low", "limits", needs="K", after=("limits.mint",), requests=2 * LIMITS[LOW] + 1)
def exhaust_low(run: Run) -> None:
    """Call with the first key once more than two windows allow, each with success: refused calls may be free."""
    for _ in range(2 * LIMITS[LOW] + 1):
        read(run, LOW)
    run.notes[LOW] = run.time


@step("limits.meanwhile", "limits", needs="K", after=("limits.low",), requests=6, reserve=1)
def meanwhile(run: Run) -> None:
    """While it is used up: another key, another operation, an unknown key, the admin, a bad body; is it so still."""
    unknown(run, LOW)
    run.call("listClassrooms", credential=KEY)
    run.send("GET", CLASSROOMS, headers=(("Authorization", f"Bearer {UNKNOWN_KEY}"),), credential=NONE)
    run.call("listApiKeys", credential=ADMIN)
    run.call(CREATE, body={"payload": None}, credential=LOW)
    read(run, LOW)
    run.notes[LOW] = run.time


@step("limits.create", "limits", needs="K", after=("limits.low",), reserve=1)
def refused_create(run: Run) -> None:
    """Send C with the key that is used up: C's idempotency key must stay free."""
    run.call(CREATE, body=bodies.job_m(), key=run.key("m").upper(), credential=LOW)
    run.notes[LOW] = run.time


@step("limits.higher", "limits", needs="K", after=("limits.mint",), requests=2 * LIMITS[HIGHER] + 1)
def exhaust_higher(run: Run) -> None:
    """Call with the second key once more than two windows allow."""
    for _ in range(2 * LIMITS[HIGHER] + 1):
        read(run, HIGHER)
    run.notes[HIGHER] = run.time


@step("limits.after-retry", "quiet", needs="K", after=("limits.low",))
def after_retry(run: Run) -> None:
    """Call with the first key when the time that its last 429 asked for is over."""
    then = run.learnt(LOW)
    last = [each for each in run.evidence.exchanges if each.credential == LOW][-1]  # a window may have turned since
    run.tell("waiting for as long as a 429 asked")
    run.wait_until(then + (_asked(last) if last.status == _LIMITED else _RETRY_AFTER))
    read(run, LOW)


@step("limits.waited", "quiet", needs="K", after=("limits.higher",), requests=LIMITS[HIGHER])
def waited(run: Run) -> None:
    """Call with the second key as often as its limit says, after a minute without calls."""
    run.tell("waiting for a minute without calls")
    run.wait_until(run.learnt(HIGHER) + MINUTE)
    for _ in range(LIMITS[HIGHER]):
        read(run, HIGHER)


@step("limits.refusals", "limits", needs="K", after=("admin.organizations",), requests=4 + 2 * LIMITS[REFUSED] + 1)
def refusals(run: Run) -> None:
    """Be refused with 401 three times, then call for unknown jobs until the limit bites."""
    _settle_in(run)
    with run.under("limits.minted"):
        mint(run, REFUSED, LIMITS[REFUSED])
    for _ in range(3):
        run.call("listApiKeys", credential=REFUSED)
    for _ in range(2 * LIMITS[REFUSED] + 1):
        unknown(run, REFUSED)


@step("limits.crowd", "parallel", needs="K N", after=("admin.organizations",), requests=LIMITS[CROWD] + 21)
def crowd(run: Run) -> None:
    """Call from many callers at once, with the clock standing still."""
    with run.under("limits.minted"):
        mint(run, CROWD, LIMITS[CROWD])
    if run.control is not None:
        run.control.ask("PUT", "/clock", {"action": "freeze"})
    try:
        at_once(LIMITS[CROWD] + 20, lambda: read(run, CROWD))
    finally:
        if run.control is not None:
            run.control.ask("PUT", "/clock", {"action": "resume"})


@step("limits.cleared", "last", needs="K", after=("limits.mint",), requests=2)
def cleared(run: Run) -> None:
    """Revoke the keys of low limit."""
    for label in (LOW, HIGHER):
        revoke(run, label)


@step("limits.crowd-cleared", "last", needs="K N", after=("limits.crowd",))
def crowd_cleared(run: Run) -> None:
    """Revoke the key of the crowd."""
    revoke(run, CROWD)


@step("limits.refusals-cleared", "last", needs="K", after=("limits.refusals",))
def refusals_cleared(run: Run) -> None:
    """Revoke the key that was refused."""
    revoke(run, REFUSED)


def _settle_in(run: Run) -> None:
    """Go on to a moment that is well inside a minute, where the run may move the clock."""
    if run.control is not None:
        second = float(run.control.ask("GET", "/clock")["now"][17:23])
        if not WELL_IN <= second < MINUTE / 2:
            run.pause(MINUTE + WELL_IN - second)


def read(run: Run, label: str) -> Exchange:
    """List the classrooms: a call that counts and costs nothing."""
    return run.call("listClassrooms", credential=label)


def unknown(run: Run, label: str) -> Exchange:
    """Ask for a job that nobody has."""
    return run.call(STATUS, path={"jobId": UNKNOWN_ID}, credential=label)


def _asked(limited: Exchange) -> float:
    text = limited.header("Retry-After") or ""
    return float(text) if text.isdigit() else _RETRY_AFTER
