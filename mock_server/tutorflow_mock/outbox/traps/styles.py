"""How the samples of a run look: by the contract that the receiver is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tutorflow_openapi
from tutorflow_mock.domain.misbehaviours.samples import Style
from tutorflow_mock.operations.plan import event_types, output_kinds
from tutorflow_mock.settings import Settings

if TYPE_CHECKING:
    from tutorflow_openapi import Contract


def style_of(seed: str, secret: str, contract: Contract | None = None) -> Style:
    """Return the style of a contract, of that of the usual revision if none is given."""
    spoken = contract or tutorflow_openapi.load(Settings().revision)
    return Style(seed, event_types(spoken), tuple(output_kinds(spoken)), spoken.values, secret)
