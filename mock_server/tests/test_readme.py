"""What the README prints is what happens."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tutorflow_mock.server import MockServer

README = Path(__file__).parents[2] / "README.md"
TOUR = re.compile(r"## A tour in sixty seconds\n(.*?)\n## ", re.DOTALL)
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_the_tour_answers_exactly_as_printed() -> None:
    """Every command of the tour, in one shell against a mock started as the tour says, prints what stands below it."""
    tour = TOUR.search(README.read_text(encoding="utf-8"))
    assert tour is not None
    lines = [line for block in BLOCK.findall(tour[1]) for line in block.splitlines()]
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    printed = [line for line in lines if not line.startswith("$ ")]
    with MockServer("--seed", "42", "--clock", "2026-07-06T09:00:00Z") as mock:
        script = "\n".join(f"{command.replace('http://127.0.0.1:4010', mock.url)}; echo" for command in commands)
        shell = subprocess.run(
            ["bash", "-euc", script], capture_output=True, text=True, timeout=60, check=True, env={**os.environ}
        )
    assert [line for line in shell.stdout.splitlines() if line] == printed
