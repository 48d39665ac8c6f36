"""What a target says, in every form of report: it stays text."""

from __future__ import annotations

import json
import re
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from contract_tests.tests.report.hostile import HOSTILE
from contract_tests.tests.report.judged import NOW, exchange, outcome
from markdown_it import MarkdownIt
from rich.console import Console

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.report import WRITERS
from tutorflow_conformance.report.as_json import digest
from tutorflow_conformance.report.as_markdown import code, escaped
from tutorflow_conformance.report.escaping import cut, line, visible
from tutorflow_conformance.report.terminal import show
from tutorflow_conformance.results import Finding
from tutorflow_openapi import load_requirements

ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200f\u2028\ud800-\udfff]")


@pytest.mark.parametrize("form", WRITERS)
def test_a_report_can_be_written_whatever_a_target_said(form: str, hostile: Verdict) -> None:
    """Each form is text in UTF-8 without a control character."""
    text = WRITERS[form](hostile)
    assert text.encode()
    assert not ACTS.search(text)


def test_json_keeps_every_text_as_it_was(hostile: Verdict) -> None:
    """The JSON report is ASCII, and holds what was said to the last character."""
    text = WRITERS["json"](hostile)
    assert text.isascii()
    found = json.loads(text)
    told = [finding["observed"] for row in found["requirements"] for finding in row["findings"]]
    assert sorted(told) == sorted(HOSTILE)
    assert digest(found) == found["digest"]


def test_junit_holds_no_element_of_the_targets(hostile: Verdict) -> None:
    """The XML is well formed, and every element is one of ours."""
    names = {each.tag for each in ET.fromstring(WRITERS["junit"](hostile)).iter()}  # noqa: S314 - our own report
    assert names <= {
        *("testsuites", "testsuite", "testcase", "properties", "property"),
        *("failure", "error", "skipped", "system-out"),
    }


def test_markdown_renders_nothing_of_the_targets(hostile: Verdict) -> None:
    """A renderer of Markdown finds no HTML but ours, no link and no image, and no table or heading of the target."""
    text = WRITERS["markdown"](hostile)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert {each.type for each in inline} <= {
        *("text", "softbreak", "code_inline", "strong_open", "strong_close", "em_open", "em_close", "text_special"),
    }
    blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert blocks <= {"<details><summary>Reproduce</summary>", "<details><summary>Not tested</summary>", "</details>"}
    assert sum(token.type == "table_open" for token in tokens) == 1
    headings = [tokens[number + 1].content for number, token in enumerate(tokens) if token.type == "heading_open"]
    assert all(re.match(r"Contract|failed: |error: ", each) for each in headings)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_code_span_holds_all_of_a_text(text: str) -> None:
    """Whatever ticks a text has, it is one code span and nothing else."""
    (block,) = (token for token in MarkdownIt().parse(f"- {code(text)}") if token.type == "inline")
    assert [child.type for child in block.children or []] == ["code_inline"]
    assert MarkdownIt().render(escaped(text)).count("<a ") == 0


def test_an_empty_text_is_said_to_be_empty() -> None:
    """A code span cannot hold nothing."""
    assert code(" ") == "*nothing*"


def test_the_terminal_is_not_steered(hostile: Verdict) -> None:
    """No escape sequence of the target's reaches a terminal, no markup is read, and no verdict is forged."""
    to = StringIO()
    show(hostile, Console(file=to, width=140, highlight=False, force_terminal=False))
    shown = to.getvalue()
    assert not ACTS.search(shown)
    assert "[bold red]rich markup[/]" in shown
    assert [row for row in shown.splitlines() if row.startswith("conformant")] == []
    assert "\\x1b[31mred" in shown


def test_workflow_commands_cannot_be_forged_on_a_line_of_their_own(hostile: Verdict) -> None:
    """What CI reads from the output begins a line; ours are indented or told in one line."""
    to = StringIO()
    show(hostile, Console(file=to, width=140, highlight=False))
    assert not re.search(r"^(::|##\[)", to.getvalue(), re.MULTILINE)


def test_what_acts_becomes_visible() -> None:
    """Control characters and turns of direction are escapes; a text in one line keeps none of its line feeds."""
    assert visible("a\x1bb\u202ec\n\td\ud800") == "a\\x1bb\\u202ec\n\td\\ud800"
    assert line("a\nb\tc") == "a\\nb\\tc"
    assert cut("abc", 2) == "ab… (3 characters)"
    assert cut("ab", 2) == "ab"


def test_a_step_summary_stays_below_a_megabyte() -> None:
    """However much there is to say, GitHub takes the summary, and is told what is missing."""
    long = "`<b>é" * 4000
    exchanges = [exchange(1, "POST", "/v1/x", body=b"{" + b"a" * 15_000 + b"}")]
    findings = [Finding(name, "failed", long, long, ("x-0001",)) for name in load_requirements() for _ in range(3)]
    text = WRITERS["markdown"](outcome(*findings, exchanges=exchanges).verdict(NOW))
    assert len(text.encode()) <= 1_000_100
    assert re.search(r"… and \d+ more: see the other reports", text)
