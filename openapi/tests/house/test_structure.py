"""The budgets and borders of the sources that neither the linter nor the type checkers can hold."""

import ast
import graphlib
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
PACKAGES = {
    "tutorflow_openapi": REPOSITORY / "openapi",
    "tutorflow_mock": REPOSITORY / "mock_server",
    "tutorflow_conformance": REPOSITORY / "contract_tests",
    "tutorflow_fixtures": REPOSITORY / "fixtures",
}
PURE = frozenset(
    (
        *(
            "__future__",
            "abc",
            "base64",
            "collections",
            "dataclasses",
            "datetime",
            "enum",
            "functools",
            "hashlib",
            "hmac",
        ),
        *("itertools", "json", "math", "re", "types", "typing"),
    )
)
STATUSES = frozenset(
    {200, 201, 202, 204, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 502, 503}
)
MODULE_QUESTION, MODULE_LIMIT = 250, 400  # lines
FUNCTION_MEDIAN, FUNCTION_MOST, FUNCTION_LIMIT = 8, 30, 60  # lines; the second is the 90th percentile

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file of ours, parsed."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """Whether the file is a package's own."""
        return self.path.name == "__init__.py"

    @property
    def is_command_line(self) -> bool:
        """Whether the file holds commands, which may import late."""
        return bool({"cli", "__main__"} & set(self.name.split(".")))

    def place(self, node: ast.AST) -> str:
        """The line of a node, as an editor opens it."""
        return f"{self.path.relative_to(REPOSITORY)}:{getattr(node, 'lineno', 1)}"


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the four packages."""
    return tuple(
        read(root, path) for package, root in PACKAGES.items() for path in sorted((root / package).rglob("*.py"))
    )


def read(root: Path, path: Path) -> Module:
    """Parse one file; a package is named without its `__init__`."""
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name, path, text, ast.parse(text))


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method below a node, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from `def` to the end; a docstring is not counted, for it must not be a reason to write less of it."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None or len(function.body) == 1:
        return lines
    return lines - ((first.end_lineno or 0) - first.lineno + 1)


def imported(module: Module, tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Each import statement below a node with the full names that it could mean."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.place(node)}: a relative import"
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def is_type_checking(node: ast.stmt) -> bool:
    """Whether a statement is `if TYPE_CHECKING:`, where a package declares what it exports lazily."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def public_definitions(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    """Functions and classes that a caller may name, methods included; overloads speak through their implementation."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if any(ast.unparse(decorator).endswith(("overload", ".setter")) for decorator in node.decorator_list):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public_definitions(node.body)


def test_domain_imports_only_pure_modules() -> None:
    """The domain has no file, no socket, no clock and no chance, because it cannot import one."""
    foreign = [
        f"{module.place(node)} imports {name}"
        for module in modules()
        if module.name.startswith("tutorflow_mock.domain")
        for node, name in imported(module, module.tree)
        if name.split(".")[0] not in PURE and not name.startswith("tutorflow_mock.domain.")
    ]
    assert foreign == []


def test_status_numbers_live_in_one_module() -> None:
    """An error is raised by its name; only http/errors.py knows the number."""
    numbers = [
        f"{module.place(node)} says {node.value}"
        for module in modules()
        if module.name.startswith("tutorflow_mock") and module.name != "tutorflow_mock.http.errors"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in STATUSES
    ]
    assert numbers == []


def test_modules_are_small(capsys: pytest.CaptureFixture[str]) -> None:
    """A module over 250 lines is asked why, one over 400 is refused."""
    sizes = {str(module.path.relative_to(REPOSITORY)): len(module.text.splitlines()) for module in modules()}
    with capsys.disabled():
        for path, lines in sizes.items():
            if lines > MODULE_QUESTION:
                click.echo(f"\nquestion: does {path} with its {lines} lines hold one thing?")
    assert {path: lines for path, lines in sizes.items() if lines > MODULE_LIMIT} == {}


def test_functions_are_short() -> None:
    """No function is over 60 lines, docstring aside."""
    long = {
        f"{module.place(function)} {function.name}": length(function)
        for module in modules()
        for function in functions(module.tree)
        if length(function) > FUNCTION_LIMIT
    }
    assert long == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_short_on_the_whole(package: str) -> None:
    """Half of a package's functions have at most 8 lines, nine of ten at most 30."""
    lengths = [
        length(function)
        for module in modules()
        if module.name.split(".")[0] == package
        for function in functions(module.tree)
    ]
    most = statistics.quantiles(lengths, n=10)[-1] if len(lengths) > 1 else 0
    assert (statistics.median(lengths or [0]) <= FUNCTION_MEDIAN, most <= FUNCTION_MOST) == (True, True), lengths


def test_no_import_cycles() -> None:
    """Modules can be read from the bottom up."""
    known = {module.name for module in modules()}
    graph: dict[str, set[str]] = {}
    for module in modules():
        names = {
            name if name in known else name.rpartition(".")[0]
            for statement in module.tree.body
            if not (module.is_package and is_type_checking(statement))
            for _, name in imported(module, statement)
        }
        graph[module.name] = (names & known) - {module.name}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


def may_be_missing(tree: ast.AST) -> set[ast.AST]:
    """Imports of a tool that most installs lack, guarded by `except ImportError`."""
    guarded = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Try)
        and any(handler.type and ast.unparse(handler.type) == "ImportError" for handler in node.handlers)
    )
    return {below for attempt in guarded for statement in attempt.body for below in ast.walk(statement)}


def test_no_hidden_imports() -> None:
    """A module says at its top what it needs; only commands, lazy exports and optional tools are imported late."""
    hidden = [
        f"{module.place(node)} imports {name} inside {function.name}"
        for module in modules()
        if not module.is_command_line
        for function in functions(module.tree)
        if not (module.is_package and function.name == "__getattr__")
        for node, name in imported(module, function)
        if node not in may_be_missing(function)
    ]
    assert hidden == []


def test_public_names_are_documented() -> None:
    """Every module, and every class and function that a caller may name, has a docstring."""
    silent = [
        f"{module.place(node)} {getattr(node, 'name', module.name)}"
        for module in modules()
        for node in (module.tree, *public_definitions(module.tree.body))
        if not (ast.get_docstring(node) or "").strip(". ")
    ]
    assert silent == []


def test_returns_are_annotated() -> None:
    """Every function says what it gives back, private and nested ones too."""
    bare = [
        f"{module.place(function)} {function.name}"
        for module in modules()
        for function in functions(module.tree)
        if function.returns is None
    ]
    assert bare == []
