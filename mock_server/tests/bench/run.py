"""Speed and memory of the mock, in figures of one run: `make bench`.

Ratios are taken within a run, for absolute numbers move with the machine; nothing here is asserted.
"""

import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import click
from rich.console import Console
from rich.table import Table

from tutorflow_mock.domain.sessions import HARBOUR
from tutorflow_mock.server import MockServer

HERE = Path(__file__).parent
EXPANSIONS = "/v1/content/integrations/expansions"
BODY = (HERE / "create.json").read_text(encoding="utf-8")
HEADERS = {"Authorization": f"Bearer {HARBOUR.api_key}", "Content-Type": "application/json"}
CONNECTIONS = 16
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: seconds of load, rounds, jobs."""

    seconds: float
    rounds: int
    reads: int
    jobs: int
    queued: int
    deliveries: int


FULL = Effort(seconds=2.0, rounds=5, reads=100_000, jobs=10_000, queued=1_000_000, deliveries=4_000)
QUICK = Effort(seconds=0.5, rounds=1, reads=5_000, jobs=500, queued=10_000, deliveries=80)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing beside its target, both as a reader wants them."""

    what: str
    value: str
    target: str = ""


@contextmanager
def served(name: str, *flags: str) -> Generator[str]:
    """Run a server of this folder, and give its address."""
    with subprocess.Popen([sys.executable, HERE / name, *flags], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


def create(url: str) -> str:
    """Create a job, and return its id; the bare server answers the same way."""
    with urlopen(Request(f"{url}{EXPANSIONS}", BODY.encode(), HEADERS, method="POST")) as answer:  # noqa: S310 - ours
        return str(json.load(answer)["id"])


def load_get(url: str, seconds: float) -> float:
    """Return the status reads a second that a server answers."""
    path = f"{EXPANSIONS}/{create(url)}"
    if wrk := shutil.which("wrk"):
        return with_wrk(wrk, f"{url}{path}", seconds, [f"{name}: {value}" for name, value in HEADERS.items()])
    return with_client(url, "GET", path, "", seconds)


def load_post(url: str, seconds: float) -> float:
    """Return the creates a second that a server answers, each under a key of its own."""
    if not (wrk := shutil.which("wrk")):
        return with_client(url, "POST", EXPANSIONS, BODY, seconds)
    headers = "".join(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n" for name, value in HEADERS.items())
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "create.lua"
        script.write_text(
            f"""{headers}local number = 0
local body = {json.dumps(BODY)}
request = function()
  number = number + 1
  wrk.headers["Idempotency-Key"] = "bench-{time.time_ns()}-" .. number
  return wrk.format("POST", "{EXPANSIONS}", wrk.headers, body)
end
""",
            encoding="utf-8",
        )
        return with_wrk(wrk, url, seconds, [], "--script", str(script))


def with_wrk(wrk: str, url: str, seconds: float, headers: list[str], *more: str) -> float:
    """Load a server with wrk."""
    duration = max(1, round(seconds))
    flags = [word for header in headers for word in ("--header", header)]
    command = [
        wrk,
        "--threads",
        "1",
        "--connections",
        str(CONNECTIONS),
        "--duration",
        f"{duration}s",
        *flags,
        *more,
        url,
    ]
    output = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"the server refused a part of the load:\n{output}")
    return float(rate[1])


def with_client(url: str, method: str, path: str, body: str, seconds: float) -> float:
    """Load a server with the client of this folder."""
    address = urlsplit(url)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {address.netloc}", *(f"{k}: {v}" for k, v in HEADERS.items())]
    if body:
        lines += [f"Idempotency-Key: bench-{time.time_ns()}-{{n}}", f"Content-Length: {len(body.encode())}"]
    order = {
        "host": address.hostname,
        "port": address.port,
        "head": "\r\n".join([*lines, "", ""]),
        "body": body,
        "seconds": seconds,
        "connections": CONNECTIONS,
    }
    command = [sys.executable, str(HERE / "client.py")]
    found: dict[str, float] = json.loads(
        subprocess.run(command, input=json.dumps(order), capture_output=True, check=True, text=True).stdout
    )
    if found["refused"]:
        raise RuntimeError(f"the server refused {found['refused']:.0f} requests of the load")
    return found["rate"]


def throughput(effort: Effort) -> Iterator[Figure]:
    """Compare the mock with the bare server, in turns."""
    for what, load, target in (
        ("GET a job's status", load_get, 0.40),
        ("POST a create", load_post, 0.30),
    ):
        with served("bare.py") as bare, served("unlimited.py") as mock:
            pairs = [(load(bare, effort.seconds), load(mock, effort.seconds)) for _ in range(effort.rounds)]
        ratio = statistics.median(mine / least for least, mine in pairs)
        least, mine = (statistics.median(column) for column in zip(*pairs, strict=True))
        yield Figure(f"{what}: bare WSGI callable", f"{least:,.0f} /s")
        yield Figure(f"{what}: the mock, everything on", f"{mine:,.0f} /s")
        yield Figure(f"{what}: ratio, median of {effort.rounds}", f"{ratio:.2f}", f">= {target:.2f}")


def relayed(effort: Effort) -> Iterator[Figure]:
    """Measure the mock behind the relay of `--wire-faults`."""
    with served("unlimited.py", "--relay") as mock:
        rate = statistics.median(load_get(mock, effort.seconds) for _ in range(effort.rounds))
    yield Figure("GET a job's status, behind the relay of --wire-faults", f"{rate:,.0f} /s")


def starts(effort: Effort) -> Iterator[Figure]:
    """Measure imports and the way from exec to the readiness line, and the memory that is held then."""
    code = "import time; t = time.perf_counter(); from tutorflow_mock import create_app; print(time.perf_counter() - t)"
    imports = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(2 * effort.rounds + 1)]
    yield Figure("import of the mock, with Flask", f"{statistics.median(imports):.2f} s", "< 0.25 s")
    times: list[float] = []
    held: list[tuple[int, int]] = []
    for _ in range(2 * effort.rounds + 1):
        began = time.perf_counter()
        with MockServer() as mock:
            times.append(time.perf_counter() - began)
            held.append(memory_of(int(mock.ready["pid"])))
    yield Figure("start of `serve` to its readiness line", f"{statistics.median(times):.2f} s", "< 0.6 s")
    own, shared = (statistics.median(column) / MEGABYTE for column in zip(*held, strict=True))
    if own:
        yield Figure("memory at start, both processes", f"{own:.0f} MB", "< 90 MB")
        yield Figure("the same, what they share counted twice", f"{shared:.0f} MB")


def memory_of(pid: int) -> tuple[int, int]:
    """Return PSS and RSS of a process and its children in bytes; zeros where there is no /proc."""
    proportional = resident = 0
    for each in family(pid):
        text = (each / "smaps_rollup").read_text(encoding="ascii")
        proportional += int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) << 10
        resident += int(re.findall(r"^Rss:\s+(\d+)", text, re.MULTILINE)[0]) << 10
    return proportional, resident


def family(pid: int) -> list[Path]:
    """Return the /proc folders of a process and its descendants."""
    root = Path("/proc") / str(pid)
    if not root.is_dir():
        return []
    children = [int(child) for task in root.glob("task/*/children") for child in task.read_text().split()]
    return [root, *(each for child in children for each in family(child))]


def insides(effort: Effort) -> Iterator[Figure]:
    """Measure what needs no socket."""
    rate: float = statistics.median(inside("reads", effort.reads) for _ in range(effort.rounds))
    yield Figure("status reads in process, through the WSGI callable", f"{rate:,.0f} /s", ">= 15,000 /s")
    if Path("/proc/self/statm").exists():
        size = inside("memory", effort.jobs)
        yield Figure(f"memory per stored job, beyond its body ({effort.jobs:,} jobs)", f"{size:,.0f} bytes", "<= 4 kB")
    seconds = inside("advance", effort.queued)
    yield Figure(f"advance by an hour over {effort.queued:,} queued jobs", f"{seconds:.2f} s", "<= 1 s")


def outbox(effort: Effort) -> Iterator[Figure]:
    """Measure webhooks and sessions."""
    for what, words in (("deliveries", "while the clock runs"), ("stepped", "under `advance`")):
        rate = statistics.median(inside(what, effort.deliveries, "outbox") for _ in range(effort.rounds))
        yield Figure(f"deliveries to a fast receiver, {words}", f"{rate:,.0f} /s", ">= 500 /s")
    late = [inside("late", effort.deliveries // 10, "outbox") for _ in range(effort.rounds)]
    median, tail = (statistics.median(column) for column in zip(*late, strict=True))
    yield Figure("from a job's end to its first attempt, median", f"{median:.1f} ms", "<= 50 ms")
    yield Figure("the same, 95th percentile", f"{tail:.1f} ms", "<= 50 ms")
    millis = statistics.median(inside("sessions", effort.deliveries, "outbox") for _ in range(effort.rounds))
    yield Figure("a session opened and ended", f"{millis:.2f} ms", "<= 1 ms")


def inside(what: str, count: int, module: str = "inside") -> Any:
    """Run one measurement of a module of this folder."""
    command = [sys.executable, "-m", f"mock_server.tests.bench.{module}", what, str(count)]
    return json.loads(subprocess.check_output(command, cwd=HERE.parents[2]))


def shown(figures: list[Figure], machine: str) -> Table:
    """Return the figures as a table."""
    table = Table(title=machine, title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("target", justify="right")
    for figure in figures:
        table.add_row(figure.what, figure.value, figure.target)
    return table


def described() -> str:
    """Say what this was measured with and on."""
    generator = "wrk" if shutil.which("wrk") else "the bench's own client, which takes a core for itself"
    cores = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return f"{cores}; {CONNECTIONS} connections of {generator} on the same machine"


@click.command()
@click.option("--quick", is_flag=True, help="A smoke run: seconds instead of a minute, figures of little worth.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def main(*, quick: bool, as_json: bool) -> None:
    """Measure the mock and print the figures beside their targets."""
    effort = QUICK if quick else FULL
    figures: list[Figure] = []
    for part in (starts, insides, outbox, throughput, relayed):
        figures += part(effort)
    if as_json:
        document: dict[str, Any] = {"machine": described(), "figures": [asdict(figure) for figure in figures]}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    console = Console()
    console.width = console.width if console.is_terminal else 120
    console.print(shown(figures, described()))


if __name__ == "__main__":
    main()
