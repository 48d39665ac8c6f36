"""Profile files: the revision and the behaviour values that an endpoint was seen to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tutorflow_openapi.behaviours import BehaviourError, Value, checked, read_behaviours
from tutorflow_openapi.document import (
    DEFAULT_REVISION,
    DocumentError,
    UnknownRevision,
    is_object,
    read_revision,
    read_yaml,
)

MAX_BYTES = 1_000_000
# The judge writes these beside what the mock reads; they are evidence for people.
EVIDENCE = frozenset({"observed", "unidentified", "contradicted"})


class ProfileError(ValueError):
    """A profile that cannot be used; the message is one sentence that starts with the file's name."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Behaviour values, checked against the revision that the file names, or the default one where it names none."""

    revision: str | None
    behaviours: Mapping[str, Value]


def read_profile(path: str | Path) -> Profile:
    """Read a profile in YAML or JSON of at most 1 MB.

    A behaviour's value stands as it is, or as `value` among its evidence. Whatever cannot be used as it stands is a
    ProfileError, an unknown name or value included.
    """
    place = Path(path)
    try:
        return _profile(read_yaml(_bytes(place)))
    except OSError as error:
        raise ProfileError(f"{place.name}: the file cannot be read: {error.strerror or error}") from error
    except (DocumentError, UnknownRevision, BehaviourError) as error:
        raise ProfileError(f"{place.name}: {error}") from error


def _bytes(place: Path) -> bytes:
    with place.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise DocumentError(f"a profile may have at most {MAX_BYTES} bytes")
    return text


def _profile(node: Any) -> Profile:
    if not is_object(node):
        raise DocumentError("a profile must be a mapping with `behaviours`")
    for name in node:
        if name not in EVIDENCE | {"revision", "behaviours"}:
            raise DocumentError(f"{name[:64]!r} is not a part of a profile")
    revision = node.get("revision")
    if not isinstance(revision, str | None):
        raise DocumentError("`revision` must be a string such as 2026-07")
    written: Any = node.get("behaviours", {})
    if not is_object(written):
        raise DocumentError("`behaviours` must be a mapping of names to values")
    values = {name: _value(name, value) for name, value in written.items()}
    behaviours = read_behaviours(read_revision(revision or DEFAULT_REVISION).get("x-behaviours", {}))
    return Profile(revision, MappingProxyType(checked(behaviours, values)))


def _value(name: str, written: Any) -> Any:
    if not is_object(written):
        return written
    if "value" not in written:
        raise DocumentError(f"{name[:64]} has no `value`")
    return written["value"]
