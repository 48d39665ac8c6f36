"""Receivers with one defect each, all of them seen in the wild; `caught_by` are the traps that must fail."""

import hmac
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from mock_server.tests.receivers.standing import EVENTS, LIMIT, SIGNATURE, Receiver, Refused

FORGED = ("W3", "W4", "W5", "W6", "W7", "W8", "W21")


class Broken(Receiver):
    """A receiver with a defect."""

    caught_by: tuple[str, ...] = ()


class Reserialises(Broken):
    """Verifies what it prints of the body that it has parsed."""

    caught_by = ("W1",)

    def digest(self, secret: str, body: bytes) -> str:
        """Sign another text."""
        with suppress(ValueError):
            body = json.dumps(json.loads(body), separators=(",", ":")).encode()
        return super().digest(secret, body)


class ReadsLatin1(Broken):
    """Takes the body for text in the wrong encoding."""

    caught_by = ("W1",)

    def digest(self, secret: str, body: bytes) -> str:
        """Sign the text's bytes in UTF-8."""
        return super().digest(secret, body.decode("latin-1").encode())


class TakesUpperCaseAtTimes(Broken):
    """Compares without regard to case, on one of its two machines."""

    caught_by = ("W6",)
    turn = 0

    def is_signed(self, given: str, secret: str, body: bytes) -> bool:
        """Be lenient every second time."""
        self.turn += given.isupper()
        return super().is_signed(given.lower() if self.turn % 2 else given, secret, body)


class TakesUnsigned(Broken):
    """Verifies a signature only where there is one."""

    caught_by = ("W5", "W21")

    def check_signature(self, given: list[str], body: bytes) -> None:
        """Skip the check."""
        if given:
            super().check_signature(given, body)


class CrashesOnLength(Broken):
    """Compares as Node's `timingSafeEqual` does, which throws where the lengths differ."""

    caught_by = ("W3", "W5", "W6")

    def is_signed(self, given: str, secret: str, body: bytes) -> bool:
        """Insist on one length."""
        if len(given) != 64:
            raise RuntimeError("Input buffers must have the same byte length")
        return super().is_signed(given, secret, body)


class CrashesOnNonAscii(Broken):
    """Compares texts, for which `compare_digest` wants ASCII."""

    caught_by = ("W4",)

    def is_signed(self, given: str, secret: str, body: bytes) -> bool:
        """Compare texts."""
        return hmac.compare_digest(given, self.digest(secret, body))


class IgnoresSignatures(Broken):
    """Verifies nothing."""

    caught_by = FORGED

    def check_signature(self, given: list[str], body: bytes) -> None:
        """Take all."""


class ComparesPrefixes(Broken):
    """Compares as far as the given signature goes."""

    caught_by = ("W3", "W21")

    def is_signed(self, given: str, secret: str, body: bytes) -> bool:
        """Look at the beginning."""
        return self.digest(secret, body).startswith(given)


class TakesPrefix(Broken):
    """Takes the `sha256=` of another API for part of this one's signatures."""

    caught_by = ("W6", "W21")

    def is_signed(self, given: str, secret: str, body: bytes) -> bool:
        """Cut it off."""
        return super().is_signed(given.removeprefix("sha256="), secret, body)


class RepeatsItself(Broken):
    """Does everything as often as it is told."""

    caught_by = ("W10", "W11", "W12", "W19", "W22")

    def act_once(self, key: tuple[str, str], told: dict[str, Any]) -> None:  # noqa: ARG002 - it does not look
        """Act."""
        with self.lock:
            self.act(told)


class RacesItself(Broken):
    """Looks first and marks afterwards."""

    caught_by = ("W11",)

    def act_once(self, key: tuple[str, str], told: dict[str, Any]) -> None:
        """Act where nothing is marked yet."""
        if key not in self.done:
            Event().wait(0.05)
            self.done[key] = None
            with self.lock:
                self.act(told)


class Forgets(Broken):
    """Remembers the last fifty deliveries."""

    caught_by = ("W12", "W22")

    def act_once(self, key: tuple[str, str], told: dict[str, Any]) -> None:
        """Act, and forget the oldest."""
        super().act_once(key, told)
        with self.lock:
            while len(self.done) > 50:
                del self.done[next(iter(self.done))]


class RefusesNews(Broken):
    """Knows two events and fails at a third."""

    caught_by = ("W17",)

    def take(self, event: str, told: dict[str, Any]) -> int:
        """Look the event up."""
        return {name: super(RefusesNews, self).take for name in EVENTS}[event](event, told)


class RefusesChunks(Broken):
    """Insists on a length."""

    caught_by = ("W2",)

    def read_chunks(self, request: BaseHTTPRequestHandler) -> bytes:
        """Refuse."""
        request.close_connection = True
        raise Refused(411)


class Redirects(Broken):
    """Has moved, and says so."""

    caught_by = ("W0", "W20")

    def answer(self, request: BaseHTTPRequestHandler) -> int:
        """Send elsewhere."""
        self.read(request)
        return 307


class WantsDocumentedCase(Broken):
    """Looks headers up by the case in which the documentation spells them."""

    caught_by = ("W27",)

    def signatures(self, request: BaseHTTPRequestHandler) -> list[str]:
        """Look in a plain dictionary."""
        return [value for name, value in request.headers.items() if name == SIGNATURE]


class ActsOnGet(Broken):
    """Answers whatever comes, without a look at the method."""

    caught_by = ("W29",)

    def check_method(self, request: BaseHTTPRequestHandler) -> None:
        """Act on everything."""
        if request.command != "POST":
            self.effects += 1
            raise Refused(200)


class ActsOnRefusedMethods(ActsOnGet):
    """Refuses other methods after it has done its work."""

    def check_method(self, request: BaseHTTPRequestHandler) -> None:
        """Act, then refuse."""
        if request.command == "OPTIONS":
            self.act({})
        Receiver.check_method(self, request)


class CrashesOnSize(Broken):
    """Has a buffer of 64 kB."""

    caught_by = ("W25",)

    def job_of(self, body: bytes) -> dict[str, Any]:
        """Break where it is full."""
        if len(body) > 65_536:
            raise MemoryError
        return super().job_of(body)


class CrashesOnArrays(Broken):
    """Takes for granted that a body is an object."""

    caught_by = ("W9",)

    def job_of(self, body: bytes) -> dict[str, Any]:
        """Look into it."""
        told: Any = json.loads(body) if body.startswith((b"[", b"{")) and len(body) < LIMIT else super().job_of(body)
        return {"jobId": str(told["jobId"])}


class ForgetsWhatItCannotAnswer(Broken):
    """Undoes its mark, not its work, where the sender has hung up."""

    caught_by = ("W19",)
    latest: tuple[str, str] | None = None

    def act_once(self, key: tuple[str, str], told: dict[str, Any]) -> None:
        """Act slowly."""
        super().act_once(key, told)
        self.latest = key

    def reply(self, request: BaseHTTPRequestHandler, status: int) -> None:
        """Look whether anybody still listens."""
        key, self.latest = self.latest, None
        if key is not None and self.is_left(request):
            self.done.pop(key, None)
        super().reply(request, status)

    @staticmethod
    def is_left(request: BaseHTTPRequestHandler) -> bool:
        """Tell whether the sender hangs up without waiting."""
        request.connection.settimeout(0.3)
        try:
            return bool(request.connection.recv(1) == b"")
        except TimeoutError:
            return False
        finally:
            request.connection.settimeout(None)


class BreaksDownInCrowds(Broken):
    """Answers 503 to all but one at a time."""

    caught_by = ("W11", "W24")

    def __init__(self) -> None:
        super().__init__()
        self.busy = 0

    def take(self, event: str, told: dict[str, Any]) -> int:
        """Fail where another is being served."""
        with self.lock:
            self.busy += 1
            is_crowd = self.busy > 2
        try:
            if is_crowd:
                return 503
            Event().wait(0.01)
            return super().take(event, told)
        finally:
            with self.lock:
                self.busy -= 1


class RefusesOldHttp(Broken):
    """Speaks HTTP/1.1 only."""

    caught_by = ("W26",)

    def check_method(self, request: BaseHTTPRequestHandler) -> None:
        """Look at the version."""
        super().check_method(request)
        if request.request_version != "HTTP/1.1":
            raise Refused(505)


class SkipsOlderEvents(Broken):
    """Takes an event for stale that is older than the latest that it has seen."""

    caught_by = ("W13",)
    newest = ""

    def act_once(self, key: tuple[str, str], told: dict[str, Any]) -> None:
        """Act on what is news only."""
        at = told.get("completedAt") or self.newest
        if at >= self.newest:
            self.newest = at
            super().act_once(key, told)


class KnowsOneSecret(Broken):
    """Is told a second secret and uses the first."""

    caught_by = ("W23",)


ALL: tuple[type[Broken], ...] = (
    *(Reserialises, ReadsLatin1, TakesUpperCaseAtTimes, TakesUnsigned, CrashesOnLength, CrashesOnNonAscii),
    *(IgnoresSignatures, ComparesPrefixes, TakesPrefix, RepeatsItself, RacesItself, Forgets, RefusesNews),
    *(RefusesChunks, Redirects, WantsDocumentedCase, ActsOnGet, ActsOnRefusedMethods, CrashesOnSize, CrashesOnArrays),
    *(ForgetsWhatItCannotAnswer, BreaksDownInCrowds, RefusesOldHttp, SkipsOlderEvents, KnowsOneSecret),
)
