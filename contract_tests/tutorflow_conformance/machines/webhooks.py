"""Subscriptions made and deleted around jobs that end, and who is told of which, how often, and signed by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tutorflow_conformance.evidence import job_of
from tutorflow_conformance.exchange import header, member, objects
from tutorflow_conformance.machines.machine import CREATE, Machine, body, job
from tutorflow_conformance.receiver import Received
from tutorflow_conformance.signature import EVENT_HEADER, SIGNATURE_HEADER, VALID, verdict

COMPLETED, FAILED = "content.completed", "content.failed"
EVENTS = st.sampled_from(((COMPLETED,), (FAILED,), (COMPLETED, FAILED)))
END, RETRIES = 10.0, 400.0


@dataclass
class Listening:
    """A subscription, where it listens, and what it listens to."""

    id: str
    endpoint: str
    events: tuple[str, ...]
    secret: str
    is_deleted: bool = False


class Webhooks(Machine):
    """Remembers every subscription, and asks after each end of a job whether the right ones were told."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Listening] = []

    @precondition(lambda self: len(self._all) < 4)  # noqa: PLR2004 - more of them show nothing more
    @rule(events=EVENTS)
    def subscribe(self, events: tuple[str, ...]) -> None:
        """Subscribe an endpoint of its own."""
        endpoint = self.stage.endpoint()
        sent = {"url": f"{self.scene.receiver.url}/{endpoint}", "events": list(events)}
        answer = self.scene.call("createWebhook", body=sent)
        secret, name = member(answer.json, "secret"), member(answer.json, "id")
        made = answer.is_success and isinstance(secret, str) and isinstance(name, str)
        self.scene.must(made, "HOOK-001", "a subscription with its secret", answer.status)
        fresh = all(secret != each.secret and name != each.id for each in self._all)
        self.scene.must(fresh, "HOOK-018", "an id and a secret of its own", name)
        self._all.append(Listening(str(name), endpoint, events, str(secret)))

    @precondition(lambda self: any(not each.is_deleted for each in self._all))
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        """Delete a subscription."""
        one = data.draw(st.sampled_from([each for each in self._all if not each.is_deleted]))
        answer = self.scene.call("deleteWebhook", path={"webhookId": one.id})
        self.scene.must(answer.is_success, "HOOK-003", "a deletion", answer.status)
        one.is_deleted = True

    @rule()
    def list_all(self) -> None:
        """List the subscriptions."""
        answer = self.scene.call("listWebhooks")
        listed = {str(row.get("id")) for row in objects(answer.json)}
        self.scene.must(not any(each.secret in str(answer.json) for each in self._all), "HOOK-002", "no secret", "one")
        kept = {each.id for each in self._all if not each.is_deleted}
        self.scene.must(kept <= listed, "HOOK-002", f"{len(kept)} subscriptions", len(listed))
        gone = {each.id for each in self._all if each.is_deleted}
        self.scene.must(not gone & listed, "HOOK-003", "no subscription that was deleted", len(gone & listed))

    @precondition(lambda self: self._all)
    @rule(fails=st.booleans(), flaky=st.booleans())
    def end_a_job(self, *, fails: bool, flaky: bool) -> None:
        """Make a job and let it end, heard by all or refused once by all; look who was told."""
        receiver = self.scene.receiver
        if flaky:
            for each in self._all:
                receiver.answer(each.endpoint, 500)
        name = str(job(self.scene.call(CREATE, body=body())).get("id"))
        if fails:
            self.scene.fail(name)
        self.scene.let_pass(END)
        if flaky:
            self.scene.let_pass(RETRIES)
        event = FAILED if fails else COMPLETED
        for each in self._all:
            got = [one for one in receiver.received(each.endpoint) if job_of(one.body) == name]
            self._look(each, got, event, least=2 if flaky and self.stage.values["webhook.retry-schedule"] else 1)

    def _look(self, one: Listening, got: list[Received], event: str, *, least: int) -> None:
        must, told = self.scene.must, f"{len(got)} deliveries"
        if one.is_deleted:
            must(not got, "HOOK-003", "nothing for a deleted subscription", told)
            return
        if event not in one.events:
            must(not got, "HOOK-009", f"nothing but {one.events}", told)
            return
        must(got, "HOOK-004" if event == COMPLETED else "HOOK-008", f"{event} to {one.endpoint}", told)
        must(len(got) >= least, "HOOK-010", "another attempt after a refusal", told)
        for each in got:
            named = header(each.headers, EVENT_HEADER)
            must(named == event, "HOOK-006", event, named)
            worth = verdict(one.secret, each.body, header(each.headers, SIGNATURE_HEADER))
            first = each is got[0]
            must(worth == VALID, "HOOK-005" if first else "HOOK-011", "a valid signature", worth)
