"""`routes` and `version`: what this mock offers, for people and for programs."""

import json

from mock_server.tests.cli.conftest import Invoke

from tutorflow_openapi import load

CONTRACT = load("2026-07")


def test_routes_shows_every_operation(invoke: Invoke) -> None:
    """A row for each: method, path, operation id, what it asks for, its success."""
    result = invoke("routes")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["POST", "/v1/content/integrations/expansions", "createExpansion", "API", "key", "200"] in rows
    assert ["POST", "/auth/login", "login", "none", "200"] in rows
    assert [row[2] for row in rows if len(row) > 3 and row[1].startswith("/")] == list(CONTRACT.operations)


def test_routes_tells_programs_the_same(invoke: Invoke) -> None:
    """`--json` is one object with the contract's own words."""
    shown = json.loads(invoke("routes", "--json", "--revision", "2026-07").stdout)
    assert shown["revision"] == "2026-07"
    first, operation = shown["operations"][0], next(iter(CONTRACT.operations.values()))
    assert (first["operationId"], first["path"], first["method"]) == (operation.id, operation.path, operation.method)
    assert len(shown["operations"]) == len(CONTRACT.operations)


def test_routes_of_an_unknown_revision(invoke: Invoke) -> None:
    """The known ones are named."""
    result = invoke("routes", "--revision", "1999-01")
    assert result.exit_code == 2
    assert "2026-07" in result.stderr
    assert result.stderr.count("\n") == 1


def test_version_for_people_and_programs(invoke: Invoke) -> None:
    """Version, Python and contract, in a line or in an object."""
    members = json.loads(invoke("version", "--json").stdout)
    assert members["defaultRevision"] == "2026-07"
    assert set(members) == {"version", "python", "revisions", "defaultRevision"}
    line = f"tutorflow-mock {members['version']} · Python {members['python']} · contract 2026-07\n"
    assert invoke("version").stdout == line
    assert invoke("--version").stdout == f"tutorflow-mock {members['version']}\n"
