"""How new jobs go, as the control plane shows and changes it."""

import pytest
from mock_server.tests.control.console import DEFAULT_PROGRAMME, Clock, Console, new_app, refused

PROGRAMMES = "/__admin/programmes"
BY_TIME = {"progression": "time", "queued": "PT1S", "processing": "PT3S", "outcome": "completed"}


def test_the_server_says_how_jobs_go(mock: Console) -> None:
    """Until a session says otherwise."""
    assert mock.get(PROGRAMMES) == {"default": BY_TIME, "setBy": "server", "next": []}


def test_the_servers_own_programme(clock: Clock) -> None:
    """`--programme` is shown in the long form."""
    mock = Console(new_app(clock, programme="polls=3"), clock)
    assert mock.get(PROGRAMMES)["default"] == {"progression": "manual", "polls": 3, "outcome": "completed"}


@pytest.mark.parametrize(
    ("programme", "shown"),
    [
        ({}, BY_TIME),
        ({"queued": "PT0.5S", "processing": 2}, {**BY_TIME, "queued": "PT0.500S", "processing": "PT2S"}),
        ({"duration": "1m"}, {**BY_TIME, "queued": "PT60S", "processing": "PT60S"}),
        ({"progression": "manual", "times": 2}, {"progression": "manual", "polls": 4, "outcome": "completed"}),
        ({"progression": "immediate"}, {"progression": "immediate", "outcome": "completed"}),
        (
            {"outcome": "partial", "failedOutputs": ["summary_video"], "error": {"code": "content_late"}},
            {
                **BY_TIME,
                "outcome": "partial",
                "failedOutputs": ["summary_video"],
                "error": {"code": "content_late", "message": None},
            },
        ),
    ],
)
def test_a_session_says_otherwise(mock: Console, programme: dict[str, object], shown: dict[str, object]) -> None:
    """PUT answers the programme in full, GET shows it, and what is shown can be put again."""
    assert mock.put(DEFAULT_PROGRAMME, programme) == shown
    assert mock.get(PROGRAMMES) == {"default": shown, "setBy": "session", "next": []}
    assert mock.put(DEFAULT_PROGRAMME, shown) == shown


def test_a_programme_holds_for_new_jobs_only(mock: Console) -> None:
    """A job keeps the programme that it was made under; DELETE goes back to the server's."""
    before = mock.create()
    mock.put(DEFAULT_PROGRAMME, {"progression": "immediate", "outcome": "failed"})
    between = mock.create()
    mock.delete(DEFAULT_PROGRAMME)
    mock.delete(DEFAULT_PROGRAMME)
    after = mock.create()
    assert [mock.read(job_id)["status"] for job_id in (before, between, after)] == ["queued", "failed", "queued"]
    assert mock.get(PROGRAMMES)["setBy"] == "server"


@pytest.mark.parametrize(
    ("body", "token", "field"),
    [
        ({"progresion": "held"}, "unknown-field", "progresion"),
        ({"progression": "random"}, "invalid-field", "progression"),
        ({"progression": None}, "invalid-field", "progression"),
        ({"queued": "soon"}, "invalid-field", "queued"),
        ({"queued": "999999999999d"}, "invalid-field", "queued"),
        ({"processing": -1}, "invalid-field", "processing"),
        ({"progression": "manual", "polls": 0}, "invalid-field", "polls"),
        ({"outcome": "lost"}, "invalid-field", "outcome"),
        ({"outcome": "failed", "failedOutputs": ["mp4"]}, "invalid-field", "failedOutputs"),
        ({"outcome": "failed", "error": "late"}, "invalid-field", "error"),
    ],
)
def test_a_programme_that_cannot_be_read(mock: Console, body: dict[str, object], token: str, field: str) -> None:
    """The member at fault is named and nothing changes."""
    refused(mock.call("PUT", DEFAULT_PROGRAMME, body), 422, token, field=field)
    assert mock.get(PROGRAMMES)["setBy"] == "server"
