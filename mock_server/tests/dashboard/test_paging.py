"""Ten thousand jobs: a page shows fifty of them, and asks the store for no more than it shows."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mock_server.tests.control.console import BEARER, EXPANSIONS, Clock, new_app
from mock_server.tests.dashboard.page import OVERVIEW, UI, opened
from mock_server.tests.webhooks.desk import Desk

MANY = 10_000
KEY_ID = "00000000-0000-4000-8000-000000000019"


@pytest.fixture(scope="module")
def crowded() -> Desk:
    """A mock with many jobs, the first 100 of which have ended."""
    clock = Clock()
    mock = Desk(new_app(clock, clock="2026-07-06T09:00:00Z"), clock)
    mock.put(f"/__admin/ratelimits/{KEY_ID}", {"limit": None})
    client = mock.app.test_client(use_cookies=False)
    for number in range(MANY):
        body = {"payload": {"level": {"title": f"Job {number}"}}}
        client.post(EXPANSIONS, json=body, headers=BEARER)
        if number == 99:
            mock.pass_time()
    return mock


@pytest.fixture
def calls(crowded: Desk, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each verb of the store is called."""
    counted = Counter[str]()
    store = crowded.world.store

    def counting(name: str, verb: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            counted[name] += 1
            return verb(*args, **more)

        return call

    for name in (name for name in dir(store) if not name.startswith("_")):
        monkeypatch.setattr(store, name, counting(name, getattr(store, name)))
    return counted


def test_a_page_holds_fifty_and_leads_to_the_others(crowded: Desk) -> None:
    """Newest first, each job on one page; a page beyond the end is the last."""
    first = opened(crowded, f"{UI}/jobs")
    assert first.words("p", class_="pager") == ["1–50 of 10,000 Older"]
    assert "Job 9999" in first.words("tr")[1]
    assert len(first.words("tr")) == 51
    second = opened(crowded, first.one("a", rel="next")["href"])
    assert "Job 9949" in second.words("tr")[1]
    assert second.words("p", class_="pager") == ["51–100 of 10,000 Newer Older"]
    last = opened(crowded, f"{UI}/jobs", page="100000")
    assert last.words("p", class_="pager") == ["9,951–10,000 of 10,000 Newer"]
    assert "Job 0" in last.words("tr")[-1]


def test_a_filter_stays_from_page_to_page(crowded: Desk) -> None:
    """The link to the next page names it, too."""
    page = opened(crowded, f"{UI}/jobs", status="completed")
    assert page.words("p", class_="pager") == ["1–50 of 100 Older"]
    assert "status=completed" in page.one("a", rel="next")["href"]
    assert page.words("ul", class_="filters") == ["all 10,000 queued 9,900 processing 0 completed 100 failed 0"]


@pytest.mark.parametrize("path", [OVERVIEW, f"{UI}/jobs", f"{UI}/jobs?page=77", f"{UI}/clock"])
def test_a_page_asks_for_no_more_than_it_shows(crowded: Desk, calls: Counter[str], path: str) -> None:
    """All jobs come by one call of the store; only those of the page are asked for more. The page stays small."""
    page = opened(crowded, path)
    assert calls["jobs"] <= 2
    assert calls["read_count"] <= 50
    assert sum(calls.values()) <= 75, calls
    assert len(page.html) < 80_000


def test_grading_is_bounded_by_the_journal(crowded: Desk, calls: Counter[str]) -> None:
    """The list of requests names the rules that they break, and for that asks for the jobs of these calls alone."""
    page = opened(crowded, f"{UI}/requests")
    assert calls["jobs"] == 0
    assert calls["read_job"] <= crowded.world.settings.journal_limit
    assert sum(calls.values()) - calls["read_job"] <= 25, calls
    assert len(page.html) < 80_000


def test_the_page_of_one_job_asks_for_one_job(crowded: Desk, calls: Counter[str]) -> None:
    """Whatever else there is."""
    job_id = next(iter(crowded.world.store.jobs("default"))).id
    calls.clear()
    page = opened(crowded, f"{UI}/jobs/{job_id}")
    assert calls["jobs"] == 0
    assert calls["read_job"] <= 1 + crowded.world.settings.journal_limit
    assert sum(calls.values()) - calls["read_job"] <= 25, calls
    assert len(page.html) < 30_000


@pytest.fixture(autouse=True)
def _whole(crowded: Desk) -> Iterator[None]:
    yield
    assert len(crowded.world.store.jobs("default")) == MANY
