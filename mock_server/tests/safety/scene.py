"""A session full of secrets behind a token, and every call that the application's own map of routes allows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPMethod
from typing import Any

from mock_server.tests.control.console import ADMIN, EXPANSIONS, Clock, Console
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tutorflow_mock import Settings
from tutorflow_mock.http.app import application
from tutorflow_mock.operations.start import new_world
from tutorflow_mock.outbox.pump import Pump
from tutorflow_mock.outbox.sender import Outcome
from tutorflow_mock.outbox.worker import Worker
from tutorflow_mock.system import SeededIds

TOKEN = "canary-token-of-the-control-plane"
SENT_BY_MISTAKE = {
    "a wrong password": "canary-password-that-is-wrong",
    "basic credentials": "Y2FuYXJ5OmNhbmFyeS1iYXNpYw==",
    "another product's key": "canary-x-api-key",
}
READS, WRITES, ENDS = (HTTPMethod.GET,), (HTTPMethod.PUT, HTTPMethod.POST, HTTPMethod.PATCH), (HTTPMethod.DELETE,)
NAME = "canary"


@dataclass
class Scene(Console):
    """A mock with a token, and the session in which every kind of secret was given out."""

    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    ids: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def key(self) -> dict[str, str]:
        """Return the header that carries the session's key."""
        return {"Authorization": f"Bearer {self.told['apiKey']}"}

    @property
    def cookie(self) -> dict[str, str]:
        """Return the header that carries the session's admin cookie."""
        return {"Cookie": str(self.told["adminCookie"])}

    def leaks(self, text: str) -> list[str]:
        """Return the names of the secrets that stand in a text."""
        return [name for name, secret in self.secrets.items() if secret in text]


def new_scene(*, is_careless: bool = True) -> Scene:
    """Open a session, let it give out every kind of secret, and let a receiver repeat some of them.

    A careless client writes them all into a payload, which is kept as it came.
    """
    clock = Clock()
    world = new_world(Settings(self_check=True, seed="42", admin_token=TOKEN), clock, SeededIds)
    stranger = "tf_content_" + "f00d" * 8
    secrets = {"the token of the control plane": TOKEN, "a key of somebody else": stranger, **SENT_BY_MISTAKE}

    def post(*_: object) -> Outcome:
        said = [secrets["webhook"], secrets["key 0"]]
        return Outcome(500, (("X-Echo", said[0]),), f"who sends me {said}?", None, "127.0.0.1:9", 1)

    pump = Pump(world, post)
    world.store.listen(Worker(world, pump).wake)
    control = {"Authorization": f"Bearer {TOKEN}"}
    scene = Scene(application(world, pump), clock, {**control, "X-Mock-Session": NAME}, secrets=secrets)
    members = {"id": NAME, "seed": "7", "clock": {"mode": "frozen"}, "lessons": ["lesson"]}
    scene.told = scene.post(f"{ADMIN}/sessions", members, headers={**control, "X-Mock-Session": "default"})
    _give_out(scene)
    _live(scene, is_careless=is_careless)
    return scene


def _give_out(scene: Scene) -> None:
    told, path = scene.told, f"/v1/content/organizations/{scene.told['organizationId']}"
    for number, each in enumerate(told["organizations"]):
        scene.secrets[f"key {number}"] = each["apiKey"]
        scene.secrets[f"cookie {number}"] = each["adminCookie"].removeprefix("jwt=")
    scene.secrets["password"] = told["admin"]["password"]
    minted = scene.post(f"{path}/api-keys", {"name": "minted"}, headers=scene.cookie)
    rotated = scene.post(f"{path}/api-keys/{minted['keyId']}/rotate", None, headers=scene.cookie)
    hook = {"url": "http://127.0.0.1:9/hook", "events": ["content.completed", "content.failed"]}
    made = scene.post(f"{path}/webhooks", hook, headers=scene.cookie)
    login = scene.call("POST", "/auth/login", {**told["admin"], "timezone": "Asia/Seoul"})
    cookie = login.headers["Set-Cookie"].partition(";")[0].removeprefix("jwt=")
    scene.secrets |= {"minted": minted["apiKey"], "rotated": rotated["apiKey"], "webhook": made["secret"]}
    scene.secrets["login"] = cookie
    scene.ids |= {"key_id": rotated["keyId"], "subscription_id": made["id"], "session_id": NAME}


def _live(scene: Scene, *, is_careless: bool) -> None:
    """Leave something behind wherever a route may look."""
    said = [each for name, each in scene.secrets.items() if name not in SENT_BY_MISTAKE] if is_careless else ["A1"]
    body = {"payload": {"title": " ".join(said)}}
    job = scene.post(EXPANSIONS, body, headers={**scene.key, "Idempotency-Key": "kept"})
    scene.put(f"{ADMIN}/clock", {"action": "advance", "by": "5s"})
    scene.post(f"{ADMIN}/snapshots/kept", None)
    fork = scene.post(f"{ADMIN}/sessions", {"id": "canary-fork", "from": "kept"})
    scene.secrets |= {"key of a fork": fork["apiKey"], "password of a fork": fork["admin"]["password"]}
    scene.secrets |= {f"webhook {each['id']} of a fork": each["secret"] for each in fork["webhooks"]}
    refused = [{"Authorization": f"Basic {SENT_BY_MISTAKE['basic credentials']}"}]
    refused += [{"Authorization": f"Bearer {secret}"} for secret in scene.secrets.values()]
    refused += [{"Cookie": f"jwt={secret}"} for secret in scene.secrets.values()]
    refused += [{**scene.key, "X-Api-Key": SENT_BY_MISTAKE["another product's key"]}]
    for headers in refused:
        scene.call("GET", EXPANSIONS, headers=headers)
    rule = {"operation": "getExpansion", "error": {"statusCode": 503, "body": scene.secrets["webhook"]}}
    order = {"name": "duplicate", "match": {"event": "content.failed"}}
    scene.ids |= {
        "job_id": job["id"],
        "delivery_id": scene.get(f"{ADMIN}/webhooks/deliveries")["deliveries"][0]["id"],
        "entry_id": scene.get(f"{ADMIN}/requests")["requests"][0]["id"],
        "rule_id": scene.post(f"{ADMIN}/faults", rule)["id"],
        "order_id": scene.post(f"{ADMIN}/webhooks/misbehave", order)["id"],
        "name": "kept",
        "key": "kept",
        "revision": "2026-07",
    }


def control_calls(scene: Scene, methods: tuple[HTTPMethod, ...]) -> Iterator[tuple[str, TestResponse]]:
    """Call every route of the application by these methods: with what exists, with secrets for ids, with bad bodies."""
    rules = sorted(scene.app.url_map.iter_rules(), key=lambda rule: ("reset" in rule.rule, rule.rule))
    for rule in rules:
        for method in methods:
            if method in (rule.methods or ()):
                for path in _paths(scene, rule):
                    for more in _bodies(scene) if method in WRITES else [{}, {"query_string": _query(scene)}]:
                        yield f"{method} {rule.rule}", call(scene, method, path, **more)


def call(scene: Scene, method: str, path: str, **more: Any) -> TestResponse:
    """Send one call; of an answer without an end, only the beginning is read."""
    answer = scene.call(method, path, **more, buffered=False)
    if answer.mimetype == "text/event-stream":
        answer.set_data(next(iter(answer.iter_encoded())))
    return answer


def _paths(scene: Scene, rule: Rule) -> list[str]:
    """Return a route's path with ids that exist, and with a secret of each look in their place."""
    known: Any = rule
    arguments: set[str] = known.arguments
    shown = [scene.secrets["minted"], scene.secrets["webhook"]] if arguments else []
    fillings = [{name: scene.ids.get(name, "nobody") for name in arguments}]
    fillings += [dict.fromkeys(arguments, secret) for secret in shown]
    built = [rule.build(filling) for filling in fillings]
    return [path for _, path in filter(None, built)]


def _query(scene: Scene) -> dict[str, str]:
    return {"limit": scene.secrets["minted"], scene.secrets["webhook"]: "1"}


def _bodies(scene: Scene) -> list[dict[str, Any]]:
    """Return bodies that are empty, unknown, ill-typed or broken, each but the first with secrets in it."""
    secret, hidden = scene.secrets["minted"], scene.secrets["webhook"]
    pattern = {"headers": {"Authorization": {"equalTo": f"Bearer {secret}"}}, "urlPath": f"/{hidden}"}
    names = ("name", "value", "action", "instant", "id", "to", "event", "since", "url", "operation", "fault", "from")
    return [
        {"json": {"timeoutMillis": 0}},
        {"json": {secret: hidden, "timeoutMillis": 0}},
        {"json": {hidden: secret, "timeoutMillis": 0}},
        *({"json": {name: each, "timeoutMillis": 0}} for name in names for each in (secret, hidden)),
        {"json": {"pattern": pattern, "count": 1, "timeoutMillis": 0}},
        {"json": pattern},
        {"json": {"faults": [{"operation": secret, "fault": hidden}]}},
        {"json": {"error": {"code": secret, "message": hidden}, "to": "failed"}},
        {"data": f'{{"apiKey": "{secret}", "secret": "{hidden}'.encode(), "content_type": "application/json"},
        {"data": secret.encode(), "content_type": "text/plain"},
    ]
