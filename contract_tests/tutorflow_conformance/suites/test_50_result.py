"""Result: one manifest per output, the same at every read, and nothing that does not belong there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import Exchange, items, member
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.redaction import MARK
from tutorflow_conformance.suites.looks import (
    CANONICAL,
    NOT_FOUND,
    TERMINAL,
    ended,
    job,
    made,
    outputs,
    refused_detail,
    types,
)
from tutorflow_openapi.document import is_array

RESULT = "getExpansionResult"
RESOURCES = {"interactive_module": "module", "summary_video": "video", "expanded_quiz": "test"}
_SHARE = re.compile(r"https://tutorflow\.io/share/[a-z]+/[^/?#]+")
_EARLY = {"conflict-409": 409, "not-found-404": 404}
_FORBIDDEN = ("prompt", "authoringToken", "apiKey", "payload")
_WORKSPACE = re.compile(r'"workspace[A-Za-z]*"\s*:')


@requirement("RES-001", "m.ended")
def test_a_completed_job_has_a_result(judge: Judge) -> None:
    """Completed answers 200 with `job` and `outputs`."""
    _completed(judge)
    for exchange in judge.all("m.ended"):
        if exchange.operation == RESULT and judge.must(exchange.status == 200, exchange, expected="200"):
            whole = isinstance(member(exchange.json, "job"), dict) and isinstance(
                member(exchange.json, "outputs"), list
            )
            judge.must(whole, exchange, expected="`job` and `outputs`")


@requirement("RES-002", "m.ended")
def test_the_result_names_its_job(judge: Judge) -> None:
    """`result.job` has `id`, `sourceType` and `status`, equal to the status operation's."""
    final = judge.known("M ended")
    first = made(judge, "m.create")
    for exchange in _results(judge):
        shown = job(exchange)
        named = shown.get("id") == judge.known("M") and shown.get("sourceType") == job(first).get("sourceType")
        judge.must(named and shown.get("status") in TERMINAL, exchange, expected="id, sourceType and status of the job")
        judge.must(shown.get("status") == final, exchange, expected=f"status {final}, as the status operation says")
    for exchange in judge.some("f.failed", "partial.failed", "c.ended"):
        if exchange.operation == RESULT and exchange.is_success:
            reads = [x for x in judge.seen.reads(exchange.request.path.split("/")[-2]) if x.ended <= exchange.at]
            told = job(reads[-1]).get("status") if reads else None
            agrees = told not in TERMINAL or job(exchange).get("status") == told
            judge.must(agrees, *reads[-1:], exchange, expected=f"status {told}, as the status operation says")


@requirement("RES-003", "m.ended")
def test_there_is_one_manifest_per_requested_output(judge: Judge) -> None:
    """None missing, doubled or extra."""
    _completed(judge)
    wanted = sorted(set(made(judge, "m.create").sent_json["requestedOutputs"]))
    for exchange in _results(judge):
        shown = sorted(str(row.get("outputType")) for row in outputs(exchange) if isinstance(row.get("manifest"), dict))
        judge.must(shown == wanted, exchange, expected=f"a manifest each for {', '.join(wanted)}", observed=shown)
        judge.must(len(outputs(exchange)) == len(wanted), exchange, expected=f"{len(wanted)} outputs")


@requirement("RES-004", "m.ended")
def test_outputs_have_their_resource_types(judge: Judge) -> None:
    """`interactive_module` → `module`; `video` and `test` for the others."""
    for exchange, row in _rows(judge):
        kind = str(row.get("outputType"))
        right = row.get("resourceType") == RESOURCES.get(kind)
        claim = judge.must if kind == "interactive_module" else judge.detail
        claim(right, exchange, expected=f"{kind} → {RESOURCES.get(kind)}", observed=row.get("resourceType"))


@requirement("RES-005", "m.ended")
def test_outputs_have_resources_of_their_own(judge: Judge) -> None:
    """`resourceId` is a non-empty string, different per output."""
    for exchange in _results(judge):
        ids = [row.get("resourceId") for row in outputs(exchange) if isinstance(row.get("manifest"), dict)]
        judge.must(all(isinstance(each, str) and each for each in ids), exchange, expected="resourceId", observed=ids)
        judge.detail(len(set(map(str, ids))) == len(ids), exchange, expected="different resource ids", observed=ids)


@requirement("RES-006", "m.ended")
def test_two_reads_of_a_result_agree(judge: Judge) -> None:
    """Job, resource ids, titles and URLs agree after the end; the answers are equal as JSON."""
    first, *others = _results(judge)
    if not others:
        raise Undecided("the result was read only once")
    for other in others:
        judge.must(_stored(first) == _stored(other), first, other, expected="the same ids, titles and URLs")
        judge.detail(first.json == other.json, first, other, expected="answers that are equal as JSON")


@requirement("RES-007", "m.ended")
def test_manifests_have_a_title_and_a_public_url(judge: Judge) -> None:
    """`manifest.title` is non-empty; `urls.publicUrl` is absolute https."""
    for exchange, row in _rows(judge):
        title = member(row, "manifest", "title")
        judge.must(isinstance(title, str) and title.strip(), exchange, expected="a title", observed=title)
        url = member(row, "manifest", "urls", "publicUrl")
        judge.must(_is_https(url), exchange, expected="an absolute https URL", observed=url)


@requirement("RES-008", "m.ended")
def test_public_urls_are_share_links(judge: Judge) -> None:
    """No URL is under `/platform/`."""
    for exchange, row in _rows(judge):
        url = str(member(row, "manifest", "urls", "publicUrl"))
        judge.must("/platform/" not in url, exchange, expected="no URL under /platform/", observed=url)
        judge.detail(
            _SHARE.fullmatch(url), exchange, expected="https://tutorflow.io/share/{type}/{token}", observed=url
        )


@requirement("RES-009", "m.ended")
def test_public_urls_can_be_opened(judge: Judge) -> None:
    """`publicUrl` answers 2xx without credentials: recorded, never judged, and not opened unless asked for."""
    judge.must(bool(list(_rows(judge))), expected="public URLs")


@requirement("RES-010", "m.create", "m.at-once")
def test_the_result_is_never_ahead_of_status(judge: Judge) -> None:
    """Before the end it shows no terminal word and no manifest of an unfinished output."""
    status, result = judge.all("m.at-once")
    if job(status).get("status") in TERMINAL:
        raise Undecided("the job had ended before its result could be read early")
    behaviour = str(judge.values["result.before-terminal"])
    if result.is_success:
        ahead = _ahead(result)
        judge.must(not ahead, status, result, expected="nothing that is ahead of status", observed=ahead)
    if behaviour == "state-200":
        fine = result.status == 200 and not any(row.get("manifest") for row in outputs(result))
        found = {409: "conflict-409", 404: "not-found-404"}.get(result.status)
        alternative = found and f"result.before-terminal={found}"
        judge.detail(fine, status, result, expected="200 with null manifests", alternative=alternative)
    else:
        judge.detail(result.status == _EARLY[behaviour], status, result, expected=behaviour)


@requirement("RES-013", "m.ended")
def test_a_combined_manifest_is_present(judge: Judge) -> None:
    """It is under `manifest` and agrees with the single ones."""
    _completed(judge)
    for exchange in _results(judge):
        combined = [value for name, value in exchange.json.items() if "manifest" in name.lower()]
        judge.must(combined, exchange, expected="a combined manifest")
        listed = member(exchange.json, "manifest", "outputs")
        single = {(row.get("outputType"), row.get("resourceId")) for row in outputs(exchange)}
        told = {(member(each, "outputType"), member(each, "resourceId")) for each in items(listed)}
        agrees = is_array(listed) and told == single
        judge.detail(agrees, exchange, expected="`manifest.outputs` in agreement with `outputs`")


@requirement("RES-014", "look.unknown-job")
def test_the_result_of_an_unknown_job_is_not_found(judge: Judge) -> None:
    """It answers `content_not_found`."""
    for exchange in judge.all("look.unknown-job"):
        if exchange.operation == RESULT:
            refused_detail(judge, exchange, NOT_FOUND, 404)


@requirement("RES-015", "m.ended")
def test_a_result_holds_nothing_secret(judge: Judge) -> None:
    """No prompt, authoring token, source payload or key."""
    sent = made(judge, "m.create").sent_json["payload"]["level"]["lessons"][0]["terms"][0]["example"]
    for exchange in _results(judge):
        text = exchange.answer.body.decode("utf-8", "replace") if exchange.answer else ""
        names = [name for name in _FORBIDDEN if f'"{name}"' in text]
        judge.must(not names, exchange, expected="no member that gives away how it was made", observed=names)
        judge.must(sent not in text, exchange, expected="no text of the source payload", observed=sent)
        judge.must(MARK not in text, exchange, expected="no credential", observed="a credential of this run")
        judge.detail(not _WORKSPACE.search(text), exchange, expected="no workspace field")


@requirement("RES-016", "m.ended")
def test_outputs_stand_in_canonical_order(judge: Judge) -> None:
    """The order of the result is canonical and that of status."""
    wanted = [kind for kind in CANONICAL if kind in made(judge, "m.create").sent_json["requestedOutputs"]]
    for exchange in ended(judge, "m.ended"):
        judge.must(types(exchange) == wanted, exchange, expected=f"the order {wanted}", observed=types(exchange))


@requirement("RES-017", "c.ended")
def test_a_result_holds_nothing_of_another_job(judge: Judge) -> None:
    """The result of job A never holds a resource id or share token of job B."""
    ours = {name: _marks(judge, judge.known(name)) for name in ("M", "C")}
    for name, other in (("M", "C"), ("C", "M")):
        shared = ours[name] & ours[other]
        proof = judge.seen.reads(judge.known(name), RESULT)[-1:] + judge.seen.reads(judge.known(other), RESULT)[-1:]
        judge.must(not shared, *proof, expected="resources of its own", observed=f"shared: {sorted(shared)}")


@requirement("RES-011", "f.failed")
def test_a_failed_job_says_why(judge: Judge) -> None:
    """The result is readable; `job.error` and the failed `outputs[].error` are set."""
    status, result, _ = judge.all("f.failed")
    if job(status).get("status") != "failed":
        raise Undecided("the job did not fail when it was told to")
    judge.must(result.is_success, result, expected="a readable result")
    judge.must(job(result).get("error"), result, expected="job.error")
    failed = [row for row in outputs(result) if row.get("status") == "failed"]
    judge.must(failed and all(row.get("error") for row in failed), result, expected="an error in each failed output")


@requirement("RES-012", "partial.failed")
def test_a_partial_failure_keeps_what_was_finished(judge: Judge) -> None:
    """The finished manifests are there."""
    _, result = judge.all("partial.failed")
    rows = {row.get("outputType"): row for row in outputs(result)}
    finished, failed = rows.get("interactive_module", {}), rows.get("summary_video", {})
    judge.must(isinstance(finished.get("manifest"), dict), result, expected="the module's manifest")
    judge.must(not failed.get("manifest"), result, expected="no manifest of the failed video")


def _completed(judge: Judge) -> None:
    final = judge.known("M ended")
    if final != "completed":
        raise Undecided(f"job M ended {final}")


def _results(judge: Judge) -> list[Exchange]:
    found = [x for x in ended(judge, "m.ended") if x.operation == RESULT and isinstance(x.json, dict)]
    if not found:
        raise Undecided("the result of M was never read with success")
    return found


def _marks(judge: Judge, name: str) -> set[str]:
    """Return the resource ids and share links of one job's results."""
    found: set[str] = set()
    for exchange in judge.seen.reads(name, RESULT):
        for row in outputs(exchange):
            marks = (row.get("resourceId"), member(row, "manifest", "urls", "publicUrl"))
            found |= {each for each in marks if isinstance(each, str)}
    if not found:
        raise Undecided("one of the two jobs showed no resources")
    return found


def _rows(judge: Judge) -> Iterator[tuple[Exchange, Any]]:
    _completed(judge)
    for exchange in _results(judge):
        for row in outputs(exchange):
            yield exchange, row


def _stored(exchange: Exchange) -> Any:
    kept = [(row.get("outputType"), row.get("resourceId"), row.get("manifest")) for row in outputs(exchange)]
    return job(exchange).get("id"), job(exchange).get("status"), kept


def _ahead(result: Exchange) -> str | None:
    if job(result).get("status") in TERMINAL:
        return f"status {job(result).get('status')}"
    rows = [row for row in outputs(result) if row.get("manifest") and row.get("status") != "completed"]
    return f"a manifest of {rows[0].get('outputType')}" if rows else None


def _is_https(url: Any) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname)
