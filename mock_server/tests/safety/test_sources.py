"""F11, F13, F16: what the sources of the mock do not do, and what their patterns cost."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tutorflow_mock
import tutorflow_openapi

PACKAGES = (tutorflow_mock, tutorflow_openapi)
RUNS_WHAT_IT_READS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "code", "codeop"}
CALLS = {"eval", "exec", "compile", "__import__", "render_template_string", "from_string", "unsafe_load", "full_load"}
SEEDS = ["a", "0", " ", "=", "-", "/", "a.", "a-", "0:", "%41", "tf_content_", '\\"', "Bearer ", "jwt=", "[", "é"]
LONG = 20_000


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Parse every module of ours that is installed."""
    for package in PACKAGES:
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_runs_what_it_reads() -> None:
    """No pickle and no eval; YAML only by a safe loader, templates only from files of ours."""
    found: list[str] = []
    for path, tree in sources():
        for node in ast.walk(tree):
            names: set[str] = set()
            if isinstance(node, ast.Import):
                names = {each.name.partition(".")[0] for each in node.names} & RUNS_WHAT_IT_READS
            elif isinstance(node, ast.ImportFrom):
                names = {str(node.module).partition(".")[0]} & RUNS_WHAT_IT_READS
            elif isinstance(node, ast.Call):
                names = {_called(node.func)} & CALLS
            found += [f"{path.name}:{getattr(node, 'lineno', 0)} {name}" for name in names]
    assert found == []


def _called(function: ast.expr) -> str:
    """Return by which name something is called; `re.compile` and the like make no code."""
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) and function.attr != "compile" else ""


def patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Return every pattern that a module of the mock keeps."""
    found: dict[str, re.Pattern[str] | re.Pattern[bytes]] = {}
    for each in pkgutil.walk_packages(tutorflow_mock.__path__, "tutorflow_mock."):
        if not each.name.endswith("__main__"):
            kept = vars(importlib.import_module(each.name))
            found |= {f"{each.name}.{name}": held for name, held in kept.items() if isinstance(held, re.Pattern)}
    return found


def test_our_own_patterns_are_linear() -> None:
    """F16: none of them dwells on a long text of one thing over and over, with an end that does not fit."""
    found = patterns()
    assert len(found) >= 10
    for pattern in found.values():
        for seed in SEEDS:
            for end in ("", "!", "\n"):
                text = seed * (LONG // len(seed)) + end
                if isinstance(pattern.pattern, bytes):
                    re.compile(pattern.pattern, pattern.flags).search(text.encode())
                else:
                    re.compile(pattern.pattern, pattern.flags).search(text)


@pytest.mark.parametrize("matcher", ["matches", "doesNotMatch", "urlPathPattern", "matchesJsonPath"])
def test_no_pattern_of_a_user_is_run(matcher: str) -> None:
    """F16: they are not offered, so that `(a+)+$` holds up nobody."""
    app = tutorflow_mock.create_app()
    body = {"headers": {"User-Agent": {matcher: "^(a+)+$"}}} if matcher != "urlPathPattern" else {matcher: "^(a+)+$"}
    answer = app.test_client().post("/__admin/requests/count", json=body)
    assert answer.status_code == 422
