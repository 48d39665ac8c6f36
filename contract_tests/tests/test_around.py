"""What is sent around the suites, seen from a run: planned, printed, judged, and judged again from the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from contract_tests.tests.mutants.bench import CONTRACT

from tutorflow_conformance.cli import main
from tutorflow_conformance.evidence import Evidence, Remark, remark_of
from tutorflow_conformance.exchange import Answer, Exchange, Request
from tutorflow_conformance.judge import Claim, Judge, Undecided, judged
from tutorflow_openapi import load_requirements

REMARK = Remark("IDEM-001", "the idempotency machine", "createExpansion", "the job again", "another", ("x-0002",))


def run(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(words))


def test_a_run_with_everything_can_be_judged_again(tmp_path: Path) -> None:
    """On a mock, engine and machines keep to the bill, find nothing, name their seed; `verify` agrees."""
    report = tmp_path / "report.json"
    ran = run("run", "--target", "mock", "--only", "IDEM,HTTP", "--seed", "5", "--json", str(report))
    assert ran.exit_code == 0, ran.output
    assert "seed 5" in ran.output
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["remarks"] == []
    assert found["notes"]["seed"] == 5
    assert any(each["step"] == "fuzz" for each in found["exchanges"])
    assert all(found["spend"][purse] <= found["bill"][purse] for purse in ("requests", "jobs"))
    assert run("verify", str(report)).exit_code == 0


def test_a_plan_bills_what_is_sent_around() -> None:
    """`plan` has both steps, and neither with `--no-fuzz`, nor where no requirement of theirs is asked for."""
    steps = {
        words: {step["name"] for step in json.loads(run("plan", "--target", "mock", "--json", *words).output)["steps"]}
        for words in ((), ("--no-fuzz",), ("--only", "DISC"))
    }
    assert steps[()] >= {"fuzz", "machines"}
    assert not steps["--no-fuzz",] & {"fuzz", "machines"}
    assert not steps["--only", "DISC"] & {"fuzz", "machines"}


def evidence(*remarks: Remark) -> Evidence:
    """Return evidence of two creates, with remarks."""
    found = Evidence(CONTRACT)
    for number in (1, 2):
        found.add(Exchange(number, "m.create", "createExpansion", "key", 0, 1, Request("POST", "/"), Answer(200)))
    found.remarks.extend(remarks)
    return found


def fine(judge: Judge) -> None:
    """Find nothing wrong."""
    judge.must(holds=True, expected="nothing")


def wrong(judge: Judge) -> None:
    """Find the first exchange wrong."""
    judge.must(False, judge.one("m.create"), expected="another answer")  # noqa: FBT003 - the sentence does not hold


def undecided(_: Judge) -> None:
    """Decide nothing."""
    raise Undecided("nothing was seen")


@pytest.mark.parametrize(
    ("test", "remark", "state", "findings"),
    [
        (fine, REMARK, "failed", 1),
        (undecided, REMARK, "failed", 1),
        (wrong, REMARK, "failed", 1),
        (fine, Remark("IDEM-002", "a machine", None, "", "elsewhere"), "passed", 0),
        (fine, Remark("IDEM-001", "a machine", None, "", "it broke", is_ours=True), "error", 0),
        (wrong, Remark("IDEM-001", "a machine", "getExpansion", "", "at another operation"), "failed", 2),
    ],
)
def test_a_remark_raises_its_requirement(test: Any, remark: Remark, state: str, findings: int) -> None:
    """A remark counts like the test's own finding, unless the test found it at the same operation."""
    requirement = load_requirements()["IDEM-001"]
    result = judged(Claim("IDEM-001", test, ("m.create",)), requirement, evidence(remark), {})
    assert result.state == state
    assert len(result.findings) == findings


def test_a_remark_is_written_and_read() -> None:
    """What a report holds is what the judge saw."""
    plain = json.loads(json.dumps({name: getattr(REMARK, name) for name in Remark.__slots__}))
    assert remark_of(plain) == REMARK
