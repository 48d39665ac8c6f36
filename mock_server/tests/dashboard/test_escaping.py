"""Whatever a client writes, a page shows it as text: 40 hostile strings in every place where one can be put."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from mock_server.tests.control.console import BEARER, EXPANSIONS, Clock, new_app
from mock_server.tests.dashboard.hostile import HOSTILE
from mock_server.tests.dashboard.page import OVERVIEW, UI, Page, opened
from mock_server.tests.webhooks.desk import Desk
from mock_server.tests.webhooks.receiver import always, receiving

KEY_ID = "00000000-0000-4000-8000-000000000019"
FOREIGN = {"img", "video", "math", "textarea", "source", "embed", "object", "iframe", "svg"}
"""Elements that these pages do not have by themselves; only the page of one job has a drawing."""


def body_of(text: str) -> dict[str, Any]:
    """Return a source with the text in its title and in a term."""
    return {"payload": {"level": {"title": text}, "terms": [{"term": text}]}}


@pytest.fixture(scope="module")
def written() -> tuple[Desk, dict[str, str]]:
    """A mock in which each text was written wherever a client can write one, and the job of each."""
    clock = Clock()
    mock = Desk(new_app(clock, clock="2026-07-06T09:00:00Z"), clock)
    mock.put(f"/__admin/ratelimits/{KEY_ID}", {"limit": None})
    made: dict[str, str] = {}
    with receiving(always(200)) as receiver:
        mock.subscribe(receiver)
        for text in HOSTILE:
            headers = {**BEARER, "User-Agent": text.encode("ascii", "replace").decode()}
            made[text] = mock.post(EXPANSIONS, body_of(text), headers=headers)["id"]
            mock.call("GET", f"/v1/{quote(text)}", headers=headers, query_string={"q": text})
        mock.pass_time()
    return mock, made


def tags(page: Page) -> set[str]:
    """Return which elements a page has."""
    return {each.tag for each in page.elements}


def test_there_are_forty_of_them() -> None:
    """All different."""
    assert len(set(HOSTILE)) == 40


@pytest.mark.parametrize(
    "path", [OVERVIEW, *(f"{UI}/{area}" for area in ("jobs", "near-misses", "findings", "deliveries"))]
)
def test_lists_show_them_as_texts(written: tuple[Desk, dict[str, str]], path: str) -> None:
    """No element comes of any."""
    assert not tags(opened(written[0], path)) & FOREIGN


def test_the_journal_shows_them_as_texts(written: tuple[Desk, dict[str, str]]) -> None:
    """The list, and each call with its headers and bodies."""
    mock, _ = written
    assert not tags(opened(mock, f"{UI}/requests")) & FOREIGN
    calls = mock.get("/__admin/requests?limit=200")["requests"]
    assert len(calls) == 81
    for call in calls:
        page = opened(mock, f"{UI}/requests/{call['id']}")
        assert not tags(page) & FOREIGN
        assert call["mock"]["curl"] in [each.text for each in page.all("pre")]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_job_shows_its_text_whole(written: tuple[Desk, dict[str, str]], text: str) -> None:
    """In its heading and in its source, letter by letter."""
    mock, made = written
    page = opened(mock, f"{UI}/jobs/{made[text]}")
    assert page.words("h1") == [" ".join(text.split())]
    assert json.loads(page.all("pre")[0].text) == body_of(text)
    assert not tags(page) & (FOREIGN - {"svg"})
