"""What a test asks of its session, in the words of the marker, and what that is on the control plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self, TypedDict, cast

from tutorflow_mock.domain.clock import parse_duration, parse_instant
from tutorflow_mock.domain.programme import after, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

JobWish = Literal["completed", "failed", "partial", "held"]
LintLevel = Literal["off", "warning", "error"]

START = "2026-07-04T00:00:00Z"
"""Where the clock of a session stands unless a test wants otherwise."""

_RATE_LIMIT = 1_000
_MOST_CALLS = 1_000_000
_MOST_POLLS = 1_000
_JOBS = ("completed", "failed", "partial", "held")
_LEVELS = ("off", "warning", "error")


class WishError(ValueError):
    """A wish cannot be read; the message names it, and what is known."""


class SessionWishes(TypedDict, total=False):
    """How a session may be asked for; whatever is left out is as in `Wishes`."""

    job: JobWish
    error: str | Mapping[str, str]
    polls: int
    after: str
    revision: str
    clock: str
    behaviours: Mapping[str, Any]
    rate_limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a test asks of its session.

    `job` is how jobs end, or `held`: only when told; `error` the code of those that fail, or code and message. They end
    at the `polls`-th read of their status (the second unless told otherwise), or `after` a duration of the session's
    clock. `clock` is `frozen`, `running`, or an instant to stand at. `rate_limit` is in calls a minute. `lint` is the
    least severity of findings that fails the test.
    """

    job: JobWish | None = None
    error: str | Mapping[str, str] | None = None
    polls: int | None = None
    after: str | None = None
    revision: str | None = None
    clock: str = "frozen"
    behaviours: Mapping[str, Any] | None = None
    rate_limit: int = _RATE_LIMIT
    lint: LintLevel | None = None

    @classmethod
    def read(cls, told: Mapping[str, object]) -> Self:
        """Return the wishes of these names and values; raise WishError for one that nobody knows."""
        known = [field.name for field in fields(cls)]
        for name, value in told.items():
            if name not in known:
                raise WishError(f"{name!r} is unknown; known are {', '.join(known)}")
            expected, is_fine = _CHECKS[name]
            if not is_fine(value):
                raise WishError(f"{name} must be {expected}, not {value!r}")
        wishes = cls(**cast("dict[str, Any]", told))
        wishes._check_together()
        return wishes

    def session(self) -> SessionWishes:
        """Return what of it makes a session, as keywords."""
        told = {name: value for name, value in asdict(self).items() if name != "lint" and value is not None}
        return cast("SessionWishes", told)

    def members(self) -> dict[str, Any]:
        """Return the members that open such a session on the control plane."""
        wanted: dict[str, Any] = {
            "clock": self._clock(),
            "programme": self._programme(),
            "webhookTimestamp": "real",
            "rateLimitPerMinute": self.rate_limit,
        }
        if self.revision is not None:
            wanted["revision"] = self.revision
        if self.behaviours:
            wanted["behaviours"] = dict(self.behaviours)
        return wanted

    def _clock(self) -> dict[str, str]:
        if self.clock == "running":
            return {"mode": "running"}
        return {"mode": "frozen", "instant": START if self.clock == "frozen" else self.clock}

    def _programme(self) -> dict[str, Any]:
        programme: dict[str, Any] = {"progression": "manual", "times": 1}
        if self.job == "held":
            programme = {"progression": "held"}
        elif self.polls is not None:
            programme = {"progression": "manual", "polls": self.polls}
        elif self.after is not None:
            programme = to_json(after(parse_duration(self.after)))
        if self.job in {"failed", "partial"} or self.error is not None:
            programme["outcome"] = self.job or "failed"
        if self.error is not None:
            programme["error"] = {"code": self.error} if isinstance(self.error, str) else dict(self.error)
        return programme

    def _check_together(self) -> None:
        if self.polls is not None and self.after is not None:
            raise WishError("polls and after are two ways to end a job; name one of them")
        if self.job == "held" and (self.polls is not None or self.after is not None):
            raise WishError("a held job ends when it is told to; neither polls nor after goes with it")
        if self.error is not None and self.job in {"completed", "held"}:
            raise WishError(f"error says how a job fails, and this one is {self.job}")


def _is_whole(most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _reads_as(parse: Callable[[str], int]) -> Callable[[object], bool]:
    def is_fine(value: object) -> bool:
        try:
            return isinstance(value, str) and parse(value) >= 0
        except ValueError:
            return False

    return is_fine


_is_instant = _reads_as(parse_instant)

_CHECKS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "job": (f"one of {', '.join(_JOBS)}", lambda value: value in _JOBS),
    "error": (
        "a code such as 'content_internal_error', or {'code': …, 'message': …}",
        lambda value: isinstance(value, str | Mapping) and value not in ("", {}),
    ),
    "polls": (f"a whole number from 1 to {_MOST_POLLS}", _is_whole(_MOST_POLLS)),
    "after": ("a duration such as '30s' or 'PT5M'", _reads_as(parse_duration)),
    "revision": ("the name of a revision, a string such as '2026-07'", lambda value: isinstance(value, str)),
    "clock": (
        f"'frozen', 'running', or an instant such as {START!r}",
        lambda value: value in {"frozen", "running"} or _is_instant(value),
    ),
    "behaviours": ("a mapping of names to values", lambda value: isinstance(value, Mapping)),
    "rate_limit": (f"a whole number of calls a minute from 1 to {_MOST_CALLS}", _is_whole(_MOST_CALLS)),
    "lint": (f"one of {', '.join(_LEVELS)}", lambda value: value in _LEVELS),
}
"""By wish: what its value must be, and whether one is."""
