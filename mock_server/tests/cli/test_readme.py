"""The README of the mock names every command."""

import re
from pathlib import Path

import pytest

from tutorflow_mock.cli import main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_stands_in_the_readme(name: str) -> None:
    """With what it does, and an example."""
    assert re.search(rf"`(?:tutorflow-mock )?{name}\b", README)
    assert re.search(rf"tutorflow-mock {name}\b", README)
