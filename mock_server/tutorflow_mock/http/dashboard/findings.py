"""What the mock finds fault with in a client, by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.operations import lint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutorflow_mock.http.dashboard.frame import Frame


def rules_of(frame: Frame) -> Mapping[str, Iterable[str]]:
    """Return the rules that each call breaks, each once, by the call's id."""
    rules: dict[str, dict[str, None]] = {}
    for finding in lint.grade(frame.world, frame.session):
        for entry_id in finding.request_ids:
            rules.setdefault(entry_id, {})[finding.rule] = None
    return rules
