"""G22: a session's transcript is byte-identical alone and among 50 (same id, same seed, same calls, frozen clock)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from mock_server.tests.control.console import Clock, Console, new_app
from mock_server.tests.sessions.story import Line, by_the_job, transcript
from mock_server.tests.webhooks.receiver import Receiver, receiving

NAMES = [f"session-{number:02}" for number in range(50)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One receiver for all sessions."""
    with receiving(by_the_job) as running:
        yield running


def test_transcripts_alone_and_among_fifty(receiver: Receiver) -> None:
    """Fifty threads at once, each with a session of its own, all of one seed; then some in a mock of their own."""
    crowd = Console(new_app(Clock()), Clock())
    ready = Barrier(len(NAMES))

    def live(name: str) -> list[Line]:
        ready.wait(30)
        return transcript(crowd, name, receiver.url)

    with ThreadPoolExecutor(len(NAMES)) as pool:
        among_fifty = dict(zip(NAMES, pool.map(live, NAMES), strict=True))
    for name in (*NAMES[:3], NAMES[-1]):
        alone = transcript(Console(new_app(Clock()), Clock()), name, receiver.url)
        for number, (line, other) in enumerate(zip(alone, among_fifty[name], strict=True)):
            assert line == other, f"answer {number} of {name}"
    statuses = {status for lines in among_fifty.values() for status, _, _ in lines}
    assert statuses >= {200, 201, 204, 400, 401, 404, 422, 429, 500, 502, 503}
    told = b"".join(body for _, _, body in among_fifty[NAMES[0]])
    for word in (b'"status":"sent"', b'"status":"failed"', b'"error":"refused"', b'"responseStatus":500', b'"prefer"'):
        assert word in told


def test_the_transcripts_differ_by_more_than_their_names(receiver: Receiver) -> None:
    """The comparison above would see a stranger's answer: no two sessions have one transcript."""
    mock = Console(new_app(Clock()), Clock())
    assert transcript(mock, NAMES[0], receiver.url) != transcript(mock, NAMES[1], receiver.url)


def test_a_busy_machine_changes_nothing(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transcript in which each receiver counts as slow is that of a quick one: measured time is left out, no more."""
    told = transcript(Console(new_app(Clock()), Clock()), NAMES[0], receiver.url)
    monkeypatch.setattr("tutorflow_mock.domain.lint.receivers._QUICK", -1)
    mock = Console(new_app(Clock()), Clock())
    slow = transcript(mock, NAMES[0], receiver.url)
    for number, (line, other) in enumerate(zip(told, slow, strict=True)):
        assert line == other, f"answer {number}"
