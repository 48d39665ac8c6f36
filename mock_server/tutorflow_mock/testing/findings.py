"""What the mock holds against a client: the findings of its lint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

_GRADES = {"info": 0, "warning": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a client did and should not; `rule` is TF001 to TF025, `severity` error, warning or info."""

    rule: str
    severity: str
    message: str
    job_id: str | None
    request_ids: tuple[str, ...]
    delivery_id: str | None
    source: str
    docs: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return a row of `/__admin/lint` as a finding."""
        return cls(
            row["rule"],
            row["severity"],
            row["message"],
            row.get("jobId"),
            tuple(row.get("requestIds", ())),
            row.get("deliveryId"),
            row.get("source", ""),
            row.get("docs", ""),
        )

    def reaches(self, level: str) -> bool:
        """Tell whether it is at least so severe; nothing is as severe as `off`."""
        return level in _GRADES and _GRADES[self.severity] >= _GRADES[level]

    def is_about(self, ids: AbstractSet[str]) -> bool:
        """Tell whether it speaks of nothing but these deliveries and calls."""
        named = {*self.request_ids, *({self.delivery_id} if self.delivery_id else ())}
        return bool(named) and named <= ids

    def __str__(self) -> str:
        """Return it on one line."""
        return f"{self.rule} {self.severity}: {self.message}"
