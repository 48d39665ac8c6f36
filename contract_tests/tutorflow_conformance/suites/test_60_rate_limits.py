"""Rate limits: one window a key, by its own figure, and nobody else's calls in it."""

from __future__ import annotations

from itertools import takewhile

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.client import LIMITED as RETRIED
from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.suites.looks import INVALID_KEY, LIMITED, UNAUTHORISED, job, refused
from tutorflow_conformance.traffic.limits import CROWD, HIGHER, LIMITS, LOW, REFUSED

TOO_MANY = 429
LONGEST_WAIT = 60
_ALIGNED = frozenset(("fixed-aligned", "fixed-first"))


@requirement("RATE-001", "limits.low")
def test_the_limit_bites(judge: Judge) -> None:
    """Of 2L+1 calls inside one minute at least one is refused with `content_rate_limit_exceeded`."""
    calls = judge.all("limits.low")
    limited = [x for x in calls if x.code == LIMITED]
    judge.must(limited, *calls[-1:], expected=f"a refusal with {LIMITED} within {len(calls)} calls")
    for exchange in limited:
        judge.detail(exchange.status == TOO_MANY, exchange, expected="429")
    if limited and judge.values["rate.window"] in _ALIGNED and not _may_have_turned(calls):
        passed = _passed_first(calls)
        judge.detail(passed == LIMITS[LOW], *calls, expected=f"call {LIMITS[LOW] + 1} refused", observed=passed)


@requirement("RATE-002", "limits.low", "limits.meanwhile")
def test_keys_do_not_share_a_window(judge: Judge) -> None:
    """Exhausting key 1 leaves key 2 untouched."""
    _exhausted(judge)
    other = _meanwhile(judge, "listClassrooms", "key")
    limited = [x for x in judge.some(RETRIED) if x.credential == "key"]
    began = judge.one("limits.low").number
    if any(x.number < began for x in limited):
        raise Undecided("the other key had reached its own limit")
    meanwhile = [x for x in limited if x.number <= other.number]
    judge.must(not meanwhile and other.status != TOO_MANY, *meanwhile, other, expected="no 429 for another key")


@requirement("RATE-003", "limits.waited")
def test_after_a_quiet_minute_the_limit_is_whole(judge: Judge) -> None:
    """After a quiet minute the first L calls pass."""
    for exchange in judge.all("limits.waited"):
        judge.must(exchange.status != TOO_MANY, exchange, expected="no 429 within the limit")


@requirement("RATE-004", "limits.low", "limits.waited", "limits.after-retry")
def test_a_quiet_minute_opens_the_key(judge: Judge) -> None:
    """A minute without calls opens the key again; so does waiting `Retry-After`."""
    _exhausted(judge)
    first = judge.all("limits.waited")[0]
    judge.must(first.status != TOO_MANY, first, expected="open after a quiet minute")
    for exchange in judge.all("limits.after-retry"):
        judge.detail(exchange.status != TOO_MANY, exchange, expected="open after Retry-After")


@requirement("RATE-005", "limits.low")
def test_a_429_says_when_to_come_back(judge: Judge) -> None:
    """A 429 carries an integer `Retry-After` from 1 to 60."""
    for exchange in _exhausted(judge):
        text = exchange.header("Retry-After") or ""
        right = text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_WAIT
        judge.must(right, exchange, expected="Retry-After from 1 to 60", observed=text or "no such header")


@requirement("RATE-006", "limits.create", "c.create")
def test_a_create_refused_with_429_makes_no_job(judge: Judge) -> None:
    """Its key later acts as a first use."""
    tried, first = judge.one("limits.create"), judge.one("c.create")
    if tried.status != TOO_MANY:
        raise Undecided(f"{tried.id} was to be refused with 429 and was answered {tried.status}")
    judge.must(first.is_success, tried, first, expected="a new job under the key of the refused create")
    if first.is_success:
        born = job(first).get("status")
        judge.must(born in {"queued", None}, tried, first, expected="a job that begins now", observed=born)


@requirement("RATE-007", "limits.refusals")
def test_what_counts_against_a_key(judge: Judge) -> None:
    """401s do not count; 4xx after authentication do."""
    calls = [x for x in judge.all("limits.refusals") if x.operation == "getExpansion"]
    passed, limit = _passed_first(calls), LIMITS[REFUSED]
    if limit < passed <= 2 * limit and _may_have_turned(calls):
        raise Undecided("the calls may have fallen into two windows")
    judge.must(passed >= limit, *calls[:limit], expected=f"{limit} calls in spite of three 401s", observed=passed)
    if judge.values["rate.rejected-calls"] == "count-after-auth":
        judge.must(passed <= limit, *calls, expected="404s that count", observed=f"{passed} passed")


@requirement("RATE-008", "limits.low", "limits.higher")
def test_each_key_has_its_own_limit(judge: Judge) -> None:
    """Keys minted with different limits are refused at different counts."""
    for label, step in ((LOW, "limits.low"), (HIGHER, "limits.higher")):
        calls, limit = judge.all(step), LIMITS[label]
        passed = _passed_first(calls)
        told = f"between {limit} and {2 * limit} calls before the first 429"
        judge.must(limit <= passed <= 2 * limit, *calls, expected=told, observed=f"{passed} calls")


@requirement("RATE-009", "limits.low", "limits.meanwhile")
def test_the_limit_comes_before_validation(judge: Judge) -> None:
    """Exhausted key with a bad body answers 429, and an unknown key is 401 meanwhile."""
    if judge.values["rate.scope"] != "key":
        raise Undecided("creates are counted apart from the calls that used the key up")
    _still_exhausted(judge)
    bad = _meanwhile(judge, "createExpansion", "low key")
    judge.must(bad.status == TOO_MANY, bad, expected="429")
    unknown = next(x for x in judge.all("limits.meanwhile") if x.credential == "none")
    refused(judge, unknown, INVALID_KEY, UNAUTHORISED)


@requirement("RATE-010", "limits.low", "limits.meanwhile")
def test_admin_operations_go_on(judge: Judge) -> None:
    """They go on while the key is exhausted."""
    _exhausted(judge)
    listed = _meanwhile(judge, "listApiKeys", "admin")
    judge.must(listed.is_success, listed, expected="2xx for the admin")


@requirement("RATE-011", "limits.low", "limits.meanwhile")
def test_all_bearer_operations_share_one_counter(judge: Judge) -> None:
    """Another operation is refused as well."""
    _still_exhausted(judge)
    other = _meanwhile(judge, "getExpansion", "low key")
    judge.must(other.status == TOO_MANY, other, expected="429 for another operation of the key")


@requirement("RATE-012", "limits.crowd")
def test_a_crowd_gets_no_more_than_the_limit(judge: Judge) -> None:
    """Of L+20 concurrent calls never more than 2L pass; exactly L inside one window."""
    calls, limit = judge.all("limits.crowd"), LIMITS[CROWD]
    passed = sum(x.status != TOO_MANY for x in calls)
    judge.must(passed <= 2 * limit, *calls, expected=f"at most {2 * limit} calls", observed=f"{passed} passed")
    judge.detail(passed == limit, *calls, expected=f"exactly {limit} calls", observed=f"{passed} passed")


def _exhausted(judge: Judge) -> list[Exchange]:
    found = [x for x in judge.all("limits.low") if x.status == TOO_MANY]
    if not found:
        raise Undecided("the key could not be exhausted")
    return found


def _still_exhausted(judge: Judge) -> None:
    """Go on if the key was still used up after all that was tried with it; Undecided if its window had turned."""
    _exhausted(judge)
    if _meanwhile(judge, "listClassrooms", "low key").status != TOO_MANY:
        raise Undecided("the key had been opened again meanwhile")


def _meanwhile(judge: Judge, operation: str, credential: str) -> Exchange:
    found = [x for x in judge.all("limits.meanwhile") if (x.operation, x.credential) == (operation, credential)]
    if not found:
        raise Undecided(f"nothing asked for {operation} meanwhile")
    return found[0]


def _passed_first(calls: tuple[Exchange, ...] | list[Exchange]) -> int:
    return sum(1 for _ in takewhile(lambda x: x.status != TOO_MANY, calls))


def _may_have_turned(calls: tuple[Exchange, ...] | list[Exchange]) -> bool:
    """Tell whether a window may have turned among calls: the first 429 says how old its window is."""
    limited = [x for x in calls if x.status == TOO_MANY]
    if any(x.status != TOO_MANY and x.number > limited[0].number for x in calls if limited):
        return True
    text = (limited[0].header("Retry-After") or "") if limited else ""
    if not (text.isascii() and text.isdigit()):
        return bool(limited)
    return LONGEST_WAIT - int(text) <= limited[0].ended - calls[0].at + 1
