"""The pages show what the API did; where nothing happened they say what to do next."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from mock_server.tests.control.console import ADMIN, BEARER, EXPANSIONS, Console, refused
from mock_server.tests.dashboard.conftest import Receive
from mock_server.tests.dashboard.page import OVERVIEW, UI, Page, checked, opened
from mock_server.tests.webhooks.desk import DELIVERIES, Desk
from mock_server.tests.webhooks.receiver import Receiver, always, in_turn

AREAS = {
    OVERVIEW: "Overview",
    f"{UI}/jobs": "Jobs",
    f"{UI}/requests": "Requests",
    f"{UI}/near-misses": "Near misses",
    f"{UI}/deliveries": "Deliveries",
    f"{UI}/findings": "Findings",
    f"{UI}/faults": "Faults",
    f"{UI}/behaviours": "Behaviours",
    f"{UI}/clock": "Clock",
    f"{UI}/sessions": "Sessions",
}
DEMO_KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"


def row_of(page: Page, text: str) -> str:
    """Return the only row of a table that holds a text."""
    (found,) = (row for row in page.words("tr") if text in row)
    return found


def create(mock: Desk, title: str = "A1 At the station", **headers: str) -> str:
    """Make a job and return its id."""
    body = {"payload": {"level": {"title": title}}}
    return str(mock.post(EXPANSIONS, body, headers={**BEARER, **headers})["id"])


@pytest.mark.parametrize("path", AREAS)
def test_every_page_is_there_before_anything_has_happened(mock: Desk, path: str) -> None:
    """Each names itself, marks its place in the menu, and leads to all others."""
    page = opened(mock, path)
    title = "Session default" if path == OVERVIEW else AREAS[path]
    assert page.words("h1") == [title]
    assert page.words("a", aria_current="page") == [AREAS[path]]
    (menu,) = page.all("nav")
    assert [link["href"] for link in page.all("a") if link.text in AREAS.values() and link["href"] in AREAS] == [*AREAS]
    assert menu["aria-label"] == "Areas"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (OVERVIEW, "curl -s http://localhost/v1/content/integrations/expansions"),
        (f"{UI}/jobs", "curl -s http://localhost/v1/content/integrations/expansions"),
        (f"{UI}/requests", "curl -s http://localhost/v1/content/integrations/expansions"),
        (f"{UI}/near-misses", "tutorflow-mock routes"),
        (f"{UI}/deliveries", "curl -s http://localhost/__admin/webhooks/trigger"),
        (f"{UI}/findings", "curl -s http://localhost/__admin/lint"),
        (f"{UI}/faults", "curl -s http://localhost/__admin/faults"),
        (f"{UI}/clock", "curl -s http://localhost/v1/content/integrations/expansions"),
        (f"{UI}/sessions", "curl -s http://localhost/__admin/sessions"),
    ],
)
def test_an_empty_page_says_what_to_do_next(mock: Desk, path: str, words: str) -> None:
    """There is a command to copy, which names this server."""
    assert any(words in command for command in opened(mock, path).words("pre"))


def test_commands_of_empty_pages_work_as_printed(mock: Desk) -> None:
    """What a create's command sends is a job."""
    command = next(each for each in opened(mock, f"{UI}/jobs").words("pre"))
    url = command.split()[2]
    headers = dict(header.split(": ", 1) for header in re.findall(r'-H "([^"]+)"', command))
    body = re.findall(r"-d '([^']+)'", command)[0]
    answer = mock.app.test_client(use_cookies=False).post(url, data=body, headers=headers)
    assert answer.status_code == 200, answer.text


def test_overview_counts_what_there_is(mock: Desk, receiver: Receiver) -> None:
    """Jobs by state, requests, deliveries, and the latest of them."""
    mock.subscribe(receiver)
    create(mock)
    create(mock, "B2 Weather", Prefer="job=held")
    mock.call("GET", "/v1/nothing", headers=BEARER)
    mock.pass_time()
    page = opened(mock, OVERVIEW)
    jobs, requests, deliveries = page.words("a", class_="stat")
    assert jobs == "Jobs 2 1 queued 1 completed"
    assert requests == "Requests 4 1 matched no operation"
    assert deliveries == "Deliveries 1 1 sent"
    assert "completed" in row_of(page, "A1 At the station")
    assert "queued" in row_of(page, "B2 Weather")


def test_overview_shows_the_demo_key_of_the_default_session_only(mock: Desk) -> None:
    """Another session's secrets were told when it was opened, and are on no page."""
    made = mock.post(f"{ADMIN}/sessions", {"id": "checkout-7"})
    assert DEMO_KEY in opened(mock, OVERVIEW).text
    for path in AREAS:
        page = opened(mock, path, session="checkout-7")
        assert DEMO_KEY not in page.html
        for secret in (made["apiKey"], made["adminCookie"].partition("=")[2], made["admin"]["password"]):
            assert secret not in page.html
    page = opened(mock, OVERVIEW, session="checkout-7")
    assert f"{made['keyPrefix']}…" in page.text
    assert made["organizationId"] in page.text


def test_every_link_stays_in_the_session(mock: Desk) -> None:
    """So do the switch and the script; only the list of sessions leads elsewhere."""
    mock.post(f"{ADMIN}/sessions", {"id": "checkout-7"})
    page = opened(mock, f"{UI}/jobs", session="checkout-7")
    links = [each["href"] for each in page.all("a") if each["href"].startswith("/")]
    assert len(links) > len(AREAS)
    assert {link.partition("?")[2].partition("&")[0] for link in links} == {"session=checkout-7"}
    assert page.one("body")["data-session"] == "checkout-7"
    assert [(each["value"], "selected" in each.attributes) for each in page.all("option")] == [
        ("checkout-7", True),
        ("default", False),
    ]


def test_sessions_are_listed_with_their_clocks(mock: Desk) -> None:
    """One that ends by itself says when, the default one has no end."""
    frozen = {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"}
    mock.post(f"{ADMIN}/sessions", {"id": "checkout-7", "ttl": "PT1H", "clock": frozen})
    page = opened(mock, f"{UI}/sessions")
    assert "frozen 2026-07-04 00:00:00.000 1 h end" in row_of(page, "checkout-7")
    assert "end" not in row_of(page, "default").split()


def test_clock_says_what_is_to_come(mock: Desk) -> None:
    """The next transitions in order, each with its job."""
    job = create(mock)
    page = opened(mock, f"{UI}/clock")
    assert [row.split()[1:4] for row in page.words("tr") if "processing" in row] == [["09:00:01.000", "1", "s"]]
    assert f"{UI}/jobs/{job}" in {each["href"] for each in page.all("a")}


def test_jobs_show_state_next_instant_and_what_may_be_done(mock: Desk) -> None:
    """A job by time says when, one by reads and one that is held say so, one that has ended has no buttons."""
    create(mock, "by time")
    create(mock, "by reads", Prefer="polls=3")
    create(mock, "held", Prefer="job=held")
    done = create(mock, "done")
    mock.transition(done, "completed")
    page = opened(mock, f"{UI}/jobs")
    assert row_of(page, "… by time").endswith(
        "queued 2026-07-06 09:00:00.000 2026-07-06 09:00:01.000 0 3 complete fail"
    )
    assert row_of(page, "… by reads").endswith("by reads 0 3 complete fail")
    assert row_of(page, "… held").endswith("held 0 3 complete fail")
    assert row_of(page, "… done").endswith("completed 2026-07-06 09:00:00.000 – 0 3")
    complete = page.all("button", data_method="POST")[0]
    assert complete["data-body"] == '{"to": "completed"}'


def test_jobs_are_filtered_by_state(mock: Desk) -> None:
    """The counts are of all, the rows of the state; an empty state says so."""
    create(mock, "one")
    mock.pass_time()
    create(mock, "two")
    page = opened(mock, f"{UI}/jobs", status="queued")
    assert "two" in page.text
    assert "one" not in page.one("table").text
    assert page.words("ul", class_="filters") == ["all 2 queued 1 processing 0 completed 1 failed 0"]
    assert opened(mock, f"{UI}/jobs", status="failed").words("div", class_="empty") == ["No job is failed now."]


def test_job_page_tells_its_whole_life(mock: Desk, receive: Receive) -> None:
    """Create, replay, reads, transitions, attempts and findings stand in one list, in order."""
    mock.subscribe(receive(in_turn(500, 204)))
    job = create(mock, **{"Idempotency-Key": "k"})
    create(mock, **{"Idempotency-Key": "k"})
    mock.pass_time("PT1S")
    mock.read(job)
    mock.pass_time("PT3S")
    mock.read(job)
    mock.pass_time("PT5S")
    page = opened(mock, f"{UI}/jobs/{job}")
    rows = [row.split(" ", 2)[2] for row in page.words("tr") if re.match(r"2026-07-06 09:00:0\d\.000 (0|\+)", row)]
    assert rows == [
        "0 create POST · 200 · new",
        "0 replay POST · 200 · replayed",
        "+1 s processing by clock",
        "+1 s read 1 GET · 200",
        "+4 s completed by clock",
        "+4 s attempt 1 content.completed → 500",
        "+4 s read 2 GET · 200",
        "+4 s finding TF007: The job is completed and its result was never fetched",
        "+9 s attempt 2 content.completed → 204",
    ]
    assert "content.completed" in row_of(page, "sent 2")


def test_job_page_shows_where_each_output_is(mock: Desk) -> None:
    """The link of its manifest, and none for an output that has none."""
    job = create(mock, Prefer="job=partial, outputs=summary_video")
    mock.pass_time()
    links = {each["outputType"]: each["manifest"] for each in mock.read(job)["outputs"]}
    table = opened(mock, f"{UI}/jobs/{job}").one("section", id="job-outputs").text
    assert len(links) == 3
    assert links["summary_video"] is None
    assert all(manifest is None or manifest["urls"]["publicUrl"] in table for manifest in links.values())
    assert table.count("https://") == 2


def test_job_page_tells_what_is_found_wrong(mock: Desk) -> None:
    """In its place in the list, behind what shows it."""
    job = create(mock)
    mock.pass_time()
    for _ in range(4):
        mock.read(job)
    rows = [row for row in opened(mock, f"{UI}/jobs/{job}").words("tr") if " finding TF006: " in row]
    assert len(rows) == 1


def test_of_very_many_deliveries_the_first_are_drawn(mock: Desk, receive: Receive) -> None:
    """The list has them all."""
    for answer in (always(200), always(500), in_turn(None)):
        for _ in range(3):
            mock.subscribe(receive(answer))
    job = create(mock)
    mock.pass_time("PT4S")
    page = opened(mock, f"{UI}/jobs/{job}")
    assert page.words("text", class_="lane") == ["state", "calls", *(f"delivery {number}" for number in range(1, 9))]
    assert len([row for row in page.words("tr") if " attempt 1 content.completed → " in row]) == 9
    assert "attempt 1 content.completed → reset" in page.text or "no answer" in page.text


def test_job_page_draws_its_life(mock: Desk, receive: Receive) -> None:
    """States are bars, calls and attempts are marks with a title, and what is to come is drawn pale."""
    mock.subscribe(receive(always(500)))
    job = create(mock)
    mock.read(job)
    page = opened(mock, f"{UI}/jobs/{job}")
    assert [each["class"] for each in page.all("g", class_="bar")] == [
        "bar bar-queued",
        "bar bar-processing bar-planned",
        "bar bar-completed bar-planned",
    ]
    mock.pass_time("PT5S")
    page = opened(mock, f"{UI}/jobs/{job}")
    assert [each["class"] for each in page.all("g", class_="bar")] == [
        "bar bar-queued",
        "bar bar-processing",
        "bar bar-completed",
    ]
    marks = [each["class"].split("-")[1] for each in page.all("g", class_="mark")][:4]
    assert marks == ["create", "read", "failed", "due"]
    assert page.words("title")[1:] == [
        f"Timeline of job {job}",
        "queued, for 1 s",
        "processing, by clock, for 3 s",
        "completed, by clock, for 1 s",
        "create POST · 200 · new",
        "read 1 GET · 200",
        "attempt 1: 500",
        "attempt 2 is due at 2026-07-06T09:00:09.000Z",
    ]


def test_job_page_shows_what_came_and_what_became_of_it(mock: Desk) -> None:
    """The source as it came, the result once there is one, and why nobody was told."""
    job = create(mock)
    before = opened(mock, f"{UI}/jobs/{job}")
    assert [each["id"] for each in before.all("details")] == ["job-source"]
    assert "A1 At the station" in before.one("details", id="job-source").text
    mock.pass_time()
    after = opened(mock, f"{UI}/jobs/{job}")
    assert [each["id"] for each in after.all("details")] == ["job-source", "job-result"]
    assert "manifest" in after.one("details", id="job-result").text
    assert "Nobody was told of this job: there was no subscription at its end." in after.text


def test_a_job_that_the_journal_forgot_is_still_drawn(mock: Desk) -> None:
    """Its create is known from its record."""
    job = create(mock)
    mock.delete(f"{ADMIN}/requests")
    page = opened(mock, f"{UI}/jobs/{job}")
    assert "create the journal does not hold the call any more" in page.text


def test_requests_show_operation_status_findings_and_notes(mock: Desk) -> None:
    """One that no operation took says so."""
    create(mock, Prefer="job=failed", **{"Idempotency-Key": "k"})
    create(mock, **{"Idempotency-Key": "k"})
    mock.call("GET", "/v1/content/integrations/expansion?page=2", headers=BEARER)
    page = opened(mock, f"{UI}/requests")
    assert page.words("ul", class_="filters") == ["all 3 errors 1 unmatched 1"]
    first, second, third = [row for row in page.words("tr") if "2026" in row][::-1]
    assert "POST /v1/content/integrations/expansions createExpansion 200 new job=failed" in first
    assert "createExpansion 200 replayed" in second
    assert "GET /v1/content/integrations/expansion?page=2 no operation 404 TF020" in third
    assert len(opened(mock, f"{UI}/requests", show="errors").words("tr")) == 2
    assert len(opened(mock, f"{UI}/requests", show="unmatched").words("tr")) == 2
    mock.delete(f"{ADMIN}/requests")
    empty = opened(mock, f"{UI}/requests", show="errors")
    assert empty.words("div", class_="empty") == ["No call of this kind is in the journal."]


def test_request_page_shows_the_call_whole(mock: Desk) -> None:
    """Headers and bodies both ways, the command that repeats it, and what the mock says of it; no credential."""
    job = create(mock, Prefer="polls=3")
    (entry,) = mock.get(f"{ADMIN}/requests")["requests"]
    page = opened(mock, f"{UI}/requests/{entry['id']}")
    assert entry["mock"]["curl"] in page.text
    assert f"{UI}/jobs/{job}" in {each["href"] for each in page.all("a")}
    assert '{"payload":{"level":{"title":"A1 At the station"}}}' in page.html.replace("&#34;", '"').replace(": ", ":")
    assert "Applied polls=3" in page.text
    assert DEMO_KEY not in page.html
    assert "Authorization Bearer tf_content_5e1f0c2a9b7d…" in page.text


def test_long_bodies_are_shown_as_far_as_the_journal_holds_them(mock: Desk) -> None:
    """And the page says so."""
    body = {"payload": {"level": {"title": "x" * 70_000}}}
    mock.call("POST", EXPANSIONS, body, headers=BEARER)
    (entry,) = mock.get(f"{ADMIN}/requests")["requests"]
    assert "The journal holds the first 64 KiB." in opened(mock, f"{UI}/requests/{entry['id']}").text


def test_an_unmatched_call_shows_what_it_came_near_to(mock: Desk) -> None:
    """On its own page and among the near misses, with a hint."""
    mock.call("GET", "/v1/content/integrations/expansion/7", headers=BEARER)
    (entry,) = mock.get(f"{ADMIN}/requests")["requests"]
    for path in (f"{UI}/requests/{entry['id']}", f"{UI}/near-misses"):
        page = opened(mock, path)
        nearest = page.words("ol", class_="misses")[0]
        assert nearest.startswith("GET /v1/content/integrations/expansions/{jobId} getExpansion")
        assert "path: 'expansions', not 'expansion'" in nearest


def test_a_fault_that_acted_is_told_with_the_call(mock: Desk) -> None:
    """By the rule's id, in the list, on the call's page and in the job's life."""
    job = create(mock)
    rule = mock.post(f"{ADMIN}/faults", {"operation": "getExpansion", "fault": "INTERNAL_ERROR", "times": 1})
    mock.call("GET", f"{EXPANSIONS}/{job}", headers=BEARER)
    assert f"fault {rule['id']}" in opened(mock, f"{UI}/requests").text
    page = opened(mock, f"{UI}/jobs/{job}")
    assert f"GET · 500 · fault {rule['id']}" in page.text
    assert page.all("g", class_="mark-fault")


def test_deliveries_show_state_and_attempts(mock: Desk, receive: Receive) -> None:
    """Subscriptions above, deliveries below, filtered by status; what is due says when."""
    mock.subscribe(receive(always(500)))
    create(mock)
    mock.pass_time()
    page = opened(mock, f"{UI}/deliveries")
    assert page.words("ul", class_="filters") == ["all 1 retrying 1"]
    row = row_of(page, "redeliver")
    assert "content.completed" in row
    assert row.endswith("retrying 1 2026-07-06 09:00:04.000 2026-07-06 09:00:09.000 redeliver")
    assert "No delivery is sent now." in opened(mock, f"{UI}/deliveries", status="sent").text


def test_delivery_page_shows_what_was_sent_and_what_came_back(mock: Desk, receive: Receive) -> None:
    """Each attempt with its headers, the body byte for byte, and its digest."""
    mock.subscribe(receive(in_turn(500, 200)))
    create(mock)
    mock.pass_time("PT9S")
    (delivery,) = mock.deliveries()
    shown = mock.get(f"{DELIVERIES}/{delivery['id']}")
    page = opened(mock, f"{UI}/deliveries/{delivery['id']}")
    assert page.words("h3") == ["Attempt 2 200", "Attempt 1 500"]
    assert shown["body"] in page.words("pre")
    assert shown["bodySha256"] in page.text
    assert "X-Content-Integration-Event content.completed" in page.text


def test_signature_is_explained_so_that_it_can_be_checked(mock: Desk, receiver: Receiver) -> None:
    """Header, base string and bytes are those that were sent; the secret is not shown."""
    secret = mock.subscribe(receiver)["secret"]
    create(mock)
    mock.pass_time()
    (request,) = receiver.requests
    (delivery,) = mock.deliveries()
    page = opened(mock, f"{UI}/deliveries/{delivery['id']}")
    steps = page.one("section", id="signature-v1").text
    assert request.header("X-Content-Integration-Signature") in steps
    assert request.body.decode() in steps
    assert f"all {len(request.body)} bytes of it" in steps
    assert "HMAC-SHA256" in steps
    assert "•••" in steps
    assert secret not in page.html


def test_both_signatures_are_explained_where_there_are_two(mock: Desk, receiver: Receiver) -> None:
    """The later one's base string begins with the time of its header."""
    mock.behave("webhook.signatures", ["v1", "v2"])
    mock.subscribe(receiver)
    create(mock)
    mock.pass_time()
    (told,) = mock.deliveries()
    page = opened(mock, f"{UI}/deliveries/{told['id']}")
    value = receiver.requests[0].header("X-Content-Integration-Signature-V2")
    t = value.partition(",")[0].removeprefix("t=")
    steps = page.one("section", id="signature-v2").text
    assert value in steps
    assert f"{t}.{receiver.requests[0].body.decode()}" in steps


def test_a_delivery_without_an_attempt_says_what_will_bring_one(mock: Desk, receiver: Receiver) -> None:
    """On a clock that stands nothing is sent by itself; the page has the command."""
    subscription = mock.subscribe(receiver)
    with _nothing_is_sent(mock):
        ping = mock.act(f"subscriptions/{subscription['id']}/pings", {})
        page = opened(mock, f"{UI}/deliveries/{ping['id']}")
    assert "No attempt has ended yet" in page.text
    assert "It will be seen here after the first attempt." in page.text


@contextmanager
def _nothing_is_sent(mock: Desk) -> Generator[None, None, None]:
    """Keep the thread that sends from being told of anything."""
    store: Any = mock.world.store
    told, store._told = store._told, None
    try:
        yield
    finally:
        store._told = told


def test_behaviours_show_value_provenance_alternatives_and_source(mock: Desk) -> None:
    """Each alternative can be chosen; what the session was told can be let go."""
    name = "idempotency.same-key-other-body"
    before = opened(mock, f"{UI}/behaviours")
    article = before.one("article", id=f"behaviour-{name}")
    (row,) = (each for each in mock.get(f"{ADMIN}/behaviours")["behaviours"] if each["name"] == name)
    for word in (str(row["value"]), row["provenance"], "set by contract", *row["source"]):
        assert word in article.text
    buttons = [each["data-body"] for each in before.all("button") if each["data-path"].endswith(f"/{name}")]
    assert buttons == [f'{{"value": "{other}"}}' for other in row["alternatives"] if other != row["value"]]
    mock.behave(name, "conflict-409")
    after = opened(mock, f"{UI}/behaviours").one("article", id=f"behaviour-{name}")
    assert "set by session" in after.text
    assert "let go" in after.text


def test_fault_rules_are_listed_with_what_they_did(mock: Desk) -> None:
    """In the order in which they act: fault, answer or delay, chance, times, how often seen."""
    rules = [
        {"operation": "createExpansion", "fault": "INTERNAL_ERROR", "times": 2, "probability": 0.5, "skip": 1},
        {"operation": "*", "fixedDelayMilliseconds": 5, "match": {"method": "DELETE"}},
        {"operation": "getExpansion", "error": {"statusCode": 503}},
    ]
    made = [mock.post(f"{ADMIN}/faults", rule) for rule in rules]
    create(mock)
    page = opened(mock, f"{UI}/faults")
    first, second, third = page.words("tr")[1:]
    assert first.endswith("createExpansion INTERNAL_ERROR 0.5 1 2 1 0 delete")
    assert "waits 5 ms only some calls" in second
    assert "answers" in third
    assert "503" in third
    paths = [each["data-path"] for each in page.all("button", data_method="DELETE")]
    assert paths == [f"{ADMIN}/faults/{each['id']}" for each in made]


def test_findings_lead_to_the_calls_that_show_them(mock: Desk) -> None:
    """With rule, severity and sentence; as the control plane tells them."""
    create(mock)
    mock.call("GET", "/v1/nothing", headers=BEARER)
    told = mock.get(f"{ADMIN}/lint")["findings"]
    assert told
    page = opened(mock, f"{UI}/findings")
    articles = page.words("article")
    assert len(articles) == len(told)
    for article, finding in zip(articles, told, strict=True):
        assert article.startswith(f"{finding['severity']} {finding['rule']} ")
    links = {each["href"] for each in page.all("a")}
    assert {f"{UI}/requests/{each}" for finding in told for each in finding["requestIds"]} <= links


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        (f"{UI}/jobs/none", 404, "unknown-job"),
        (f"{UI}/requests/none", 404, "unknown-request"),
        (f"{UI}/deliveries/none", 404, "unknown-delivery"),
        (f"{UI}/jobs?session=none", 404, "unknown-session"),
        (f"{UI}/jobs?page=0", 422, "invalid-field"),
        (f"{UI}/jobs?page=x", 422, "invalid-field"),
        (f"{UI}/jobs?status=lost", 422, "invalid-field"),
        (f"{UI}/deliveries?status=lost", 422, "invalid-field"),
        (f"{UI}/requests?show=some", 422, "invalid-field"),
        (f"{UI}/jobs?sort=title", 422, "unknown-field"),
    ],
)
def test_what_is_not_there_is_told_on_a_page(mock: Desk, path: str, status: int, word: str) -> None:
    """With the problem's name and a way back, under the same headers."""
    page = checked(mock.call("GET", path), status)
    assert word in page.words("code")
    assert OVERVIEW in {each["href"] for each in page.all("a")}


def test_a_session_that_ends_meanwhile_is_told_on_a_page(mock: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As any call that its session leaves behind."""
    mock.post(f"{ADMIN}/sessions", {"id": "short"})
    jobs = mock.world.store.jobs

    def end_first(session_id: str) -> Any:
        mock.world.store.drop_session(session_id)
        return jobs(session_id)

    monkeypatch.setattr(mock.world.store, "jobs", end_first)
    page = checked(mock.call("GET", f"{UI}/jobs?session=short"), 404)
    assert "unknown-session" in page.words("code")


def test_front_page_leads_to_the_dashboard(mock: Desk) -> None:
    """For browsers; with and without a slash at its end."""
    answer = mock.call("GET", "/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (302, OVERVIEW)
    assert mock.call("GET", "/__admin").headers["Location"].endswith(OVERVIEW)
    for path in (OVERVIEW, f"{UI}/jobs"):
        refused(mock.call("POST", path, {}), 405, "method-not-allowed", allow="GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("dashboard.css", "text/css"), ("dashboard.js", "text/javascript"), ("icon.svg", "image/svg+xml")],
)
def test_style_and_script_come_from_the_package(mock: Desk, name: str, kind: str) -> None:
    """And may not be taken for anything else."""
    answer = mock.call("GET", f"/__admin/static/{name}")
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()


@pytest.mark.parametrize("name", ["none.js", "../__init__.py", "..%2f__init__.py", "templates/base.html", ""])
def test_nothing_else_of_the_package_is_served(mock: Desk, name: str) -> None:
    """There is no way out of the folder."""
    assert mock.call("GET", f"/__admin/static/{name}").status_code == 404


def test_reading_a_page_changes_nothing(mock: Desk, receiver: Receiver) -> None:
    """Not a read, not a line of the journal, not the clock."""
    mock.subscribe(receiver)
    job = create(mock)
    mock.pass_time()
    before = _told(mock)
    for path in (*AREAS, f"{UI}/jobs/{job}"):
        opened(mock, path)
    assert _told(mock) == before


def _told(mock: Console) -> list[object]:
    return [mock.get(f"{ADMIN}/{noun}") for noun in ("jobs", "requests", "webhooks/deliveries", "clock")]
