"""Defects of results."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false
from __future__ import annotations

from typing import Any

from contract_tests.tests.mutants.bench import Answer, Ask, Call, edited, job
from contract_tests.tests.mutants.catalogue import mutant
from contract_tests.tests.mutants.running import ENDED

RESULT = "getExpansionResult"


def finished(node: Any) -> bool:
    """Tell whether a result is that of a completed job."""
    return bool(job(node)["status"] == "completed")


def urls(node: Any, change: Any) -> None:
    """Change the public URLs of a result, single and combined, by their rows."""
    combined = {each["outputType"]: each for each in node["manifest"]["outputs"]} if node.get("manifest") else {}
    for row in node["outputs"]:
        if row.get("manifest"):
            shown = change(row, row["manifest"]["urls"]["publicUrl"])
            row["manifest"]["urls"]["publicUrl"] = shown
            if row["outputType"] in combined:
                combined[row["outputType"]]["urls"]["publicUrl"] = shown


@mutant("M266", 2, "RES-001", also="HOOK-013 EXP-006 HTTP-008", because="nobody gets a result")
def results_are_never_ready(call: Call, ask: Ask) -> Answer:
    """The result of a completed job answers 202 without a body."""
    answer = ask(call)
    late = call.operation == RESULT and answer.is_fine and finished(answer.json)
    return Answer(202).saying({}) if late else answer


@mutant("M075", 5, "RES-002 RES-010", also="RES-011", because="the result is ahead of status")
def results_are_always_completed(call: Call, ask: Ask) -> Answer:
    """`result.job.status` says completed while status says failed."""
    return edited(call, ask, RESULT, lambda node: job(node).update(status="completed"))


@mutant("M089", 4, "RES-003", also="RES-013 HOOK-013 RES-016", because="the rows are fewer than elsewhere")
def a_manifest_is_missing(call: Call, ask: Ask) -> Answer:
    """One manifest is missing."""
    return edited(call, ask, RESULT, lambda node: node["outputs"].pop() and None if finished(node) else None)


@mutant("M091", 4, "RES-003", also="RES-005 RES-013 RES-016 HTTP-008", because="the row is one too many elsewhere too")
def a_manifest_too_many(call: Call, ask: Ask) -> Answer:
    """An extra manifest for an output that was never asked for."""

    def extra(node: Any) -> None:
        if finished(node) and node["outputs"][-1]["outputType"] != "expanded_quiz":
            node["outputs"].append({**node["outputs"][-1], "outputType": "expanded_quiz", "resourceType": "test"})

    return edited(call, ask, RESULT, extra)


@mutant("M267", 4, "RES-004", also="HTTP-008", because="the document has no such type")
def modules_are_lessons(call: Call, ask: Ask) -> Answer:
    """`interactive_module` has the resource type `lesson`."""

    def renamed(node: Any) -> None:
        for row in node["outputs"]:
            row["resourceType"] = row["resourceType"].replace("module", "lesson")

    return edited(call, ask, RESULT, renamed)


@mutant("M093", 4, "RES-005", also="RES-013 EXP-003", because="the combined manifest names the real ones")
def one_resource_for_all(call: Call, ask: Ask) -> Answer:
    """The same `resourceId` for all outputs."""

    def same(node: Any) -> None:
        for row in node["outputs"]:
            row["resourceId"] = row["resourceId"] and node["outputs"][0]["resourceId"]

    return edited(call, ask, RESULT, same)


@mutant("M137", 1, "RES-005 HTTP-008", also="RES-013 RES-017", because="numbers are no marks of a job")
def resource_ids_are_numbers(call: Call, ask: Ask) -> Answer:
    """`outputs[].resourceId` is a number."""

    def numbered(node: Any) -> None:
        for number, row in enumerate(node["outputs"], 1):
            row["resourceId"] = row["resourceId"] and number

    return edited(call, ask, RESULT, numbered)


@mutant("M268", 6, "RES-006")
def share_links_change(call: Call, ask: Ask) -> Answer:
    """Share tokens change with each read."""
    number = call.world.count("reads")
    return edited(call, ask, RESULT, lambda node: urls(node, lambda _, url: f"{url[:-4]}{number:04}"))


@mutant("M269", 1, "RES-007", also="RES-008 HTTP-008 EXP-003", because="it is no share link either")
def urls_are_relative(call: Call, ask: Ask) -> Answer:
    """`publicUrl` is relative."""
    return edited(call, ask, RESULT, lambda node: urls(node, lambda _, url: url.replace("https://tutorflow.io", "")))


@mutant("M270", 4, "RES-008", also="HTTP-008", because="the document wants a share link")
def urls_are_internal(call: Call, ask: Ask) -> Answer:
    """Public URLs are under `/platform/`."""
    return edited(call, ask, RESULT, lambda node: urls(node, lambda _, url: url.replace("/share/", "/platform/")))


@mutant("M095", 4, "LIFE-012", also="RES-008 HTTP-008", because="it is no share link either")
def videos_are_rendered(call: Call, ask: Ask) -> Answer:
    """An MP4 URL in the video's manifest."""

    def rendered(row: Any, url: str) -> str:
        return f"{url}.mp4" if row["outputType"] == "summary_video" else url

    return edited(call, ask, RESULT, lambda node: urls(node, rendered))


@mutant("M271", 5, "RES-010", also="HTTP-008", because="a queued output has no manifest in the document")
def manifests_come_early(call: Call, ask: Ask) -> Answer:
    """A queued output has a manifest already."""

    def early(node: Any) -> None:
        for row in node["outputs"]:
            if row["status"] == "queued":
                row["manifest"] = {"title": "Soon", "urls": {"publicUrl": "https://tutorflow.io/share/module/soon"}}

    return edited(call, ask, RESULT, early)


@mutant("M272", 6, "RES-011", also="HTTP-008", because="the document wants an error")
def failures_are_silent(call: Call, ask: Ask) -> Answer:
    """The result of a failed job holds no error."""

    def silent(node: Any) -> None:
        job(node)["error"] = None
        for row in node["outputs"]:
            row["error"] = None

    return edited(call, ask, RESULT, silent)


@mutant("M273", 6, "RES-012", also="HTTP-008", because="a completed output has a manifest in the document")
def a_failure_takes_all(call: Call, ask: Ask) -> Answer:
    """A partial failure drops the finished manifests."""

    def dropped(node: Any) -> None:
        if job(node)["status"] == "failed":
            for row in node["outputs"]:
                row.update(manifest=None, resourceId=None)

    return edited(call, ask, RESULT, dropped)


@mutant("M274", 4, "RES-013", also="HTTP-008 EXP-003", because="the document has a combined manifest")
def no_combined_manifest(call: Call, ask: Ask) -> Answer:
    """There is no combined manifest."""
    return edited(call, ask, RESULT, lambda node: node.pop("manifest") and None)


@mutant(
    "M275",
    2,
    "RES-014",
    also="HTTP-008 AUTH-011 ERR-010",
    because="an empty object is no result, and foreign jobs are unknown ones",
)
def unknown_results_are_empty(call: Call, ask: Ask) -> Answer:
    """The result of an unknown job is an empty object."""
    answer = ask(call)
    return Answer(200).saying({}) if call.operation == RESULT and answer.status == 404 else answer


@mutant("M276", 4, "RES-015")
def results_show_the_prompt(call: Call, ask: Ask) -> Answer:
    """A result holds the prompt that it was made with."""

    def leaking(node: Any) -> None:
        for row in node["outputs"]:
            row["prompt"] = "Write a module about Hello, Min."

    return edited(call, ask, RESULT, leaking)


@mutant("M277", 4, "RES-016", also="LIFE-006 LIFE-010", because="they look at rows in their order")
def outputs_stand_backwards(call: Call, ask: Ask) -> Answer:
    """Outputs stand in reverse order."""
    return edited(call, ask, RESULT, lambda node: node["outputs"].reverse())


@mutant(
    "M073", 5, "RES-017 RES-002", also="HTTP-002 LIFE-006 LIFE-007 LIFE-009", because="the wrong job is shown to all"
)
def results_are_mixed_up(call: Call, ask: Ask) -> Answer:
    """The result of job A is returned for job B."""
    answer = ask(call)
    if call.operation == RESULT and answer.is_fine and job(answer.json)["status"] in ENDED:
        first: Answer = call.world.kept.setdefault("result", answer)
        return first
    return answer
