"""`GET /__admin/events`: server-sent events, their ids, and the end of a stream."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from mock_server.tests.control.console import ADMIN, Console, refused
from mock_server.tests.webhooks.desk import Desk

from tutorflow_mock.http.control import events as module
from tutorflow_mock.operations import following

EVENTS = f"{ADMIN}/events"


@dataclass
class Event:
    """One event as a browser takes it."""

    id: str
    kind: str
    data: Any


class Stream:
    """An open stream, read event by event."""

    def __init__(self, mock: Console, **headers: str) -> None:
        self.answer = mock.call("GET", EVENTS, headers=headers)
        self._parts: Iterator[str] = (
            f"{block}\n\n" for part in self.answer.iter_encoded() for block in part.decode().split("\n\n") if block
        )
        self.retry: str | None = None

    def block(self) -> str:
        """Return the next block of lines, whatever it is."""
        return next(self._parts)

    def next(self) -> Event:
        """Return the next event."""
        lines = [line.partition(": ") for line in self.block().splitlines() if line]
        fields = {name: value for name, _, value in lines}
        self.retry = fields.get("retry", self.retry)
        return Event(fields["id"], fields["event"], json.loads(fields["data"]))

    def rest(self) -> list[str]:
        """Return what is left, to the stream's end."""
        return list(self._parts)


@contextmanager
def streaming(mock: Console, **headers: str) -> Generator[Stream, None, None]:
    """Open a stream, and close it as a client that goes away."""
    stream = Stream(mock, **headers)
    try:
        yield stream
    finally:
        stream.answer.close()


@pytest.fixture(autouse=True)
def _all_places_are_given_back() -> Iterator[None]:
    yield
    assert following.places._value == following.MOST_FOLLOWERS


def test_a_stream_begins_at_once(mock: Desk) -> None:
    """It is one of server-sent events, which nobody keeps, and says how soon to come back."""
    with streaming(mock) as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.mimetype == "text/event-stream"
        assert stream.answer.headers["Cache-Control"] == "no-store"
        first = stream.next()
        assert (first.kind, first.data, stream.retry) == ("open", {"session": "default"}, "1000")


def test_what_happens_is_told_in_the_order_of_its_kinds(mock: Desk) -> None:
    """Each with an id to come back with."""
    with streaming(mock) as stream:
        stream.next()
        job_id = mock.create()
        request, job = stream.next(), stream.next()
        assert (request.kind, request.data["operation"], request.data["jobId"]) == (
            "request",
            "createExpansion",
            job_id,
        )
        assert (job.kind, job.data["id"], job.data["status"]) == ("job", job_id, "queued")
        assert request.id == job.id


def test_a_stream_is_of_the_addressed_session(mock: Desk) -> None:
    """By header or query; one that is not there is a problem."""
    mock.post(f"{ADMIN}/sessions", {"id": "other"})
    with streaming(mock, **{"X-Mock-Session": "other"}) as stream:
        assert stream.next().data == {"session": "other"}
    refused(mock.call("GET", f"{EVENTS}?session=none"), 404, "unknown-session")
    refused(mock.call("GET", f"{EVENTS}?since=1"), 422, "unknown-field", field="since")


def test_who_comes_back_in_time_has_missed_nothing(mock: Desk) -> None:
    """The last id tells it."""
    mock.create()
    with streaming(mock) as stream:
        first = stream.next()
    with streaming(mock, **{"Last-Event-ID": first.id}) as stream:
        assert stream.next().kind == "open"


@pytest.mark.parametrize("last", ["", "x", "0.1.1", "1..2", "é".encode().decode("latin-1"), "9" * 400])
def test_an_id_that_is_none_of_ours_resets(mock: Desk, last: str) -> None:
    """Whoever sends it should look at everything again."""
    with streaming(mock, **{"Last-Event-ID": last}) as stream:
        assert stream.next().kind == "reset"


def test_who_comes_back_late_is_told_to_look_again(mock: Desk) -> None:
    """What happened meanwhile is not told one by one."""
    with streaming(mock) as stream:
        first = stream.next()
    mock.create()
    with streaming(mock, **{"Last-Event-ID": first.id}) as stream:
        assert stream.next().kind == "reset"


def test_a_quiet_stream_says_that_it_is_there(mock: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a comment, which is no event."""
    monkeypatch.setattr(module, "_HEARTBEAT", 0.01)
    with streaming(mock) as stream:
        stream.next()
        assert stream.block() == ": nothing new\n\n"


def test_a_stream_ends_with_its_session(mock: Desk) -> None:
    """The last event says so; a session that is put back goes on."""
    mock.post(f"{ADMIN}/sessions", {"id": "short"})
    with streaming(mock, **{"X-Mock-Session": "short"}) as stream:
        stream.next()
        mock.post(f"{ADMIN}/reset", {}, headers={"X-Mock-Session": "short"})
        assert stream.next().kind == "reset"
        mock.delete(f"{ADMIN}/sessions/short")
        assert stream.next().kind == "ended"
        assert stream.rest() == []


def test_streams_are_numbered(mock: Desk) -> None:
    """Each holds a thread of the server, so there are only so many; one that ends makes room."""
    streams = [Stream(mock) for _ in range(following.MOST_FOLLOWERS)]
    detail = refused(mock.call("GET", EVENTS), 503, "too-many-waits")
    assert str(following.MOST_FOLLOWERS) in detail
    streams.pop().answer.close()
    with streaming(mock) as stream:
        assert stream.next().kind == "open"
    for each in streams:
        each.answer.close()
        each.answer.close()


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_a_foreign_page_holds_no_place(mock: Desk, site: str) -> None:
    """It could not read a word, but it would hold a thread for each stream."""
    refused(mock.call("GET", EVENTS, headers={"Sec-Fetch-Site": site}), 403, "origin-not-allowed")
    with streaming(mock, **{"Sec-Fetch-Site": "same-origin"}) as stream:
        assert stream.next().kind == "open"


def test_a_head_request_holds_no_place(mock: Desk) -> None:
    """Nobody reads on."""
    mock.call("HEAD", EVENTS).close()


def test_a_stream_that_cannot_begin_holds_no_place(mock: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its session ended before it was looked at."""
    mock.post(f"{ADMIN}/sessions", {"id": "short"})
    version = mock.world.store.version

    def end_first(session_id: str) -> int:
        mock.world.store.drop_session(session_id)
        return version(session_id)

    monkeypatch.setattr(mock.world.store, "version", end_first)
    refused(mock.call("GET", f"{EVENTS}?session=short"), 404, "unknown-session")
