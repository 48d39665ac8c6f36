"""The control plane's document and the control plane itself: what one has, the other has."""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from flask import Flask
from mock_server.tests.control.console import ADMIN, Clock, Console, new_app
from mock_server.tests.documentation.scene import Sample, Scene, samples, scene
from mock_server.tests.documentation.test_examples import violations
from openapi_spec_validator import OpenAPIV31SpecValidator

from tutorflow_mock.http.docs import description
from tutorflow_mock.http.docs.description import resolved
from tutorflow_mock.http.errors import PROBLEM_STATUS

Route = tuple[str, str]
OPERATIONS = list(description.operations())
NAMES = [operation["operationId"] for _, _, operation, _ in OPERATIONS]
PAGES = "dashboard"
"""The pages for people are no operations."""
UNREAD = frozenset(("getHealth",))
"""The operations that take whatever a probe sends."""
ON_THE_API = {"no-response-defined", "invalid-preference", "needs-wire-faults"}
"""Problems that calls of the API meet, by what they prefer."""


@pytest.fixture
def mock() -> Console:
    """A mock in which nothing has happened."""
    clock = Clock()
    return Console(new_app(clock), clock)


@pytest.fixture(scope="module")
def filled() -> Scene:
    """A session in which everything is there once."""
    return scene()


def served(app: Flask) -> Iterator[Route]:
    """Tell the routes of the control plane, names of parameters left out."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{ADMIN}/") and rule.endpoint.partition(".")[0] != PAGES:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method.lower(), re.sub("<[^>]*>", "{}", rule.rule)


def test_it_is_openapi() -> None:
    """It is valid OpenAPI 3.1, as it is served."""
    clock = Clock()
    document: Any = Console(new_app(clock), clock).get(f"{ADMIN}/docs/openapi.json")
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_each_route_is_documented_and_each_operation_is_a_route(mock: Console) -> None:
    """Both ways, method by method."""
    documented = {(method, re.sub(r"\{[^}]*\}", "{}", path)) for path, method, _, _ in OPERATIONS}
    assert documented == set(served(mock.app))


def test_each_operation_can_be_found() -> None:
    """It has a name of its own, one of the tags, and a sentence; and each tag has operations."""
    assert len(set(NAMES)) == len(NAMES)
    tags = [operation["tags"] for _, _, operation, _ in OPERATIONS]
    assert {tag for (tag,) in tags} == {tag["name"] for tag in description.document()["tags"]}
    assert all(operation["summary"] for _, _, operation, _ in OPERATIONS)


def test_each_parameter_of_a_path_is_documented() -> None:
    """With an example, which the commands on the page use."""
    for path, _, _, item in OPERATIONS:
        parameters = {each["name"]: each for each in item.get("parameters", ())}
        assert sorted(parameters) == sorted(re.findall(r"\{([^}]*)\}", path))
        assert all("example" in each for each in parameters.values())


def test_each_problem_is_explained() -> None:
    """Every token has a meaning and something to do, belongs to an operation or to all, and is told somewhere."""
    told = description.problems()
    assert set(told) == set(PROBLEM_STATUS)
    assert all(set(each) == {"meaning", "advice"} for each in told.values())
    own = {token for _, _, operation, _ in OPERATIONS for token in operation["x-problems"]}
    assert own | set(description.ANYWHERE) | ON_THE_API == set(PROBLEM_STATUS)
    sources = "".join(each.read_text() for each in _modules(files("tutorflow_mock")) if each.name != "errors.py")
    assert [token for token in PROBLEM_STATUS if f'"{token}"' not in sources] == []


def _modules(folder: Any) -> Iterator[Any]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _modules(each)
        elif each.name.endswith(".py"):
            yield each


def known(detail: str) -> set[str]:
    """Return the names that an `unknown-field` problem lists."""
    _, _, names = detail.partition(" are ")
    return set(names.split(", ")) if names else set()


@pytest.mark.parametrize("index", range(len(OPERATIONS)), ids=NAMES)
def test_parameters_of_the_query(filled: Scene, index: int) -> None:
    """A parameter that nobody knows is refused, and those that are known are those of the document."""
    path, method, operation, _ = OPERATIONS[index]
    if operation["operationId"] in UNREAD:
        return
    sample = next(each for each in samples() if each.operation is operation)
    answer = filled.call(method.upper(), address(filled, sample), sample.body, query_string={"nobody": "1"})
    problem: Any = answer.json
    assert (answer.status_code, problem["field"]) == (422, "nobody"), path
    documented = {each["name"] for each in map(resolved, operation.get("parameters", ())) if each["in"] == "query"}
    assert known(problem["detail"]) - {"session"} == documented - {"session"}


def address(here: Scene, sample: Sample) -> str:
    """Return an operation's path with the ids of a scene."""
    path = sample.path
    for name in re.findall(r"\{([^}]*)\}", path):
        path = path.replace(f"{{{name}}}", here.value(sample, name))
    return path


WITH_BODY = [sample for sample in samples() if sample.body is not None and sample.status < 400]


@pytest.mark.parametrize("sample", WITH_BODY, ids=[sample.id for sample in WITH_BODY])
def test_members_of_the_body(filled: Scene, sample: Sample) -> None:
    """A member that nobody knows is refused, and those that are known are those of the document."""
    answer = filled.call(sample.method.upper(), address(filled, sample), {**sample.body, "nobody": 1})
    problem: Any = answer.json
    assert (answer.status_code, problem["type"]) == (422, f"{ADMIN}/docs/errors#unknown-field")
    schema = resolved(resolved(sample.operation["requestBody"])["content"]["application/json"]["schema"])
    assert known(problem["detail"]) == set(schema["properties"])


def test_recorded_answers() -> None:
    """Each is of an example, has its status, and keeps the schema beside which it stands."""
    recorded = {}
    for path, method, operation, _ in OPERATIONS:
        for status, response in operation["responses"].items():
            for content in resolved(response).get("content", {}).values():
                for name, example in content.get("examples", {}).items():
                    recorded[path, method, "" if name == description.ANSWER else name] = int(status)
                    assert violations(content["schema"], example["value"]) == []
    expected = {(each.path, each.method, each.name): each.status for each in samples() if has_json(each)}
    assert recorded == expected


def has_json(sample: Sample) -> bool:
    """Tell whether an example is answered with JSON, other than with the document itself."""
    content = resolved(sample.operation["responses"][str(sample.status)]).get("content", {})
    is_json = any(kind.endswith("json") for kind in content)
    return is_json and sample.operation["operationId"] != "getOpenApi"
