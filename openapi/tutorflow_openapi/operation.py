"""Operations of a document: what each takes and answers, and which of them a path names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tutorflow_openapi.behaviours import Value, as_text, as_value
from tutorflow_openapi.document import DocumentError, Provenance, escape, find, read_yaml, resolve
from tutorflow_openapi.schema import Library, Schema

SUCCESS_CLASS = 2
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


# Behaviours with the values, as texts, under any of which something is sent; where there are none it always may be.
When = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a call, with its named examples; `where` is `path`, `query`, `header` or `cookie`."""

    name: str
    where: str
    required: bool
    schema: Schema
    examples: Mapping[str, Any]
    when: When


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request, with its named examples."""

    required: bool
    media_type: str
    schema: Schema
    examples: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer, with its named examples."""

    name: str
    required: bool
    schema: Schema
    examples: Mapping[str, Any]
    when: When
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Response:
    """One declared answer; `schema` is None where it has no body.

    `when` lists behaviours with the values, as texts, under any of which it is sent; an empty one is always possible.
    """

    status: int
    when: When
    media_type: str | None
    schema: Schema | None
    headers: Mapping[str, Header]
    examples: Mapping[str, Any]
    provenance: Provenance

    @property
    def is_success(self) -> bool:
        """Whether this is a 2xx answer."""
        return self.status // 100 == SUCCESS_CLASS

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Tell whether a condition of this answer is met by these behaviour values; without conditions none is."""
        return is_met(self.when, values)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path template; `security` names the scheme that opens it, None if it is open."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    security: str | None
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: Mapping[int, Response]
    provenance: Provenance

    def success(self, values: Mapping[str, Value]) -> int:
        """Return the 2xx status in force under these values: one whose condition holds, else the one that has none."""
        successes = [response for response in self.responses.values() if response.is_success]
        chosen = [response.status for response in successes if response.holds(values)]
        return (chosen or [response.status for response in successes if not response.when])[0]


@dataclass(frozen=True, slots=True)
class PathMatch:
    """The template that a path fits, the values of its parameters, and the operations there by method in capitals."""

    template: str
    parameters: Mapping[str, str]
    operations: Mapping[str, Operation]


class Routes:
    """Finds the template of a path by a few dictionary look-ups.

    A template is filed under its text with every parameter blanked. A path is looked up once for each arrangement of
    parameters that templates of its length have, fewest first; no segment of a path may be empty, so that a blank meets
    no literal.
    """

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        """File the operations; DocumentError if two templates differ in the names of parameters only."""
        self._filed: dict[str, tuple[str, tuple[tuple[int, str], ...], dict[str, Operation]]] = {}
        self._blanks: dict[int, list[tuple[int, ...]]] = {}
        for operation in operations.values():
            segments = operation.path.split("/")
            names = tuple((index, part[1:-1]) for index, part in enumerate(segments) if part.startswith("{"))
            blank = tuple(index for index, _ in names)
            template, _, methods = self._filed.setdefault(_blanked(segments, blank), (operation.path, names, {}))
            if template != operation.path:
                raise DocumentError(f"the paths {template} and {operation.path} fit the same requests")
            methods[operation.method] = operation
            arrangements = self._blanks.setdefault(len(segments), [])
            if blank not in arrangements:
                arrangements.append(blank)
                arrangements.sort(key=lambda indices: (len(indices), [-index for index in indices]))

    def match(self, path: str) -> PathMatch | None:
        """Return what an exact path names: nothing is decoded, no segment is empty, a closing slash is another path."""
        segments = path.split("/")
        if segments[0] or "" in segments[1:]:
            return None
        for blank in self._blanks.get(len(segments), ()):
            filed = self._filed.get(_blanked(segments, blank))
            if filed is not None:
                template, names, methods = filed
                return PathMatch(template, {name: segments[index] for index, name in names}, methods)
        return None


def _blanked(segments: list[str], blank: tuple[int, ...]) -> str:
    kept = segments.copy()
    for index in blank:
        kept[index] = ""
    return "/".join(kept)


def read_operations(library: Library, part: str = "paths") -> Mapping[str, Operation]:
    """Return the operations under `paths` or `webhooks` by id, in document order; a webhook may go by its name.

    A webhook has no `responses` here: its receiver answers as it likes.

    DocumentError if an operation has no id, or two share one.
    """
    operations: dict[str, Operation] = {}
    for name, item in library.document.get(part, {}).items():
        for method in (key for key in item if key in METHODS):
            operation = _operation(library, name, method, f"#/{part}/{escape(name)}/{method}")
            if operation.id in operations:
                raise DocumentError(f"the operation id {operation.id} stands twice")
            operations[operation.id] = operation
    return MappingProxyType(operations)


def _operation(library: Library, path: str, method: str, pointer: str) -> Operation:
    node = find(library.document, pointer)
    # What a webhook's receiver answers is its own affair; the document only describes it, in ranges of statuses.
    is_webhook = pointer.startswith("#/webhooks/")
    if "operationId" not in node and not is_webhook:
        raise DocumentError(f"{pointer} has no operationId")
    answers: Mapping[str, Any] = {} if is_webhook else node.get("responses", {})
    security = node.get("security", library.document.get("security", ()))
    return Operation(
        id=node.get("operationId", path),
        method=method.upper(),
        path=path,
        tag=next(iter(node.get("tags", ())), ""),
        summary=node.get("summary", ""),
        security=next((scheme for requirement in security for scheme in requirement), None),
        parameters=_parameters(library, pointer),
        body=_body(library, f"{pointer}/requestBody") if "requestBody" in node else None,
        responses=MappingProxyType(dict(_responses(library, f"{pointer}/responses", answers))),
        provenance=Provenance.of(node.get("x-provenance", {})),
    )


def _parameters(library: Library, pointer: str) -> tuple[Parameter, ...]:
    """Return the parameters of the path, then the operation's own, which replace those of the same name and place."""
    found: dict[tuple[str, str], Parameter] = {}
    for holder in (pointer.rpartition("/")[0], pointer):
        for index in range(len(find(library.document, holder).get("parameters", ()))):
            parameter = _parameter(library, *resolve(library.document, f"{holder}/parameters/{index}"))
            found[parameter.where, parameter.name] = parameter
    return tuple(found.values())


def _parameter(library: Library, pointer: str, node: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=node["name"],
        where=node["in"],
        required=bool(node.get("required")),
        schema=library.schema(f"{pointer}/schema"),
        examples=read_examples(library.document, node, pointer),
        when=read_when(node),
    )


def _body(library: Library, pointer: str) -> Body:
    target, node = resolve(library.document, pointer)
    media_type, content = _content(node)
    place = f"{target}/content/{escape(media_type)}"
    return Body(
        bool(node.get("required")),
        media_type,
        library.schema(f"{place}/schema"),
        read_examples(library.document, content, place),
    )


def _content(node: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the media type and what is declared for it; both empty where there is no body."""
    content: Mapping[str, Mapping[str, Any]] = node.get("content", {})
    return next(iter(content.items())) if content else ("", {})


def _responses(library: Library, pointer: str, declared: Mapping[str, Any]) -> Iterator[tuple[int, Response]]:
    for status, written in declared.items():
        if not status.isdecimal():
            raise DocumentError(f"{pointer}/{status} is not a status number")
        target, node = resolve(library.document, f"{pointer}/{status}")
        media_type, content = _content(node)
        place = f"{target}/content/{escape(media_type)}"
        yield (
            int(status),
            Response(
                status=int(status),
                when=read_when(written) or read_when(node),
                media_type=media_type or None,
                schema=library.schema(f"{place}/schema") if "schema" in content else None,
                headers=MappingProxyType(dict(_headers(library, target, node))),
                examples=read_examples(library.document, content, place),
                provenance=Provenance.of(node.get("x-provenance", {})),
            ),
        )


def read_when(node: Mapping[str, Any]) -> When:
    """Read the `x-when` of an object; values that are lists may stand there as JSON too."""
    pairs = (text.partition("=") for text in node.get("x-when", ()))
    return tuple((name, as_text(as_value(read_yaml(value))) if value[:1] == "[" else value) for name, _, value in pairs)


def is_met(when: When, values: Mapping[str, Value]) -> bool:
    """Tell whether a condition is met by these behaviour values; where there are none, none is."""
    return any(name in values and as_text(values[name]) == text for name, text in when)


def _headers(library: Library, pointer: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Header]]:
    for name in node.get("headers", {}):
        yield name, _header(library, name, *resolve(library.document, f"{pointer}/headers/{escape(name)}"))


def _header(library: Library, name: str, pointer: str, node: Mapping[str, Any]) -> Header:
    return Header(
        name=name,
        required=bool(node.get("required")),
        schema=library.schema(f"{pointer}/schema"),
        examples=read_examples(library.document, node, pointer),
        when=read_when(node),
        provenance=Provenance.of(node.get("x-provenance", {})),
    )


def read_examples(document: Mapping[str, Any], content: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
    """Return the values of the named examples of a media type or parameter; a single `example` is called so."""
    found = {"example": content["example"]} if "example" in content else {}
    for name in content.get("examples", {}):
        _, node = resolve(document, f"{pointer}/examples/{escape(name)}")
        found[name] = node["value"]
    return MappingProxyType(found)
