"""Faults of the connection, through the shipped server: what a client sees, and whether its job was made."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import Any

import httpx
import pytest
import requests
import urllib3
from mock_server.tests.http.api import EXPANSIONS
from mock_server.tests.http.wire import parse
from mock_server.tests.wire_faults.tenant import Seen, Tenant

from tutorflow_mock.domain.faults import FAULTS
from tutorflow_mock.relay import GARBAGE

CLOSE = "Connection: close"
USUAL_PIECES = 5
BODY: Mapping[str, Any] = {"payload": {"level": {"title": "A1"}}}


def nothing_and_a_reset(seen: Seen) -> None:
    """The connection is broken off before the first byte."""
    assert seen == Seen((), was_reset=True)


def nothing(seen: Seen) -> None:
    """The connection is closed in order, without an answer."""
    assert seen == Seen((), was_reset=False)


def no_http(seen: Seen) -> None:
    """Bytes come that begin no answer."""
    assert (seen.data, seen.was_reset) == (GARBAGE, False)


def a_broken_chunk(seen: Seen) -> None:
    """A status of success, headers that announce chunks, and what is no chunk."""
    head, _, rest = seen.data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert b"content-length" not in head.lower()
    assert (rest, seen.was_reset) == (GARBAGE, False)


def pieces(seen: Seen) -> None:
    """The right answer comes bit by bit."""
    (answer,) = parse(seen.data, ended=True)
    assert (answer.status, answer.json()["status"]) == (200, "queued")
    assert len(seen.pieces) > 2


KEPT: Mapping[str, Callable[[Seen], None]] = {
    "LOST_RESPONSE": nothing_and_a_reset,
    "MALFORMED_RESPONSE_CHUNK": a_broken_chunk,
    "DRIBBLE": pieces,
}
UNDONE: Mapping[str, Callable[[Seen], None]] = {
    "CONNECTION_RESET_BY_PEER": nothing_and_a_reset,
    "EMPTY_RESPONSE": nothing,
    "RANDOM_DATA_THEN_CLOSE": no_http,
}
SIGHTS = {**KEPT, **UNDONE}


def by_preference(tenant: Tenant, fault: str) -> bytes:
    """Ask for the fault in the request's header."""
    return tenant.create(f"Prefer: fault={FAULTS[fault].kebab}", CLOSE)


def by_query(tenant: Tenant, fault: str) -> bytes:
    """Ask for it in the query."""
    return tenant.create(CLOSE).replace(b" HTTP/1.1", f"?__fault={FAULTS[fault].kebab} HTTP/1.1".encode(), 1)


def by_title(tenant: Tenant, fault: str) -> bytes:
    """Ask for it in the payload, as a client may that cannot set headers."""
    return tenant.create(CLOSE, title=f"A1 [mock:{FAULTS[fault].kebab}]")


def by_rule(tenant: Tenant, fault: str) -> bytes:
    """Ask for nothing: a rule of the session hits the next create."""
    tenant.rule(fault)
    return tenant.create(CLOSE)


WAYS = [by_preference, by_query, by_title, by_rule]


def test_the_catalogue_is_complete() -> None:
    """Every fault of the connection is tested here."""
    assert set(SIGHTS) == {fault.name for fault in FAULTS.values() if fault.needs_wire}


@pytest.mark.parametrize("fault", SIGHTS)
@pytest.mark.parametrize("ask", WAYS)
def test_what_a_client_sees_and_what_was_done(ask: Callable[[Tenant, str], bytes], fault: str, tenant: Tenant) -> None:
    """Of the answer, what the fault leaves; a job was made, or none; a repetition has the one job in any case."""
    SIGHTS[fault](tenant.watch(ask(tenant, fault)))
    assert len(tenant.jobs()) == (1 if fault in KEPT else 0)
    (again,) = parse(tenant.watch(tenant.create(CLOSE)).data, ended=True)
    assert (again.headers["x-mock-idempotency"] != "new") is (fault in KEPT)
    assert [job["id"] for job in tenant.jobs()] == [again.json()["id"]]


@pytest.mark.parametrize("fault", SIGHTS)
def test_a_refusal_is_lost_as_well(fault: str, tenant: Tenant) -> None:
    """The fault hits the answer, whatever it says."""
    request = tenant.wire.request("GET", f"{EXPANSIONS}/unknown", f"Prefer: fault={FAULTS[fault].kebab}", CLOSE)
    seen = tenant.watch(request)
    if fault == "DRIBBLE":
        assert parse(seen.data, ended=True)[0].status == 404
    else:
        assert b"content_not_found" not in seen.data


def test_the_journal_remembers_what_nobody_saw(tenant: Tenant) -> None:
    """The call is there, with what was answered and what was asked for, and without what the relay was told."""
    tenant.watch(by_preference(tenant, "LOST_RESPONSE"))
    (call,) = tenant.calls()
    assert (call["responseDefinition"]["status"], call["mock"]["applied"]) == (200, "fault=lost-response")
    assert "X-Mock-Wire-Fault" not in call["responseDefinition"]["headers"]


def test_only_the_call_that_asks_is_hit(tenant: Tenant) -> None:
    """On one connection: an answer, another one in pieces, a third one as usual, and then nothing."""
    asked = ("", "Prefer: fault=dribble", "", "Prefer: fault=empty-response", "")
    seen = tenant.watch(b"".join(tenant.create(*filter(None, [wish])) for wish in asked))
    assert [answer.status for answer in parse(seen.data, ended=True)] == [200, 200, 200]


@pytest.mark.parametrize("value", ["lost-response", "empty-response", "dribble 5 1000"])
def test_a_client_cannot_speak_to_the_relay(value: str, tenant: Tenant) -> None:
    """The header by which the mock asks for a fault means nothing in a request, and comes back in no answer."""
    (answer,) = parse(tenant.watch(tenant.create(f"X-Mock-Wire-Fault: {value}", CLOSE)).data, ended=True)
    assert answer.status == 200
    assert "x-mock-wire-fault" not in answer.headers


CLIENT_ERRORS: Mapping[str, tuple[type[Exception], type[Exception], type[Exception]]] = {
    "LOST_RESPONSE": (ConnectionResetError, requests.ConnectionError, httpx.ReadError),
    "CONNECTION_RESET_BY_PEER": (ConnectionResetError, requests.ConnectionError, httpx.ReadError),
    "EMPTY_RESPONSE": (RemoteDisconnected, requests.ConnectionError, httpx.RemoteProtocolError),
    "RANDOM_DATA_THEN_CLOSE": (BadStatusLine, requests.ConnectionError, httpx.RemoteProtocolError),
    "MALFORMED_RESPONSE_CHUNK": (IncompleteRead, requests.exceptions.ChunkedEncodingError, httpx.RemoteProtocolError),
}


def headers_for(tenant: Tenant, fault: str) -> dict[str, str]:
    """Return the headers of a create that meets a fault."""
    return {"Authorization": f"Bearer {tenant.key}", "Prefer": f"fault={FAULTS[fault].kebab}", "Idempotency-Key": "one"}


@pytest.mark.parametrize("fault", CLIENT_ERRORS)
def test_python_clients(fault: str, tenant: Tenant) -> None:
    """urllib3, requests and httpx each raise what they raise when a connection breaks in the wild."""
    url, headers = tenant.url + EXPANSIONS, headers_for(tenant, fault)
    in_urllib3, in_requests, in_httpx = CLIENT_ERRORS[fault]
    with pytest.raises(urllib3.exceptions.ProtocolError) as raised:
        urllib3.request("POST", url, json=BODY, headers=headers, retries=False, timeout=10.0)
    assert isinstance(raised.value.args[1], in_urllib3)
    with pytest.raises(in_requests):
        requests.post(url, json=BODY, headers=headers, timeout=10.0)
    with pytest.raises(in_httpx):
        httpx.post(url, json=BODY, headers=headers, timeout=10.0, trust_env=False)
    assert len(tenant.jobs()) == (1 if fault in KEPT else 0)


@pytest.mark.parametrize("fault", [fault for fault in KEPT if fault != "DRIBBLE"])
def test_a_client_that_repeats_itself_has_one_job(fault: str, tenant: Tenant) -> None:
    """That is what idempotency keys are for: what was lost on the way twice is repeated twice, and made once."""
    tenant.rule(fault, times=2)
    headers = {"Authorization": f"Bearer {tenant.key}", "Idempotency-Key": "one"}
    retries = urllib3.Retry(total=2, allowed_methods=None, backoff_factor=0)
    answer = urllib3.request("POST", tenant.url + EXPANSIONS, json=BODY, headers=headers, retries=retries, timeout=10.0)
    assert (answer.status, answer.headers["X-Mock-Idempotency"]) == (200, "replayed")
    assert [job["id"] for job in tenant.jobs()] == [answer.json()["id"]]
    assert len(tenant.calls()) == 3


def test_a_client_without_a_key_has_two(tenant: Tenant) -> None:
    """Whoever repeats a lost call without one pays twice, and sees only one of them."""
    tenant.rule("LOST_RESPONSE")
    headers = {"Authorization": f"Bearer {tenant.key}"}
    retries = urllib3.Retry(total=1, allowed_methods=None, backoff_factor=0)
    answer = urllib3.request("POST", tenant.url + EXPANSIONS, json=BODY, headers=headers, retries=retries, timeout=10.0)
    assert answer.status == 200
    assert len(tenant.jobs()) == 2


def test_a_dribble_of_a_rule(tenant: Tenant) -> None:
    """A rule says how many pieces there are and how long they take together, in the words of WireMock."""
    options = {"numberOfChunks": 20, "totalDuration": 800}
    rule = {"operation": "createExpansion", "chunkedDribbleDelay": options}
    assert tenant.control.post("/__admin/faults", rule, X_Mock_Session=tenant.id).status == 201
    seen = tenant.watch(tenant.create(CLOSE))
    assert len(seen.pieces) > USUAL_PIECES
    (answer,) = parse(seen.data, ended=True)
    assert (answer.status, answer.headers["x-mock-fault"]) == (200, tenant.rules()[0]["id"])


FETCH = """
const [url, headers, body] = process.argv.slice(1);
fetch(url, {method: 'POST', headers: JSON.parse(headers), body})
  .then(async answer => console.log(answer.status, (await answer.text()).length), error => console.log(error.name))
  .catch(error => console.log(error.name));
"""


@pytest.mark.parametrize("fault", SIGHTS)
def test_node(fault: str, tenant: Tenant) -> None:
    """The fetch of Node fails as it does in the wild; a dribble it takes for an answer."""
    assert shutil.which("node"), "Node is not installed; this client is written for it (apt-get install nodejs)"
    headers = {**headers_for(tenant, fault), "Content-Type": "application/json"}
    command = ["node", "-e", FETCH, tenant.url + EXPANSIONS, json.dumps(headers), json.dumps(BODY)]
    said = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60.0).stdout.strip()
    assert re.fullmatch(r"200 [0-9]+", said) if fault == "DRIBBLE" else said == "TypeError"
    assert len(tenant.jobs()) == (1 if fault in KEPT else 0)
