"""Runs of the catalogue against receivers, at a pace that a test can wait for."""

from typing import Any

from tutorflow_mock import Settings
from tutorflow_mock.outbox.post import Post, poster
from tutorflow_mock.outbox.traps.catalogue import catalogue, chosen
from tutorflow_mock.outbox.traps.runner import Run
from tutorflow_mock.outbox.traps.sitting import Pace, Sitting, Subject
from tutorflow_mock.outbox.traps.styles import style_of
from tutorflow_mock.system import SystemClock, fresh_token

BRISK = Pace(effect=1.0, settle=0.05, burst=120, burst_span=0.3, slow_span=0.2, hang_up=0.05)
SECOND = "0ther5ec2e7" + 53 * "0"


def a_run(url: str, secret: str, *traps: str, pace: Pace = BRISK, post: Post | None = None, **subject: Any) -> Run:
    """Return a run of these traps, of all unless some are named."""
    sitting = Sitting(
        Subject(url, **subject), style_of(fresh_token(), secret), post or poster(Settings()), SystemClock(), pace
    )
    return Run(chosen(catalogue(), traps or ("*",)), sitting)


def verdicts(run: Run) -> dict[str, str]:
    """Fire the traps and return the verdicts by trap."""
    run.go()
    return {each.trap: each.verdict for each in run.results()}


def told(run: Run) -> str:
    """Return all that was found, to be read where a test fails."""
    return "\n".join(" | ".join(each) for each in run.results())


def untold(found: dict[str, str]) -> dict[str, str]:
    """Return the traps that a receiver did not simply pass; a busy machine may be slow, and that is no fault of it."""
    return {
        trap: verdict for trap, verdict in found.items() if verdict != "pass" and (trap, verdict) != ("W18", "warning")
    }


def failing(found: dict[str, str]) -> set[str]:
    """Return the traps that a receiver was caught by."""
    return {trap for trap, verdict in found.items() if verdict == "fail"}
