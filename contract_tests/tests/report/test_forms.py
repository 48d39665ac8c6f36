"""JSON by its schema, SARIF by what readers of it demand, JUnit by what CI reads; each of runs of all kinds."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from contract_tests.tests.report.judged import HINT, JOB, NOW, POWER, exchange, outcome
from rich.console import Console

from tutorflow_conformance.evidence import Arrival
from tutorflow_conformance.outcome import Known, Verdict
from tutorflow_conformance.report import WRITERS
from tutorflow_conformance.report.as_json import schema
from tutorflow_conformance.report.terminal import show
from tutorflow_conformance.results import Finding, Result

CREATE = "/v1/content/integrations/expansions"
KNOWN = Known("IDEM-003", "conflict-409", "ticket 4711", date(2027, 1, 31))
UNUSED = Known("AUTH-001", "no such thing", "never", date(2027, 1, 31))


def faulty() -> Verdict:
    """Return a verdict with a finding of each state, one of them known, and what else a report can hold."""
    made = exchange(
        1, "POST", CREATE, operation="createExpansion", body=b"\xff", answered=(200, json.dumps({"id": JOB}).encode())
    )
    lost = exchange(2, "GET", f"{CREATE}/{JOB}", operation="getExpansion", answered=(0, b""))
    body = json.dumps({"jobId": JOB}).encode()
    return outcome(
        Finding("IDEM-003", "mismatch", "one job", "409", ("x-0001",), "idempotency.same-key-other-body=conflict-409"),
        Finding("LIFE-003", "failed", "final", "not final", ("x-0001", "x-0002", "d-0001")),
        Finding("ERR-012", "warning", "short", "long", ()),
        exchanges=[made, lost],
        arrivals=[Arrival(1, "both", 2.0, (("X", "y"),), body, 200, {"signature": "valid"})],
        results={
            "HTTP-006": Result("HTTP-006", "skipped", "not configured: https"),
            "HTTP-001": Result("HTTP-001", "error", "the step broke"),
            "HTTP-002": Result("HTTP-002", "unsupported", "answered 404"),
            "HTTP-003": Result("HTTP-003", "inconclusive", "no answer"),
        },
        power=POWER,
        notes={"M": JOB},
        left=("key ct-7f21abcd-low",),
    ).verdict(NOW, ("mismatch",), (KNOWN, UNUSED))


VERDICTS: dict[str, Callable[[], Verdict]] = {
    "faulty": faulty,
    "fine": lambda: outcome().verdict(NOW),
    "interrupted": lambda: outcome(is_interrupted=True).verdict(NOW),
    "refused": lambda: outcome(was_refused=True, headline="the key was refused").verdict(NOW),
    "lost": lambda: outcome(results={"CRE-001": Result("CRE-001", "error", "lost")}, is_lost=True).verdict(NOW),
    "known": lambda: outcome(Finding("AUTH-001", "failed", "x", "no such thing")).verdict(NOW, (), (UNUSED,)),
    "stale": lambda: outcome().verdict(NOW, (), (UNUSED,)),
    "nothing": lambda: outcome(
        results={name: Result(name, "skipped", "mode: free") for name in outcome().results}
    ).verdict(NOW),
}


def problems(document: Any) -> list[str]:
    """Return what a report breaks of the schema."""
    checker: Any = jsonschema.Draft202012Validator(
        schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [f"{list(error.path)}: {error.message}" for error in checker.iter_errors(document)]


def test_the_schema_is_one() -> None:
    """The schema keeps the rules of its own language."""
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("kind", VERDICTS)
def test_every_report_keeps_the_schema(kind: str) -> None:
    """Reports of all kinds of runs validate."""
    assert problems(json.loads(WRITERS["json"](VERDICTS[kind]()))) == []


def test_the_report_of_a_whole_run_keeps_the_schema(whole_verdict: Verdict) -> None:
    """So does the report of a real run, and its members say what the schema says."""
    found = json.loads(WRITERS["json"](whole_verdict))
    assert problems(found) == []
    assert found["verdict"] == "conformant"
    assert found["mode"] == "mock"
    assert found["spend"]["requests"] == len(found["exchanges"])
    assert sum(found["counts"].values()) == len(found["requirements"]) == 182


def test_the_schema_refuses_what_is_none() -> None:
    """A member that is missing, or of another kind, is noticed."""
    found = json.loads(WRITERS["json"](faulty()))
    for name in ("verdict", "requirements", "spend", "digest"):
        assert problems({key: value for key, value in found.items() if key != name})
    assert problems({**found, "verdict": "fine"})
    assert problems({**found, "exchanges": [{}]})


def test_a_finding_in_json_holds_all_that_is_known_of_it() -> None:
    """Requirement, sentence, level, provenance, source, expected, observed, exchanges, curl, and what is known."""
    found = json.loads(WRITERS["json"](faulty()))
    rows = {row["id"]: row for row in found["requirements"]}
    (finding,) = rows["LIFE-003"]["findings"]
    assert finding["sentence"] == rows["LIFE-003"]["sentence"]
    assert (finding["level"], finding["provenance"]) == ("MUST", rows["LIFE-003"]["provenance"])
    assert finding["source"]
    assert (finding["exchanges"], finding["deliveries"]) == (["x-0001", "x-0002"], ["d-0001"])
    assert "curl -sS" in finding["curl"]
    assert rows["IDEM-003"]["findings"][0]["known"]["reason"] == "ticket 4711"
    assert rows["IDEM-003"]["isKnown"]
    assert found["power"] == {
        "could_expose": 43,
        "of": 71,
        "by_tier": {
            "4": {"could_expose": 12, "of": 12},
            "5": {"could_expose": 12, "of": 14},
            "8": {"could_expose": 0, "of": 10},
        },
        "looks_like": [{"fault": "M071", "defect": HINT.defect, "similarity": 0.67}],
    }
    assert found["unusedBaseline"][0]["requirement"] == "AUTH-001"


def test_the_schema_knows_hints_and_reports_without_them() -> None:
    """A hint is a fault, its defect and a similarity; reports from before there were hints validate as well."""
    found = json.loads(WRITERS["json"](faulty()))
    (hint,) = found["power"]["looks_like"]
    older = {name: value for name, value in found["power"].items() if name != "looks_like"}
    assert problems({**found, "power": older}) == []
    for wrong in (
        {**hint, "similarity": 1.5},
        {**hint, "fault": "IDEM-003"},
        {"fault": "M071"},
        {**hint, "state": "x"},
    ):
        assert problems({**found, "power": {**found["power"], "looks_like": [wrong]}})


def terminal(verdict: Verdict) -> str:
    """Return what a terminal shows of a run."""
    to = io.StringIO()
    show(verdict, Console(file=to, width=140, highlight=False, force_terminal=False))
    return to.getvalue()


@pytest.mark.parametrize(
    "write", [terminal, WRITERS["html"], WRITERS["markdown"]], ids=["terminal", "html", "markdown"]
)
def test_a_hint_is_told_to_people_as_a_hint(write: Callable[[Verdict], str]) -> None:
    """The nearest known fault is named beside the detection power, with what it is not; without one, no line is."""
    told = write(faulty()).replace("\\", "")
    assert f"looks like M071: {HINT.defect} (a hint from known faults, not a finding)" in told
    assert told.index("43 of 71") < told.index("looks like M071")
    assert "looks like" not in write(outcome(power=replace(POWER, looks_like=())).verdict(NOW))


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_a_hint_is_no_finding(form: str) -> None:
    """What counts findings does not see it."""
    assert "M071" not in WRITERS[form](faulty())


SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "required": ["tool", "results", "invocations", "columnKind"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "help"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "helpUri": {"type": "string", "format": "uri"},
                                                "shortDescription": {"$ref": "#/$defs/text"},
                                                "help": {"$ref": "#/$defs/text"},
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"$ref": "#/$defs/text"},
                                "locations": {
                                    "minItems": 1,
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "region": {
                                                        "required": ["startLine"],
                                                        "properties": {"startLine": {"minimum": 1}},
                                                    }
                                                },
                                            }
                                        },
                                    },
                                },
                                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                                "suppressions": {
                                    "items": {
                                        "required": ["kind"],
                                        "properties": {
                                            "kind": {"enum": ["inSource", "external"]},
                                            "status": {"enum": ["accepted", "underReview", "rejected"]},
                                        },
                                    }
                                },
                            },
                        },
                    },
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                },
            },
        },
    },
    "$defs": {
        "text": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
    },
}  # what code scanning reads of SARIF 2.1.0; the whole schema accepted such a file when the form was made


@pytest.mark.parametrize("kind", VERDICTS)
def test_sarif_holds_what_code_scanning_reads(kind: str) -> None:
    """A rule for each requirement with findings, every result with its rule, level and place."""
    found = json.loads(WRITERS["sarif"](VERDICTS[kind]()))
    jsonschema.validate(found, SARIF)
    (run,) = found["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for row in run["results"]:
        assert rules[row["ruleIndex"]] == row["ruleId"]


def test_sarif_points_at_the_sentence_and_suppresses_what_is_known() -> None:
    """Level by state, the line of the requirement, the vendor's page as help, the baseline as suppression."""
    (run,) = json.loads(WRITERS["sarif"](faulty()))["runs"]
    rows = {row["ruleId"]: row for row in run["results"]}
    assert {name: row["level"] for name, row in rows.items()} == {
        "IDEM-003": "note",
        "LIFE-003": "error",
        "ERR-012": "warning",
    }
    assert rows["IDEM-003"]["suppressions"][0]["justification"] == "ticket 4711 (until 2027-01-31)"
    assert "suppressions" not in rows["LIFE-003"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["LIFE-003"]["helpUri"].startswith("https://tutorflow.io/resources/integrations/")
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "HTTP-001: the step broke"


def test_fingerprints_do_not_change_from_run_to_run() -> None:
    """Ids and dates in what was observed do not make another finding of it."""
    first = outcome(Finding("LIFE-003", "failed", "final", "x-0004: job 1")).verdict(NOW)
    again = outcome(Finding("LIFE-003", "failed", "final", "x-0009: job 2")).verdict(NOW)
    prints = [
        json.loads(WRITERS["sarif"](each))["runs"][0]["results"][0]["partialFingerprints"] for each in (first, again)
    ]
    assert prints[0] == prints[1]


@pytest.mark.parametrize("kind", VERDICTS)
def test_junit_counts_what_it_holds(kind: str) -> None:
    """A testcase a requirement, and every count that CI shows is the number of such elements."""
    root = ET.fromstring(WRITERS["junit"](VERDICTS[kind]()))  # noqa: S314 - our own report
    assert len(root.findall("./testsuite/testcase")) == 182
    for element in (root, *root.findall("testsuite")):
        assert int(element.get("tests", "")) == len(element.findall(".//testcase"))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(name, "")) == len(element.findall(f".//{tag}"))
        assert float(element.get("time", "")) >= 0


def test_junit_names_requirements_and_suites() -> None:
    """Name and class as people look for them; what is known passes and says so; what is not tested says why."""
    root = ET.fromstring(WRITERS["junit"](faulty()))  # noqa: S314 - our own report
    cases = {str(case.get("name")).partition(" ")[0]: case for case in root.findall("./testsuite/testcase")}
    assert cases["LIFE-003"].get("classname") == "test_40_lifecycle"
    failure = cases["LIFE-003"].find("failure")
    assert failure is not None
    assert failure.get("type") == "failed"
    assert "observed: not final" in str(failure.text)
    assert "curl -sS" in str(failure.text)
    assert cases["IDEM-003"].find("failure") is None
    known = cases["IDEM-003"].find("./properties/property[@name='known']")
    assert known is not None
    assert known.get("value") == "ticket 4711 (until 2027-01-31)"
    assert "one job" in str(cases["IDEM-003"].findtext("system-out"))
    assert cases["ERR-012"].find("failure") is None
    skipped = cases["HTTP-006"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "skipped: not configured: https"
    assert cases["HTTP-001"].find("error") is not None


def test_markdown_tells_the_verdict_first_and_the_findings_worst_first() -> None:
    """Verdict, counts, power, findings in the order of weight, known ones last, what was not tested folded."""
    text = WRITERS["markdown"](faulty())
    assert text.startswith("## Contract 2026-07: non-conformant\n")
    assert re.findall(r"^### (.*?): ", text, re.MULTILINE) == ["failed", "warning", "mismatch, known"]
    assert "43 of 71 known faults" in text
    assert "AUTH-001 (no such thing)" in text
    assert "left behind" in text


def test_har_is_read_by_replay(whole_verdict: Verdict) -> None:
    """The HAR has every exchange that was answered, in the form of version 1.2."""
    log = json.loads(WRITERS["record"](whole_verdict))["log"]
    assert log["version"] == "1.2"
    answered = [each for each in whole_verdict.outcome.evidence.exchanges if each.answer]
    assert len(log["entries"]) == len(answered)
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
