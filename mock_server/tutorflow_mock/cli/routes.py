"""`tutorflow-mock routes`: the operations of a revision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli.usage import Refusal, flag

if TYPE_CHECKING:
    from rich.table import Table

    from tutorflow_openapi import Contract

_PIPED = 160  # columns: what reads a pipe does not fold
_SECURITY = {"contentApiKey": "API key", "adminSession": "admin session", None: "none"}


@click.command(
    short_help="List the operations of a revision.",
    epilog="\b\nExamples:\n  tutorflow-mock routes\n  tutorflow-mock routes --revision 2026-07 --json",
)
@flag("--revision", default=None, help="The revision to show; the default one if left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def routes(*, revision: str | None, as_json: bool) -> None:
    """List the operations of a revision: method, path, operation id, what it asks for, and its success."""
    from rich.console import Console

    from tutorflow_openapi import DEFAULT_REVISION, UnknownRevision, load

    try:
        contract = load(revision or DEFAULT_REVISION)
    except UnknownRevision as error:
        raise Refusal(f"--revision: {error}") from error
    if as_json:
        click.echo(json.dumps({"revision": contract.revision, "operations": _rows(contract)}))
        return
    console = Console()
    console.width = console.width if console.is_terminal else _PIPED
    console.print(_table(contract))


def _rows(contract: Contract) -> list[dict[str, Any]]:
    return [
        {
            "method": operation.method,
            "path": operation.path,
            "operationId": operation.id,
            "security": operation.security,
            "success": operation.success(contract.values),
            "tag": operation.tag,
            "summary": operation.summary,
        }
        for operation in contract.operations.values()
    ]


def _table(contract: Contract) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=f"Contract {contract.revision}: {contract.title}", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("method", "path", "operation", "auth"):
        table.add_column(heading, no_wrap=heading == "path")
    table.add_column("success", justify="right")
    for row in _rows(contract):
        auth = _SECURITY.get(row["security"], row["security"])
        table.add_row(row["method"], row["path"], row["operationId"], auth, str(row["success"]))
    return table
