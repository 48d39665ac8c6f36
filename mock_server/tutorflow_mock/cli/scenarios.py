"""`tutorflow-mock scenarios`: everything that a call can ask for, with commands that ask for it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import DEFAULT_URL
from tutorflow_mock.cli.usage import Refusal, examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.domain.scenarios import Scenario
    from tutorflow_openapi import Contract, Operation

_VARIABLE = "$TUTORFLOW_CONTENT_API_KEY"
_MARKS = {"prefer": "Prefer: {}", "title": "title {}", "rule": "rule {}"}


@click.command(
    short_help="List everything that a call can ask for.",
    epilog=examples(
        "tutorflow-mock scenarios", "tutorflow-mock scenarios --examples curl", "tutorflow-mock scenarios --json"
    ),
)
@flag("--url", default=DEFAULT_URL, show_default=True, help="Where the mock is, for the commands.")
@flag("--session", help="Whose key the commands use, as a variable; the default one's is written out.")
@flag("--admin-token", help="Not needed here; taken as elsewhere.", expose_value=False)
@flag("--revision", help="Revision of the contract; the default one if left out.")
@flag("--examples", "form", type=click.Choice(["curl"]), help="Show a command for each.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def scenarios(*, url: str, session: str | None, revision: str | None, form: str | None, as_json: bool) -> None:
    """List every scenario: Prefer values, magic titles, and faults as rules of a session."""
    from tutorflow_mock.domain.scenarios import catalogue
    from tutorflow_mock.operations.plan import output_kinds
    from tutorflow_openapi import DEFAULT_REVISION, UnknownRevision, load

    try:
        contract = load(revision or DEFAULT_REVISION)
    except UnknownRevision as error:
        raise Refusal(f"--revision: {error}") from error
    writer = Writer(contract, url.rstrip("/"), session)
    found = catalogue(tuple(output_kinds(contract)))
    if as_json:
        showing.as_json({"scenarios": [_row(each, writer if form else None) for each in found]})
    elif form:
        for each in found:
            click.echo(f"# {_marked(each)}: {each.effect}{_wire(each)}\n{writer.command(each)}")
    else:
        rows = [(_marked(each), each.operation or "any", f"{each.effect}{_wire(each)}") for each in found]
        showing.table(("scenario", "on", "effect"), rows, "none")


class Writer:
    """Writes commands for a contract, at an address, with the demo key or with a session's as a variable."""

    def __init__(self, contract: Contract, url: str, session: str | None) -> None:
        from tutorflow_mock.domain.sessions import PLACEHOLDER_KEY

        self._contract = contract
        self._url = url
        self._session = session
        self._key = PLACEHOLDER_KEY if session in {None, "default"} else _VARIABLE

    def command(self, scenario: Scenario) -> str:
        """Return a command that asks for a scenario; `$JOB` stands for the id of a job."""
        if scenario.kind == "rule":
            words = ["tutorflow-mock", "fault", "add", scenario.value, "--operation", scenario.operation or "*"]
            where = [] if self._session is None else ["--session", self._session]
            return shlex.join([*words, "--times", "1", "--url", self._url, *where])
        operation = self._contract.operations[scenario.operation or "createExpansion"]
        place = f"{self._url}{operation.path}"
        words = ["curl", "-s", f'"{place.format(jobId="$JOB")}"' if "{" in place else shlex.quote(place)]
        words += ["-H", f'"Authorization: Bearer {self._key}"']
        if scenario.kind == "prefer":
            words += ["-H", shlex.quote(f"Prefer: {scenario.value}")]
        return " ".join([*words, *self._body(operation, scenario)])

    def _body(self, operation: Operation, scenario: Scenario) -> list[str]:
        if operation.body is None:
            return []
        title = f"A1 glossary [{scenario.value}]" if scenario.kind == "title" else "A1 glossary"
        body = json.dumps({"payload": {"level": {"title": title}}})
        keyed = ["-H", "'Idempotency-Key: a-key'"] if "idempotency" in scenario.value else []
        return ["-H", "'Content-Type: application/json'", *keyed, "-d", shlex.quote(body)]


def _row(scenario: Scenario, writer: Writer | None) -> dict[str, Any]:
    row = {
        "kind": scenario.kind,
        "value": scenario.value,
        "effect": scenario.effect,
        "operation": scenario.operation,
        "needsWireFaults": scenario.needs_wire,
    }
    return row if writer is None else {**row, "command": writer.command(scenario)}


def _marked(scenario: Scenario) -> str:
    return _MARKS[scenario.kind].format(scenario.value)


def _wire(scenario: Scenario) -> str:
    return " (needs serve --wire-faults)" if scenario.needs_wire else ""
