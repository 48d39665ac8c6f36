"""The HTML report in a real browser: it draws, it filters without a script, and nothing of the target's acts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contract_tests.tests.report.hostile import HOSTILE
from contract_tests.tests.report.judged import NOW, POWER, exchange, outcome
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from tutorflow_conformance.outcome import Outcome, Verdict
from tutorflow_conformance.report.as_html import write
from tutorflow_conformance.results import Finding, Result

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_WATCH = "document.addEventListener('securitypolicyviolation', e => told(`${e.violatedDirective} ${e.blockedURI}`))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the module."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing, and these tests need it: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield running
        running.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """A function that opens a report; at its end nothing may have gone wrong in the page."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1160, "height": 900})

    def told(what: str) -> None:
        wrong.append(what)

    def dismiss(dialog: Dialog) -> None:
        wrong.append(f"dialog {dialog.message}")
        dialog.dismiss()

    context.expose_function("told", told)  # pyright: ignore[reportUnknownMemberType]
    context.add_init_script(_WATCH)

    def open_report(verdict: Verdict) -> Page:
        file = tmp_path / "report.html"
        file.write_text(write(verdict), encoding="utf-8")
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", dismiss)
        page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
        page.goto(file.as_uri())
        return page

    yield open_report
    context.close()
    assert wrong == []


def test_a_whole_run_is_drawn(opened: Any, whole_run: Outcome) -> None:
    """Thirteen sections, a timeline with states and deliveries, every requirement, what was spent."""
    page: Page = opened(whole_run.verdict(NOW))
    assert page.title() == "conformant: contract 2026-07"
    assert page.locator("#coverage svg text:not(.on):not(.soft)").count() == 13
    assert page.locator("#requirements tr.row").count() == 182
    assert page.locator("#timeline rect").count() >= 3
    assert page.locator("#timeline path").count() >= 2
    assert page.locator("#spend").inner_text().count(str(whole_run.spend.requests)) >= 1
    assert page.locator("#exchanges tbody tr").count() == len(whole_run.evidence.exchanges)
    boxes = [each.bounding_box() for each in page.locator("#coverage rect.f-passed").all()]
    assert all(box and box["width"] > 1 and box["height"] > 1 for box in boxes)


def test_states_are_filtered_without_a_script(opened: Any) -> None:
    """A click on a state leaves its rows, and the sections that have some."""
    finding = Finding("IDEM-003", "failed", "one job", "two jobs", ("x-0001",))
    reasons = {"HOOK-001": Result("HOOK-001", "skipped", "not configured: a receiver")}
    page: Page = opened(outcome(finding, exchanges=[exchange(1)], results=reasons).verdict(NOW))
    rows = page.locator("#requirements tr.row:visible")
    assert rows.count() == 182
    page.get_by_text("failed 1", exact=True).click()
    assert rows.count() == 1
    assert page.locator("#requirements tr.section:visible").count() == 1
    page.get_by_text("skipped 1", exact=True).click()
    assert "not configured" in rows.inner_text()
    page.get_by_text("all 182", exact=True).click()
    assert rows.count() == 182


def test_a_finding_opens_into_all_that_shows_it(opened: Any) -> None:
    """Sentence, level, provenance, sources, expected, observed, request, answer and the script."""
    finding = Finding("IDEM-003", "mismatch", "one job", "two jobs", ("x-0001",), "a.behaviour=value")
    sent = exchange(1, "POST", "/v1/x", body=b'{"sent": 1}', answered=(200, b'{"got": 2}'), step="m.create")
    page: Page = opened(outcome(finding, exchanges=[sent], power=POWER).verdict(NOW))
    for summary in page.locator("#findings summary").all():
        if summary.locator("..").get_attribute("open") is None:
            summary.click()
    told = page.locator("#finding-IDEM-003").inner_text()
    for part in ("Same key, other body", "MUST", "documented", "one job", "two jobs", "a.behaviour=value"):
        assert part in told
    for part in ('{"sent": 1}', '{"got": 2}', "curl -sS", "$TUTORFLOW_CONTENT_API_KEY", "F-0"):
        assert part in told
    assert "43 of 71" in page.locator("#power").inner_text()


def test_hostile_texts_stay_text(opened: Any, hostile: Verdict) -> None:
    """Forty texts in every place that a target can reach: no dialog, no request, no element, and all of them read."""
    page: Page = opened(hostile)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    for place in page.locator("summary").all()[:20]:
        place.hover()
    forbidden = "script, iframe, img, form, button, base, link, object, embed, a[href^=javascript]"
    assert page.locator(f"body :is({forbidden})").count() == 0
    assert page.locator("style").count() == 1
    text = page.locator("body").inner_text()
    for each in HOSTILE[:20]:
        assert each in text
    assert HOSTILE[23] in text
    assert "\\u202etxt.exe" in text
    assert "\\x1b[31m" in text


def test_the_page_holds_its_own_policy_and_nothing_else(whole_verdict: Verdict) -> None:
    """No script, no address that is loaded, a policy that allows the one style sheet by its digest."""
    text = write(whole_verdict)
    assert "<script" not in text
    assert "default-src 'none'; style-src 'sha256-" in text
    assert " style=" not in text
    assert "unsafe-inline" not in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_can_be_read(scheme: Any, browser: Browser, tmp_path: Path, whole_verdict: Verdict) -> None:
    """Text and ground differ enough in light and dark, and nothing is wider than a small screen."""
    file = tmp_path / "report.html"
    file.write_text(write(whole_verdict), encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 400, "height": 800})
    page = context.new_page()
    page.goto(file.as_uri())
    colours = page.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    light, dark = sorted((_luminance(colour) for colour in colours), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 7
    assert (_luminance(colours[1]) > 0.5) == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    context.close()


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_run_without_a_job_has_no_timeline(opened: Any) -> None:
    """What was not seen is not drawn, and a run that found nothing says so."""
    page: Page = opened(
        outcome(is_interrupted=True, is_lost=True, headline="the target was lost: refused").verdict(NOW)
    )
    assert page.locator("#timeline").count() == 0
    assert page.locator("#findings").inner_text().endswith("None.")
    assert "interrupted" in page.locator("header").inner_text()
    assert "the target was lost: refused" in page.locator("header").inner_text()
