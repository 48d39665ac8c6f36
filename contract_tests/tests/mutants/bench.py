"""A mock in this process with something deliberately wrong in front of it, and the judge run against it."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from threading import Condition, RLock, Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from contract_tests.tests.mutants.wire import Handler, written
from werkzeug.serving import make_server

from tutorflow_conformance.control import Control
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.run import execute
from tutorflow_conformance.run.options import ALLOWANCES, Events, Options
from tutorflow_conformance.system import Clock, run_token
from tutorflow_conformance.target import Credentials, Target
from tutorflow_conformance.traffic.run import Patience
from tutorflow_mock.http.app import application
from tutorflow_mock.operations.start import new_world
from tutorflow_mock.outbox.post import ORDINARY, Manner, doubter, poster
from tutorflow_mock.outbox.pump import Pump
from tutorflow_mock.outbox.sender import Outcome as Sent
from tutorflow_mock.outbox.worker import Worker
from tutorflow_mock.settings import Settings
from tutorflow_mock.system import SeededIds, SystemClock
from tutorflow_openapi import Contract, load, load_requirements

Pairs = tuple[tuple[str, str], ...]
CONTRACT = load()
SESSION: Mapping[str, Any] = {
    "organizations": 2,
    "rateLimitPerMinute": 1000,
    "programme": {"progression": "time"},
}
_ASIDE = ("/__admin", "/webhooks")


@dataclass
class World:
    """What one faulty server knows: the credentials of the run, the webhooks made, and what its defects keep."""

    app: Any
    given: Credentials = field(default_factory=Credentials)
    session: str = ""
    hooks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    kept: dict[str, Any] = field(default_factory=dict[str, Any])
    lock: Any = field(default_factory=RLock)

    def ask(self, call: Call) -> Answer:
        """Ask the mock, past every defect."""
        return _asked(self.app, call)

    def list(self, name: str) -> list[Any]:
        """Return a list that is kept under a name."""
        found: list[Any] = self.kept.setdefault(name, [])
        return found

    def table(self, name: str) -> dict[Any, Any]:
        """Return a table that is kept under a name."""
        found: dict[Any, Any] = self.kept.setdefault(name, {})
        return found

    def count(self, name: str) -> int:
        """Count up under a name and return the number, 1 at first."""
        with self.lock:
            self.kept[name] = self.kept.get(name, 0) + 1
            return int(self.kept[name])


@dataclass(frozen=True)
class Call:
    """A request on its way to the mock."""

    world: World
    method: str
    target: str
    headers: Pairs
    body: bytes
    environ: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def operation(self) -> str | None:
        """The operation of the contract that is asked for."""
        match = CONTRACT.match(urlsplit(self.target).path)
        found = match.operations.get(self.method) if match else None
        return found.id if found else None

    @property
    def name(self) -> str:
        """The last id in the path: of a job, a key, a webhook; nothing for `/`."""
        parts = [part for part in self.path.split("/") if part and part not in {"result", "revoke", "rotate"}]
        return parts[-1] if parts else ""

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        return _json(self.body)

    @property
    def members(self) -> dict[str, Any]:
        """The members of the body; none if it is no object."""
        return self.json if isinstance(self.json, dict) else {}

    def header(self, name: str) -> str | None:
        """Return a header, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def key(self) -> str | None:
        """The idempotency key, of the header or of the body."""
        inner = self.members.get("idempotencyKey")
        return self.header("Idempotency-Key") or inner

    @property
    def bearer(self) -> str:
        """The value of Authorization, or nothing."""
        return self.header("Authorization") or ""

    def under(self, name: str, value: str | None) -> Call:
        """Return it with another header, or without it."""
        rest = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=rest if value is None else (*rest, (name, value)))

    def saying(self, node: Any) -> Call:
        """Return it with another body in JSON."""
        return replace(self, body=json.dumps(node).encode())

    def to(self, method: str, target: str) -> Call:
        """Return it to another place."""
        return replace(self, method=method, target=target)


@dataclass(frozen=True)
class Answer:
    """What the mock answers, or what the caller shall get."""

    status: int
    headers: Pairs = (("Content-Type", "application/json"),)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """A fresh copy of the body as JSON; None if it is none."""
        return _json(self.body)

    @property
    def is_fine(self) -> bool:
        """Tell whether it is a 2xx."""
        return self.status // 100 == 2

    def saying(self, node: Any, status: int | None = None) -> Answer:
        """Return it with another body in JSON."""
        return replace(self, status=status or self.status, body=json.dumps(node).encode())

    def under(self, name: str, value: str | None) -> Answer:
        """Return it with another header, or without it."""
        rest = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=rest if value is None else (*rest, (name, value)))


@dataclass(frozen=True)
class Letter:
    """One attempt of a delivery on its way to a receiver."""

    world: World
    url: str
    headers: Pairs
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return _json(self.body)

    @property
    def endpoint(self) -> str:
        """The last part of the URL."""
        return self.url.rpartition("/")[2]

    def header(self, name: str) -> str:
        """Return a header, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def under(self, name: str, value: str | None) -> Letter:
        """Return it with another header, or without it."""
        rest = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=rest if value is None else (*rest, (name, value)))


Ask = Callable[[Call], Answer]
Send = Callable[[Letter], Sent]
Answering = Callable[[Call, Ask], Answer]
Delivering = Callable[[Letter, Send], Sent]


def error(status: int, code: str, message: str = "No", headers: Pairs = ()) -> Answer:
    """Return an answer in the envelope."""
    body = {"error": {"code": code, "message": message, "status": status}}
    return Answer(status, (("Content-Type", "application/json"), *headers), json.dumps(body).encode())


def edited(call: Call, ask: Ask, operations: str, edit: Callable[[Any], Any]) -> Answer:
    """Answer, and let a 2xx of some operations be edited: in place, or by what `edit` returns."""
    answer = ask(call)
    if call.operation not in operations.split() or not answer.is_fine:
        return answer
    node = answer.json
    other = edit(node)
    return answer.saying(node if other is None else other)


def listed(call: Call, ask: Ask, operation: str, change: Callable[[Any], Any]) -> Answer:
    """Answer, and let each entry of a list be changed."""
    return edited(call, ask, operation, lambda node: [change(each) for each in node])


def job(node: Any) -> dict[str, Any]:
    """Return the job in an answer."""
    found: dict[str, Any] = node.get("job") or node
    return found


def plainly(call: Call, ask: Ask) -> Answer:
    """Answer as the mock does."""
    return ask(call)


def duly(letter: Letter, send: Send) -> Sent:
    """Deliver as the mock does."""
    return send(letter)


class BenchClock(Clock):
    """The judge's time, which moves the mock's along: nothing is waited for."""

    def __init__(self, control: Control) -> None:
        super().__init__()
        self._control = control
        self._moved = 0.0

    def elapsed(self) -> float:
        """Return real seconds, and those that were skipped."""
        return super().elapsed() + self._moved

    def pause(self, seconds: float) -> None:
        """Move both clocks."""
        if seconds > 0:
            began = super().elapsed()
            self._control.advance(seconds)
            self._moved += max(0.0, seconds - (super().elapsed() - began))

    def wait(self, changed: Condition, holds: Callable[[], bool], seconds: float) -> bool:  # noqa: ARG002 - as the real one
        """Move both clocks a second at a time until something holds."""
        for _ in range(int(seconds)):
            if holds():
                return True
            self.pause(1.0)
        return holds()


@dataclass(frozen=True)
class Bench:
    """A served mock: where it is, and what its defects remember."""

    url: str
    world: World


@contextmanager
def serving(
    answering: Answering = plainly, delivering: Delivering = duly, behaviours: Mapping[str, Any] | None = None
) -> Generator[Bench]:
    """Serve a mock behind a defect on a free port; its control plane and pages pass untouched, its log is silent."""
    log = logging.getLogger("tutorflow_mock")
    log.setLevel(logging.CRITICAL)
    settings = Settings(host="127.0.0.1", behaviours=dict(behaviours or {}))
    mock = new_world(settings, SystemClock(), SeededIds, doubter(settings))
    world = World(None)
    send = poster(settings)

    def post(url: str, headers: Pairs, body: bytes, timeout: float, manner: Manner = ORDINARY, /) -> Sent:
        def plain(letter: Letter) -> Sent:
            return send(letter.url, letter.headers, letter.body, timeout, manner)

        return delivering(Letter(world, url, headers, body), plain)

    pump = Pump(mock, post)
    worker = Worker(mock, pump)
    mock.store.listen(worker.wake)
    app = application(mock, pump)
    world.app = app
    server = make_server("127.0.0.1", 0, _front(app, world, answering), threaded=True, request_handler=Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Bench(f"http://127.0.0.1:{server.server_port}", world)
    finally:
        worker.stop()
        pump.stop()
        server.shutdown()
        server.server_close()
        log.setLevel(logging.NOTSET)


def judge(  # noqa: PLR0913 - a run has many sides
    bench: Bench,
    mode: str = "mock",
    *,
    only: Iterable[str] | None = None,
    behaviours: Mapping[str, Any] | None = None,
    contract: Contract = CONTRACT,
    listens: bool = True,
) -> Outcome:
    """Judge a served mock in a session of its own and return the outcome; `only` names requirements."""
    control = Control(bench.url)
    given = control.open_session({**SESSION, "behaviours": dict(behaviours or {})})
    bench.world.given, bench.world.session = given, str(control.session)
    told = mode == "mock"
    target = Target(bench.url, contract, mode, given, bench.url if told else None, control.session if told else None)
    options = Options(
        token=run_token(),
        selected=tuple(only or load_requirements()),
        allowance=ALLOWANCES[mode],
        patience=Patience(1.0, 40.0),
        listen=("127.0.0.1", 0) if listens and mode in {"full", "mock"} else None,
    )
    return execute(target, options, Events(), Clock() if told else BenchClock(control))


def _front(app: Any, world: World, answering: Answering) -> Any:
    def ask(call: Call) -> Answer:
        answer = _asked(app, call)
        if call.operation == "createWebhook" and answer.is_fine:
            world.kept["secret"] = answer.json["secret"]
        return answer

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(_ASIDE):
            for shown, real in world.kept.get("ids", {}).items():
                environ["PATH_INFO"] = environ["PATH_INFO"].replace(shown, real)
            found: Iterable[bytes] = app(environ, start_response)
            return found
        call = _call(world, environ)
        answer = answering(call, ask)
        if call.operation == "createWebhook" and answer.is_fine:
            world.hooks.append({"secret": world.kept.get("secret"), **answer.json})
        return written(answer.status, answer.headers, answer.body, environ["REQUEST_METHOD"], start_response)

    return serve


def _call(world: World, environ: Mapping[str, Any]) -> Call:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    names = {"CONTENT_TYPE": "Content-Type", "CONTENT_LENGTH": "Content-Length"}
    headers = [(names[name], str(value)) for name, value in environ.items() if name in names and value]
    headers += [
        (name[5:].replace("_", "-").title(), str(value)) for name, value in environ.items() if name.startswith("HTTP_")
    ]
    target = str(environ.get("RAW_URI") or environ["REQUEST_URI"])
    return Call(
        world, str(environ["REQUEST_METHOD"]), target, tuple(headers), environ["wsgi.input"].read(length), environ
    )


def _asked(app: Any, call: Call) -> Answer:
    environ = {name: value for name, value in call.environ.items() if not name.startswith(("HTTP_", "CONTENT_"))}
    for name, value in call.headers:
        upper = name.upper().replace("-", "_")
        environ[upper if upper.startswith("CONTENT_") else f"HTTP_{upper}"] = value
    parts = urlsplit(call.target)
    path = unquote(parts.path, "latin-1")
    environ |= {"REQUEST_METHOD": call.method, "PATH_INFO": path, "QUERY_STRING": parts.query}
    environ |= {"RAW_URI": call.target, "REQUEST_URI": call.target}
    environ |= {"CONTENT_LENGTH": str(len(call.body)) if call.body else "", "wsgi.input": BytesIO(call.body)}
    found: list[Any] = []
    chunks = app(environ, lambda status, headers, _=None: found.extend((int(status.split(" ")[0]), tuple(headers))))
    body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return Answer(found[0], found[1], body)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
