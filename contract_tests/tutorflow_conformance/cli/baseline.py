"""Read a baseline: findings that are known and accepted until a day."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from tutorflow_conformance.outcome import Known
from tutorflow_conformance.target import Misconfigured
from tutorflow_openapi import load_requirements
from tutorflow_openapi.document import is_array, is_object

_MEMBERS = ("requirement", "observed", "reason", "expires")


def read_baseline(path: Path, today: date) -> tuple[Known, ...]:
    """Return the entries of a baseline; Misconfigured if it is none, or if one of them is no longer good."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"--baseline {path} cannot be read: {' '.join(str(error).split())}") from error
    if not is_array(found):
        raise Misconfigured(f"--baseline {path} is no list of {', '.join(_MEMBERS)}")
    entries = tuple(_entry(node, f"--baseline {path}: entry {number}") for number, node in enumerate(found, 1))
    for entry in entries:
        if entry.expires < today:
            raise Misconfigured(f"--baseline {path}: {entry} has expired on {entry.expires}: {entry.reason}")
    return entries


def _entry(node: Any, where: str) -> Known:
    if not is_object(node) or set(node) != set(_MEMBERS):
        raise Misconfigured(f"{where} must have exactly {', '.join(_MEMBERS)}")
    for member in ("observed", "reason"):
        if not isinstance(node[member], str) or not node[member].strip():
            raise Misconfigured(f"{where}: {member} must be a text that is not empty")
    name, expires = node["requirement"], node["expires"]
    if name not in load_requirements():
        raise Misconfigured(f"{where}: {name} is no requirement; see `tutorflow-conformance list`")
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise Misconfigured(f"{where}: expires must be a date such as 2027-01-31")
    return Known(name, node["observed"].strip(), node["reason"].strip(), expires)
