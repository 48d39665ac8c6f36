"""A receiver that is subscribed through the public API for as long as it is wanted."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tutorflow_mock.cli.env import variables_of
from tutorflow_mock.cli.usage import Refusal
from tutorflow_mock.operations.find import DEFAULT_SESSION, SESSION_COOKIE
from tutorflow_mock.operations.plan import event_types
from tutorflow_mock.receivers.listen import Listener
from tutorflow_mock.remote import RemoteError, Unreachable
from tutorflow_openapi import DEFAULT_REVISION, load, revisions

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from tutorflow_mock.receivers.listen import Answer, Forward, Received
    from tutorflow_mock.remote import Remote
    from tutorflow_openapi import Contract


@dataclass(frozen=True, slots=True)
class Attendance:
    """A subscribed receiver; `environment` holds the secrets of a session that was made for it."""

    remote: Remote
    url: str
    session: str
    webhook_id: str
    events: Sequence[str]
    secret: str = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)

    def is_subscribed(self) -> bool:
        """Tell whether the subscription is still there."""
        try:
            self.remote.get("webhooks", "subscriptions", self.webhook_id)
        except RemoteError:
            return False
        return True

    def delivery(self, sha256: str) -> Mapping[str, Any] | None:
        """Return the delivery with this body that is under way, else the last one with it; None if none has it."""
        with suppress(RemoteError, Unreachable):
            own = self.remote.webhooks.deliveries(subscriptionId=self.webhook_id)
            found = [each for each in own if each["bodySha256"] == sha256]
            return next((each for each in found if each["status"] == "sending"), next(iter(found), None))
        return None


class Witness(Protocol):
    """Is told what a receiver hears and answers."""

    def attending(self, attendance: Attendance) -> None:
        """Learn of the subscription, before the first attempt is told of."""

    def heard(self, received: Received) -> None:
        """Learn of an attempt."""

    def answered(self, received: Received, answer: Answer) -> None:
        """Learn what goes back."""


@contextmanager
def attend(
    remote: Remote, witness: Witness, forward: Forward | None, events: list[str] | None, cookie: str | None
) -> Generator[Attendance]:
    """Listen and subscribe, and end both in the end; raise Refusal for what cannot be."""
    session, environment = _session(remote, cookie)
    contract = load(session["revision"] if session["revision"] in revisions() else DEFAULT_REVISION)
    wanted = _events(contract, events)
    create, delete = (contract.operations[each] for each in ("createWebhook", "deleteWebhook"))
    place = {"organizationId": session["organizationId"]}
    headers = {"Cookie": session["adminCookie"]}
    with Listener(witness.heard, witness.answered, forward) as listener:
        body = {"url": listener.url, "events": wanted}
        made = remote.api(create.method, create.path.format(**place), body, headers)
        attendance = Attendance(remote, listener.url, session["id"], made["id"], wanted, made["secret"], environment)
        witness.attending(attendance)
        listener.arm(attendance.secret)
        try:
            yield attendance
        finally:
            with suppress(RemoteError, Unreachable):
                remote.api(delete.method, delete.path.format(**place, webhookId=made["id"]), headers=headers)


def _session(remote: Remote, cookie: str | None) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Return the session to attend, with its admin's cookie, and what to tell of it if it was just made."""
    name = remote.session or DEFAULT_SESSION
    try:
        shown = remote.of(None).sessions.show(name)
    except RemoteError as error:
        if error.token != "unknown-session":  # noqa: S105 - the name of a problem
            raise
        made = remote.of(None).sessions.create(id=name)
        return made, variables_of(made, remote)
    if name != DEFAULT_SESSION:
        if cookie is None:
            raise Refusal(
                f"the session {name} exists, and told its admin's cookie when it was made:"
                " set TUTORFLOW_ADMIN_COOKIE, as tutorflow-mock env prints it"
            )
        shown["adminCookie"] = cookie if "=" in cookie else f"{SESSION_COOKIE}={cookie}"
    return shown, {}


def _events(contract: Contract, events: list[str] | None) -> list[str]:
    known = event_types(contract)
    for name in events or ():
        if name not in known:
            raise Refusal(f"--events: {name[:64]!r} is unknown; known are {', '.join(known)}")
    return list(known) if events is None else events
