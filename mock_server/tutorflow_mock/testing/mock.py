"""Mocks that tests open sessions in: a process of one's own, or one that runs already."""

from __future__ import annotations

import hashlib
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Self

from tutorflow_mock import server
from tutorflow_mock.remote import Remote, RemoteError, Unreachable
from tutorflow_mock.testing.errors import MockUnavailable
from tutorflow_mock.testing.marker import WishError, Wishes
from tutorflow_mock.testing.session import TutorflowSession

if TYPE_CHECKING:
    from typing import Unpack

    from tutorflow_mock.remote.nouns import Json
    from tutorflow_mock.testing.marker import SessionWishes

WIRE_FAULTS = "--wire-faults"

_IDLE = "PT4H"
_MOST_NAMESAKES = 9
_SLUG = 32
_BEHAVIOURS = "behaviours."
_REFUSED = frozenset(("invalid-field", "unknown-field"))


class Mock:
    """A mock that sessions can be opened in; a context manager."""

    _remote: Remote | None = None

    @property
    def remote(self) -> Remote:
        """Return the control plane; RuntimeError where the mock does not run."""
        if self._remote is None:
            raise RuntimeError("the mock does not run: use it in a with statement, or call start()")
        return self._remote

    @property
    def url(self) -> str:
        """Return the address of the API, without a slash at its end."""
        return self.remote.url

    @property
    def admin_url(self) -> str:
        """Return the address of the control plane."""
        return f"{self.url}/__admin"

    def session(
        self, *, id: str | None = None, seed: str | None = None, **wishes: Unpack[SessionWishes]
    ) -> TutorflowSession:
        """Open a session: frozen at 2026-07-04, jobs that end with the second read of their status, unless told else.

        Wishes are those of `Wishes`. Raises WishError for one that cannot be granted, MockUnavailable where the server
        has its full number of sessions.
        """
        return TutorflowSession(self.remote, self._opened(id, seed, Wishes.read(wishes)))

    def session_for(self, worker: str, test: str, **wishes: Unpack[SessionWishes]) -> TutorflowSession:
        """Open a session for a test: its id tells worker and test, and its seed is the test's alone.

        So a test meets the same ids of jobs in each run, on whichever worker. Where another run of the same suite has
        taken the session's name on a shared server, a number is added.
        """
        name, seed = session_id(worker, test), hashlib.sha256(test.encode()).hexdigest()[:16]
        for number in range(1, _MOST_NAMESAKES + 1):
            try:
                return self.session(id=name if number == 1 else f"{name}-{number}", seed=seed, **wishes)
            except RemoteError as error:
                if error.token != "session-exists":  # noqa: S105 - the name of a problem
                    raise
        raise MockUnavailable(f"the mock at {self.url} has {name} and its namesakes: did earlier runs never end?")

    def start(self) -> None:
        """Make it ready; raise MockUnavailable if it cannot be."""

    def stop(self) -> None:
        """Let go of it."""
        if self._remote is not None:
            self._remote.close()
            self._remote = None

    def __enter__(self) -> Self:
        """Make it ready."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.stop()

    def _opened(self, id: str | None, seed: str | None, wishes: Wishes) -> Json:
        named = {name: value for name, value in (("id", id), ("seed", seed)) if value is not None}
        try:
            return self.remote.sessions.create(**wishes.members(), ttl=_IDLE, **named)
        except RemoteError as error:
            raise _explained(error, self.remote) from error
        except Unreachable as error:
            raise MockUnavailable(f"the mock has stopped answering: {error}") from error


class MockServer(Mock):
    """A mock in a process of its own, on a free port, with faults of the connection on.

    Flags are those of `tutorflow-mock serve`; settings of the environment do not reach it. `ready` holds the members of
    its readiness line. Stopped with the `with` statement, all its sessions with it.
    """

    def __init__(self, *flags: str, wire_faults: bool = True) -> None:
        self._child = server.MockServer(*flags, *([WIRE_FAULTS] if wire_faults else []))

    @property
    def ready(self) -> dict[str, Any]:
        """Return what the server said of itself when it began to answer."""
        return dict(self._child.ready)

    def start(self) -> None:
        """Start the process and return when it has answered; raise MockUnavailable if it does not."""
        try:
            self._child.start()
        except server.ServerError as error:
            raise MockUnavailable(str(error)) from error
        self._remote = Remote(self._child.url, token=self._child.ready["adminToken"])

    def stop(self) -> None:
        """Stop the process; stopping twice is no error."""
        super().stop()
        self._child.stop()


class AttachedMock(Mock):
    """A mock that somebody else has started and will stop."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._address = url
        self._token = token

    def start(self) -> None:
        """Look whether it answers; raise MockUnavailable if it does not."""
        hint = "start one with `tutorflow-mock serve`, or name no URL: then each run has its own"
        try:
            remote = Remote(self._address, token=self._token)
            remote.get("version")
        except (Unreachable, RemoteError, ValueError) as error:
            raise MockUnavailable(f"no mock can be used at {self._address!r}: {error}; {hint}") from error
        self._remote = remote


def session_id(worker: str, test: str) -> str:
    """Return a session's id for a test on a worker: readable, and no other test's."""
    slug = re.sub(r"[^a-z0-9]+", "-", test.rpartition("::")[2].lower()).strip("-")[:_SLUG].strip("-")
    digest = hashlib.sha256(test.encode()).hexdigest()[:8]
    return "-".join(part for part in (worker, slug, digest) if part)


def _explained(error: RemoteError, mock: Remote) -> Exception:
    """Return what a refused session means for a test suite."""
    if error.token == "session-limit":  # noqa: S105 - the name of a problem
        advice = "`tutorflow-mock session list` shows them, `session delete` ends one, and idle ones end by themselves"
        return MockUnavailable(f"the mock at {mock.url} takes no further session: {error.detail} ({advice})")
    field = str(error.members.get("field", ""))
    if error.token == "unknown-field" and field.startswith(_BEHAVIOURS):  # noqa: S105 - the name of a problem
        known = [str(row["name"]) for row in mock.behaviours.list()["behaviours"]]
        near = get_close_matches(field.removeprefix(_BEHAVIOURS), known) or known
        return WishError(f"{error.detail}; known are {', '.join(near)}")
    return WishError(error.detail) if error.token in _REFUSED else error
