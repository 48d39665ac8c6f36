"""`verify`: PASS, or the step that fails, for a body on stdin."""

import json

from mock_server.tests.cli.conftest import Invoke

from tutorflow_mock.domain import signing

BODY = b'{"jobId":"7","status":"failed"}'
SECRET = "a-secret"
RIGHT = signing.v1(SECRET, BODY)
KNOWN = {"TUTORFLOW_WEBHOOK_SECRET": SECRET}


def test_the_right_signature_passes(invoke: Invoke) -> None:
    """With or without the header's name; the secret comes from the environment or from the flag."""
    for header in (RIGHT, f"X-Content-Integration-Signature: {RIGHT}"):
        result = invoke("verify", "--header", header, stdin=BODY, env=KNOWN)
        assert (result.exit_code, result.stdout.partition(":")[0]) == (0, "PASS")
    assert invoke("verify", "--header", RIGHT, "--secret", SECRET, stdin=BODY).exit_code == 0


def test_the_step_that_fails_is_named_with_what_helps(invoke: Invoke) -> None:
    """Exit code 1; the secret is not repeated."""
    result = invoke("verify", "--header", RIGHT, stdin=BODY + b"\n", env=KNOWN)
    assert result.exit_code == 1
    assert result.stdout == (
        "FAIL at raw body: the signature is that of the body without the line break at its end\n"
        "verify the bytes as they came\n"
    )
    assert SECRET not in result.output


def test_programs_get_the_verdict(invoke: Invoke) -> None:
    """Whether it is valid, the step, why, and what helps."""
    result = invoke("verify", "--json", stdin=BODY, env=KNOWN)
    assert (result.exit_code, json.loads(result.stdout)["step"]) == (1, "header")
    valid = json.loads(invoke("verify", "--header", RIGHT, "--json", stdin=BODY, env=KNOWN).stdout)
    assert (valid["valid"], valid["step"]) == (True, None)


def test_the_time_of_a_signature_may_be_left_alone(invoke: Invoke) -> None:
    """A mock whose clock was moved stamps what nobody would take at present."""
    header = signing.v2([SECRET], BODY, 1_000_000_000)
    late = invoke("verify", "--header", header, stdin=BODY, env=KNOWN)
    assert (late.exit_code, late.stdout.partition(":")[0]) == (1, "FAIL at timestamp")
    assert invoke("verify", "--header", header, "--ignore-time", stdin=BODY, env=KNOWN).exit_code == 0
