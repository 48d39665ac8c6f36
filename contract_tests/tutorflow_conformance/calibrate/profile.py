"""What was observed as a profile: a file for the mock and for the judge, and for people who want to know why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import yaml

from tutorflow_conformance import __version__
from tutorflow_conformance.calibrate.observing import Seen
from tutorflow_conformance.outcome import Outcome
from tutorflow_openapi.behaviours import as_json

_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """Which values an endpoint was seen to have, why others are not known, and what it does against the documents."""

    outcome: Outcome
    observed: Mapping[str, Seen]
    unidentified: Mapping[str, str]
    contradicted: Mapping[str, tuple[str, tuple[str, ...]]]


def document(found: Calibration, now: datetime) -> dict[str, Any]:
    """Return a calibration as plain data: no key, no id of an organization, nothing that the endpoint said."""
    target = found.outcome.target
    return {
        "revision": target.contract.revision,
        "observed": {"host": urlsplit(target.url).hostname, "date": now.date().isoformat(), "kit": __version__},
        "behaviours": {name: _entry(seen) for name, seen in found.observed.items()},
        "unidentified": dict(found.unidentified),
        "contradicted": {
            name: {"observed": observed, "evidence": list(proof)}
            for name, (observed, proof) in found.contradicted.items()
        },
    }


def write(found: Calibration, now: datetime) -> str:
    """Return a calibration as YAML that `tutorflow-mock serve --profile` reads."""
    return yaml.safe_dump(document(found, now), sort_keys=False, allow_unicode=True, width=_WIDTH)


def _entry(seen: Seen) -> dict[str, Any]:
    entry: dict[str, Any] = {"value": as_json(seen.value), "samples": len(seen.proof), "evidence": list(seen.proof)}
    return entry if seen.spread is None else {**entry, "spread": seen.spread}
