"""Known answers for other languages: they agree with the document, with themselves, and with independent arithmetic."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tutorflow_openapi import Schema, load, load_sources
from tutorflow_openapi.document import PACKAGE


def vectors(name: str) -> Any:
    """Return the contents of one file."""
    return json.loads(PACKAGE.joinpath("vectors", f"{name}.json").read_bytes())


def named(entries: list[Any]) -> list[Any]:
    """Return entries as parameters that go by their names."""
    return [pytest.param(entry, id=entry["name"]) for entry in entries]


def answers(status: int) -> Iterator[Schema]:
    """Yield the schemas of all answers with a status."""
    for operation in load("2026-07").operations.values():
        response = operation.responses.get(status)
        if response and response.schema:
            yield response.schema


@pytest.mark.parametrize("entry", named(vectors("envelopes")["valid"]))
def test_valid_envelopes_are_answers(entry: Any) -> None:
    """An operation may answer so, and the code is known."""
    assert any(schema.is_valid(entry["body"]) for schema in answers(entry["status"]))
    assert entry["code"] in load("2026-07").errors


@pytest.mark.parametrize("entry", named(vectors("envelopes")["malformed"]))
def test_malformed_envelopes_are_no_answers(entry: Any) -> None:
    """No operation may answer so."""
    assert not any(schema.is_valid(entry["body"]) for schema in answers(entry["status"]))


def verifies(entry: Any) -> bool:
    """Tell whether a signature is the one of the bytes."""
    body = base64.b64decode(entry["bodyBase64"])
    digest = hmac.new(entry["secret"].encode(), body, hashlib.sha256).hexdigest()
    return entry["signature"] is not None and hmac.compare_digest(digest.encode(), entry["signature"].encode())


@pytest.mark.parametrize("entry", named(vectors("signatures")["valid"]))
def test_valid_signatures_verify(entry: Any) -> None:
    """The digest is HMAC-SHA256 over the raw bytes, keyed with the secret as issued."""
    assert verifies(entry)


@pytest.mark.parametrize("entry", named(vectors("signatures")["invalid"]))
def test_invalid_signatures_do_not_verify(entry: Any) -> None:
    """Whatever is wrong, the digest is another."""
    assert not verifies(entry)


@pytest.mark.parametrize("entry", named([*vectors("signatures")["valid"], *vectors("signatures")["invalid"]]))
def test_bodies_are_given_as_text_and_bytes(entry: Any) -> None:
    """The text, where the bytes are one, is the same."""
    raw = base64.b64decode(entry["bodyBase64"])
    assert entry["body"] is None or entry["body"].encode() == raw


def test_the_first_delivery_is_the_document_s_example() -> None:
    """The signed body is that of the document, byte by byte."""
    contract = load("2026-07")
    for entry, webhook in zip(vectors("signatures")["valid"], contract.webhooks.values(), strict=False):
        assert webhook.body
        assert json.loads(entry["body"]) in webhook.body.examples.values()


@pytest.mark.parametrize("entry", named(vectors("fingerprints")["pairs"]))
def test_fingerprints(entry: Any) -> None:
    """A pair is the same request if and only if its canonical forms are, which say what the bodies say but the key."""
    digests = [hashlib.sha256(entry[side]["canonical"].encode()).hexdigest() for side in ("first", "second")]
    assert digests == [entry["first"]["sha256"], entry["second"]["sha256"]]
    assert (digests[0] == digests[1]) is entry["same"]
    for side in ("first", "second"):
        said = json.loads(entry[side]["body"])
        said.pop("idempotencyKey", None)
        assert json.loads(entry[side]["canonical"]) == said


@pytest.mark.parametrize("name", ["envelopes", "signatures", "fingerprints"])
def test_vectors_say_what_they_rest_on(name: str) -> None:
    """Each file explains itself, and its sources exist."""
    data = vectors(name)
    assert data["about"]
    assert set(data["source"]) <= set(load_sources())
