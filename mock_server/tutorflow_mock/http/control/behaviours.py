"""behaviours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from tutorflow_mock.operations.world import World


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    return Blueprint("behaviours", __name__)
