"""How commands show what they found: tables on a terminal, columns for a pipe, JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NOTHING = "–"


def as_json(value: Any) -> None:
    """Print one JSON value on one line, at once: a stream of them is NDJSON."""
    click.echo(json.dumps(value))
    sys.stdout.flush()


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Print rows: with headings on a terminal, or `empty` if there are none; for a pipe, tabs between the cells."""
    told = [[cell(each) for each in row] for row in rows]
    if not is_terminal():
        for row in told:
            click.echo("\t".join(row))
    elif told:
        _draw(headings, told)
    else:
        click.echo(empty)


def facts(members: Mapping[str, object]) -> None:
    """Print names with their values, one on a line."""
    width = max(map(len, members), default=0)
    for name, value in members.items():
        click.echo(f"{name:<{width}}  {cell(value)}")


def cell(value: object) -> str:
    """Return a value as people read it, on one line; what a terminal might obey is escaped."""
    from tutorflow_mock.domain.redaction import on_one_line

    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool | dict):
        return on_one_line(json.dumps(value, ensure_ascii=False))
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, cast("Iterable[object]", value))) or _NOTHING
    return on_one_line(str(value))


def is_terminal() -> bool:
    """Tell whether a person reads stdout."""
    return sys.stdout.isatty()


def _draw(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD)
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))
    Console(highlight=False).print(drawn)
