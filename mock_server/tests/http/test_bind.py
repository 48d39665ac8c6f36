"""Where the server listens and whom it listens to: other addresses, tokens, further hosts, and headers of ours."""

import socket
from contextlib import closing

import pytest
from mock_server.tests.conftest import StartServer
from mock_server.tests.http.answer import check_created, check_refused
from mock_server.tests.http.api import CLASSROOMS, Api

EVERYWHERE = "0.0.0.0"  # noqa: S104 - with a token it may
LOOPBACK_6 = "::1"


def has_loopback_6() -> bool:
    """Return whether this machine can listen on `::1`."""
    try:
        with closing(socket.socket(socket.AF_INET6)) as probe:
            probe.bind((LOOPBACK_6, 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_loopback_6(), reason="this machine has no IPv6 loopback")
def test_ipv6_loopback(start_server: StartServer) -> None:
    """The address is told in brackets, and works as told."""
    running = start_server("--host", LOOPBACK_6)
    assert running.url == f"http://[{LOOPBACK_6}]:{running.port}"
    with closing(Api.bearer(running.url, running.api_key)) as api:
        check_created(api.create())


def test_an_open_bind_asks_for_the_token(start_server: StartServer) -> None:
    """Beyond loopback the control plane opens with its token only; health and the API plane are as ever."""
    running = start_server("--host", EVERYWHERE, "--admin-token", "open-sesame")
    url = f"http://127.0.0.1:{running.port}"
    with closing(Api.nobody(url)) as nobody:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic open-sesame"}):
            refused = nobody.get("/__admin/jobs", **headers)
            assert (refused.status, refused.headers["content-type"]) == (401, "application/problem+json")
            assert refused.json()["type"] == "/__admin/docs/errors#token-required"
        assert nobody.get("/__admin/jobs", Authorization="Bearer open-sesame").status == 200
        assert nobody.get("/__admin/health").status == 200
        bearer = f"Bearer {running.api_key}"
        assert nobody.get(CLASSROOMS, Authorization=bearer, Host="mock.in.our.cluster:8080").status == 200
        check_refused(nobody.get(CLASSROOMS, Authorization=bearer, Host="a@b"), 400)
        assert nobody.get("/__admin/jobs", Authorization="Bearer open-sesame", Host="evil.example").status == 403
    assert "open-sesame" not in running.stderr()


def test_a_further_host(start_server: StartServer) -> None:
    """`--allowed-host` adds exactly that name to the list."""
    running = start_server("--allowed-host", "mock.test")
    with closing(Api.bearer(running.url, running.api_key)) as api:
        assert api.get(CLASSROOMS, Host="mock.test").status == 200
        assert api.get("/__admin/jobs", Host="mock.test").status == 200
        check_refused(api.get(CLASSROOMS, Host="other.mock.test"), 400)
        check_refused(api.get(CLASSROOMS, Host="mock.test.evil.example"), 400)


def test_contract_headers_only(start_server: StartServer) -> None:
    """`--no-mock-headers` leaves nothing of ours in any answer."""
    running = start_server("--no-mock-headers")
    with closing(Api.bearer(running.url, running.api_key)) as api:
        answers = [api.create(), api.create({}), api.get("/nothing"), api.create(Authorization="Bearer x")]
        for answer in answers:
            assert [name for name in answer.headers if name.startswith("x-mock-")] == []
        assert [answer.status for answer in answers] == [200, 400, 404, 401]
