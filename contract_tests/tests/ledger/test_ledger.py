"""What may be spent: on disk, shared by processes, and never overspent, whoever is killed when."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread
from typing import Any

import pytest

from tutorflow_conformance.cli.keeping import ledger_file, resumed, unfinished
from tutorflow_conformance.ledger import (
    ACCEPTED,
    CREATE,
    READ,
    REFUSED,
    Ledger,
    Overspent,
    Purses,
    Spend,
    Unusable,
)
from tutorflow_conformance.target import Misconfigured

WORKER = Path(__file__).with_name("worker.py")
TARGET = "https://api.example.test"
PURSE = 25


def ledger(file: Path | None, run: str = "run1", **purses: int) -> Ledger:
    """Return a ledger whose clock stands."""
    found = Ledger(file, run, Purses(**purses), lambda: 1000.0, TARGET)
    found.begin("safe")
    return found


def test_a_create_is_spent_until_it_is_refused(tmp_path: Path) -> None:
    """Reserved counts as spent; refused and replayed are given back, accepted stay."""
    found = ledger(tmp_path / "l.sqlite", jobs=1)
    ticket = found.reserve(CREATE, "m.invalid")
    with pytest.raises(Overspent, match="the purse for jobs is empty"):
        found.reserve(CREATE, "m.create")
    found.settle(ticket, REFUSED)
    found.settle(found.reserve(CREATE, "m.create"), ACCEPTED, "job-1")
    assert found.spend == Spend(jobs=1, creates=2, requests=2)
    assert found.jobs() == {"job-1": "m.create"}
    assert not found.may_make_a_job


def test_a_replay_of_a_known_job_costs_nothing() -> None:
    """The second acceptance of one id is a replay."""
    found = ledger(None, jobs=2)
    for step in ("m.create", "m.replay"):
        found.settle(found.reserve(CREATE, step), ACCEPTED, "job-1")
    assert found.spend.jobs == 1
    assert found.may_make_a_job


def test_reserved_rows_of_a_killed_run_count_for_the_next(tmp_path: Path) -> None:
    """A run that ended by `kill -9` keeps its purse in use until somebody resumes or closes it."""
    killed = ledger(tmp_path / "l.sqlite", "killed", jobs=2)
    killed.reserve(CREATE, "m.create")
    killed.close()
    after = ledger(tmp_path / "l.sqlite", "after", jobs=2)
    [other] = after.unfinished()
    assert (other.run, other.spend.jobs) == ("killed", 1)
    assert "run --resume killed" in str(other)
    assert "cleanup --run killed" in str(other)
    after.reserve(CREATE, "m.create")
    with pytest.raises(Overspent):
        after.reserve(CREATE, "a.create")
    after.end("killed")
    after.reserve(CREATE, "a.create")
    assert after.spend.jobs == 2


def test_a_run_that_ended_counts_no_more(tmp_path: Path) -> None:
    """The purse is that of a run, not of a target for ever."""
    first = ledger(tmp_path / "l.sqlite", "first", jobs=1)
    first.settle(first.reserve(CREATE), ACCEPTED, "job-1")
    first.end()
    second = ledger(tmp_path / "l.sqlite", "second", jobs=1)
    assert second.unfinished() == []
    second.reserve(CREATE)


def test_other_targets_have_other_purses(tmp_path: Path) -> None:
    """One file may hold several targets."""
    here = ledger(tmp_path / "l.sqlite", "here", jobs=1)
    here.reserve(CREATE)
    there = Ledger(tmp_path / "l.sqlite", "there", Purses(jobs=1), lambda: 0.0, "https://other.example.test")
    there.begin()
    assert there.unfinished() == []
    there.reserve(CREATE)


def test_what_was_left_keeps_a_run_in_sight_but_not_its_purse(tmp_path: Path) -> None:
    """An ended run with a key that could not be revoked is announced; what it spent does not count."""
    first = ledger(tmp_path / "l.sqlite", "first", jobs=1)
    first.settle(first.reserve(CREATE), ACCEPTED, "job-1")
    first.made(first.making("key", "ct-first-a"), "key-1")
    first.end()
    second = ledger(tmp_path / "l.sqlite", "second", jobs=1)
    [other] = second.unfinished()
    assert other.left == 1
    second.reserve(CREATE)


def test_clearing_may_exceed_the_purse_of_requests() -> None:
    """What was made must go, also where no request is left; but no create is sent for it."""
    found = ledger(None, requests=1)
    found.reserve(READ)
    with pytest.raises(Overspent):
        found.reserve(READ)
    found.open_for_clearing()
    found.reserve(READ)
    with pytest.raises(Overspent):
        found.reserve(CREATE)


def test_no_minute_holds_more_than_allowed(tmp_path: Path) -> None:
    """The pause is counted over all processes of the file."""
    now = [0.0]
    first, second = (
        Ledger(tmp_path / "l.sqlite", run, Purses(per_minute=2), lambda: now[0], TARGET) for run in ("a", "b")
    )
    first.reserve(READ)
    now[0] = 10
    second.reserve(READ)
    assert first.pause_needed() == 50
    now[0] = 60
    assert first.pause_needed() == 0


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The folder is made 0700, the file 0600."""
    file = tmp_path / "state" / "l.sqlite"
    ledger(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    """Other files, other versions and places that cannot be written are said by name."""
    other = tmp_path / "notes.txt"
    other.write_text("This is no database. " * 100)
    with pytest.raises(Unusable, match=r"notes\.txt cannot be used as a ledger"):
        ledger(other)
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("pragma user_version = 9")
    db.close()
    with pytest.raises(Unusable, match="another version"):
        ledger(newer)
    with pytest.raises(Unusable, match="cannot be written"):
        ledger(Path("/proc/nowhere/l.sqlite"))


def test_where_a_ledger_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By host and port in the state folder; in memory for this machine; where it was told, first of all."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "tutorflow-conformance"
    assert ledger_file(None, {}, "https://api.tutorflow.io") == folder / "api.tutorflow.io-443.sqlite"
    assert ledger_file(None, {}, "http://host:8080/prefix") == folder / "host-8080.sqlite"
    assert ledger_file(None, {}, "http://127.0.0.1:4010") is None
    assert ledger_file(Path("x"), {}, "http://127.0.0.1:4010") == Path("x")
    assert ledger_file(None, {"TUTORFLOW_CONFORMANCE_LEDGER": "y"}, "http://127.0.0.1:4010") == Path("y")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = tmp_path / ".local/state/tutorflow-conformance/h-443.sqlite"
    assert ledger_file(None, {}, "https://h") == usual


def test_only_an_unfinished_run_is_resumed(tmp_path: Path) -> None:
    """What cannot be resumed is said with what can."""
    file = tmp_path / "l.sqlite"
    with pytest.raises(Misconfigured, match="there is no ledger"):
        unfinished(file, TARGET)
    with pytest.raises(Misconfigured, match="in memory alone"):
        resumed("x", None, TARGET)
    ledger(file, "open-run").close()
    assert resumed("open-run", file, TARGET) == "open-run"
    with pytest.raises(Misconfigured, match="those that are: open-run"):
        resumed("other", file, TARGET)


class Counting(ThreadingHTTPServer):
    """Accepts every create, each a new job, and counts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.accepted = 0
        self.numbers = count(1)
        self.lock = Lock()
        self.heard = Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that break: their senders are killed."""


class _Counter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        """Accept a job."""
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.accepted += 1
            body = json.dumps({"id": f"job-{next(self.server.numbers)}", "status": "queued"}).encode()
        self.server.heard.set()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def counting() -> Iterator[Counting]:
    """Yield a server that counts what it accepts."""
    server = Counting()
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("seed", range(3))
def test_killed_processes_never_overspend(counting: Counting, tmp_path: Path, seed: int) -> None:
    """Two processes on one file, killed with SIGKILL at random instants and followed by others until it is empty.

    The server never accepts more than the purse, and what is accepted or reserved is never less than it counts.
    """
    file, url = tmp_path / "l.sqlite", f"http://127.0.0.1:{counting.server_port}"
    random, kills = Random(seed), 0  # noqa: S311 - instants at which to kill

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(WORKER), str(file), url, str(PURSE)])

    running = [start(), start()]
    while running and kills < 12:
        counting.heard.clear()
        counting.heard.wait(5)
        Event().wait(random.uniform(0, 0.03))
        victim = running.pop(random.randrange(len(running)))
        if victim.poll() is None:
            os.kill(victim.pid, signal.SIGKILL)
            kills += 1
        victim.wait()
        if victim.returncode != 0:
            running.append(start())
    for process in running:
        process.wait(30)
    with sqlite3.connect(file) as db:
        spent = db.execute("select count(*) from spend where state in ('accepted', 'reserved')").fetchone()[0]
    db.close()
    assert counting.accepted <= PURSE
    assert spent == PURSE
    assert spent >= counting.accepted
    assert kills > 0
