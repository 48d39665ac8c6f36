"""A contract: one revision of the document, whole and frozen, under the behaviour values that are in force."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tutorflow_openapi.behaviours import Behaviour, Value, checked, read_behaviours
from tutorflow_openapi.document import DEFAULT_REVISION, DocumentError, read_document, read_revision
from tutorflow_openapi.lifecycle import Lifecycle
from tutorflow_openapi.operation import Operation, PathMatch, Routes, read_operations
from tutorflow_openapi.schema import Library, Schema

Values = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """A document as it is written, and the behaviours that it declares; known by identity."""

    document: Mapping[str, Any]
    behaviours: Mapping[str, Behaviour]


@dataclass(frozen=True, eq=False, slots=True)
class Form:
    """The document as it reads under some behaviour values, with its schemas, operations and routes."""

    document: Mapping[str, Any]
    library: Library
    operations: Mapping[str, Operation]
    webhooks: Mapping[str, Operation]
    routes: Routes


@dataclass(frozen=True, eq=False, slots=True)
class Contract:
    """One revision of the API, and all that is known of it.

    `document` is the plain OpenAPI document under the values in force; it is shared, so never change it. `behaviours`
    holds what is declared, `values` what is in force. `webhooks` are the calls that the API makes. `errors` maps each
    error code to its status.
    """

    revision: str
    title: str
    server: str
    document: Mapping[str, Any] = field(repr=False)
    operations: Mapping[str, Operation] = field(repr=False)
    webhooks: Mapping[str, Operation] = field(repr=False)
    behaviours: Mapping[str, Behaviour] = field(repr=False)
    values: Mapping[str, Value] = field(repr=False)
    lifecycle: Lifecycle = field(repr=False)
    errors: Mapping[str, int] = field(repr=False)
    _written: Written = field(repr=False)
    _form: Form = field(repr=False)

    def under(self, overrides: Mapping[str, Any]) -> Contract:
        """Return the contract with some behaviours overridden, besides those that are already.

        Values are those of `Behaviour.parse`, or plain JSON; BehaviourError lists what is possible instead of an
        unknown one.
        """
        values = {**self.values, **checked(self.behaviours, overrides)}
        with _well_built():
            return _contract(self._written, tuple(values.items()))

    def match(self, path: str) -> PathMatch | None:
        """Return the operations at an exact path, with the values of its parameters; None if there are none."""
        return self._form.routes.match(path)

    def schema(self, pointer: str) -> Schema:
        """Return the schema at a JSON Pointer such as `#/components/schemas/Job`; DocumentError if there is none."""
        return self._form.library.schema(pointer)


def load(revision: str = DEFAULT_REVISION) -> Contract:
    """Return the contract of a revision that this package holds, always the same; UnknownRevision names them."""
    return _packaged(revision)


@cache
def _packaged(revision: str) -> Contract:
    return from_document(read_revision(revision))


def load_file(path: str | Path) -> Contract:
    """Return the contract of a document outside the package; DocumentError if it cannot be used."""
    return from_document(read_document(Path(path).read_bytes()))


def from_document(document: Mapping[str, Any]) -> Contract:
    """Return the contract that a plain document states; DocumentError if it cannot be used."""
    with _well_built():
        behaviours = read_behaviours(document.get("x-behaviours", {}))
        defaults = tuple((name, behaviour.value) for name, behaviour in behaviours.items())
        return _contract(Written(document, behaviours), defaults)


@contextmanager
def _well_built() -> Generator[None]:
    """Turn the stumbling over a document of another shape into a DocumentError."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise DocumentError(f"the document is not built as OpenAPI asks: {type(error).__name__} {error}") from error


# Values arrive at run time, such as a session's, and must not fill the memory: what nobody asks for is dropped.
@lru_cache(maxsize=256)
def _contract(written: Written, values: Values) -> Contract:
    form = _form(written, tuple((name, value) for name, value in values if written.behaviours[name].changes(value)))
    info = form.document["info"]
    errors = form.document.get("x-errors", {})
    return Contract(
        revision=info["version"],
        title=info["title"],
        server=form.document.get("servers", [{"url": ""}])[0]["url"],
        document=form.document,
        operations=form.operations,
        webhooks=form.webhooks,
        behaviours=written.behaviours,
        values=MappingProxyType(dict(values)),
        lifecycle=Lifecycle.of(form.document.get("x-lifecycle", {})),
        errors=MappingProxyType({code: entry["status"] for code, entry in errors.items()}),
        _written=written,
        _form=form,
    )


@lru_cache(maxsize=64)
def _form(written: Written, changed: Values) -> Form:
    """Read the document with the overlays of changed behaviours applied, in the order in which these are declared."""
    document: Any = written.document
    for name, value in changed:
        for overlay in written.behaviours[name].changes(value):
            document = overlay.apply(document, value)
    library = Library(document)
    operations = read_operations(library)
    return Form(document, library, operations, read_operations(library, "webhooks"), Routes(operations))
