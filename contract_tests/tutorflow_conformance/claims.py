"""The marker of a suite's tests: which requirement a test judges, and which traffic it looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tutorflow_conformance.judge import Claim, Judge

Test = Callable[[Judge], None]

_CLAIMS: dict[str, Claim] = {}


def requirement(name: str, *sees: str, also: tuple[str, ...] = ()) -> Callable[[Test], Test]:
    """Return a decorator that makes a function the test of a requirement.

    `sees` names the steps without which it cannot decide, `also` those that it looks at where a run can afford them.
    """

    def register(test: Test) -> Test:
        if name in _CLAIMS and _CLAIMS[name].test.__module__ != test.__module__:
            raise ValueError(f"{name} has a test already, in {_CLAIMS[name].test.__module__}")
        _CLAIMS[name] = Claim(name, test, sees, also)
        return test

    return register


def claims() -> Mapping[str, Claim]:
    """Return all tests that were registered, by requirement."""
    return _CLAIMS
