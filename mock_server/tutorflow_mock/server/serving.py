"""One server on granian: the application is built, then a worker process is forked that answers with it."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from multiprocessing.connection import wait
from threading import Thread
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from tutorflow_mock.assembly import create_app
from tutorflow_mock.http.errors import OK
from tutorflow_mock.log import log
from tutorflow_mock.relay import Relay
from tutorflow_mock.server import logs, stop
from tutorflow_mock.server.ready import Ready
from tutorflow_mock.settings import shed_environment
from tutorflow_mock.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.server.port import Seat
    from tutorflow_mock.server.stop import Stop
    from tutorflow_mock.settings import Settings

FAILED = 1
_HEALTH = "/__admin/health"
_READY_WITHIN = 20.0
_PAUSE = 0.004
_STOP_WITHIN = 1
_HEADERS_WITHIN = 75_000  # milliseconds; granian ends idle kept connections by it, too, and clients poll every 30 s
_COLLECTIONS = (50_000, 20, 100)  # records hold no cycles: looking for some after every 700 of them is waste
_THREADS = 256  # each may wait for a body that never ends, and the others still answer
_DELIVERED_WITHIN = 1.0  # the relay's last bytes


def serve(
    settings: Settings, seat: Seat, stopping: Stop, announce: Callable[[Ready], None], inner: Seat | None = None
) -> int:
    """Serve until a signal comes, and return the exit code; `announce` is called once the server has answered.

    With an `inner` seat the server takes that one, and a relay the public one. What is wrong with the settings is
    raised as ValueError before anything is started.
    """
    settings = replace(settings, port=seat.port, inner_port=None if inner is None else inner.port)
    logs.configure(settings.log_format, settings.log_level)
    app = create_app(settings)
    ready = Ready.of(app.extensions["tutorflow_mock"], seat)
    is_forked = multiprocessing.get_start_method() == "fork"
    loader = partial(in_worker, app) if is_forked else partial(build, settings)
    return Supervisor(seat, stopping, lambda: announce(ready), inner=inner).run(loader)


class Supervisor(MPServer):
    """The parent process of one worker: it says when the worker answers, and why it stops.

    `health` is the path that must answer before `announce` is called. With an `inner` seat it keeps the relay as well,
    which knows HTTP/1.1 alone.
    """

    def __init__(
        self,
        seat: Seat,
        stopping: Stop,
        announce: Callable[[], None],
        health: str = _HEALTH,
        inner: Seat | None = None,
    ) -> None:
        granian: Any = super()
        granian.__init__(
            "tutorflow_mock",
            address=(inner or seat).address,
            port=(inner or seat).port,
            http=HTTPModes.auto if inner is None else HTTPModes.http1,
            interface=Interfaces.WSGI,
            blocking_threads=_THREADS,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN),
            log_level=LogLevels.error,
            log_dictconfig={"handlers": {}, "formatters": {}, "loggers": {"_granian": {"propagate": True}}},
            workers_kill_timeout=_STOP_WITHIN,
            websockets=False,
        )
        logging.getLogger("_granian").setLevel(logging.CRITICAL + 1)  # of this process: what it has to say, we say
        self.main_loop_interrupt = self._stopping = stopping
        self._seat = seat
        self._relay = None if inner is None else Relay((inner.address, inner.port), (seat.address, seat.port))
        self._announce = announce
        self._health = health
        self._failure: str | None = None

    def run(self, loader: Callable[[], Any]) -> int:
        """Serve what `loader` returns in the worker, until a signal or a failure; return the exit code."""
        gc.collect()
        gc.freeze()  # so that the collector does not touch, and thereby copy, the pages that both processes share
        try:
            if self._stopping.signal is None:
                self.serve(target_loader=loader, wrap_loader=False)
        except SystemExit:
            pass
        except (OSError, RuntimeError) as error:
            self._failure = f"the server cannot run: {error}"
        finally:
            self._seat.leave()
        stop.ignore()
        return self._exit_code()

    def signal_handler_interrupt(self, *args: Any, **_: Any) -> None:
        """Note a signal, and end the main loop by it."""
        self._stopping.note(*args)
        self.interrupt_signal = self._stopping.signal is not None

    def signal_handler_reload(self, *args: Any, **_: Any) -> None:
        """Stop on SIGHUP, too: the terminal is gone, and a reload would lose the memory."""
        self.signal_handler_interrupt(*args)

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        """Start the worker, and do not go on before it answers."""
        granian: Any = super()
        granian.startup(spawn_target, target_loader)
        self.interrupt_signal = self._stopping.signal is not None  # it came before there was a handler of ours
        if not self._is_open() or not self._has_answered():
            return
        try:
            self._announce()
        except OSError as error:
            self._fail(f"the readiness cannot be told: {error}")

    def shutdown(self, exit_code: int = 0) -> None:
        """Let the worker finish what it has begun, then let the relay deliver it."""
        granian: Any = super()
        try:
            granian.shutdown(exit_code)
        finally:
            if self._relay is not None:
                self._relay.stop(_DELIVERED_WITHIN)

    def _is_open(self) -> bool:
        """Open the relay, if there is one; it has a thread, so it comes after the fork."""
        try:
            if self._relay is not None:
                self._relay.start()
        except OSError as error:
            self._fail(f"the relay cannot listen at {self._seat.url}: {error}")
            return False
        return True

    def _has_answered(self) -> bool:
        clock = SystemClock()
        deadline = clock.elapsed() + _READY_WITHIN
        while not self._stopping.wait(_PAUSE):
            if self._answers():
                return True
            if clock.elapsed() > deadline:
                self._fail(f"{self._seat.url}{self._health} did not answer within {_READY_WITHIN:.0f} s")
        return False

    def _answers(self) -> bool:
        host = self._seat.url.removeprefix("http://").rpartition(":")[0].strip("[]")
        connection = HTTPConnection(host, self._seat.port, timeout=1.0)
        try:
            connection.request("GET", self._health)
            return connection.getresponse().status == OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _fail(self, sentence: str) -> None:
        self._failure = sentence
        self.interrupt_signal = True
        self._stopping.set()

    def _exit_code(self) -> int:
        if self._failure is None and self._stopping.signal is None:
            self._failure = "the worker process has ended by itself, and everything that it remembered is gone"
        if self._failure is not None:
            log.critical("%s", self._failure)
            return FAILED
        log.info("stopped")
        return self._stopping.exit_code


def build(settings: Settings) -> Any:
    """Build the application in a worker that inherits nothing."""
    logs.configure(settings.log_format, settings.log_level)
    return in_worker(create_app(settings))


def in_worker(app: Any) -> Any:
    """Return the application in the worker, which from now on leaves Ctrl-C to its parent and does not outlive it."""
    gc.set_threshold(*_COLLECTIONS)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until granian has its own handler: the parent's notes only
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    if parent is not None:
        shed_environment()
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    return app


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
