"""The end of `serve`: prompt, complete, with the exit code that the signal asks for, and without a traceback."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection

import pytest
from mock_server.tests.cli.conftest import Spawn
from mock_server.tests.http.processes import PROC, family
from mock_server.tests.process import COMMAND, environment, run_command

WITHIN = 20.0  # a hang guard; the promise is 2 s, and a busy machine is not the server's fault
IS_LINUX = sys.platform == "linux"


class Server:
    """A server that is ready, seen from outside."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(json.loads(process.stdout.readline())["port"])
        self.worker = int(family(process.pid)[1].name) if IS_LINUX else 0

    def end(self) -> tuple[int, str]:
        """Wait for the end and return exit code and stderr; worker and port must be free then."""
        assert self.process.stderr is not None
        code = self.process.wait(WITHIN)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port), 1.0)
        assert not self.worker or gone(self.worker)
        return code, self.process.stderr.read()


def gone(pid: int) -> bool:
    """Wait until a process has ended."""
    status = PROC / str(pid) / "stat"
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if status.read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.01)
                continue
        return True
    return False


@pytest.fixture(params=[(), ("--wire-faults",)], ids=["plain", "relayed"])
def server(spawn: Spawn, request: pytest.FixtureRequest) -> Server:
    """A server of the test's own, in a process group of its own, without a relay and with one."""
    return Server(spawn("serve", "--port", "0", "--json", *request.param))


def group(number: signal.Signals, times: int = 1) -> Callable[[Server], None]:
    """Send a signal to the whole process group, as a terminal does, several times if told."""

    def send(server: Server) -> None:
        for _ in range(times):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.process.pid, number)
            time.sleep(0.003)

    return send


def alone(number: signal.Signals) -> Callable[[Server], None]:
    """Send a signal to the parent process only, as a supervisor does."""
    return lambda server: server.process.send_signal(number)


ENDS = {
    "SIGTERM": (alone(signal.SIGTERM), 0),
    "SIGINT": (alone(signal.SIGINT), 130),
    "SIGHUP": (alone(signal.SIGHUP), 129),
    "SIGTERM to all": (group(signal.SIGTERM), 0),
    "Ctrl-C": (group(signal.SIGINT), 130),
    "Ctrl-C, impatiently": (group(signal.SIGINT, 5), 130),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_signal_ends_it(case: str, server: Server) -> None:
    """The first signal decides about the exit code; worker and port are free afterwards."""
    send, expected = ENDS[case]
    send(server)
    code, said = server.end()
    assert code == expected
    assert "Traceback" not in said
    assert said.endswith(" INFO stopped\n")


def test_it_does_not_wait_for_bodies_that_never_end(server: Server) -> None:
    """Requests that hang are given a second, then cut."""
    head = b"POST /v1/content/integrations/expansions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 9\r\n\r\n{"
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(head % server.port)
        server.process.terminate()
        assert server.end()[0] == 0


def test_it_finishes_what_it_has_begun(server: Server) -> None:
    """A request that has come before the signal gets its whole answer after it."""
    host = f"127.0.0.1:{server.port}"
    with contextlib.closing(HTTPConnection(host, timeout=WITHIN)) as client:
        client.request("GET", "/v1/content/classrooms", headers={"Prefer": "code=200, delay=400"})
        while not requests_of(host):
            time.sleep(0.01)
        server.process.terminate()
        answer = client.getresponse()
        assert (answer.status, len(answer.read())) == (200, int(answer.headers["Content-Length"]))
    assert server.end()[0] == 0


def requests_of(host: str) -> int:
    """Return how many calls the journal has; one is in it before its answer is held back."""
    with contextlib.closing(HTTPConnection(host, timeout=WITHIN)) as client:
        client.request("GET", "/__admin/requests")
        return int(json.load(client.getresponse())["meta"]["total"])


@pytest.mark.skipif(not IS_LINUX, reason="the worker is found through /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_dies_is_told(number: signal.Signals, server: Server) -> None:
    """Its memory is gone, so nothing is started anew: the server says so and fails."""
    os.kill(server.worker, number)
    code, said = server.end()
    assert code == 1
    assert "CRITICAL the worker process has ended by itself" in said


@pytest.mark.skipif(not IS_LINUX, reason="the worker is found through /proc")
def test_a_worker_does_not_outlive_its_parent(server: Server) -> None:
    """A parent that is killed leaves neither a process nor a port behind."""
    server.process.kill()
    server.process.wait(WITHIN)
    assert gone(server.worker)


@pytest.mark.skipif(not hasattr(os, "forkpty"), reason="there are no terminals of this kind")
def test_ctrl_c_in_a_terminal() -> None:
    """Typed into a terminal, Ctrl-C reaches parent and worker at once; the exit code is 130."""
    code = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    command = [sys.executable, "-c", code, *COMMAND, "serve", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment(), start_new_session=True) as terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        while not (line := terminal.stdout.readline()).startswith(b"Ready: "):
            assert line, "the server ended before it was ready"
        terminal.stdin.write(b"\x03")
        terminal.stdin.flush()
        rest = terminal.stdout.read()
        assert terminal.wait(WITHIN) == 130
    assert b"Traceback" not in rest


def test_a_signal_during_the_start(spawn: Spawn) -> None:
    """From the moment that `serve` has begun, SIGTERM ends it with 0, whether it is ready or not."""
    codes: set[int] = set()
    for delay in (0.15, 0.2, 0.25, 0.3, 0.4):
        process = spawn("serve", "--port", "0", "--json")
        time.sleep(delay)
        process.terminate()
        codes.add(process.wait(WITHIN))
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert codes <= {0, -signal.SIGTERM}  # the latter: Python itself had not started yet


@pytest.mark.skipif(not IS_LINUX, reason="the second server is made to stop by a file that /proc does not take")
def test_the_port_can_be_taken_again_at_once(server: Server) -> None:
    """Connections that linger from the last run are no reason to refuse a port."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /__admin/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while connection.recv(4096):
            pass
    server.process.terminate()
    server.end()
    again = run_command("serve", "--port", str(server.port), "--ready-file", str(PROC / "ready.json"))
    assert "the readiness cannot be told" in again.stderr
