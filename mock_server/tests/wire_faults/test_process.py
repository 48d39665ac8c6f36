"""The server's process with a relay: ports, the line that says ready, and what its environment may not say."""

import json
import socket
from collections.abc import Mapping

import pytest
import urllib3
from mock_server.tests.conftest import StartServer
from mock_server.tests.http.api import CLASSROOMS, EXPANSIONS
from mock_server.tests.process import RunningServer, run_command
from mock_server.tests.wire_faults.tenant import Tenant

from tutorflow_mock.outbox.post import poster
from tutorflow_mock.server import MockServer
from tutorflow_mock.settings import Settings


def get(url: str, **headers: str) -> urllib3.BaseHTTPResponse:
    """Fetch something."""
    return urllib3.request("GET", url, headers=headers, timeout=10.0, retries=False)


@pytest.mark.parametrize(("flags", "expected"), [((), False), (("--wire-faults",), True)])
def test_the_readiness_line_says_it(flags: tuple[str, ...], expected: bool, start_server: StartServer) -> None:  # noqa: FBT001 - a column
    """`wireFaults` is what was asked for."""
    assert start_server(*flags).ready["wireFaults"] is expected


def test_the_twin(start_server: StartServer) -> None:
    """The environment may ask for it, too."""
    assert start_server(env={"TUTORFLOW_MOCK_WIRE_FAULTS": "yes"}).ready["wireFaults"] is True


def test_without_the_flag(server: RunningServer) -> None:
    """A fault of the connection is refused by a problem that names the flag; nothing is made."""
    headers = {"Authorization": f"Bearer {server.api_key}", "Prefer": "fault=lost-response", "Idempotency-Key": "no"}
    answer = urllib3.request("POST", server.url + EXPANSIONS, json={"payload": {}}, headers=headers, timeout=10.0)
    problem = answer.json()
    assert (answer.status, answer.headers["Content-Type"]) == (501, "application/problem+json")
    assert problem["type"].endswith("#needs-wire-faults")
    assert "--wire-faults" in problem["detail"]
    assert "no" not in {job["idempotencyKey"] for job in get(f"{server.url}/__admin/jobs").json()["jobs"]}


def test_a_rule_without_the_flag(server: RunningServer) -> None:
    """It is refused like a call's own wish, and not kept."""
    answer = urllib3.request("POST", f"{server.url}/__admin/faults", json={"fault": "DRIBBLE"}, timeout=10.0)
    assert answer.status == 501
    assert "--wire-faults" in answer.json()["detail"]
    assert get(f"{server.url}/__admin/faults").json()["faults"] == []


def test_own_links_and_hosts_name_the_public_port(relayed: RunningServer) -> None:
    """What the server says of its address is where the relay is, and no other Host is taken."""
    told = urllib3.request("POST", f"{relayed.url}/__admin/sessions", json={}, timeout=10.0).json()
    assert told["baseUrl"] == relayed.url
    assert relayed.url.endswith(f":{relayed.port}")
    assert get(f"{relayed.url}/__admin/version", Host=f"127.0.0.1:{relayed.port}").status == 200
    assert get(f"{relayed.url}/__admin/version", Host=f"127.0.0.1:{relayed.port + 1}").status == 403


def test_a_mock_of_ones_own() -> None:
    """`MockServer` takes the flag."""
    with MockServer("--wire-faults") as mock:
        assert mock.ready["wireFaults"] is True
        with pytest.raises(urllib3.exceptions.ProtocolError):
            get(f"{mock.url}{CLASSROOMS}", Prefer="fault=empty-response")


@pytest.mark.parametrize("taken_by", ["a relay", "a program"])
def test_a_port_in_use(taken_by: str, relayed: RunningServer) -> None:
    """Exit code 2 and a sentence with the port, whoever holds it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = relayed.port if taken_by == "a relay" else other.getsockname()[1]
        result = run_command("serve", "--wire-faults", "--port", str(port))
    assert (result.returncode, result.stdout) == (2, "")
    assert f"port {port} of 127.0.0.1 is in use" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("port", [5, 6])
def test_neither_port_is_a_target_of_webhooks(port: int) -> None:
    """The mock sends nothing to itself, be it to the relay or to the server behind it."""
    post = poster(Settings(port=5, inner_port=6))
    assert post(f"http://127.0.0.1:{port}/hook", (), b"", 1.0).error == "blocked"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no sockets for both families")
def test_every_address_of_both_families(start_server: StartServer) -> None:
    """Bound to `::`, the relay answers IPv4 as well, as the server itself does."""
    server = start_server("--wire-faults", "--host", "::", "--admin-token", "sesame")
    for host in ("[::1]", "127.0.0.1"):
        assert get(f"http://{host}:{server.port}/__admin/health").status == 200


LEAKS: Mapping[str, str] = {
    "HTTP_AUTHORIZATION": "Bearer tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd",
    "HTTP_X_MOCK_SESSION": "nobody",
    "HTTP_COOKIE": "jwt=demo-admin",
    "HTTP_PREFER": "code=429",
    "HTTP_IDEMPOTENCY_KEY": "from-outside",
    "HTTP_ORIGIN": "http://evil.test",
    "CONTENT_LENGTH": "99999999",
    "SOME_SECRET": "hush",
}


def test_the_environment_is_no_request(start_server: StartServer) -> None:
    """Variables that look like headers credential nobody, steer nothing, and are in no journal."""
    server = start_server(env=LEAKS)
    answer = get(server.url + CLASSROOMS)
    assert answer.status == 401
    assert (answer.headers["X-Mock-Session"], answer.headers.get("Preference-Applied")) == ("default", None)
    journal = get(f"{server.url}/__admin/requests")
    (call,) = journal.json()["requests"]
    assert set(call["request"]["headers"]) == {"Host", "User-Agent", "Accept-Encoding"}
    said = json.dumps(journal.json())
    assert [value for value in LEAKS.values() if value in said] == []
    answer = urllib3.request("POST", f"{server.url}/__admin/reset", timeout=10.0)
    assert answer.status == 200, "an Origin of the environment must not make a call foreign"


def test_the_client_behind_the_relay(tenant: Tenant) -> None:
    """The server sees the relay: a caller's address in the journal is loopback's."""
    tenant.watch(tenant.create("Connection: close"))
    assert tenant.calls()[0]["request"]["clientIp"] == "127.0.0.1"
