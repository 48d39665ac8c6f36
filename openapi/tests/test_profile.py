"""Profile files: what is read, and that hostile ones end quickly in one sentence."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tutorflow_openapi import ProfileError, read_profile

PROFILE = """
revision: 2026-07
observed: {host: api.tutorflow.io, date: "2026-11-24", kit: 0.1.0}
behaviours:
  idempotency.same-key-other-body: {value: conflict-409, samples: 2, evidence: [x-0031, x-0044]}
  webhook.retry-schedule: {value: [5, 25], samples: 1, spread: 0.4}
  rate.window: sliding-log
unidentified: {idempotency.in-flight: parallel calls are off}
contradicted: {CRE-002: {observed: processing}}
"""
VALUES = {
    "idempotency.same-key-other-body": "conflict-409",
    "webhook.retry-schedule": (5, 25),
    "rate.window": "sliding-log",
}


def written(folder: Path, text: str | bytes) -> Path:
    """Return a profile file with this text."""
    file = folder / "seen.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_a_profile_holds_values_among_evidence(tmp_path: Path) -> None:
    """A value stands as it is or as `value`; the rest is for people."""
    profile = read_profile(written(tmp_path, PROFILE))
    assert profile.revision == "2026-07"
    assert profile.behaviours == VALUES


def test_json_is_a_profile_too(tmp_path: Path) -> None:
    """A profile may be JSON, and may name no revision."""
    text = json.dumps({"behaviours": {"webhook.retry-schedule": [], "rate.window": {"value": "gcra"}}})
    profile = read_profile(str(written(tmp_path, text)))
    assert profile.revision is None
    assert profile.behaviours == {"webhook.retry-schedule": (), "rate.window": "gcra"}


def test_a_profile_may_be_empty(tmp_path: Path) -> None:
    """A run that observed nothing writes no behaviours."""
    assert read_profile(written(tmp_path, "revision: 2026-07")).behaviours == {}


BOMB = "a: &a [x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "a profile must be a mapping with `behaviours`"),
        ("", "a profile must be a mapping with `behaviours`"),
        ("behavior: {}", "'behavior' is not a part of a profile"),
        ("behaviours: [rate.window]", "`behaviours` must be a mapping of names to values"),
        ("behaviours:", "`behaviours` must be a mapping of names to values"),
        ("revision: [2026-07]", "`revision` must be a string such as 2026-07"),
        ("revision: 1999-01", "there is no revision '1999-01'; this package holds 2026-07"),
        ("revision: ../../etc/passwd", "there is no revision '../../etc/passwd'; this package holds 2026-07"),
        ("behaviours: {rate.window: {samples: 2}}", "rate.window has no `value`"),
        ("behaviours: {rate.window: hopping}",
         "rate.window must be one of fixed-aligned, fixed-first, sliding-log, gcra, not 'hopping'"),
        ("behaviours: {rate.windows: gcra}", "there is no behaviour 'rate.windows'; there are rate.window, "),
        ("behaviours: {a: 1, a: 2}", "the key 'a' stands twice (line 1, column 20)"),
        (BOMB, "anchors and aliases are not allowed (line 1, column 4)"),
        ("behaviours: !!python/object/apply:os.system [id]", "tags are not allowed (line 1, column 13)"),
        ("x" * 10_000_000, "a profile may have at most 1000000 bytes"),
        ("[" * 10_000, "exceeded maximum nesting depth (line 1, column 1001)"),
        ("- " * 10_000, "more than 64 levels are not allowed (line 1, column 129)"),
        ("behaviours: " + "{a: " * 10_000, "more than 64 levels are not allowed (line 1, column 265)"),
        (b"\xff\xfe\xff", "this is not readable as YAML in UTF-8"),
    ],
    ids=range(19),
)  # fmt: skip
def test_what_cannot_be_used_ends_quickly(tmp_path: Path, text: str | bytes, reason: str) -> None:
    """Whatever stands in the file, the refusal is one sentence that names it, within a second."""
    file = written(tmp_path, text)
    begun = time.perf_counter()
    with pytest.raises(ProfileError) as caught:
        read_profile(file)
    assert time.perf_counter() - begun < 1
    assert str(caught.value).startswith(f"seen.yaml: {reason}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is named, as is a folder."""
    with pytest.raises(ProfileError, match=r"^none\.yaml: the file cannot be read: No such file or directory$"):
        read_profile(tmp_path / "none.yaml")
    with pytest.raises(ProfileError, match="the file cannot be read: Is a directory"):
        read_profile(tmp_path)
