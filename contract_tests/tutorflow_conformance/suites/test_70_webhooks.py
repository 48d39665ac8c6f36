"""Webhooks: how they are managed. What they deliver is judged in test_75_deliveries."""

from __future__ import annotations

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import member, objects
from tutorflow_conformance.judge import Judge
from tutorflow_conformance.redaction import MARK
from tutorflow_conformance.suites.looks import INVALID_REQUEST, NOT_FOUND, invalid_status, refused, refused_detail

_CREATED = {"created-201": 201, "ok-200": 200}
FIELDS = ("id", "organizationId", "url", "events", "status", "secret")


@requirement("HOOK-001", "hooks.create")
def test_a_subscription_is_made_with_a_secret(judge: Judge) -> None:
    """Create answers `id`, `organizationId`, `url`, `events`, `status` `ACTIVE` and `secret`."""
    made = judge.supported(judge.all("hooks.create")[0])
    missing = [name for name in FIELDS if member(made.json, name) is None]
    judge.must(made.is_success and not missing, made, expected=", ".join(FIELDS), observed=f"without {missing}")
    judge.must(member(made.json, "status") == "ACTIVE", made, expected="status ACTIVE")
    wanted = _CREATED[str(judge.values["webhook.create-status"])]
    judge.detail(made.status == wanted, made, expected=str(wanted))


@requirement("HOOK-002", "hooks.create")
def test_a_secret_is_shown_at_create_alone(judge: Judge) -> None:
    """`secret` appears only at create; the list never has it."""
    made, listed = judge.all("hooks.create")
    judge.must(member(made.json, "secret"), made, expected="a secret at create")
    for entry in objects(listed.json):
        judge.must("secret" not in entry, listed, expected="a list without secrets")
    text = listed.answer.body.decode("utf-8", "replace") if listed.answer else ""
    judge.must(f"{MARK}secret" not in text, listed, expected="a list without secrets")


@requirement("HOOK-016", "hooks.refused")
def test_bad_subscriptions_are_refused(judge: Judge) -> None:
    """Bad url, empty or unknown `events` answer 400, and nothing is stored."""
    *tried, listed = judge.all("hooks.refused")
    ignores = judge.values["webhook.unknown-event"] == "ignore"
    for exchange in tried:
        unknown = "content.exploded" in str(member(exchange.sent_json, "events"))
        if not (unknown and ignores):
            refused(judge, exchange, INVALID_REQUEST, invalid_status(judge))
    urls = {entry.get("url") for entry in objects(listed.json)}
    for exchange in tried:
        if not exchange.is_success:
            stored = member(exchange.sent_json, "url") in urls
            judge.must(not stored, exchange, listed, expected="nothing stored of a refused subscription")


@requirement("HOOK-017", "hooks.unknown")
def test_an_unknown_webhook_is_not_found(judge: Judge) -> None:
    """Delete of an unknown webhook answers `content_not_found`."""
    refused_detail(judge, judge.one("hooks.unknown"), NOT_FOUND, 404)
