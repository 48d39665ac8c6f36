"""Defects of webhooks and of what they deliver."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from contract_tests.tests.mutants.bench import Answer, Ask, Call, Letter, Send, World, edited
from contract_tests.tests.mutants.catalogue import letter_mutant, mutant
from contract_tests.tests.mutants.running import rewound

from tutorflow_mock.outbox.sender import Outcome as Sent

SIGNATURE, EVENT = "X-Content-Integration-Signature", "X-Content-Integration-Event"
DELIVERED = 200


def secret_for(world: World, url: str) -> str:
    """Return the secret of the subscription to a URL."""
    return str(next((hook["secret"] for hook in world.hooks if hook["url"] == url), ""))


def signed(letter: Letter, body: bytes | None = None, secret: str | None = None) -> Letter:
    """Return a letter with this body, signed with this secret, or else with its own."""
    text = letter.body if body is None else body
    key = secret_for(letter.world, letter.url) if secret is None else secret
    return replace(letter, body=text).under(SIGNATURE, hmac.new(key.encode(), text, sha256).hexdigest())


def rewritten(letter: Letter, edit: Callable[[Any], Any]) -> Letter:
    """Return a letter whose body was edited in place, and signed again."""
    node = letter.json
    edit(node)
    return signed(letter, json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode())


def delivered(sent: Sent) -> Sent:
    """Return an attempt as if the receiver had taken it."""
    return replace(sent, status=DELIVERED, error=None)


def dropped() -> Sent:
    """Return an attempt that was never made, as if the receiver had taken it."""
    return Sent(DELIVERED, (), "", None, None, 0)


def job_of(letter: Letter) -> str:
    """Return the job that a letter is about."""
    return str(letter.json["jobId"])


@letter_mutant(
    "M009", 9, "HOOK-025 HOOK-023", also="HOOK-004 HOOK-024", because="whichever job ends then is not told of"
)
def a_restart_loses_deliveries(letter: Letter, send: Send) -> Sent:
    """A delivery is lost when the process restarts between commit and send, which it does at each second job."""
    jobs = letter.world.list("jobs")
    if job_of(letter) not in jobs:
        jobs.append(job_of(letter))
    return dropped() if jobs.index(job_of(letter)) % 2 else send(letter)


def _announcing(letter: Letter, send: Send) -> Sent:
    letter.world.list("sending").append(job_of(letter))
    try:
        return send(letter)
    finally:
        letter.world.list("sending").remove(job_of(letter))


@mutant(
    "M011",
    8,
    "HOOK-013 HOOK-015",
    also="HOOK-014 LIFE-002 LIFE-003 LIFE-006 LIFE-007 LIFE-009 IDEM-010 LIFE-013",
    because="a read that falls into the sending sees the job before its end",
    delivering=_announcing,
)
def sent_before_commit(call: Call, ask: Ask) -> Answer:
    """A delivery is sent before commit: a read on receipt shows `processing`."""
    is_open = call.name in call.world.list("sending")
    return edited(call, ask, "getExpansion getExpansionResult", lambda node: rewound(node) if is_open else None)


@letter_mutant("M013", 8, "HOOK-023 HOOK-005", also="HOOK-018", because="the signature is nobody's")
def signed_over_other_bytes(letter: Letter, send: Send) -> Sent:
    """Signature over parsed and re-serialised JSON: right for ASCII, wrong for other text."""
    text = json.dumps(letter.json, separators=(",", ":")).encode()
    right = letter.body.isascii()
    return send(letter if right else replace(signed(letter, text), body=letter.body))


@letter_mutant("M015", 8, "HOOK-018", also="HOOK-011 HOOK-023", because="the signature is not the subscription's own")
def one_secret_for_all(letter: Letter, send: Send) -> Sent:
    """All subscriptions are signed with the first one's secret."""
    return send(signed(letter, secret=str(letter.world.hooks[0]["secret"])))


@letter_mutant("M017", 8, "HOOK-010", also="HOOK-020", because="what moved is not told again either")
def never_sent_again(letter: Letter, send: Send) -> Sent:
    """Never retries after a 500 of the receiver."""
    return delivered(send(letter))


@mutant("M019", 8, "HOOK-003")
def delivered_after_delete(call: Call, ask: Ask) -> Answer:
    """Goes on delivering after the subscription is deleted."""
    known = call.name in {hook["id"] for hook in call.world.hooks}
    return Answer(200, ()) if call.operation == "deleteWebhook" and known else ask(call)


@letter_mutant("M021", 8, "HOOK-006 HOOK-008", also="HOOK-009", because="the endpoint did not ask for it")
def failures_are_called_completed(letter: Letter, send: Send) -> Sent:
    """`content.completed` is sent for failed jobs."""
    return send(letter.under(EVENT, "content.completed"))


@letter_mutant("M025", 8, "HOOK-014")
def all_outputs_are_listed(letter: Letter, send: Send) -> Sent:
    """The body lists all three outputs though two were requested."""
    every = ["interactive_module", "summary_video", "expanded_quiz"]
    return send(rewritten(letter, lambda node: node.update(requestedOutputs=every)))


@letter_mutant("M027", 8, "HOOK-019", also="HOOK-012", because="it is told twice")
def events_cross_organizations(letter: Letter, send: Send) -> Sent:
    """Events of organization B are posted to A's endpoint on the same host."""
    theirs = [hook for hook in letter.world.hooks if hook["url"].endswith("/theirs")]
    if theirs and letter.endpoint == "both":
        send(signed(replace(letter, url=theirs[0]["url"])))
    return send(letter)


@mutant(
    "M029",
    8,
    "HOOK-001",
    also="HTTP-008 HOOK-002 HOOK-018 HOOK-005 HOOK-011 HOOK-023",
    because="what was not told cannot be verified",
)
def no_secret_at_create(call: Call, ask: Ask) -> Answer:
    """The answer to a new subscription lacks the secret."""
    return edited(call, ask, "createWebhook", lambda node: node.pop("secret") and None)


@mutant("M296", 8, "HOOK-002", also="HTTP-008", because="the document says that a list shows no secret")
def the_list_shows_hook_secrets(call: Call, ask: Ask) -> Answer:
    """The list of subscriptions shows their secrets."""
    return edited(
        call,
        ask,
        "listWebhooks",
        lambda node: [{**each, "secret": secret_for(call.world, each["url"])} for each in node],
    )


@letter_mutant(
    "M297", 8, "HOOK-004", also="HOOK-010 HOOK-011 HOOK-020 HOOK-008 HOOK-019", because="the others hear nothing"
)
def the_first_endpoint_alone(letter: Letter, send: Send) -> Sent:
    """Only the first subscription is told."""
    return send(letter) if letter.url == letter.world.hooks[0]["url"] else dropped()


@letter_mutant("M298", 8, "HOOK-005", also="HOOK-011 HOOK-023", because="no signature verifies")
def signatures_have_a_prefix(letter: Letter, send: Send) -> Sent:
    """The signature has the prefix `sha256=`."""
    return send(letter.under(SIGNATURE, f"sha256={letter.header(SIGNATURE)}"))


@letter_mutant("M320", 8, "HOOK-005", also="HOOK-011 HOOK-023", because="no signature verifies")
def signatures_in_capitals(letter: Letter, send: Send) -> Sent:
    """The signature is in upper case."""
    return send(letter.under(SIGNATURE, letter.header(SIGNATURE).upper()))


@letter_mutant("M299", 8, "HOOK-007")
def no_time_of_completion(letter: Letter, send: Send) -> Sent:
    """The body lacks the completion time."""
    return send(rewritten(letter, lambda node: node.pop("completedAt")))


@letter_mutant("M300", 8, "HOOK-008")
def failures_are_not_told(letter: Letter, send: Send) -> Sent:
    """A failed job is told to nobody."""
    return dropped() if letter.header(EVENT) == "content.failed" else send(letter)


@letter_mutant("M301", 8, "HOOK-009")
def everybody_hears_everything(letter: Letter, send: Send) -> Sent:
    """An endpoint for failures alone hears of completions as well."""
    hook = next((each for each in letter.world.hooks if each["url"].endswith("/failed")), None)
    if hook and letter.endpoint == "both" and letter.header(EVENT) == "content.completed":
        send(signed(replace(letter, url=hook["url"])))
    return send(letter)


@letter_mutant("M302", 8, "HOOK-011")
def retries_keep_an_old_signature(letter: Letter, send: Send) -> Sent:
    """A retry has a body of its own under the first attempt's signature."""
    attempt = letter.world.count(f"{letter.url} {job_of(letter)}")
    return send(replace(letter, body=letter.body[:-1] + b',"attempt":2}') if attempt > 1 else letter)


@mutant("M303", 8, "HOOK-016", also="HTTP-008", because="the document knows no such event")
def any_event_is_subscribed(call: Call, ask: Ask) -> Answer:
    """An unknown event is subscribed to."""
    if call.operation == "createWebhook" and "content.exploded" in str(call.json):
        answer = ask(call.saying({**call.json, "events": ["content.failed"]}))
        return answer.saying({**answer.json, "events": ["content.exploded"]})
    return ask(call)


@mutant("M304", 2, "HOOK-017")
def unknown_webhooks_are_deleted(call: Call, ask: Ask) -> Answer:
    """Deleting an unknown webhook answers 200."""
    answer = ask(call)
    return Answer(200, ()) if call.operation == "deleteWebhook" and answer.status == 404 else answer


def _following(letter: Letter, send: Send) -> Sent:
    sent = send(letter)
    place = next((value for name, value in sent.headers if name.lower() == "location"), None)
    return send(replace(letter, url=place)) if sent.status in range(300, 400) and place else sent


@letter_mutant("M305", 8, "HOOK-020")
def redirects_are_followed(letter: Letter, send: Send) -> Sent:
    """A redirect is followed."""
    return _following(letter, send)


@letter_mutant("M306", 8, "HOOK-021", also="HOOK-004", because="some are told so late that nobody waits any more")
def a_dead_endpoint_holds_up(letter: Letter, send: Send) -> Sent:
    """Subscriptions are told one after the other, each after the dead one's timeout."""
    attempt = letter.world.count(f"{letter.url} {job_of(letter)}")
    if attempt == 1 and letter.endpoint == "moved":
        return replace(dropped(), status=503)
    if attempt == 2 and letter.endpoint == "moved":
        return replace(dropped(), status=503)
    return send(letter)


@letter_mutant("M307", 8, "HOOK-022")
def deliveries_hold_the_payload(letter: Letter, send: Send) -> Sent:
    """The delivery holds the source payload."""
    return send(rewritten(letter, lambda node: node.update(payload={"example": "Hello, Min."})))


def _not_exports(letter: Letter, send: Send) -> Sent:
    return dropped() if job_of(letter) in letter.world.list("exports") else send(letter)


@mutant("M308", 8, "HOOK-024", delivering=_not_exports)
def exports_are_silent(call: Call, ask: Ask) -> Answer:
    """An export is told to nobody."""
    answer = ask(call)
    if call.operation == "exportContent" and answer.is_fine:
        call.world.list("exports").append(answer.json["job"]["id"])
    return answer


@letter_mutant(
    "M309",
    8,
    "HOOK-025 HOOK-004",
    also="HOOK-023 HOOK-024 HOOK-008 HOOK-010 HOOK-011 HOOK-020",
    because="nobody is told of anything",
)
def nothing_is_delivered(_letter: Letter, _send: Send) -> Sent:
    """Nothing is ever delivered."""
    return dropped()
