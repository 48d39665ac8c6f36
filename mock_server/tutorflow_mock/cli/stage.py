"""What the demo plays on: calls that are shown as they are made, and sentences that must hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import responses
from typing import TYPE_CHECKING, Any, cast

import urllib3
from rich.highlighter import JSONHighlighter
from rich.rule import Rule
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from tutorflow_openapi import Contract

_WIDTH = 96
_TIMEOUT = 10.0
_SHOWN = ("X-Mock-Idempotency", "Retry-After")
_INDENT = "  "
_MOVING = ("id", "status", "updatedAt", "completedAt")
_ELLIPSIS = {"…": "…"}
_JUST_AS_BEFORE = _ELLIPSIS


class Unexpected(Exception):
    """Something is not as the contract says; the message is the sentence that does not hold."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Stage:
    """A console, the contract, a mock to call, and what was found so far."""

    console: Console
    contract: Contract
    url: str
    ready: Mapping[str, Any]
    held: list[str] = field(default_factory=list[str])
    manifests: list[tuple[str, str, str]] = field(default_factory=list["tuple[str, str, str]"])
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=_TIMEOUT))
    _acts: int = 0

    def open(self) -> None:
        """Say what will be seen."""
        self.console.print(f"[bold]{self.contract.title}[/], contract {self.contract.revision}", markup=True)
        self.console.print(
            f"on a mock of its own at {self.url}, whose clock stands still until it is moved", style="dim"
        )

    def act(self, title: str) -> None:
        """Begin an act."""
        self._acts += 1
        self.console.print()
        self.console.print(
            Rule(f"[bold]{self._acts}  {title}", align="left", style="cyan"), width=_WIDTH, soft_wrap=False
        )

    def call(
        self,
        operation_id: str,
        headers: Mapping[str, str],
        body: str | None = None,
        *,
        brief: bool = False,
        **parameters: str,
    ) -> Answer:
        """Make one call of the API and show it with its answer, which must be the operation's success.

        `brief` leaves out of both bodies what was shown before.
        """
        operation = self.contract.operations[operation_id]
        path = operation.path.format(**parameters)
        self._show_request(operation.method, path, headers)
        if body is not None:
            self._show_json(_JUST_AS_BEFORE if brief else json.loads(body))
        self.console.print()
        answer = self._send(operation.method, path, headers, body)
        self._show_answer(answer, brief=brief)
        expected = operation.success(self.contract.values)
        self.hold(answer.status == expected, f"{operation_id} answers {expected}")
        return answer

    def advance(self, seconds: float) -> None:
        """Move the mock's clock."""
        body = json.dumps({"action": "advance", "by": f"PT{seconds:g}S"})
        answer = self._send("PUT", "/__admin/clock", {"Content-Type": "application/json"}, body)
        if "now" not in answer.body:
            raise Unexpected(f"the clock cannot be moved: {answer.body}")
        self.console.print(f"\n{_INDENT}the clock moves on by {seconds:g} s to {answer.body['now']}", style="magenta")

    def hold(self, holds: bool, sentence: str) -> None:  # noqa: FBT001 - the condition is the verb's object
        """State what must be so, and stop the demo if it is not."""
        if not holds:
            raise Unexpected(f"it should be so that {sentence}, and it is not")
        self.held.append(sentence)
        self.console.print(f"{_INDENT}[green]✓[/] {sentence}", markup=True)

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: str | None) -> Answer:
        try:
            response = self._pool.request(method, f"{self.url}{path}", body=body, headers=dict(headers))
            return Answer(response.status, response.headers, response.json())
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise Unexpected(f"{method} {path} got no JSON answer: {error}") from error

    def _show_request(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        self.console.print()
        self.console.print(Text.assemble(_INDENT, (method, "bold blue"), " ", (path, "bold")))
        for name, value in headers.items():
            self.console.print(Text.assemble(_INDENT, (f"{name}: ", "dim"), value))

    def _show_answer(self, answer: Answer, *, brief: bool) -> None:
        style = "bold green" if answer.status in _fine(self.contract) else "bold red"
        self.console.print(Text.assemble(_INDENT, (f"{answer.status} {responses[answer.status]}", style)))
        for name in _SHOWN:
            if name in answer.headers:
                self.console.print(Text.assemble(_INDENT, (f"{name}: ", "dim"), answer.headers[name]))
        self._show_json(abridged(answer.body) if brief else answer.body)

    def _show_json(self, value: Any) -> None:
        text = laid_out(value, _WIDTH - len(_INDENT))
        self.console.print(JSONHighlighter()(Text("\n".join(_INDENT + line for line in text.split("\n")))))


def abridged(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what moves in a job or a result, the rest as an ellipsis."""
    job = body.get("job", body)
    rows = [{"outputType": row["outputType"], "status": row["status"], **_ELLIPSIS} for row in body["outputs"]]
    return {**{name: job[name] for name in _MOVING}, "outputs": rows, **_ELLIPSIS}


def laid_out(value: Any, width: int, indent: str = "") -> str:
    """Return JSON in which whatever fits on a line stands on one."""
    flat = json.dumps(value, ensure_ascii=False).replace(json.dumps(_ELLIPSIS, ensure_ascii=False)[1:-1], "…")
    if len(indent) + len(flat) <= width or not value or not isinstance(value, dict | list):
        return flat
    deeper = f"{indent}  "
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        members = [
            "…" if name in _ELLIPSIS else f"{json.dumps(name)}: {laid_out(each, width, deeper)}" for name, each in pairs
        ]
        return f"{{\n{deeper}" + f",\n{deeper}".join(members) + f"\n{indent}}}"
    items = [laid_out(each, width, deeper) for each in cast("Sequence[Any]", value)]
    return f"[\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}]"


def _fine(contract: Contract) -> set[int]:
    return {operation.success(contract.values) for operation in contract.operations.values()}
