"""G15: six correct receivers, in as many ways to write one, are accused of nothing over the whole catalogue."""

import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mock_server.tests.receivers.standing import SECRET
from mock_server.tests.receivers.trying import a_run, told, untold, verdicts

HERE = Path(__file__).parent
TOLD_BY_NOBODY = ("W14", "W15", "W16", "W23", "W28")
"""What a run with one secret and without a mock cannot tell of a receiver that asks nobody for jobs."""


def node() -> str:
    """Return where Node is."""
    found = shutil.which("node")
    assert found, "Node is not installed; these receivers are written for it (apt-get install nodejs npm)"
    return found


@contextmanager
def serving(*command: str, where: Path = HERE) -> Generator[str]:
    """Run a receiver that prints its port, and give the address of it."""
    with subprocess.Popen([*command, SECRET], cwd=where, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port.isdigit(), f"{command} did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def express(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Express in it, from the registry or npm's cache."""
    folder = tmp_path_factory.mktemp("express")
    npm = shutil.which("npm")
    assert npm, "npm is not installed (apt-get install npm)"
    command = [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", "express@5"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def is_accused_of_nothing(url: str) -> None:
    """Fire the whole catalogue."""
    run = a_run(f"{url}/hook", SECRET, probe=f"{url}/count")
    found = verdicts(run)
    assert untold(found) == dict.fromkeys(TOLD_BY_NOBODY, "skipped"), told(run)


@pytest.mark.parametrize("name", ["wsgi", "flask", "asgi", "strict"])
def test_a_correct_receiver_in_python(name: str) -> None:
    """On wsgiref, on Flask, on granian by ASGI, and one that is strict about all that HTTP says."""
    with serving(sys.executable, str(HERE / f"correct_{name}.py")) as url:
        is_accused_of_nothing(url)


def test_a_correct_receiver_on_node() -> None:
    """On `http` alone."""
    with serving(node(), str(HERE / "correct_node.mjs")) as url:
        is_accused_of_nothing(url)


def test_a_correct_receiver_in_express(express: Path) -> None:
    """With the raw body."""
    with serving(node(), str(HERE / "correct_express.mjs"), where=express) as url:
        is_accused_of_nothing(url)
