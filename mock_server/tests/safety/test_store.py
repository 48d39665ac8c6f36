"""F6, F7: what the store keeps of a secret."""

import dataclasses
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from mock_server.tests.safety.scene import Scene, new_scene

from tutorflow_mock import create_app


@pytest.fixture
def scene() -> Scene:
    """A session in which every kind of secret was given out."""
    return new_scene(is_careless=False)


def texts(value: Any, seen: set[int]) -> Iterator[str]:
    """Return every text that can be reached from a value."""
    if isinstance(value, str | bytes):
        yield value if isinstance(value, str) else value.decode("latin-1")
    elif id(value) not in seen:
        seen.add(id(value))
        for each in children(value):
            yield from texts(each, seen)


def children(value: Any) -> list[Any]:
    """Return what a container or a record holds."""
    held = value
    if isinstance(value, Mapping):
        return [*held.keys(), *held.values()]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(held)
    if dataclasses.is_dataclass(value):
        return [getattr(value, each.name, None) for each in dataclasses.fields(value)]
    return list(getattr(held, "__dict__", {}).values())


def test_no_key_and_no_cookie_is_kept(scene: Scene) -> None:
    """Keys and cookies are kept as digests; a webhook's secret stays readable, because a signature needs it."""
    rooms = vars(scene.world.store)["_rooms"]
    kept = [text for name in ("canary", "canary-fork") for text in texts(vars(rooms[name]), set())]
    plain = {name for name, secret in scene.secrets.items() if any(secret in text for text in kept)}
    assert "webhook" in plain
    assert not {name for name in plain if name.startswith(("key", "cookie", "minted", "rotated", "login"))}


@pytest.mark.parametrize("value", ["1", "true"])
def test_debug_is_impossible(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """F18: whatever the environment says to Flask."""
    monkeypatch.setenv("FLASK_DEBUG", value)
    app = create_app()
    assert (app.debug, app.testing, app.config["DEBUG"]) == (False, False, False)
    assert app.test_client().get("/console").status_code == 404
