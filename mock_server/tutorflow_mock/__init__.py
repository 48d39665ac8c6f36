"""A mock of TutorFlow's Content Integration API: a server with a memory, faults on demand and a movable clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutorflow_mock.assembly import create_app
    from tutorflow_mock.settings import Settings

__all__ = ["Settings", "create_app"]


def __getattr__(name: str) -> object:
    """Import an export when it is first used, so that the domain does not pay for Flask."""
    if name == "create_app":
        from tutorflow_mock.assembly import create_app

        return create_app
    if name == "Settings":
        from tutorflow_mock.settings import Settings

        return Settings
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
