"""How the server starts and ends: readiness, signals, taken ports, and settings that cannot be."""

import os
import re
import signal
import stat
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
import requests
from mock_server.tests.conftest import StartServer
from mock_server.tests.http.answer import check_created, check_refused
from mock_server.tests.http.api import API_KEYS, CLASSROOMS, EXPANSIONS, WEBHOOKS, Api
from mock_server.tests.http.processes import family
from mock_server.tests.http.wire import Wire
from mock_server.tests.process import COMMAND, READY_WITHIN, RunningServer, environment, run_command

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the start must refuse it


def test_the_readiness_line(server: RunningServer) -> None:
    """One line tells a script everything: address, credentials, ids of the default session."""
    varying = {"url": "", "adminUrl": "", "port": 0, "pid": 0, "version": "", "wireFaults": False}
    assert {**server.ready, **varying} == {
        "event": "ready",
        "host": "127.0.0.1",
        "revision": "2026-07",
        "seed": "42",
        "store": "memory",
        "session": "default",
        "apiKey": "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd",
        "adminCookie": "jwt=demo-admin",
        "organizationId": "00000000-0000-4000-8000-000000000001",
        "classroomId": "00000000-0000-4000-8000-000000000010",
        "lessonIds": server.ready["lessonIds"],
        "adminToken": None,
        **varying,
    }
    assert "standalone-lesson-id" in server.ready["lessonIds"]
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.ready["adminUrl"] == f"{server.url}/__admin"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        pytest.param(signal.SIGTERM, 0, id="terminate"),
        pytest.param(signal.SIGINT, 130, id="interrupt"),
    ],
)
@pytest.mark.parametrize("whole_group", [False, True], ids=["one_process", "as_from_a_terminal"])
def test_a_clean_stop(start_server: StartServer, how: signal.Signals, code: int, *, whole_group: bool) -> None:
    """SIGTERM ends with 0 and Ctrl-C with 130; the port is free again and no process is left behind."""
    running = start_server()
    with closing(Api.bearer(running.url, running.api_key)) as api:
        check_created(api.create())
    processes = family(running.pid)
    if whole_group:
        os.killpg(running.process.pid, how)
        running.process.wait(READY_WITHIN)
    assert running.stop(how) == code, running.stderr()
    with closing(Api.nobody(running.url)) as nobody, pytest.raises(requests.ConnectionError):
        nobody.get("/__admin/health")
    assert not [each for each in processes if each.exists()]


def test_a_stop_while_a_client_holds_a_connection(start_server: StartServer) -> None:
    """An idle connection and an unfinished request do not keep the server from stopping."""
    running = start_server()
    wire = Wire(running.port, running.api_key)
    with wire.connection() as idle, wire.connection() as unfinished:
        idle.sendall(wire.request("GET", CLASSROOMS))
        assert idle.recv(1)
        unfinished.sendall(wire.create("Content-Length: 100", body=b"{"))
        assert running.stop() == 0


def test_a_taken_port(server: RunningServer) -> None:
    """One sentence names the port and the way out; the exit code is 2, and the first server does not notice."""
    done = run_command("serve", "--port", str(server.port), "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert str(server.port) in done.stderr
    assert "--port 0" in done.stderr
    with closing(Api.nobody(server.url)) as nobody:
        assert nobody.get("/__admin/health").status == 200


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        pytest.param(["--port", "many"], "many", id="port_no_number"),
        pytest.param(["--port", "70000"], "70000", id="port_too_large"),
        pytest.param(["--port", "-1"], "-1", id="port_negative"),
        pytest.param(["--revision", "1999-01"], "2026-07", id="revision_unknown"),
        pytest.param(["--behaviour", "no.such=replay"], "no.such", id="behaviour_unknown"),
        pytest.param(["--behaviour", "idempotency.missing-key=maybe"], "reject-400", id="behaviour_value_unknown"),
        pytest.param(["--behaviour", "idempotency.missing-key"], "idempotency.missing-key", id="value_missing"),
        pytest.param(["--behaviour", "key.max-rate-limit=ten"], "ten", id="behaviour_no_number"),
        pytest.param(["--behaviour", "webhook.retry-schedule=5"], "webhook.retry-schedule", id="behaviour_no_list"),
        pytest.param(["--clock", "yesterday"], "yesterday", id="clock_unknown"),
        pytest.param(["--clock", "2026-02-30T00:00:00Z"], "2026-02-30", id="clock_no_date"),
        pytest.param(["--programme", "fast"], "fast", id="programme_unknown"),
        pytest.param(["--programme", "polls=0"], "polls", id="programme_of_no_polls"),
        pytest.param(["--store", "redis://localhost"], "redis", id="store_unknown"),
        pytest.param(["--body-limit", "big"], "big", id="body_limit_no_number"),
        pytest.param(["--log-format", "xml"], "xml", id="log_format_unknown"),
        pytest.param(["--log-level", "loud"], "loud", id="log_level_unknown"),
        pytest.param(["--profile", "/no/such/profile.yaml"], "profile.yaml", id="profile_missing"),
        pytest.param(["--profile", "/usr"], "usr", id="profile_is_a_folder"),
        pytest.param(["--host", EVERYWHERE], "--admin-token", id="open_bind_without_token"),
        pytest.param(["--host", "no.such.host.invalid"], "no.such.host.invalid", id="host_unknown"),
        pytest.param(["--colour", "blue"], "--colour", id="flag_unknown"),
        pytest.param(["--tls-cert", "x.pem"], "--tls-cert", id="flag_of_a_later_version"),
        pytest.param(["extra"], "extra", id="argument_too_many"),
    ],
)
def test_a_setting_that_cannot_be(flags: list[str], names: str) -> None:
    """A bad flag stops the start with exit 2 and a message that names it or the alternatives."""
    done = run_command("serve", "--json", *(["--port", "0"] if "--port" not in flags else []), *flags)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert names in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "names"),
    [
        pytest.param("PORT", "many", "many", id="port"),
        pytest.param("JSON", "maybe", "maybe", id="json"),
        pytest.param("SELF_CHECK", "2", "2", id="self_check"),
        pytest.param("BEHAVIOUR", "auth.challenge=none,no.such=replay", "no.such", id="behaviour"),
        pytest.param("CLOCK", "noon", "noon", id="clock"),
    ],
)
def test_an_environment_twin_that_cannot_be(name: str, value: str, names: str) -> None:
    """Settings of the environment are judged like flags."""
    done = run_command("serve", env={"TUTORFLOW_MOCK_PORT": "0", f"TUTORFLOW_MOCK_{name}": value})
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert names in done.stderr


def test_an_unknown_command() -> None:
    """A verb that does not exist is exit 2."""
    done = run_command("fly")
    assert done.returncode == 2
    assert "fly" in done.stderr
    assert "Traceback" not in done.stderr


def test_flags_beat_the_environment(start_server: StartServer, tmp_path: Path) -> None:
    """A behaviour may come from a profile, the environment or a flag, the later one beating the earlier."""
    profile = tmp_path / "profile.yaml"
    profile.write_text(
        "revision: 2026-07\n"
        "behaviours:\n"
        "  request.wrong-method: method-not-allowed-405\n"
        "  webhook.create-status: {value: ok-200}\n"
        "  idempotency.replay-marker: idempotent-replayed\n",
        "utf-8",
    )
    running = start_server(
        "--profile",
        str(profile),
        "--behaviour",
        "webhook.create-status=created-201",
        env={"TUTORFLOW_MOCK_BEHAVIOUR": "webhook.create-status=ok-200"},
    )
    with (
        closing(Api.bearer(running.url, running.api_key)) as api,
        closing(Api.admin(running.url, running.admin_cookie)) as admin,
    ):
        wrong = api.send("PUT", EXPANSIONS)
        assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
        hook = admin.post(WEBHOOKS, {"url": "https://hooks.example/", "events": ["content.failed"]})
        assert hook.status == 201
        api.create(Idempotency_Key="marked")
        assert api.create(Idempotency_Key="marked").headers["idempotent-replayed"] == "true"


def test_the_ready_file(start_server: StartServer, tmp_path: Path) -> None:
    """The readiness line is also written to a file that only its owner can read."""
    path = tmp_path / "ready.json"
    running = start_server("--ready-file", str(path))
    assert running.url in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_human_form(tmp_path: Path) -> None:
    """The start-up screen shows address, key, login and a command to paste; its last line is stable."""
    command = [*COMMAND, "serve", "--port", "0"]
    with (
        (tmp_path / "stderr.txt").open("wb") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=environment(), text=True) as process,
    ):
        assert process.stdout is not None
        watchdog = threading.Timer(READY_WITHIN, process.kill)
        watchdog.start()
        screen = ""
        while not (line := process.stdout.readline()).startswith("Ready: ") and line:
            screen += line
        watchdog.cancel()
        process.terminate()
        assert process.wait(READY_WITHIN) == 0
    ready = re.fullmatch(r"Ready: (http://127\.0\.0\.1:\d+)", line.rstrip())
    assert ready is not None, screen
    for part in (
        ready[1],
        "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd",
        "jwt=demo-admin",
        "admin@harbour.example",
        "curl ",
    ):
        assert part in screen


@pytest.mark.smoke
def test_the_demo_runs_to_its_end() -> None:
    """`tutorflow-mock demo` shows a whole job, import and export, and ends with 0."""
    done = run_command("demo")
    assert done.returncode == 0, done.stderr
    assert "https://tutorflow.io/share/module/" in done.stdout
    assert "completed" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_routes_are_the_contracts() -> None:
    """`tutorflow-mock routes` lists the operations of a revision."""
    done = run_command("routes")
    assert done.returncode == 0, done.stderr
    for part in ("createExpansion", EXPANSIONS, "/auth/login", "deleteWebhook"):
        assert part in done.stdout


def script(running: RunningServer) -> list[bytes]:
    """Return the bodies of a short session with the server."""
    with (
        closing(Api.bearer(running.url, running.api_key)) as api,
        closing(Api.admin(running.url, running.admin_cookie)) as admin,
    ):
        job = api.create(Idempotency_Key="twice")
        path = f"{EXPANSIONS}/{job.json()['id']}"
        assert admin.advance("PT2S").status == 200
        answers = [
            job,
            api.create(),
            api.create({}),
            admin.post(API_KEYS, {"name": "twin", "rateLimitPerMinute": 5}),
            admin.post(WEBHOOKS, {"url": "https://hooks.example/", "events": ["content.failed"]}),
            api.get(path),
            api.get(f"{path}/result"),
            admin.get(API_KEYS),
            admin.get(WEBHOOKS),
        ]
    return [answer.body for answer in answers]


def test_the_same_seed_and_clock_give_the_same_answers(start_server: StartServer) -> None:
    """Two servers with one seed and one frozen clock answer the same calls byte by byte; another seed does not."""
    clock = ("--clock", "2026-07-06T09:00:00Z")
    first, second, other = start_server(*clock), start_server(*clock), start_server(*clock, "--seed", "43")
    expected = script(first)
    assert script(second) == expected
    assert script(other) != expected


def test_the_body_limit_is_a_flag(start_server: StartServer) -> None:
    """`--body-limit` is short for the behaviour."""
    running = start_server("--body-limit", "2000")
    with closing(Api.bearer(running.url, running.api_key)) as api:
        check_created(api.create_raw(b'{"payload":{}}'.ljust(2_000)))
        check_refused(api.create_raw(b'{"payload":{}}'.ljust(2_001)), 413)
