"""The documentation as pages, and the contract as a file."""

import re
from collections.abc import Iterator
from html import unescape
from importlib.resources import files

import pytest
from mock_server.tests.control.console import ADMIN, Clock, Console, new_app, refused

from tutorflow_mock.domain.lint.rules import RULES
from tutorflow_mock.http.dashboard.security import POLICY
from tutorflow_mock.http.docs import description
from tutorflow_mock.http.errors import PROBLEM_STATUS

DOCS = f"{ADMIN}/docs"
PAGES = [DOCS, f"{DOCS}/errors", f"{DOCS}/lint"]


@pytest.fixture
def mock() -> Console:
    """A mock in which nothing has happened."""
    clock = Clock()
    return Console(new_app(clock), clock)


def page(mock: Console, path: str) -> str:
    """Return a page."""
    answer = mock.call("GET", path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    return answer.text


def anchors(text: str) -> list[str]:
    """Return the places on a page that can be linked to."""
    return re.findall(r' id="([^"]+)"', text)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_nothing_from_elsewhere(mock: Console, path: str) -> None:
    """It has the strict policy, nothing inline, and no address but our own."""
    answer = mock.call("GET", path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=|javascript:", answer.text) == []
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', answer.text)
    assert [each for each in loaded if not each.startswith(f"{ADMIN}/static/")] == []


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(mock: Console, path: str) -> None:
    """Every link of a page is a page of ours, and its fragment is on it."""
    for link in sorted(set(re.findall(r'<a [^>]*href="([^"]*)"', page(mock, path)))):
        target, _, fragment = link.partition("#")
        answer = mock.call("GET", target or path)
        assert answer.status_code == 200, link
        assert not fragment or fragment in anchors(answer.text), link


def test_every_operation_is_on_the_page(mock: Console) -> None:
    """With a command for each example, and what it answers."""
    text = page(mock, DOCS)
    names = [operation["operationId"] for _, _, operation, _ in description.operations()]
    assert [name for name in names if name not in anchors(text)] == []
    told = [unescape(each) for each in re.findall(r'<pre class="docs-curl"><code>(.*?)</code></pre>', text, re.DOTALL)]
    assert "curl -s http://localhost/__admin/health" in told
    sent = """-H 'Content-Type: application/json' -d '{"action": "advance", "by": "PT5M"}'"""
    assert f"curl -s -X PUT http://localhost/__admin/clock {sent}" in told
    assert len(told) == sum(max(1, len(examples)) for examples in bodies())
    assert [each for each in told if "{" in each.partition(" -d ")[0]] == []


def bodies() -> Iterator[dict[str, object]]:
    """Tell the examples of each operation's body."""
    for _, _, operation, _ in description.operations():
        body = description.resolved(operation.get("requestBody", {}))
        yield body.get("content", {}).get("application/json", {}).get("examples", {})


def test_members_are_told_with_what_they_may_be(mock: Console) -> None:
    """Kinds, bounds and defaults are in words; members of members have their whole names."""
    text = unescape(re.sub("<[^>]*>", "", page(mock, DOCS)))
    for told in ("integer, ≥ 0, ≤ 600000, default 5000", "queued · processing · completed · failed", "clock.mode"):
        assert told in text
    assert "list of queued · processing · completed · failed" in text
    assert "string or integer or number" in text
    assert "any JSON" in text


def test_every_problem_is_on_its_page(mock: Console) -> None:
    """The `type` of a problem leads to it."""
    assert set(PROBLEM_STATUS) <= set(anchors(page(mock, f"{DOCS}/errors")))
    problem = mock.call("GET", f"{ADMIN}/nowhere").json
    assert problem is not None
    path, _, fragment = str(problem["type"]).partition("#")
    assert fragment in anchors(page(mock, path))


def test_every_rule_is_on_its_page(mock: Console) -> None:
    """`docs` of a finding leads to it, and it says why and what to do instead."""
    text = page(mock, f"{DOCS}/lint")
    assert [each for each in anchors(text) if each.startswith("TF")] == [f"TF{number:03d}" for number in range(1, 26)]
    plain = unescape(text)
    for rule in RULES.values():
        assert rule.summary in plain
        assert rule.why in plain
        assert rule.advice in plain


def test_the_contract_as_it_is_shipped(mock: Console) -> None:
    """Byte by byte, comments included, whatever a session has overridden."""
    mock.put(f"{ADMIN}/behaviours/idempotency.same-key-other-body", {"value": "conflict-409"})
    answer = mock.call("GET", f"{ADMIN}/contract/2026-07.yaml")
    assert (answer.status_code, answer.mimetype) == (200, "text/yaml")
    assert answer.data == (files("tutorflow_openapi") / "contracts" / "2026-07.yaml").read_bytes()


@pytest.mark.parametrize("revision", ["2020-01", "..%2f..%2fdocument", "2026-07.yaml"])
def test_an_unknown_revision(mock: Console, revision: str) -> None:
    """It is refused by the list of those that there are, not by looking for a file."""
    answer = mock.call("GET", f"{ADMIN}/contract/{revision}.yaml")
    assert answer.status_code == 404
    if "%" not in revision:
        refused(answer, 404, "unknown-revision")


def test_the_token_is_asked_for() -> None:
    """Documentation is no exception to the rule."""
    clock = Clock()
    mock = Console(new_app(clock, admin_token="t"), clock)
    for path in (*PAGES, f"{DOCS}/openapi.json", f"{ADMIN}/contract/2026-07.yaml"):
        assert mock.call("GET", path).status_code == 401
        assert mock.call("GET", path, headers={"Authorization": "Bearer t"}).status_code == 200
