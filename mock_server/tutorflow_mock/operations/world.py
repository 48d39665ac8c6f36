"""`World`: everything outside a call that the operations may use, in one frozen holder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutorflow_mock.domain.clock import Clock
    from tutorflow_mock.domain.ids import Ids
    from tutorflow_mock.domain.model import Session, Value
    from tutorflow_mock.settings import Settings
    from tutorflow_mock.stores.base import Store
    from tutorflow_openapi import Contract


_MOST_CONTRACTS = 1024


@dataclass(frozen=True, slots=True)
class World:
    """Settings, contracts by revision, store, clock and chance.

    `make_ids` gives a session its source of chance, which its record carries; `chance` is the server's own.
    `doubt_target` says why deliveries to a URL would be refused, None if they may go.
    """

    settings: Settings
    contracts: Mapping[str, Contract]
    store: Store
    clock: Clock
    make_ids: Callable[[str, str], Ids]
    chance: Ids
    doubt_target: Callable[[str], str | None] = lambda _: None
    _effective: dict[tuple[str, tuple[tuple[str, Value], ...]], Contract] = field(
        default_factory=dict["tuple[str, tuple[tuple[str, Value], ...]]", "Contract"]
    )

    def contract_of(self, session: Session) -> Contract:
        """Return the contract that a session lives under: its revision with flags, profile and its own overrides."""
        policy = (session.revision, session.overrides)
        found = self._effective.get(policy)
        if found is None:
            if len(self._effective) >= _MOST_CONTRACTS:
                self._effective.clear()
            layers = {**self.settings.profile, **self.settings.behaviours, **dict(session.overrides)}
            found = self._effective[policy] = self.contracts[session.revision].under(layers)
        return found

    @staticmethod
    def ids_of(session: Session) -> Ids:
        """Return a session's source of chance."""
        if session.chance is None:
            raise LookupError("a session is opened with a source of chance")
        return session.chance
