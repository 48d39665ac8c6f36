"""One exchange with the target: what was sent, what came back, and what was found about what a report must hide."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tutorflow_openapi.document import is_array, is_object

Headers = tuple[tuple[str, str], ...]

NO_FACTS: Mapping[str, Any] = MappingProxyType({})
_SUCCESS = range(200, 300)
_DIGITS = 12  # more of them would be no time that anybody waits


def items(node: Any) -> list[Any]:
    """Return the items of an array; none of anything else."""
    return node if is_array(node) else []


def objects(node: Any) -> list[dict[str, Any]]:
    """Return the objects among the items of an array; none of anything else."""
    return [each for each in items(node) if is_object(each)]


class _Nothing:
    """What a body holds that is not JSON: equal to nothing that JSON can say."""

    def __repr__(self) -> str:
        return "no JSON"


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent; `target` is the path with its query, as on the request line."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path alone."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, or the error that came instead.

    `step` names why it was sent, `credential` what it carried (`key`, `admin`, `none`, …), `operation` what it asked
    for, if the contract knows it. `at` and `ended` are seconds since the run began. `facts` are findings about secrets,
    written down before they were hidden.
    """

    number: int
    step: str
    operation: str | None
    credential: str
    at: float
    ended: float
    request: Request
    answer: Answer | None = None
    error: str | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: NO_FACTS)

    @property
    def id(self) -> str:
        """The name by which findings quote it, such as `x-0007`."""
        return f"x-{self.number:04}"

    @property
    def status(self) -> int:
        """The status of the answer; 0 if none came."""
        return self.answer.status if self.answer else 0

    @property
    def is_success(self) -> bool:
        """Tell whether a 2xx came."""
        return self.status in _SUCCESS

    @cached_property
    def json(self) -> Any:
        """The body of the answer as JSON; `NOTHING` if it is none."""
        return as_json(self.answer.body if self.answer else b"")

    @cached_property
    def sent_json(self) -> Any:
        """The body of the request as JSON; `NOTHING` if it is none."""
        return as_json(self.request.body)

    @property
    def code(self) -> str | None:
        """`error.code` of an answer in the contract's envelope."""
        error = member(self.json, "error")
        code = member(error, "code")
        return code if isinstance(code, str) else None

    def header(self, name: str) -> str | None:
        """Return the first header of the answer with this name, in any case."""
        return header(self.answer.headers if self.answer else (), name)

    def sent(self, name: str) -> str | None:
        """Return the first header of the request with this name, in any case."""
        return header(self.request.headers, name)

    @property
    def retry_after(self) -> float | None:
        """The seconds that `Retry-After` asks to wait, as a number or as a date beside `Date`; None if it is none."""
        text = (self.header("Retry-After") or "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:_DIGITS])
        try:
            asked, present = (parsedate_to_datetime(value) for value in (text, self.header("Date") or ""))
            return max(0.0, (asked - present).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None

    def with_facts(self, **facts: Any) -> Exchange:
        """Return it with more facts."""
        return replace(self, facts=MappingProxyType({**self.facts, **facts}))


def member(node: Any, *names: str) -> Any:
    """Return a member of nested objects; None if there is none, whatever stands in the way."""
    for name in names:
        node = node.get(name) if is_object(node) else None
    return node


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the first value under a name, in any case."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def as_json(body: bytes) -> Any:
    """Read bytes as JSON in UTF-8; `NOTHING` if they are none, NaN and Infinity included."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NOTHING


def _refuse(word: str) -> Any:
    raise ValueError(word)


def to_json(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as plain JSON, for reports; `from_json` reads it back."""
    answer = exchange.answer
    return {
        "id": exchange.id,
        "number": exchange.number,
        "step": exchange.step,
        "operation": exchange.operation,
        "credential": exchange.credential,
        "at": round(exchange.at, 6),
        "ended": round(exchange.ended, 6),
        "request": {
            "method": exchange.request.method,
            "target": exchange.request.target,
            "headers": [list(pair) for pair in exchange.request.headers],
            **body_json(exchange.request.body),
        },
        "answer": answer
        and {"status": answer.status, "headers": [list(pair) for pair in answer.headers], **body_json(answer.body)},
        "error": exchange.error,
        "facts": dict(exchange.facts),
    }


def from_json(node: Mapping[str, Any]) -> Exchange:
    """Read what `to_json` wrote; KeyError, TypeError or ValueError if it is something else."""
    request, answer = node["request"], node["answer"]
    return Exchange(
        number=int(node["number"]),
        step=str(node["step"]),
        operation=node["operation"],
        credential=str(node["credential"]),
        at=float(node["at"]),
        ended=float(node["ended"]),
        request=Request(request["method"], request["target"], pairs(request["headers"]), body_of(request)),
        answer=answer and Answer(int(answer["status"]), pairs(answer["headers"]), body_of(answer)),
        error=node["error"],
        facts=MappingProxyType(dict(node["facts"])),
    )


def pairs(node: Iterable[Iterable[str]]) -> Headers:
    """Read headers back from a list of pairs."""
    return tuple((str(name), str(value)) for name, value in node)


def body_json(body: bytes) -> dict[str, str]:
    """Return a body as a member of JSON: `body` if it is text, else `base64`."""
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode("ascii")}


def body_of(node: Mapping[str, Any]) -> bytes:
    """Read a body back."""
    return b64decode(node["base64"]) if "base64" in node else str(node["body"]).encode()
