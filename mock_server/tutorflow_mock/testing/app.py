"""The mock in this process: a WSGI callable and no port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from urllib3 import HTTPResponse

from tutorflow_mock.assembly import create_app
from tutorflow_mock.remote import Remote
from tutorflow_mock.settings import Settings
from tutorflow_mock.testing.marker import Wishes
from tutorflow_mock.testing.mock import Mock
from tutorflow_mock.testing.session import TutorflowSession

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Unpack
    from wsgiref.types import StartResponse, WSGIEnvironment

    from urllib3 import BaseHTTPResponse, PoolManager

    from tutorflow_mock.testing.marker import SessionWishes

ADDRESS = "http://localhost:4010"
"""The address that sessions tell: any with a Host of this machine will do."""


class MockApp(Mock):
    """A mock in this process, for clients that can call a WSGI application: `httpx.WSGITransport(app=mock)`.

    It has a session of its own like any server. Where a connection would break, the call raises ConnectionResetError.
    Webhooks are sent all the same; what a clock brings due is done when its `advance` returns.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.flask = create_app(settings or Settings())
        self.start()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call."""
        return self.flask(environ, start_response)

    def start(self) -> None:
        """Make the control plane ready."""
        self._remote = Remote(ADDRESS, pool=cast("PoolManager", _Calls(self.flask)))

    def session(self, *, id: str | None = None, seed: str | None = None, **wishes: Unpack[SessionWishes]) -> AppSession:
        """Open a session as `MockServer.session` does; it can be called in the application's place."""
        return AppSession(self, self._opened(id, seed, Wishes.read(wishes)))

    def stop(self) -> None:
        """Send no further webhooks."""
        super().stop()
        self.flask.extensions["tutorflow_outbox"].stop()


class AppSession(TutorflowSession):
    """A session of a mock in this process, and the WSGI application that it lives in."""

    def __init__(self, mock: MockApp, told: Mapping[str, Any]) -> None:
        super().__init__(mock.remote, told)
        self.app = mock.flask
        self.test_client = mock.flask.test_client

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call."""
        return self.app(environ, start_response)


class _Calls:
    """Calls of the application in place of the connections of the control plane's client."""

    def __init__(self, app: Any) -> None:
        self._client = app.test_client(use_cookies=False)

    def request(self, method: str, url: str, body: Any = None, **how: Any) -> BaseHTTPResponse:
        """Return the answer to a call."""
        answer = self._client.open(url, method=method, data=body, headers=dict(how["headers"]))
        return HTTPResponse(answer.data, dict(answer.headers), answer.status_code)

    def clear(self) -> None:
        """Have nothing to let go of."""
