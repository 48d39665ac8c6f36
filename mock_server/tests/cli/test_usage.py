"""Flags, their twins in the environment, and refusals: exit code 2 and one sentence that says what to do."""

import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from mock_server.tests.cli.conftest import Invoke

from tutorflow_mock.cli import main
from tutorflow_mock.server import MockServer


def leaves(group: click.Group, path: str = "") -> dict[str, click.Command]:
    """Return all commands by what is typed to run them, groups included."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found[f"{path}{name}"] = command
        if isinstance(command, click.Group):
            found |= leaves(command, f"{path}{name} ")
    return found


COMMANDS = leaves(main)
REFUSED = {
    "an unknown behaviour": (("--behaviour", "create.empty=x"), "create.empty-outputs"),
    "a value that a behaviour does not take": (
        ("--behaviour", "idempotency.same-key-other-body=explode"),
        "one of replay, conflict-409, reject-422",
    ),
    "a behaviour without a value": (("--behaviour", "idempotency.same-key-other-body"), "NAME=VALUE"),
    "a number that is out of bounds": (("--body-limit", "-1"), "request.max-body-bytes must be an integer from"),
    "an unknown revision": (("--revision", "2019-01"), "2026-07"),
    "an unknown clock": (("--clock", "yesterday"), "running, frozen or an instant such as 2026-07-06T09:00:00Z"),
    "an unknown programme": (("--programme", "fast"), "immediate, time, held, polls=3, after=30s"),
    "another store": (("--store", "sqlite:///mock.db"), "only memory is part of this version"),
    "more workers than one": (("--workers", "2"), "1 worker"),
    "an address that others reach": (("--host", "0.0.0.0"), "--admin-token auto"),  # noqa: S104 - refused
    "an address of another machine": (("--host", "192.0.2.1", "--admin-token", "t"), "an address of this machine"),
    "no address at all": (("--host", "no.such.host.invalid", "--admin-token", "t"), "give an IP address or localhost"),
    "a token of two words": (("--admin-token", "two words"), "one word"),
    "an empty token": (("--admin-token", ""), "one word"),
    "no host": (("--allowed-host", "a b"), "mock.test:4010"),
    "a profile that is not there": (("--profile", "/no/such/profile.yaml"), "/no/such/profile.yaml: the file cannot"),
    "a profile that is a folder": (("--profile", "/"), "--profile /: the file cannot be read: Is a directory"),
    "a ready file in no folder": (("--ready-file", "/no/such/folder/ready.json"), "make it first"),
    "a port that is no number": (("--port", "http"), "--port (TUTORFLOW_MOCK_PORT)"),
    "a port out of range": (("--port", "65536"), "0<=x<=65535"),
    "a log format": (("--log-format", "xml"), "'text', 'json'"),
    "an unknown flag": (("--prot", "1"), "see tutorflow-mock serve --help"),
    "an argument too many": (("now",), "see tutorflow-mock serve --help"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_carried_out_is_refused_in_one_sentence(case: str, invoke: Invoke) -> None:
    """Exit code 2, nothing on stdout, one line on stderr with what to write instead."""
    flags, words = REFUSED[case]
    result = invoke("serve", *flags)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_an_unknown_command_is_refused(invoke: Invoke) -> None:
    """The sentence says where the commands are listed."""
    result = invoke("server")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: No such command 'server'")
    assert result.stderr.endswith("(see tutorflow-mock --help)\n")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BEHAVIOUR", "create.empty-outputs=maybe", "create.empty-outputs must be one of"),
        ("PORT", "http", "--port (TUTORFLOW_MOCK_PORT)"),
        ("CLOCK", "yesterday", "--clock 'yesterday'"),
        ("STORE", "redis://", "only memory"),
        ("JSON", "maybe", "TUTORFLOW_MOCK_JSON must be one of 1, true, yes, on, 0, false, no, off, not 'maybe'"),
        ("SELF_CHECK", "2", "TUTORFLOW_MOCK_SELF_CHECK must be one of"),
        ("NO_MOCK_HEADERS", "t", "TUTORFLOW_MOCK_NO_MOCK_HEADERS must be one of"),
    ],
)
def test_a_twin_in_the_environment_is_refused_alike(name: str, value: str, words: str, invoke: Invoke) -> None:
    """What a flag may not be its twin may not be either."""
    result = invoke("serve", env={f"TUTORFLOW_MOCK_{name}": value})
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_flag_wins_over_its_twin(invoke: Invoke) -> None:
    """The refusal is that of the flag."""
    result = invoke("serve", "--clock", "from-the-flag", env={"TUTORFLOW_MOCK_CLOCK": "from-the-environment"})
    assert "--clock 'from-the-flag'" in result.stderr


def test_a_repeatable_flag_is_a_comma_list_in_the_environment(invoke: Invoke) -> None:
    """The commas of a list value do not part it; the third of these is the first that is wrong."""
    behaviours = "idempotency.in-flight=conflict-409, webhook.retry-schedule=[5, 25], create.empty-outputs=maybe"
    result = invoke("serve", env={"TUTORFLOW_MOCK_BEHAVIOUR": behaviours})
    assert "create.empty-outputs must be one of" in result.stderr


def test_an_unreadable_profile_names_its_file(invoke: Invoke, tmp_path: Path) -> None:
    """A value that a profile sets wrongly is refused with the file's path in front."""
    profile = tmp_path / "endpoint.yaml"
    profile.write_text("behaviours: {create.empty-outputs: maybe}\n", encoding="utf-8")
    result = invoke("serve", "--profile", str(profile))
    assert result.exit_code == 2
    assert f"--profile {profile}: create.empty-outputs must be one of" in result.stderr


@pytest.mark.parametrize("name", [name for name in COMMANDS if isinstance(COMMANDS[name], click.Group)])
def test_a_group_alone_shows_its_help(name: str, invoke: Invoke) -> None:
    """On stderr, since something is missing; one that lists by itself needs a mock for that."""
    result = invoke(name, "--url", "nowhere") if name == "behaviours" else invoke(name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert ("Examples:" in result.stderr) is (name != "behaviours")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_command_shows_examples(name: str, invoke: Invoke) -> None:
    """Help holds commands that can be typed as they stand."""
    result = invoke(*name.split(), "--help")
    assert result.exit_code == 0
    assert f"tutorflow-mock {name}".rstrip() in result.stdout.partition("\nOptions:")[2] or not name


@pytest.mark.parametrize("name", [name for name in COMMANDS if not isinstance(COMMANDS[name], click.Group)])
def test_every_command_can_speak_to_programs(name: str) -> None:
    """All but the demo take `--json`."""
    names = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert "--json" in names or name in {"demo", "check-receiver"}


@pytest.mark.parametrize("name", [name for name in COMMANDS if not isinstance(COMMANDS[name], click.Group)])
def test_every_command_but_those_that_need_no_mock_can_be_told_where_it_is(name: str) -> None:
    """By flags that have their twins in the environment."""
    flags = {"--url", "--session", "--admin-token"}
    names = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert flags <= names or name in {"serve", "demo", "routes", "verify", "check-receiver"}


def test_every_flag_of_serve_has_a_twin() -> None:
    """The name of the twin follows from that of the flag."""
    serve = main.commands["serve"]
    options = [option for option in serve.params if isinstance(option, click.Option)]
    names = [max(option.opts, key=len) for option in options]
    twins = [f"TUTORFLOW_MOCK_{name[2:].upper().replace('-', '_')}" for name in names]
    assert [option.envvar for option in options] == twins


def test_an_interrupted_command_ends_quietly(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is exit code 130 and nothing else."""

    def interrupt(_: MockServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MockServer, "start", interrupt)
    result = invoke("demo")
    assert (result.exit_code, result.output) == (130, "")


def test_streams_of_another_kind_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may call a command with a stdout of its own."""
    monkeypatch.setattr(sys, "stdout", stdout := io.StringIO())
    main(["version"], standalone_mode=False)
    assert stdout.getvalue().startswith("tutorflow-mock ")


def test_help_loads_nothing_heavy() -> None:
    """Neither Flask nor granian nor the contract is imported to explain a command."""
    code = "import sys, tutorflow_mock.cli; print(*{'flask', 'granian', 'yaml', 'rich', 'urllib3'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


EXAMPLE = re.compile(r"(?:^|[ (])tutorflow-mock (.*?)(?: [<>|] .*|\)\"?)?$")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_can_be_typed_as_it_stands(name: str) -> None:
    """Each line of a help's end that runs the mock is read without complaint; nothing is carried out."""
    lines = (COMMANDS[name].epilog or "").partition("Examples:")[2].splitlines()
    commands = [found[1] for line in lines if (found := EXAMPLE.search(line))]
    assert commands
    for text in commands:
        command: click.Command = main
        context, words = click.Context(main, info_name="tutorflow-mock"), shlex.split(text)
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command, words = command.commands[words[0]], words[1:]
        assert words == [] or not isinstance(command, click.Group)
        command.make_context(command.name, words, parent=context, resilient_parsing=isinstance(command, click.Group))
