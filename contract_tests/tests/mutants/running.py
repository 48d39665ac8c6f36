"""Defects of a job's life, and of reading its status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract_tests.tests.mutants.bench import Answer, Ask, Call, edited, error, job
from contract_tests.tests.mutants.catalogue import mutant
from contract_tests.tests.mutants.creating import CREATE, READS

ENDED = {"completed", "failed"}
STATUS = "getExpansion"


def rewound(node: Any, status: str = "processing") -> None:
    """Make a job look as if it had not ended."""
    job(node).update(status=status, completedAt=None)
    for row in node["outputs"]:
        row.update(status=status, resourceId=None, manifest=None)


def clock_of(call: Call) -> str:
    """Return the present instant of the run's session."""
    aside = {name: value for name, value in call.environ.items() if not name.startswith(("HTTP_AUTH", "CONTENT_"))}
    asked = replace(call, environ=aside, body=b"").to("GET", "/__admin/clock")
    return str(
        call.world.ask(asked.under("X-Mock-Session", call.world.session).under("Authorization", None)).json["now"]
    )


@mutant("M005", 9, "LIFE-003", also="LIFE-002 LIFE-007 LIFE-006", because="the job goes back")
def a_sweeper_reopens_jobs(call: Call, ask: Ask) -> Answer:
    """A terminal job is silently reopened after an hour by a retry sweeper."""

    def swept(node: Any) -> None:
        if node["status"] in ENDED and node["completedAt"][:13] != clock_of(call)[:13]:
            rewound(node)

    return edited(call, ask, STATUS, swept)


@mutant(
    "M007",
    9,
    "LIFE-002 STAT-008",
    also="LIFE-003 LIFE-006 LIFE-007 LIFE-013 IDEM-010 LIFE-009 HOOK-014 HOOK-015",
    because="whatever looks at that read sees an old state",
)
def a_replica_lags(call: Call, ask: Ask) -> Answer:
    """A stale read replica: 1 in 30 status reads shows the previous state."""
    answer = ask(call)
    if call.operation != STATUS or not answer.is_fine:
        return answer
    shown: list[Answer] = call.world.table("shown").setdefault(call.name, [])
    if not shown or shown[-1].json["status"] != answer.json["status"]:
        shown.append(answer)
    if call.world.count("reads") >= 30 and len(shown) > 1:
        call.world.kept["reads"] = 0
        return shown[-2]
    return answer


@mutant(
    "M047",
    6,
    "LIFE-002 LIFE-003",
    also="LIFE-006 LIFE-007 LIFE-009 IDEM-010 LIFE-013 HOOK-014 HOOK-015",
    because="whatever looks at that read sees an old state",
)
def completed_goes_back(call: Call, ask: Ask) -> Answer:
    """Status goes completed → processing from the fifth read on."""

    def back(node: Any) -> None:
        late = call.world.count(call.name) >= 5 and call.world.kept.get(f"{call.name} ended")
        call.world.kept[f"{call.name} ended"] = node["status"] == "completed"
        if late and node["status"] == "completed":
            rewound(node)

    return edited(call, ask, STATUS, back)


@mutant("M049", 6, "LIFE-004", also="LIFE-011", because="C has a video as well")
def videos_never_end(call: Call, ask: Ask) -> Answer:
    """A job stays `processing` for ever for one output type."""

    def stuck(node: Any) -> None:
        if "summary_video" in job(node)["requestedOutputs"] and job(node)["status"] in ENDED:
            rewound(node)

    return edited(call, ask, READS, stuck)


@mutant(
    "M051",
    6,
    "LIFE-005 RES-011",
    also="HTTP-008 HOOK-014 HOOK-007 RES-002 HOOK-006 IDEM-002 STAT-006",
    because="all else is told of a completed job",
)
def failed_without_a_reason(call: Call, ask: Ask) -> Answer:
    """The job is `failed`, every output completed, no error given."""

    def failed(node: Any) -> None:
        if job(node)["status"] in ENDED:
            job(node).update(status="failed", error=None)
            for row in node["outputs"]:
                row.update(status="completed", error=None)

    return edited(call, ask, f"{CREATE} {READS}", failed)


@mutant("M053", 6, "LIFE-007", also="IDEM-010 LIFE-009 HOOK-014", because="they compare the instant as well")
def the_end_moves(call: Call, ask: Ask) -> Answer:
    """`completedAt` is changed by each read."""

    def later(node: Any) -> None:
        if node["completedAt"]:
            node["completedAt"] = f"{node['completedAt'][:-4]}{call.world.count('reads') % 1000:03}Z"
            node["completedAt"] = max(node["completedAt"], node["createdAt"])

    return edited(call, ask, STATUS, later)


@mutant("M255", 6, "LIFE-007", also="HTTP-008 STAT-005", because="the document wants null before the end")
def an_end_before_the_end(call: Call, ask: Ask) -> Answer:
    """`completedAt` is set while the job is under way."""

    def early(node: Any) -> None:
        node["completedAt"] = node["completedAt"] or node["updatedAt"]

    return edited(call, ask, STATUS, early)


@mutant(
    "M057", 6, "LIFE-006", also="HTTP-008 RES-010 LIFE-002 LIFE-010", because="a state that the document does not have"
)
def outputs_run_ahead(call: Call, ask: Ask) -> Answer:
    """An output row is `completed` while the job is `queued`."""

    def ahead(node: Any) -> None:
        if node["status"] == "queued":
            node["outputs"][0]["status"] = "completed"

    return edited(call, ask, STATUS, ahead)


@mutant(
    "M254",
    1,
    "LIFE-001",
    also="HTTP-008 LIFE-006 RES-010 STAT-001 STAT-006 LIFE-004 HOOK-015 HOOK-014 RES-011",
    because="nobody knows that word for a state",
)
def running_is_no_state(call: Call, ask: Ask) -> Answer:
    """A job that is processed is said to be `running`."""

    def running(node: Any) -> None:
        if node["status"] == "processing":
            node["status"] = "running"

    return edited(call, ask, STATUS, running)


@mutant("M256", 6, "LIFE-009", also="IDEM-010 HOOK-014", because="M's fields change while others go on")
def jobs_touch_each_other(call: Call, ask: Ask) -> Answer:
    """A create changes `updatedAt` of all other jobs."""
    made = call.world.list("made")

    def touched(node: Any) -> None:
        if call.operation == CREATE and node["id"] not in made:
            made.append(node["id"])
        if call.operation == STATUS and node["completedAt"] and made[-1:] != [node["id"]]:
            node["updatedAt"] = f"{node['updatedAt'][:-4]}{len(made) + 500:03}Z"

    return edited(call, ask, f"{CREATE} {STATUS}", touched)


@mutant("M257", 6, "LIFE-010", also="LIFE-006 HTTP-008", because="the rows are shown in each other's states")
def the_video_comes_first(call: Call, ask: Ask) -> Answer:
    """Outputs are generated in the order video, module."""

    def swapped(node: Any) -> None:
        rows = node["outputs"]
        if len(rows) > 1 and rows[0]["status"] != rows[1]["status"]:
            rows[0]["status"], rows[1]["status"] = rows[1]["status"], rows[0]["status"]

    return edited(call, ask, STATUS, swapped)


@mutant("M258", 6, "LIFE-011")
def equal_content_waits_for_ever(call: Call, ask: Ask) -> Answer:
    """The second job with the same content never ends."""
    firsts = call.world.table("firsts")

    def stuck(node: Any) -> None:
        name = node["id"]
        if call.operation == CREATE:
            firsts.setdefault(call.body, name)
            if call.bearer.endswith(str(call.world.given.other_api_key)) or firsts[call.body] == name:
                return
            call.world.list("stuck").append(name)
        elif name in call.world.list("stuck") and node["status"] in ENDED:
            rewound(node)

    return edited(call, ask, f"{CREATE} {STATUS}", stuck)


@mutant("M259", 6, "LIFE-013", also="IDEM-010", because="it may be seen there")
def updates_go_back(call: Call, ask: Ask) -> Answer:
    """`updatedAt` decreases from read to read."""

    def earlier(node: Any) -> None:
        node["updatedAt"] = f"2026-01-01T00:00:00.{max(0, 900 - call.world.count('reads')):03}Z"

    return edited(call, ask, STATUS, earlier)


@mutant("M260", 1, "STAT-001", also="HTTP-008", because="the document has no 202 here")
def a_status_of_202(call: Call, ask: Ask) -> Answer:
    """Status answers 202 while a job is under way."""
    answer = ask(call)
    early = call.operation == STATUS and answer.is_fine and answer.json["status"] not in ENDED
    return Answer(202, answer.headers, answer.body) if early else answer


@mutant("M261", 4, "STAT-002", also="STAT-005 RES-002", because="the id is wrong for them as well")
def another_id_comes_back(call: Call, ask: Ask) -> Answer:
    """Status answers with another id than the path's."""

    def other(node: Any) -> None:
        node["id"] = node["outputs"][0]["id"]

    return edited(call, ask, STATUS, other)


@mutant(
    "M131",
    2,
    "STAT-003",
    also="RES-014 STAT-004 RATE-001 RATE-007 HTTP-008 AUTH-011 ERR-010",
    because="the result has it as well, the document has no nulls, foreign jobs are unknown ones",
)
def unknown_jobs_are_null(call: Call, ask: Ask) -> Answer:
    """An unknown job id answers 200 with nulls."""
    answer = ask(call)
    is_read = call.operation in READS.split() and answer.status == 404
    return Answer(200).saying({"id": None, "status": None, "outputs": None}) if is_read else answer


@mutant("M262", 2, "STAT-004", also="ERR-011", because="it is a 500")
def malformed_ids_break(call: Call, ask: Ask) -> Answer:
    """A malformed id is answered 500."""
    is_odd = call.operation == STATUS and "drop table" in call.path
    return error(500, "content_internal_error") if is_odd else ask(call)


@mutant("M263", 5, "STAT-005", also="LIFE-009", because="another job's traffic moves it")
def births_move(call: Call, ask: Ask) -> Answer:
    """`createdAt` is that of the last change."""
    return edited(call, ask, STATUS, lambda node: node.update(createdAt=node["updatedAt"]))


@mutant(
    "M077",
    5,
    "STAT-007 STAT-005",
    also="IDEM-003 HOOK-014 HTTP-008",
    because="whatever compares the outputs asked for sees it",
)
def all_outputs_were_asked_for(call: Call, ask: Ask) -> Answer:
    """`requestedOutputs` in status differs from the request."""
    every = ["interactive_module", "summary_video", "expanded_quiz"]
    return edited(call, ask, STATUS, lambda node: node.update(requestedOutputs=every))


@mutant("M264", 6, "STAT-006")
def reading_drives_jobs(call: Call, ask: Ask) -> Answer:
    """A job goes on only when somebody reads it."""

    def driven(node: Any) -> None:
        if call.world.count(call.name) == 1 and node["status"] in ENDED:
            rewound(node, "queued")

    return edited(call, ask, STATUS, driven)


@mutant("M265", 9, "STAT-008", also="LIFE-002 LIFE-006 LIFE-007 LIFE-013", because="they look at those reads as well")
def parallel_readers_lag(call: Call, ask: Ask) -> Answer:
    """One of several readers is served by a replica that lags by a state."""
    answer = ask(call)
    if call.operation != STATUS or not answer.is_fine:
        return answer
    shown: list[Answer] = call.world.table("shown").setdefault(call.name, [])
    if not shown or shown[-1].json["status"] != answer.json["status"]:
        shown.append(answer)
    is_lagging = call.world.count(call.name) > 8 and call.world.count("readers") % 4 == 0 and len(shown) > 1
    return shown[-2] if is_lagging else answer
