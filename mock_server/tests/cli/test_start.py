"""The start of `serve`: what it prints, where it listens, and what is true once it has said so."""

import json
import shlex
import socket
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import urllib3
from mock_server.tests.cli.conftest import Spawn
from mock_server.tests.conftest import StartServer
from mock_server.tests.http.processes import PROC
from mock_server.tests.process import RunningServer, first_line, run_command

MEMBERS = (
    *("event", "url", "adminUrl", "host", "port", "pid", "version", "revision", "seed", "store", "session", "apiKey"),
    *("adminCookie", "organizationId", "classroomId", "lessonIds", "adminToken", "wireFaults"),
)


def get(url: str, **headers: str) -> tuple[int, Any]:
    """Return status and JSON of a GET."""
    answer = urllib3.request("GET", url, headers=headers, retries=False, timeout=5.0)
    return answer.status, answer.json()


def screen(process: "subprocess.Popen[str]") -> list[str]:
    """Return the lines of the start-up screen."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Ready: "):
        line = process.stdout.readline()
        assert line, "the server ended before it was ready"
        lines.append(line.rstrip("\n"))
    return lines


@pytest.mark.smoke
def test_the_readiness_line(server: RunningServer) -> None:
    """One JSON object with these members in this order; the server answers and knows the credentials."""
    ready = server.ready
    assert tuple(ready) == MEMBERS
    assert (ready["event"], ready["host"], ready["store"], ready["session"]) == (
        "ready",
        "127.0.0.1",
        "memory",
        "default",
    )
    assert ready["url"] == f"http://127.0.0.1:{ready['port']}"
    assert ready["adminUrl"] == f"{ready['url']}/__admin"
    assert (ready["seed"], ready["adminToken"], ready["wireFaults"]) == ("42", None, False)
    assert ready["lessonIds"][0] == "standalone-lesson-id"
    assert ready["pid"] == server.process.pid
    assert get(f"{ready['adminUrl']}/health")[1]["status"] == "healthy"
    key = f"Bearer {ready['apiKey']}"
    assert get(f"{ready['url']}/v1/content/classrooms", Authorization=key)[0] == 200
    assert get(f"{ready['url']}/v1/content/organizations", Cookie=ready["adminCookie"])[0] == 200


def test_the_screen_for_people(spawn: Spawn) -> None:
    """It says what a client needs and ends with `Ready: URL`; the command that it offers works as it is printed."""
    lines = screen(spawn("serve", "--port", "0", "--seed", "7", "--clock", "2026-07-06T09:00:00Z"))
    url = lines[-1].removeprefix("Ready: ")
    assert lines[0].endswith("· contract 2026-07 · store memory · seed 7 · clock 2026-07-06T09:00:00Z")
    shown = {line[:15].strip(): line[15:] for line in lines[1:-1]}
    assert shown["API"] == url
    assert shown["Control plane"] == f"{url}/__admin/   docs {url}/__admin/docs"
    assert shown["API key"].endswith("demo, 60 a minute")
    assert shown["Admin session"].startswith("Cookie: jwt=demo-admin ")
    assert "Admin token" not in shown
    words = shlex.split(shown["Try"])
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    answer = urllib3.request("POST", words[2], headers=headers, body=words[words.index("-d") + 1], timeout=5.0)
    assert (answer.status, answer.json()["status"]) == (200, "queued")


def test_a_token_that_it_made_is_shown(spawn: Spawn) -> None:
    """`--admin-token auto` prints the token that the control plane then asks for; health needs none."""
    lines = screen(spawn("serve", "--port", "0", "--admin-token", "auto"))
    url = lines[-1].removeprefix("Ready: ")
    token = next(line for line in lines if line.startswith("Admin token"))[15:].split()[0]
    assert len(token) == 64
    assert get(f"{url}/__admin/version")[0] == 401
    assert get(f"{url}/__admin/version", Authorization=f"Bearer {token}")[0] == 200
    assert get(f"{url}/__admin/health")[0] == 200


def test_two_servers_without_a_seed_differ(start_server: StartServer) -> None:
    """A seed that was not given is random, and told, so that a run can be repeated."""
    first, second = start_server("--seed", ""), start_server("--seed", "")
    assert first.ready["seed"] != second.ready["seed"]


def test_settings_reach_the_server(start_server: StartServer, tmp_path: Path) -> None:
    """Flags, a profile and the environment in one server; a flag beats the profile and the environment."""
    profile = tmp_path / "endpoint.yaml"
    profile.write_text(
        "revision: 2026-07\nbehaviours: {create.empty-outputs: as-omitted, key.revoke-revoked: conflict-409}\n",
        encoding="utf-8",
    )
    behaviour = ("--behaviour", "create.empty-outputs=reject-400")
    environment = {
        "TUTORFLOW_MOCK_PROFILE": str(profile),
        "TUTORFLOW_MOCK_BODY_LIMIT": "2000",
        "TUTORFLOW_MOCK_NO_MOCK_HEADERS": "yes",
        "TUTORFLOW_MOCK_CLOCK": "2026-07-06T09:00:00Z",
        "TUTORFLOW_MOCK_SEED": "not this one",
        "TUTORFLOW_MOCK_ALLOWED_HOST": "mock.test, other.test:99",
    }
    server = start_server(*behaviour, env=environment)
    rows = {row["name"]: row for row in get(f"{server.url}/__admin/behaviours")[1]["behaviours"]}
    assert rows["create.empty-outputs"] | {"value": "reject-400", "setBy": "flag"} == rows["create.empty-outputs"]
    assert rows["key.revoke-revoked"] | {"value": "conflict-409", "setBy": "profile"} == rows["key.revoke-revoked"]
    assert rows["request.max-body-bytes"] | {"value": 2000, "setBy": "flag"} == rows["request.max-body-bytes"]
    assert get(f"{server.url}/__admin/clock")[1]["now"] == "2026-07-06T09:00:00.000Z"
    assert get(f"{server.url}/__admin/health", Host="mock.test")[0] == 200
    assert get(f"{server.url}/__admin/version", Host="other.test:99")[0] == 200
    assert get(f"{server.url}/__admin/version", Host="evil.test")[0] == 403
    assert server.ready["seed"] == "42"
    plain = urllib3.request("GET", f"{server.url}/v1/content/classrooms", timeout=5.0)
    assert [name for name in plain.headers if name.lower().startswith("x-mock")] == []


def test_the_ready_file(start_server: StartServer, tmp_path: Path) -> None:
    """It holds the readiness line, for its owner only, and nothing else is left in its folder."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "ready.json").write_text("of an earlier run", encoding="utf-8")
    server = start_server("--ready-file", str(folder / "ready.json"))
    assert json.loads((folder / "ready.json").read_text(encoding="utf-8")) == server.ready
    assert stat.S_IMODE((folder / "ready.json").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["ready.json"]


@pytest.mark.skipif(not PROC.is_dir(), reason="no folder here takes no files, whoever asks")
def test_a_ready_file_that_cannot_be_written() -> None:
    """The server stops again and says why; nobody would ever learn that it is ready."""
    result = run_command("serve", "--port", "0", "--json", "--ready-file", str(PROC / "ready.json"))
    assert (result.returncode, result.stdout) == (1, "")
    assert "CRITICAL the readiness cannot be told" in result.stderr


@pytest.mark.parametrize("taken_by", ["a mock", "a program"])
def test_a_port_in_use(taken_by: str, server: RunningServer) -> None:
    """Exit code 2 and a sentence with the port and the way out, whoever holds the port."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = server.port if taken_by == "a mock" else other.getsockname()[1]
        result = run_command("serve", "--port", str(port))
    assert (result.returncode, result.stdout) == (2, "")
    assert f"port {port} of 127.0.0.1 is in use" in result.stderr
    assert "--port 0" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "url"), [("localhost", "http://127.0.0.1"), ("::1", "http://[::1]"), ("[::1]", "http://[::1]")]
)
def test_other_names_of_this_machine(host: str, url: str, start_server: StartServer) -> None:
    """Loopback by name and by IPv6 needs no token, and the address that is told works."""
    server = start_server("--host", host)
    assert server.url == f"{url}:{server.port}"
    assert get(f"{server.url}/__admin/version")[0] == 200


def test_every_address(start_server: StartServer) -> None:
    """Bound to all addresses it is spoken to on loopback, with a token on the control plane."""
    server = start_server("--host", "0.0.0.0", "--admin-token", "sesame")  # noqa: S104 - what is tested
    assert (server.url, server.ready["adminToken"]) == (f"http://127.0.0.1:{server.port}", "sesame")
    assert get(f"{server.url}/__admin/version", Authorization="Bearer sesame")[0] == 200
    assert get(f"{server.url}/__admin/version", Authorization="Bearer open")[0] == 401


def test_a_reader_that_has_gone(spawn: Spawn) -> None:
    """If nobody can be told that it is ready, the server stops and leaves nothing running."""
    process = spawn("serve", "--port", "0", "--json")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = open("/dev/null", encoding="utf-8")  # noqa: PTH123, SIM115 - the fixture closes it
    assert process.wait(20) == 1


def test_nothing_is_said_before_it_answers(spawn: Spawn) -> None:
    """The line is the first thing on stdout, and a connection made on reading it is answered."""
    process = spawn("serve", "--port", "0", "--json")
    assert process.stdout is not None
    ready = json.loads(first_line(process.stdout.buffer, 20.0))  # type: ignore[attr-defined]  # a text stream over bytes
    assert get(f"{ready['url']}/__admin/health")[0] == 200
