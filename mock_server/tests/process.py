"""The shipped server as a process of its own: started as a user starts it, stopped as a user stops it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

READY_WITHIN = 20.0
STOPPED_WITHIN = 20.0
RUN_WITHIN = 20.0
COMMAND = (sys.executable, "-m", "tutorflow_mock")
SECRET = re.compile(r"tf_content_[0-9a-f]{32}|jwt=demo-admin|a-long-passphrase")
TOUR_FLAGS = ("--port", "0", "--json", "--self-check", "--seed", "42")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that has said it is ready; the fields come from its readiness line."""

    process: subprocess.Popen[bytes]
    ready: Mapping[str, Any]
    stderr_path: Path

    @property
    def url(self) -> str:
        """The address clients are told, without a slash at the end."""
        return str(self.ready["url"])

    @property
    def host(self) -> str:
        """The bound address."""
        return str(self.ready["host"])

    @property
    def port(self) -> int:
        """The bound port."""
        return int(self.ready["port"])

    @property
    def pid(self) -> int:
        """The process that the readiness line names."""
        return int(self.ready["pid"])

    @property
    def api_key(self) -> str:
        """The demo key of the default session: 60 calls a minute."""
        return str(self.ready["apiKey"])

    @property
    def admin_cookie(self) -> str:
        """The whole `Cookie` value of the demo admin."""
        return str(self.ready["adminCookie"])

    @property
    def organization_id(self) -> str:
        """The first organization of the default session."""
        return str(self.ready["organizationId"])

    @property
    def classroom_id(self) -> str:
        """The default classroom of that organization."""
        return str(self.ready["classroomId"])

    def stderr(self) -> str:
        """Return everything that the server has written to stderr so far."""
        return self.stderr_path.read_text("utf-8", "backslashreplace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal once, wait, and return the exit code; a server that hangs is killed and fails the test."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            kill_group(self.process)
            message = f"the server did not stop within {STOPPED_WITHIN} s of {how.name}:\n{self.stderr()}"
            raise AssertionError(message) from None
        return self.process.returncode

    def close(self) -> None:
        """Stop the server if it still runs, and hold it to a clean end.

        Clean is: exit 0, nothing on stdout but the readiness line, no traceback and no key on stderr.
        """
        started = self.process.poll() is None
        code = self.stop()
        assert self.process.stdout is not None
        rest = self.process.stdout.read()
        self.process.stdout.close()
        assert rest == b"", f"after the readiness line nothing may follow on stdout, got {rest!r}"
        assert "Traceback (most recent call last)" not in self.stderr(), self.stderr()
        assert SECRET.search(self.stderr()) is None, "the log repeats a key"
        assert not started or code == 0, f"exit code {code} after SIGTERM:\n{self.stderr()}"


def start_process(stderr_path: Path, *flags: str, env: Mapping[str, str] | None = None) -> RunningServer:
    """Start `serve` with exactly these flags (they must contain `--json`) and wait for its readiness line."""
    with stderr_path.open("wb") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "serve", *flags],
            stdout=subprocess.PIPE,
            stderr=stderr,
            stdin=subprocess.DEVNULL,
            env=environment(env),
            start_new_session=True,
        )
    assert process.stdout is not None
    line = first_line(process.stdout, READY_WITHIN)
    if not line:
        kill_group(process)
        process.stdout.close()
        message = f"no readiness line from serve {' '.join(flags)}:\n{stderr_path.read_text('utf-8', 'replace')}"
        raise AssertionError(message)
    return RunningServer(process, json.loads(line), stderr_path)


def run_command(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `tutorflow-mock` with these arguments to its end, and return what it printed and its exit code."""
    command = [*COMMAND, *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        encoding="utf-8",
        env=environment(env),
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=RUN_WITHIN)
        except subprocess.TimeoutExpired:
            kill_group(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without any setting of ours, plus `extra`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TUTORFLOW_")}
    return clean | dict(extra or {})


def first_line(stream: IO[bytes], within: float) -> bytes:
    """Return the first line of the stream, or nothing if none comes in time or the writer has ended."""
    lines: Queue[bytes] = Queue()
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    with suppress(Empty):
        return lines.get(timeout=within)
    return b""


def kill_group(process: subprocess.Popen[Any]) -> None:
    """Kill the server and every process that it started: the last resort, so that no test leaves one behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
