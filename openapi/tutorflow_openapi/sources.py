"""What the contract rests on: the facts, contradictions and open questions that `source` fields name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from tutorflow_openapi.document import read_data


@dataclass(frozen=True, slots=True)
class Source:
    """One fact (`F-…`), contradiction (`C…`) or open question (`S…`).

    `reading` says how a contradiction or a question is decided, and `why` on what ground; facts have neither.
    `provenance` is None where there is none: for an absence, a contradiction, a page of another API. `guides` are the
    vendor's public pages by short name.
    """

    id: str
    text: str
    reading: str | None
    why: str | None
    provenance: str | None
    guides: tuple[str, ...]


@cache
def load_sources() -> Mapping[str, Source]:
    """Return all sources by id, in the order of the file; references such as `RFC 9110 §15.5.2` are not among them."""
    return MappingProxyType({key: _source(key, entry) for key, entry in read_data("sources.yaml").items()})


def _source(key: str, entry: Mapping[str, Any]) -> Source:
    return Source(
        id=key,
        text=entry["text"],
        reading=entry.get("reading"),
        why=entry.get("why"),
        provenance=entry.get("provenance"),
        guides=tuple(entry["guides"]),
    )
