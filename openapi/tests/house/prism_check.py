"""Starts Prism from the contract and asks it for one answer: a second, independent tool can read our document.

Run by `make prism`; exit code 0 when Prism answers with the document's own example, 2 when npx is missing.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click
import urllib3

from tutorflow_openapi import load

DOCUMENT = Path(__file__).parents[2] / "tutorflow_openapi" / "contracts" / "2026-07.yaml"
OPERATION = "getExpansion"
PATIENCE = 300  # seconds; the first run downloads Prism


@contextmanager
def running(npx: str, port: int) -> Generator[list[str]]:
    """Prism on a port, from its first "listening" to the end of the block; yields what it said until then."""
    command = [npx, "-y", "@stoplight/prism-cli", "mock", "-h", "127.0.0.1", "-p", str(port), str(DOCUMENT)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        alarm = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
        alarm.start()
        try:
            said: list[str] = []
            for line in process.stdout or ():
                said.append(line)
                if "is listening on" in line:
                    break
            yield said
        finally:
            alarm.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def main() -> int:
    """Start, ask, compare; the sentence on stdout says what came of it."""
    npx = shutil.which("npx")
    if npx is None:
        click.echo("npx was not found: install Node.js 18 or newer, or leave `make prism` to CI.", err=True)
        return 2
    operation = load("2026-07").operations[OPERATION]
    examples = operation.responses[200].examples
    port = free_port()
    with running(npx, port) as said:
        try:
            answer = urllib3.request(
                operation.method,
                f"http://127.0.0.1:{port}{operation.path.replace('{jobId}', 'any-job')}",
                headers={"Authorization": "Bearer any-key", "Accept": "application/json"},
                retries=False,
                timeout=30,
            )
        except urllib3.exceptions.HTTPError as reason:
            click.echo("".join(said) + f"Prism did not answer: {reason}", err=True)
            return 1
    if answer.status != 200 or answer.json() not in examples.values():
        click.echo(f"Prism answered {answer.status} with no example of ours:\n{answer.data.decode()}", err=True)
        return 1
    click.echo(f"Prism reads {DOCUMENT.name} and answers {OPERATION} with one of its {len(examples)} examples.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
