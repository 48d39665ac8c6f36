"""A finding as a script that runs as it is: variables for address and secrets, ids carried from answer to request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tutorflow_conformance.client import job_id
from tutorflow_conformance.evidence import Arrival, job_of
from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.redaction import MARK
from tutorflow_conformance.report.carrying import FOR_M, KEY_VARIABLE, Carried, variable
from tutorflow_conformance.report.command import ADDRESS, Names, command, credential, detached, needed
from tutorflow_conformance.report.escaping import cut, line
from tutorflow_conformance.results import Finding
from tutorflow_conformance.traffic import steps
from tutorflow_conformance.traffic.job_m import TERMINAL, status

_SHOWN = 6  # exchanges of one finding: more show nothing new
_MOST = 40
_CREATE = "createExpansion"
_READS = frozenset(("getExpansion", "getExpansionResult"))
_BODY = "sed '1,/^[[:space:]]*$/d'"
_HAS_ENDED = (
    """jq -e '(.status // .job.status) as $now | $now == "completed" or $now == "failed"' > /dev/null && break"""
)
_STEERED = "# Here the run steered the job or moved the clock, which only a mock offers: bring that about first."


class Reproductions:
    """Writes the scripts of one run's findings."""

    def __init__(self, outcome: Outcome) -> None:
        evidence = outcome.evidence
        self._exchanges = {exchange.id: exchange for exchange in evidence.exchanges}
        self._arrivals = {arrival.id: arrival for arrival in evidence.arrivals}
        self._carried = Carried(outcome)
        self._made: dict[str, Exchange] = {}  # the first create that was accepted, by idempotency key
        self._ended: dict[str, int] = {}  # the number of the first read that showed a job's end
        for exchange in evidence.exchanges:
            self._note(exchange)

    def script(self, finding: Finding) -> str:
        """Return a shell script that shows a finding anew; empty if no exchange shows it.

        It needs curl, and jq where something is carried from one step to the next. Idempotency keys are those of the
        run; a key that the run minted is replaced by the environment's where that makes no difference.
        """
        proof = _ends([self._exchanges[name] for name in finding.proof if name in self._exchanges])
        told = [self._arrivals[name] for name in finding.proof if name in self._arrivals][:_SHOWN]
        chosen = self._with_sources([*proof, *self._causes(told)])
        if not chosen:
            return ""
        own = self._stand_ins(chosen)
        if own:
            chosen = self._with_sources([*proof, *self._causes(told)], own)
        lines = [*self._lines(chosen, own), *(row for arrival in told for row in _arrived(arrival))]
        return "\n".join(lines).strip() + "\n"

    def _note(self, exchange: Exchange) -> None:
        key = _key(exchange)
        if exchange.operation == _CREATE and exchange.is_success and key is not None:
            self._made.setdefault(key, exchange)
        if exchange.operation in _READS and status(exchange) in TERMINAL:
            self._ended.setdefault(_job(exchange), exchange.number)

    def _causes(self, arrivals: Iterable[Arrival]) -> Iterator[Exchange]:
        """Yield the creates of the jobs that some deliveries tell of."""
        for arrival in arrivals:
            source = self._carried.sources.get(job_of(arrival.body) or "")
            if source is not None:
                yield source.exchange

    def _with_sources(self, wanted: list[Exchange], own: frozenset[str] = frozenset()) -> list[Exchange]:
        """Return some exchanges with all those whose answers they rest on, in the order in which they were sent."""
        found: dict[int, Exchange] = {}
        waiting = list(wanted)
        while waiting and len(found) < _MOST:
            each = waiting.pop(0)
            if each.number not in found:
                found[each.number] = each
                waiting.extend(self._rests_on(each, own))
        return [found[number] for number in sorted(found)]

    def _rests_on(self, exchange: Exchange, own: frozenset[str]) -> Iterator[Exchange]:
        made = self._made.get(_key(exchange) or "")
        if made is not None and made.number < exchange.number:
            yield made
        for value in self._carried.met(exchange):
            source = self._carried.sources.get(value)
            if (
                source is None
                or self._carried.is_given(value)
                or value in own
                or source.exchange.number >= exchange.number
            ):
                continue
            yield source.exchange
            if value.startswith(MARK):
                yield from self._uses(value, source.exchange, exchange)

    def _uses(self, token: str, made: Exchange, until: Exchange) -> Iterator[Exchange]:
        """Yield what was done with a key, and to it, between two exchanges: its limit, its rotation, its end."""
        names = {token, str(member(made.json, "keyId"))}
        for each in self._exchanges.values():
            if made.number < each.number < until.number and names & {*self._carried.met(each)}:
                yield each

    def _stand_ins(self, chosen: list[Exchange]) -> frozenset[str]:
        """Return the token of M's own key if the environment's key can stand in for it: if it meets no other on M."""
        uses: dict[str | None, set[str]] = {}
        for each in chosen:
            uses.setdefault(_key(each), set()).add(each.credential)
        mixed = any(FOR_M in labels and len(labels - {"none"}) > 1 for key, labels in uses.items() if key is not None)
        if mixed:
            return frozenset()
        mine = [each for each in chosen if each.credential == FOR_M]
        return frozenset(token for each in mine for token in self._carried.met(each) if token.startswith(MARK))

    def _lines(self, chosen: list[Exchange], own: frozenset[str]) -> Iterator[str]:
        names = Names({**self._carried.given, **dict.fromkeys(own, f"${KEY_VARIABLE}")})
        body: list[str] = []
        waited: set[str] = set()
        wanted = [{*self._carried.met(each), self._awaited(each)} for each in chosen]
        for number, each in enumerate(chosen):
            body.extend(self._wait(each, names, waited))
            if _is_steered(each):
                body.append(_STEERED)
            body.append(f"# {each.id} {each.step}, then answered {each.status or each.error}")
            body.extend(_asked(each, names, self._kept(each, set[str]().union(*wanted[number + 1 :]), own)))
            if _is_parallel(each) and not any(map(_is_parallel, chosen[number + 1 : number + 2])):
                body.append("wait\n")
        yield from needed("\n".join(body))
        yield from body

    def _kept(self, exchange: Exchange, wanted: set[str], own: frozenset[str]) -> dict[str, tuple[str, str]]:
        """Return what later steps want of an answer: by value, a name for it and its place."""
        sources = self._carried.sources
        return {
            value: (variable(source, value), source.path)
            for value in sorted(wanted)
            if (source := sources.get(value)) is not None
            and source.exchange is exchange
            and not self._carried.is_given(value)
            and value not in own
        }

    def _awaited(self, exchange: Exchange) -> str:
        """Return the job whose end the run had seen before an exchange about it; empty if there is none."""
        made = self._made.get(_key(exchange) or "")
        job = _job(exchange) if exchange.operation in _READS else (job_id(made.json) or "") if made else ""
        return job if self._ended.get(job, exchange.number + 1) <= exchange.number else ""

    def _wait(self, exchange: Exchange, names: Names, waited: set[str]) -> Iterator[str]:
        """Yield a loop that waits for a job's end, where the run had seen it by then."""
        job = self._awaited(exchange)
        if job not in names or job in waited:
            return
        waited.add(job)
        as_whom = " ".join(credential(self._carried.sources[job].exchange, names))
        yield "# wait until the job has ended"
        yield "for _ in $(seq 120); do"
        yield f'  curl -sS "${ADDRESS}/v1/content/integrations/expansions/{names[job]}" {as_whom} |'
        yield f"    {_HAS_ENDED}\n  sleep 1\ndone\n"


def _asked(exchange: Exchange, names: Names, kept: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Yield the command of an exchange, and what keeps of its answer what later steps want."""
    if not kept:
        yield detached(command(exchange, names)) if _is_parallel(exchange) else command(exchange, names)
        yield ""
        return
    yield f"answer=$({command(exchange, names)}\n)"
    yield "printf '%s\\n\\n' \"$answer\""
    for value, (wanted, path) in kept.items():
        yield f"{names.add(value, wanted)}=$(printf '%s\\n' \"$answer\" | {_BODY} | jq -r '{path}')"
    yield ""


def _ends(proof: list[Exchange]) -> list[Exchange]:
    """Return what begins a long proof and what ends it."""
    return proof if len(proof) <= _SHOWN else [*proof[:2], *proof[2 - _SHOWN :]]


def _arrived(arrival: Arrival) -> Iterator[str]:
    yield f"# {arrival.id} came to the run's receiver ({arrival.endpoint}), which answered {arrival.answered}:"
    for name, value in arrival.headers:
        yield f"#   {line(name)}: {line(value)}"
    yield f"#   {cut(line(arrival.body.decode('utf-8', 'replace')), 1000)}"


def _is_parallel(exchange: Exchange) -> bool:
    return exchange.step.startswith("parallel.")


def _is_steered(exchange: Exchange) -> bool:
    step = steps().get(exchange.step)
    return step is not None and "C" in step.needs and exchange.operation in _READS


def _key(exchange: Exchange) -> str | None:
    """Return the idempotency key of a create, of its header or of its body."""
    if exchange.operation != _CREATE:
        return None
    inner = member(exchange.sent_json, "idempotencyKey")
    return exchange.sent("Idempotency-Key") or (inner if isinstance(inner, str) else None)


def _job(exchange: Exchange) -> str:
    """Return the id of the job that a read asks for."""
    parts = exchange.request.path.split("/")
    return parts[-2] if exchange.operation == "getExpansionResult" else parts[-1]
