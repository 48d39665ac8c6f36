"""The dashboard in Chromium: it shows what happens while it happens, and its buttons do what they say."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mock_server.tests.conftest import StartServer
from mock_server.tests.dashboard.browser import Hand, Watched, chromium, watching
from mock_server.tests.dashboard.conftest import Receive
from mock_server.tests.webhooks.receiver import Receiver, in_turn
from playwright.sync_api import Browser, Page, expect

UI = "/__admin/ui"


def press(page: Page, label: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=label, exact=True).first.click()


def stay(page: Page) -> Callable[[], None]:
    """Mark the page, and return a function that fails if it was loaded anew meanwhile."""
    page.evaluate("window.stayed = true")

    def check() -> None:
        assert page.evaluate("window.stayed") is True

    return check


def live(page: Page, address: str) -> None:
    """Open a page and wait until it follows the session."""
    page.goto(address)
    expect(page.locator("#live-state")).to_have_attribute("data-state", "on")


def test_jobs_appear_and_go_on_without_a_reload(hand: Hand, watched: Watched) -> None:
    """The empty page fills while somebody works, and the clock's button completes the job."""
    page = watched.page
    live(page, f"{hand.url}{UI}/jobs")
    check = stay(page)
    expect(page.get_by_text("No job has been made in this session.")).to_be_visible()
    hand.make_job("A1 At the station")
    row = page.get_by_role("row").filter(has_text="A1 At the station")
    expect(row.locator(".status")).to_have_text("queued")
    press(page, "+1 s")
    expect(row.locator(".status")).to_have_text("processing")
    press(page, "+1 min")
    expect(row.locator(".status")).to_have_text("completed")
    expect(page.locator("#told")).to_contain_text("job.transition")
    expect(page.locator("#clock-bar .hour")).to_have_text("09:01:01.000")
    check()
    assert hand.call("GET", "/__admin/jobs")["jobs"][0]["status"] == "completed"


def test_a_job_goes_by_itself_on_a_clock_that_runs(hand: Hand, watched: Watched) -> None:
    """Nobody presses anything but resume: time itself is seen."""
    page = watched.page
    live(page, f"{hand.url}{UI}/jobs")
    press(page, "resume")
    expect(page.locator("#clock-bar .mode")).to_have_text("running")
    hand.make_job("A1", Prefer="after=400ms")
    expect(page.get_by_role("row").filter(has_text="A1").locator(".status")).to_have_text("completed")
    press(page, "freeze")
    expect(page.locator("#clock-bar .mode")).to_have_text("frozen")


def test_jobs_are_completed_and_failed_by_hand(hand: Hand, watched: Watched) -> None:
    """From the list and from the job's own page, whose drawing follows."""
    page = watched.page
    first, second = hand.make_job("first", Prefer="job=held"), hand.make_job("second", Prefer="job=held")
    live(page, f"{hand.url}{UI}/jobs")
    page.get_by_role("row").filter(has_text="second").get_by_role("button", name="fail").click()
    expect(page.get_by_role("row").filter(has_text="second").locator(".status")).to_have_text("failed")
    live(page, f"{hand.url}{UI}/jobs/{first}")
    check = stay(page)
    press(page, "complete")
    expect(page.locator("#job-heading .status")).to_have_text("completed")
    expect(page.locator("svg .bar-completed")).to_have_count(1)
    expect(page.get_by_role("button", name="complete")).to_have_count(0)
    check()
    states = {each["id"]: each["status"] for each in hand.call("GET", "/__admin/jobs")["jobs"]}
    assert states == {first: "completed", second: "failed"}


def test_requests_come_live_with_near_misses(hand: Hand, watched: Watched) -> None:
    """The journal grows while one looks at it."""
    page = watched.page
    live(page, f"{hand.url}{UI}/requests")
    hand.call("GET", "/v1/content/integrations/expansion/7", Authorization=f"Bearer {hand.server.api_key}")
    link = page.get_by_role("link", name="/v1/content/integrations/expansion/7")
    expect(link).to_be_visible()
    link.click()
    expect(page.locator(".misses").first).to_contain_text("getExpansion")
    press(page, "copy")
    expect(page.get_by_role("button", name=re.compile("copied|selected"))).to_have_count(1)


def test_a_delivery_is_sent_again(hand: Hand, watched: Watched, receive: Receive) -> None:
    """The new attempt is seen as soon as it has ended, and the receiver has the same bytes twice."""
    receiver: Receiver = receive(in_turn(410, 200))
    hand.subscribe(receiver.url)
    hand.call("PUT", "/__admin/behaviours/webhook.retries", {"value": []})
    hand.make_job("A1")
    hand.advance("PT4S")
    page = watched.page
    (delivery,) = hand.call("GET", "/__admin/webhooks/deliveries")["deliveries"]
    live(page, f"{hand.url}{UI}/deliveries/{delivery['id']}")
    check = stay(page)
    press(page, "redeliver")
    expect(page.locator(".attempt h3").first).to_have_text(re.compile("Attempt 2 *200"))
    expect(page.locator("#delivery-heading .status")).to_have_text("sent")
    first, second = receiver.wait_for(2)
    assert first.body == second.body
    check()


def test_the_session_is_switched(hand: Hand, watched: Watched) -> None:
    """All pages and buttons are then about the other one."""
    hand.call("POST", "/__admin/sessions", {"id": "checkout-7", "clock": {"mode": "frozen"}})
    page = watched.page
    live(page, f"{hand.url}/__admin/")
    page.get_by_label("Session", exact=True).select_option("checkout-7")
    expect(page.get_by_role("heading", level=1)).to_have_text("Session checkout-7")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "on")
    before = hand.call("GET", "/__admin/clock")["now"]
    shown = page.locator("#clock-bar time").get_attribute("datetime")
    press(page, "+1 h")
    expect(page.locator("#clock-bar time")).not_to_have_attribute("datetime", str(shown))
    assert hand.call("GET", "/__admin/clock")["now"] == before
    page.get_by_role("link", name="Jobs", exact=True).first.click()
    expect(page).to_have_url(f"{hand.url}{UI}/jobs?session=checkout-7")


def test_a_session_that_ends_is_told(hand: Hand, watched: Watched) -> None:
    """Whoever looks at it learns that there is nothing more to see."""
    hand.call("POST", "/__admin/sessions", {"id": "short"})
    live(watched.page, f"{hand.url}/__admin/?session=short")
    hand.call("DELETE", "/__admin/sessions/short")
    expect(watched.page.locator("#told")).to_contain_text("This session has ended")
    expect(watched.page.locator("#live-state")).to_have_text("session ended")
    watched.errors.clear()  # the console tells of a page that is gone


def test_fault_rules_are_added_and_deleted(hand: Hand, watched: Watched) -> None:
    """What the form leaves open is left to the rule's own values."""
    page = watched.page
    live(page, f"{hand.url}{UI}/faults")
    page.get_by_label("Operation").select_option("createExpansion")
    page.get_by_label("Fault", exact=True).select_option("INTERNAL_ERROR")
    page.get_by_label("Times").fill("2")
    press(page, "add")
    expect(page.get_by_role("row").filter(has_text="INTERNAL_ERROR")).to_be_visible()
    (rule,) = hand.call("GET", "/__admin/faults")["faults"]
    assert (rule["operation"], rule["fault"], rule["times"]) == ("createExpansion", "INTERNAL_ERROR", 2)
    press(page, "delete")
    expect(page.get_by_text("No rule is in force.")).to_be_visible()
    assert hand.call("GET", "/__admin/faults")["faults"] == []


def test_a_behaviour_is_set_and_let_go(hand: Hand, watched: Watched) -> None:
    """Its card shows who has set it."""
    name = "idempotency.same-key-other-body"
    page = watched.page
    live(page, f"{hand.url}{UI}/behaviours")
    card = page.locator(f'[id="behaviour-{name}"]')
    card.get_by_role("button", name="conflict-409").click()
    expect(card).to_contain_text("set by session")
    card.get_by_role("button", name="let go").click()
    expect(card).to_contain_text("set by contract")


def test_what_the_server_refuses_is_told(hand: Hand, watched: Watched) -> None:
    """In its own words; nothing has moved."""
    page = watched.page
    live(page, f"{hand.url}{UI}/clock")
    page.get_by_label("Advance by").fill("soon")
    page.get_by_label("Advance by").press("Enter")
    expect(page.locator("#told .refused")).to_contain_text("'soon' is no duration")
    assert hand.call("GET", "/__admin/clock")["now"] == "2026-07-06T09:00:00.000Z"
    watched.errors.clear()  # the console tells of the refusal, too


def test_what_fired_is_listed(hand: Hand, watched: Watched) -> None:
    """On the clock's page it stays."""
    hand.make_job("A1")
    page = watched.page
    live(page, f"{hand.url}{UI}/clock")
    page.get_by_label("Advance by").fill("90s")
    press(page, "advance")
    expect(page.locator("[data-fired] li")).to_have_text(
        [re.compile(r"^09:00:01\.000 job\.transition"), re.compile(r"^09:00:04\.000 job\.transition.*completed$")]
    )


def test_pages_are_read_without_script(hand: Hand, browser: Browser) -> None:
    """Everything is there but the buttons, and the page says how to act; the session is switched by a form."""
    hand.call("POST", "/__admin/sessions", {"id": "checkout-7"})
    job_id = hand.make_job("A1 At the station")
    with watching(browser, java_script_enabled=False) as watched:
        page = watched.page
        page.goto(f"{hand.url}{UI}/jobs")
        expect(page.get_by_role("row").filter(has_text="A1 At the station")).to_contain_text("queued")
        expect(page.get_by_role("button", name="complete")).to_be_hidden()
        expect(page.get_by_role("button", name="+1 s")).to_be_hidden()
        expect(page.get_by_text("Without script the pages can be read")).to_be_visible()
        page.goto(f"{hand.url}{UI}/jobs/{job_id}")
        expect(page.locator("svg .bar-queued")).to_be_visible()
        page.get_by_label("Session", exact=True).select_option("checkout-7")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Session checkout-7")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_no_page_is_wider_than_the_window(hand: Hand, browser: Browser, width: int, scheme: str) -> None:
    """Tables and drawings scroll in themselves; both schemes have their own paper."""
    job_id = hand.make_job("A title without any end " * 9)
    hand.call("GET", f"/v1/{'long-' * 90}")
    with watching(browser, viewport={"width": width, "height": 800}, color_scheme=scheme) as watched:
        areas = ("jobs", f"jobs/{job_id}", "requests", "near-misses", "deliveries", "faults", "behaviours", "sessions")
        for path in ("/__admin/", *(f"{UI}/{area}" for area in areas)):
            watched.page.goto(f"{hand.url}{path}")
            assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        paper = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == {"light": "rgb(247, 247, 244)", "dark": "rgb(20, 24, 26)"}[scheme]


def test_keyboard_is_enough(hand: Hand, watched: Watched) -> None:
    """The first stop leads past the menu, and where one is can be seen."""
    page = watched.page
    live(page, f"{hand.url}{UI}/jobs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    button = page.get_by_role("button", name="+1 s", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#clock-bar .hour")).to_have_text("09:00:01.000")
    expect(button).to_be_focused()


TOKEN = "a-token-of-thirty-two-characters"


def test_a_token_is_asked_for_once_and_kept_nowhere(start_server: StartServer, browser: Browser) -> None:
    """Without it a page shows nothing; with it everything works, and no address, cookie or storage holds it."""
    server = start_server("--admin-token", TOKEN, "--clock", "2026-07-06T09:00:00Z")
    hand = Hand(server, {"Authorization": f"Bearer {TOKEN}"})
    Hand(server).make_job("A1 At the station")
    with watching(browser) as watched:
        page = watched.page
        page.goto(f"{server.url}{UI}/jobs")
        expect(page.get_by_role("heading")).to_have_text("This server asks for its admin token")
        assert "A1 At the station" not in page.content()
        page.get_by_label("Admin token").fill("wrong")
        press(page, "Open")
        expect(page.get_by_text("That is not the token.")).to_be_visible()
        page.get_by_label("Admin token").fill(TOKEN)
        page.get_by_label("Admin token").press("Enter")
        row = page.get_by_role("row").filter(has_text="A1 At the station")
        expect(row).to_be_visible()
        expect(page.locator("#live-state")).to_have_attribute("data-state", "on")
        press(page, "+1 min")
        expect(row.locator(".status")).to_have_text("completed")
        page.get_by_role("link", name="Clock", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Clock")
        expect(page).to_have_url(f"{server.url}{UI}/clock")
        page.go_back()
        expect(row).to_be_visible()
        hand.call("POST", "/__admin/sessions", {"id": "checkout-7"})
        page.get_by_role("link", name="Sessions", exact=True).click()
        page.get_by_label("Session", exact=True).select_option("checkout-7")
        expect(page.get_by_role("heading", level=1)).to_have_text("Session checkout-7")
        kept = page.evaluate(
            "JSON.stringify([location.href, document.cookie, {...localStorage}, {...sessionStorage}, history.state])"
        )
        assert TOKEN not in kept + page.content()
        assert page.context.cookies() == []
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("This server asks for its admin token")
        assert watched.violations == []


def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """These tests fail without Chromium, they are not skipped; the sentence says how it comes."""
    monkeypatch.setattr("mock_server.tests.dashboard.browser.CHROMIUM", tmp_path / "chromium")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"), chromium():
        pass
