"""Make keys and webhooks, written down before they are made, and clear them away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.traffic.run import ADMIN, NotLearnt, Run

PREFIX = "tf_content_"


def mint(
    run: Run, label: str, limit: int = 60, *, credential: str = ADMIN, organization: str | None = None
) -> Exchange:
    """Make an API key and keep its secret under a label, its id under `<label> id`; NotLearnt if there is none."""
    name = run.key(label.replace(" ", "-"))
    ticket = run.ledger.making("key", name, credential)
    path = {"organizationId": organization} if organization else None
    body = {"name": name, "rateLimitPerMinute": limit}
    made = run.call("createApiKey", path=path, body=body, credential=credential, facts=secret_facts)
    keep(run, label, made, ticket)
    return made


def keep(run: Run, label: str, made: Exchange, ticket: int) -> None:
    """Keep what a mint or a rotation gave; NotLearnt if it gave nothing."""
    secret, name = member(made.json, "apiKey"), member(made.json, "keyId")
    is_made = made.is_success and isinstance(secret, str) and isinstance(name, str)
    run.ledger.made(ticket, name if is_made else None)
    if not is_made:
        run.notes[f"no {label} id"] = (
            f"{made.id}, which should have made a key, was answered {made.status or made.error}"
        )
        raise NotLearnt(run.notes[f"no {label} id"])
    run.secrets[label] = str(secret)
    run.notes[f"{label} id"] = name


def secret_facts(made: Exchange) -> Mapping[str, Any]:
    """Return what can be said of a key in an answer without showing it."""
    secret, prefix = member(made.json, "apiKey"), member(made.json, "keyPrefix")
    if not isinstance(secret, str):
        return {"holds a secret": isinstance(member(made.json, "secret"), str)}
    proper = isinstance(prefix, str) and secret.startswith(prefix) and len(prefix) < len(secret)
    return {
        "holds a secret": True,
        "key starts with": PREFIX if secret.startswith(PREFIX) else secret[:4],
        "key characters": len(secret.removeprefix(PREFIX)),
        "prefix is proper": proper,
    }


def revoke(run: Run, label: str) -> Exchange:
    """Revoke a key of the run."""
    name = run.learnt(f"{label} id")
    gone = run.call("revokeApiKey", path={"keyId": name}, credential=ADMIN)
    if gone.is_success:
        run.ledger.gone(name)
    return gone


def subscribe(  # noqa: PLR0913, PLR0917 - as above
    run: Run,
    label: str,
    url: str,
    events: list[str] | None = None,
    credential: str = ADMIN,
    organization: str | None = None,
) -> Exchange:
    """Make a webhook and keep its secret under its label, its id under `<label> id`; NotLearnt if there is none."""
    ticket = run.ledger.making("webhook", url, credential)
    body = {"url": url, "events": events or ["content.completed", "content.failed"]}
    made = run.call(
        "createWebhook",
        path={"organizationId": organization} if organization else None,
        body=body,
        credential=credential,
        facts=secret_facts,
    )
    name, secret = member(made.json, "id"), member(made.json, "secret")
    is_made = made.is_success and isinstance(name, str)
    run.ledger.made(ticket, str(name) if is_made else None)
    if not is_made:
        run.notes[f"no {label} id"] = f"{made.id}, which should have made a webhook, was answered {made.status}"
        raise NotLearnt(run.notes[f"no {label} id"])
    run.notes[f"{label} id"] = name
    if isinstance(secret, str):
        run.secrets[label] = secret
    return made


def unsubscribe(run: Run, label: str) -> Exchange:
    """Delete a webhook of the run."""
    name = run.learnt(f"{label} id")
    gone = run.call("deleteWebhook", path={"webhookId": name}, credential=ADMIN)
    if gone.is_success:
        run.ledger.gone(name)
    return gone
