"""The mock in this process: an application under a clock that is moved by hand, and short ways to say what is sent."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import Headers

from tutorflow_mock import Settings, create_app
from tutorflow_mock.domain.model import Value
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.operations.world import World
from tutorflow_mock.system import SeededIds
from tutorflow_openapi.operation import is_met

NINE = 1_783_328_400_000
"""2026-07-06T09:00:00Z, when every test begins."""
SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400

ORGANIZATION = "00000000-0000-4000-8000-000000000001"
CLASSROOM = "00000000-0000-4000-8000-000000000010"
LESSON = "00000000-0000-4000-8000-000000000030"
FOREIGN_ORGANIZATION = "00000000-0000-4000-8000-000000000002"
FOREIGN_CLASSROOM = "00000000-0000-4000-8000-000000000011"
FOREIGN_LESSON = "lighthouse-lesson-id"
DEMO_KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"
NOBODYS = "00000000-0000-4000-8000-00000000dead"
"""An id that nothing has."""

KEY: Mapping[str, str] = {"Authorization": f"Bearer {DEMO_KEY}"}
ADMIN: Mapping[str, str] = {"Cookie": "jwt=demo-admin"}
FOREIGN_KEY: Mapping[str, str] = {"Authorization": "Bearer tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64"}
FOREIGN_ADMIN: Mapping[str, str] = {"Cookie": "jwt=demo-admin-2"}
NOBODY: Mapping[str, str] = {}

LOGIN = "/auth/login"
ORGANIZATIONS = "/v1/content/organizations"
CLASSROOMS = "/v1/content/classrooms"
EXPANSIONS = "/v1/content/integrations/expansions"
API_KEYS = f"{ORGANIZATIONS}/{ORGANIZATION}/api-keys"
WEBHOOKS = f"{ORGANIZATIONS}/{ORGANIZATION}/webhooks"
EXPORTS = f"{CLASSROOMS}/{CLASSROOM}/integrations/exports"

PAYLOAD: Mapping[str, Any] = {"category": "Home", "level": {"id": "kitchen-a1", "title": "Kitchen A1", "lessons": []}}
WHO = {"email": "admin@harbour.example", "password": "a-long-passphrase", "timezone": "Asia/Seoul"}
OUTPUTS = ["interactive_module", "summary_video", "expanded_quiz"]
HOOK = "https://hooks.harbour.example/tutorflow"
EVENTS = ["content.completed", "content.failed"]

OUR_OWN = {"internal-error", "session-limit", "session-ended"}
"""Why the mock may refuse what the API would not."""

Json = Any
Outcome = tuple[int, str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Headers
    body: bytes

    def json(self) -> Json:
        """Return the body as a JSON value."""
        return json.loads(self.body)

    @property
    def error(self) -> Mapping[str, Any] | None:
        """The inside of an error envelope, if the body is one."""
        document: Json = self.json() if self.body and self.status >= 400 else {}
        found: Mapping[str, Any] | None = document.get("error")
        return found

    @property
    def outcome(self) -> Outcome:
        """The status, and the error code of a refusal."""
        return self.status, None if self.error is None else self.error["code"]

    def told(self, name: str) -> Json:
        """Return a member of a successful body; of a refusal, its outcome."""
        return self.json()[name] if self.status < 400 else self.outcome

    @property
    def job(self) -> Mapping[str, Any]:
        """The job of a successful create, status, result or export, wherever it stands in the body."""
        assert self.status < 400, self.body
        document: Mapping[str, Any] = self.json()
        job: Mapping[str, Any] = document.get("job", document)
        return job

    @property
    def reason(self) -> str | None:
        """The token with which the mock explains a refusal."""
        return self.headers.get("X-Mock-Error")

    @property
    def replayed(self) -> str | None:
        """What became of the idempotency key: new, replayed, replayed-other-body or in-flight."""
        return self.headers.get("X-Mock-Idempotency")


class HandClock:
    """Real time, as far as the mock can tell: it moves when a test says so."""

    def __init__(self, instant: int = NINE) -> None:
        self.instant = instant

    def now(self) -> int:
        """Return the instant."""
        return self.instant

    def elapsed(self) -> float:
        """Return the same in seconds."""
        return self.instant / 1000

    def advance(self, seconds: float) -> None:
        """Let time pass, in whole milliseconds; a negative number turns it back."""
        self.instant += round(seconds * 1000)


class WatchedIds(SeededIds):
    """The mock's own source of chance, with a call to make before a stream is drawn from."""

    def __init__(self, seed: str, session_id: str, hooks: Mapping[str, Callable[[], None]]) -> None:
        super().__init__(seed, session_id)
        self._hooks = hooks

    def bits(self, stream: str, count: int) -> int:
        """Draw from a stream, after its hook."""
        self._hooks.get(stream, _nothing)()
        return super().bits(stream, count)


def _nothing() -> None:
    pass


class Mock:
    """One mock with self-check, its clock at 2026-07-06T09:00:00Z, and the seed 42 unless told otherwise."""

    def __init__(self, behaviours: Mapping[str, Value] | None = None, **settings: Any) -> None:
        self.clock = HandClock()
        self.hooks: dict[str, Callable[[], None]] = {}
        chosen: dict[str, Any] = {"seed": "42", "self_check": True, "behaviours": behaviours or {}, **settings}
        self.app = create_app(Settings(**chosen), clock=self.clock, make_ids=self._make_ids)
        self.world: World = self.app.extensions["tutorflow_mock"]
        self._find_session = self.world.store.session

    def _make_ids(self, seed: str, session_id: str) -> WatchedIds:
        return WatchedIds(seed, session_id, self.hooks)

    def send(
        self, method: str, path: str, *headers: Mapping[str, str], body: Json = None, raw: bytes | None = None
    ) -> Answer:
        """Send one request: `body` as JSON with its media type, or `raw` bytes as they are."""
        sent = {name: value for each in headers for name, value in each.items()}
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else raw
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        response = self.app.test_client(use_cookies=False).open(path, method=method, data=data, headers=sent)
        answer = Answer(response.status_code, response.headers, response.get_data())
        self._check_declared(answer)
        return answer

    def _check_declared(self, answer: Answer) -> None:
        """Assert that the document lets this answer be sent under the values in force: the self-check does not."""
        session = self._find_session(answer.headers.get("X-Mock-Session", "default"))
        operation_id = answer.headers.get("X-Mock-Operation")
        if operation_id is None or session is None or answer.reason in OUR_OWN:
            return
        contract = self.world.contract_of(session)
        response = contract.operations[operation_id].responses[answer.status]
        assert not response.when or response.holds(contract.values), f"{operation_id} {answer.status} is not in force"
        untimely = [
            name
            for name, header in response.headers.items()
            if header.when and not is_met(header.when, contract.values) and name in answer.headers
        ]
        assert untimely == [], f"{operation_id} {answer.status}"

    def create(self, key: str | None = None, /, *headers: Mapping[str, str], **members: Json) -> Answer:
        """Create an expansion, with the demo key unless `headers` bring another; `members` stand beside the payload."""
        named = {} if key is None else {"Idempotency-Key": key}
        return self.send("POST", EXPANSIONS, KEY, named, *headers, body={"payload": PAYLOAD, **members})

    def status(self, job_id: str, *headers: Mapping[str, str]) -> Answer:
        """Read a job's status."""
        return self.send("GET", f"{EXPANSIONS}/{job_id}", KEY, *headers)

    def result(self, job_id: str, *headers: Mapping[str, str]) -> Answer:
        """Read a job's result."""
        return self.send("GET", f"{EXPANSIONS}/{job_id}/result", KEY, *headers)

    def export(self, key: str | None = None, *headers: Mapping[str, str], lesson: str = LESSON) -> Answer:
        """Export a lesson of the demo classroom as the demo admin."""
        named = {} if key is None else {"idempotencyKey": key}
        return self.send("POST", EXPORTS, ADMIN, *headers, body={"lessonId": lesson, **named})

    def login(self, *headers: Mapping[str, str], **members: str) -> Answer:
        """Sign the demo admin in."""
        return self.send("POST", LOGIN, *headers, body={**WHO, **members})

    def new_key(self, name: str = "test", **members: Json) -> Answer:
        """Create an API key as the demo admin."""
        return self.send("POST", API_KEYS, ADMIN, body={"name": name, **members})

    def key_call(self, key_id: str, verb: str) -> Answer:
        """Rotate or revoke an API key as the demo admin."""
        return self.send("POST", f"{API_KEYS}/{key_id}/{verb}", ADMIN)

    def list_keys(self) -> list[Mapping[str, Any]]:
        """List the demo organization's API keys."""
        listed: list[Mapping[str, Any]] = self.send("GET", API_KEYS, ADMIN).json()
        return listed

    def subscribe(self, url: str = HOOK, events: list[str] = EVENTS) -> Answer:
        """Create a webhook as the demo admin."""
        return self.send("POST", WEBHOOKS, ADMIN, body={"url": url, "events": events})

    def override(self, values: Mapping[str, Value]) -> None:
        """Override behaviours in the default session, as the control plane does."""
        self.world.store.change_session("default", lambda session: replace(session, overrides=tuple(values.items())))

    def let_jobs_go(self, programme: Programme) -> None:
        """Give the default session a programme."""
        self.world.store.change_session("default", lambda session: replace(session, programme=programme))


def bearer(answer: Answer) -> Mapping[str, str]:
    """Return the header that carries a key which was just created or rotated."""
    return {"Authorization": f"Bearer {answer.json()['apiKey']}"}


def cookie(answer: Answer) -> Mapping[str, str]:
    """Return the header that carries the session which a login has just opened."""
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
