"""What else a mutant is rightly noticed by, and why: all other requirements must stay as on the untouched mock."""

from __future__ import annotations

from collections.abc import Mapping

_B = "B, which carries all odd things at once, is refused, and a refusal does not tell for what"
_M = "M itself is refused"

CONSEQUENCES: Mapping[str, tuple[str, str]] = {
    "M001": ("IDEM-012", "a key that is too long is not looked at either"),
    "M009": ("HOOK-008", "the failed job may be one of those"),
    "M011": ("EXP-007", "an export is read while it is told of"),
    "M033": ("HOOK-019", "the other organization's job is ours, and so are its deliveries"),
    "M043": ("KEY-004", "a whole key stands in an answer that shows none"),
    "M045": ("AUTH-010", "another organization's key is as good as unknown"),
    "M047": ("LIFE-004 LIFE-005 LIFE-011 STAT-008", "a poll may be the read that goes back"),
    "M049": ("LIFE-006 RES-012 HOOK-015", "its outputs go back, and it is told of though it does not end"),
    "M059": ("LIFE-003", "an export that was seen completed is seen processing"),
    "M065": ("HTTP-002", "the key comes back in other letters"),
    "M073": ("RES-011 RES-012", "what the failed jobs' results show is the first one's"),
    "M075": ("LIFE-007 HTTP-008", "a completed job without a time of completion"),
    "M079": ("KEY-005 KEY-008", "list and rotation show the limit that is enforced"),
    "M081": ("KEY-013", "the window is burnt by a use"),
    "M083": ("AUTH-006", "the control plane knows the key by its real id, so that it does not expire"),
    "M097": ("CRE-022 IDEM-008 RATE-006", "every create is answered with a completed job"),
    "M103": ("HTTP-008", "the document knows seven codes"),
    "M109": ("RES-016", "a replay shows one row as well"),
    "M115": ("CRE-003 STAT-007 RES-003 RES-016", "M is the job of the try without a payload, with all outputs"),
    "M123": ("CRE-011 CRE-012 CRE-020 CRE-023 IDEM-017", _B),
    "M131": ("IDEM-003 LIFE-001 STAT-002 STAT-005 STAT-007", "another organization's read of M shows nulls"),
    "M210": ("CRE-001 CRE-017", _M),
    "M212": ("KEY-002 KEY-005", "there is no prefix to compare"),
    "M213": ("KEY-005", "the list shows another prefix"),
    "M214": ("KEY-005 KEY-016", "nothing is found in a list that is none"),
    "M224": ("AUTH-005 AUTH-010 RATE-011", "they use new keys"),
    "M225": ("AUTH-005 AUTH-006 AUTH-010 KEY-005 KEY-007 KEY-008 KEY-013", "the wrong key is rotated and revoked"),
    "M234": ("CRE-011 CRE-023 IDEM-017", _B),
    "M235": ("HTTP-008", "the document declares JSON"),
    "M237": ("AUTH-017 CRE-001 CRE-017", _M),
    "M238": ("HOOK-004 HOOK-008 HOOK-019", "deliveries name the job by its real id"),
    "M241": ("HTTP-008", "the document declares JSON"),
    "M242": ("STAT-006 EXP-006", "the first read of another job is 404 as well"),
    "M243": ("LIFE-007", "the end is shown of a job that has none"),
    "M248": ("HOOK-014", "the delivery told the first end"),
    "M250": ("AUTH-017 CRE-001 CRE-015 CRE-017", _M),
    "M253": ("CRE-011 CRE-012 CRE-018 CRE-023", _B),
    "M259": ("LIFE-009", "M changes after its end"),
    "M261": ("IDEM-008 IDEM-010 STAT-006", "they look for the job by its id"),
    "M264": ("EXP-007", "the first read of an export shows it queued"),
    "M265": ("LIFE-003", "the lagging read may come after the end"),
    "M266": ("RES-002 RES-003 RES-013 RES-016 HTTP-002", "an empty object holds nothing of a result"),
    "M293": ("HTTP-008", "the document has no 429 for admin operations"),
    "M302": ("HOOK-005", "the retry's signature is not its own"),
    "M306": ("HOOK-020", "no attempt reaches the endpoint that moved before"),
    "M314": ("KEY-017", "M, exported under its own key, counts as an export"),
    "M315": ("DISC-002", "what cannot be read is no list"),
}
