"""G22: a session's transcript is byte-identical alone and among 50 (same id, same seed, same calls, frozen clock)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from mock_server.tests.control.console import Clock, Console, new_app
from mock_server.tests.sessions.story import Line, transcript

NAMES = [f"session-{number:02}" for number in range(50)]


def test_transcripts_alone_and_among_fifty() -> None:
    """Fifty threads at once, each with a session of its own, all of one seed; then some in a mock of their own."""
    crowd = Console(new_app(Clock()), Clock())
    ready = Barrier(len(NAMES))

    def live(name: str) -> list[Line]:
        ready.wait(30)
        return transcript(crowd, name)

    with ThreadPoolExecutor(len(NAMES)) as pool:
        among_fifty = dict(zip(NAMES, pool.map(live, NAMES), strict=True))
    for name in (*NAMES[:3], NAMES[-1]):
        assert among_fifty[name] == transcript(Console(new_app(Clock()), Clock()), name)
    statuses = {status for lines in among_fifty.values() for status, _, _ in lines}
    assert statuses == {200, 201, 204, 400, 401, 404, 429}


def test_the_transcripts_differ_by_more_than_their_names() -> None:
    """The comparison above would see a stranger's answer: no two sessions have one transcript."""
    mock = Console(new_app(Clock()), Clock())
    assert transcript(mock, NAMES[0]) != transcript(mock, NAMES[1])
