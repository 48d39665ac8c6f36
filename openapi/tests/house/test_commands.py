"""Every command line of the kit: each command explains itself, and some README shows it."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
ENTRANCES = {
    "tutorflow_openapi": "tutorflow_openapi.__main__",
    "tutorflow-mock": "tutorflow_mock.cli",
    "tutorflow-conformance": "tutorflow_conformance.cli",
    "tutorflow-fixtures": "tutorflow_fixtures.cli",
}


def commands(command: click.Command, words: str) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, each with the words that a user types."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, f"{words} lists {name}, which does not exist"
            yield from commands(below, f"{words} {name}")


def entrance(script: str) -> click.Command:
    """The click command behind a console script or `python -m`."""
    found: object = importlib.import_module(ENTRANCES[script]).main
    assert isinstance(found, click.Command)
    return found


@pytest.mark.parametrize("script", ENTRANCES)
def test_every_command_explains_itself(script: str) -> None:
    """Commands and flags all have a help text."""
    silent = [
        f"{words} {getattr(thing, 'opts', '')}"
        for words, command in commands(entrance(script), script)
        for thing in (command, *(parameter for parameter in command.params if isinstance(parameter, click.Option)))
        if not getattr(thing, "help", None)
    ]
    assert silent == []


@pytest.mark.parametrize("script", ENTRANCES)
def test_every_command_appears_in_a_readme(script: str) -> None:
    """A command that no README shows does not exist for a reader."""
    shown = "\n".join(
        path.read_text(encoding="utf-8") for path in [*REPOSITORY.glob("README.md"), *REPOSITORY.glob("*/README.md")]
    )
    missing = [words for words, _ in commands(entrance(script), script) if not is_shown(words, shown)]
    assert missing == []


def is_shown(words: str, shown: str) -> bool:
    """Whether a text holds the words, or a line about their group that names the last of them."""
    if words in shown:
        return True
    group, _, last = words.rpartition(" ")
    name = group.rpartition(" ")[2]
    return any(
        f"`{name}" in line and f"`{last}`" in line.replace(f"`{name} {last}`", f"`{last}`")
        for line in shown.splitlines()
    )
