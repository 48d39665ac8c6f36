"""Both signatures against known answers, none of which our own code has made."""

import base64
import json
from importlib.resources import files
from typing import Any

import pytest

from tutorflow_mock.domain.signing import v1, v2

VECTORS: dict[str, Any] = json.loads((files("tutorflow_openapi") / "vectors/signatures.json").read_text("utf-8"))

NEW, OLD = "whsec_new_0123456789abcdef", "whsec_old_fedcba9876543210"
T = 1_791_192_606
"""2026-10-05T09:30:06Z."""
BODY = (
    '{"id":"00000000-0000-4000-8000-000000000100","sourceType":"source_json","sourceTitle":"A1 café 안녕",'
    '"status":"completed","requestedOutputs":["interactive_module"],"completedAt":"2026-10-05T09:30:05.000Z",'
    '"event":{"id":"00000000-0000-4000-8000-000000000200","type":"content.completed",'
    '"createdAt":"2026-10-05T09:30:05.000Z"},"livemode":true}'
).encode()
BY_NEW = "01e266b0d88f97df834c1b246068c7f04525c381cee5b87dabd70ac8ef62ce22"
BY_OLD = "6d11a2cc0ad5a6e000c136636c1f7504a3c840c3d0643fac2d8d4feefacb3c39"


@pytest.mark.requirement("HOOK-005", "HOOK-011", "HOOK-023")
@pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["name"])
def test_the_digest_of_every_known_answer(vector: dict[str, Any]) -> None:
    """F-078: the secret's UTF-8 bytes as issued, the raw body, lowercase hex; 12.6's own digest is among them."""
    assert v1(vector["secret"], base64.b64decode(vector["bodyBase64"])) == vector["signature"]


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda vector: vector["name"])
def test_no_forgery_is_what_we_would_send(vector: dict[str, Any]) -> None:
    """Every false signature of the vectors differs from ours."""
    assert v1(vector["secret"], base64.b64decode(vector["bodyBase64"])) != vector["signature"]


def test_the_known_answer_of_the_second_signature() -> None:
    """N-090, N-093: time, a dot and the body; two secrets while the old one is in grace, the new one first."""
    assert len(BODY) == 344
    assert v1(NEW, BODY) == "5abe057561cb813f9e3d752dd81bfb89a29f0bf9733ca79465e5e72ed30c8339"
    assert v2([NEW], BODY, T) == f"t={T},v1={BY_NEW}"
    assert v2([NEW, OLD], BODY, T) == f"t={T},v1={BY_NEW},v1={BY_OLD}"


def test_the_second_signature_takes_any_bytes_and_any_time() -> None:
    """The message is bytes, whatever they are, and `t` plain digits."""
    assert v2(["s"], b"\x00\xff%d", 0) == f"t=0,v1={v1('s', b'0.' + bytes([0, 255]) + b'%d')}"
