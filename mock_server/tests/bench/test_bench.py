"""The bench runs: what it measures is not judged here, that it can measure is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).parent / "run.py"


@pytest.mark.soak
@pytest.mark.parametrize("tools", ["whatever is installed", "nothing but Python"])
def test_a_quick_run(tools: str) -> None:
    """Every figure has a value, with wrk and without it."""
    path = os.environ["PATH"] if tools == "whatever is installed" else ""
    command = [sys.executable, str(RUN), "--quick", "--json"]
    output = subprocess.run(
        command, capture_output=True, check=True, text=True, env={**os.environ, "PATH": path}
    ).stdout
    document: dict[str, Any] = json.loads(output)
    figures = {figure["what"]: figure["value"] for figure in document["figures"]}
    assert all(figures.values())
    assert {"GET a job's status: ratio, median of 1", "POST a create: ratio, median of 1"} <= set(figures)
    assert ("own client" in document["machine"]) or path
