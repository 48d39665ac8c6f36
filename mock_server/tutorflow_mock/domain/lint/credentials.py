"""Rules about keys and admin sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tutorflow_mock.domain.lint.finding import Found, counted
from tutorflow_mock.domain.lint.view import Call, View

_KEY = re.compile(r"tf_content_[0-9A-Za-z]{12}")
_KEY_MARK = "tf_content_"
_REASON = "x-mock-error"
_ENDED = frozenset(("revoked-key", "rotated-key"))


def exposed(view: View) -> Iterator[Found]:
    """TF013: a key of the session in a path, a query or a body, where every log on the way keeps it."""
    for call in view.calls:
        body = call.exchange.body
        texts = {"path": call.path, "query": call.query}
        if _KEY_MARK.encode() in body:
            texts["body"] = body.decode("utf-8", "replace")
        for place, text in texts.items():
            found = next((each for each in _KEY.findall(text) if each in view.prefixes), None)
            if found is not None:
                yield Found(f"The key {found}… stood in the {place}", [call], call.entry.job_id)


def wrong_kind(view: View) -> Iterator[Found]:
    """TF014: a bearer key alone on a route for admins, or an admin's cookie alone on a route for keys."""
    for call in view.calls:
        scheme = view.facts.schemes.get(call.entry.operation or "")
        if scheme == "admin" and call.has_bearer and not call.has_cookie:
            yield Found(f"{call.entry.operation} takes the cookie of an admin session, no API key", [call])
        elif scheme == "key" and call.has_cookie and not call.has_bearer:
            yield Found(f"{call.entry.operation} takes an API key, no admin session", [call])


def dead_keys(view: View) -> Iterator[Found]:
    """TF023: a key still in use after it was revoked or rotated."""
    refused = view.facts.statuses["content_invalid_api_key"]
    for prefix, calls in view.by_key.items():
        dead = [call for call in calls if call.entry.status == refused and _was_ended(view, call, prefix)]
        if dead:
            message = f"The key {prefix}… was used {counted(len(dead), 'time')} after it had been revoked or rotated"
            yield Found(message, dead)


def _was_ended(view: View, call: Call, prefix: str) -> bool:
    """Tell whether somebody ended a key, by the mock's own word, else by what is known of the key; expiry is no end."""
    told = next((value for name, value in call.exchange.reply_headers if name.lower() == _REASON), None)
    if told is not None:
        return told in _ENDED
    key = view.prefixes[prefix]
    return key is not None and key.revoked_at is not None
