"""Observations of API keys and their limits: `key.*`, `rate.*`."""

from mock_server.tests.operations.in_process import (
    CLASSROOMS,
    EXPANSIONS,
    HOUR,
    NOBODYS,
    Answer,
    Json,
    Mock,
    bearer,
)
from mock_server.tests.operations.observed.observation import (
    CONFLICT,
    CREATED,
    INVALID,
    LIMITED,
    MISSING,
    UNAUTHORIZED,
    observes,
)


def first_refused(mock: Mock, limit: int) -> Answer:
    """Use up a new key's limit and return the answer to the call after that."""
    key = bearer(mock.new_key(rateLimitPerMinute=limit))
    for _ in range(limit):
        assert mock.send("GET", CLASSROOMS, key).outcome == CREATED
    return mock.send("GET", CLASSROOMS, key)


@observes("key.omitted-rate-limit", {"default-60": 60, "reject-400": INVALID})
def omitted_rate_limit(mock: Mock) -> Json:
    """The limit of a key that was made without one."""
    return mock.new_key().told("rateLimitPerMinute")


@observes(
    "key.max-rate-limit",
    {
        1000: {5: (201, None), 6: (201, None), 1000: (201, None), 1001: INVALID},
        5: {5: (201, None), 6: INVALID, 1000: INVALID, 1001: INVALID},
    },
)
def max_rate_limit(mock: Mock) -> Json:
    """Keys with several limits."""
    return {limit: mock.new_key(rateLimitPerMinute=limit).outcome for limit in (5, 6, 1000, 1001)}


@observes("key.duplicate-name", {"allow": (201, None), "conflict-409": CONFLICT})
def duplicate_name(mock: Mock) -> Json:
    """A second key of one name; blanks around it do not count."""
    mock.new_key("production")
    return mock.new_key(" production ").outcome


@observes(
    "key.rotate-old-key",
    {
        "revoked-at-once": [UNAUTHORIZED, UNAUTHORIZED, UNAUTHORIZED],
        "grace-period": [CREATED, CREATED, UNAUTHORIZED],
    },
)
def rotate_old_key(mock: Mock) -> Json:
    """The old secret right after a rotation, a millisecond before a day has passed, and then."""
    made = mock.new_key()
    mock.key_call(made.json()["keyId"], "rotate")
    seen: list[Json] = []
    for wait in (0, 24 * HOUR - 0.001, 0.001):
        mock.clock.advance(wait)
        seen.append(mock.send("GET", CLASSROOMS, bearer(made)).outcome)
    return seen


@observes("key.rotate-id", {"new": (False, 3), "same": (True, 2)})
def rotate_id(mock: Mock) -> Json:
    """Whether a rotated key keeps its id, and how many keys are listed then."""
    key_id = mock.new_key().json()["keyId"]
    return mock.key_call(key_id, "rotate").json()["keyId"] == key_id, len(mock.list_keys())


@observes("key.rotate-revoked", {"conflict-409": CONFLICT, "not-found-404": MISSING})
def rotate_revoked(mock: Mock) -> Json:
    """The rotation of a revoked key."""
    key_id = mock.new_key().json()["keyId"]
    mock.key_call(key_id, "revoke")
    return mock.key_call(key_id, "rotate").outcome


@observes("key.revoke-revoked", {"ok-200": CREATED, "conflict-409": CONFLICT})
def revoke_revoked(mock: Mock) -> Json:
    """A key that is revoked twice."""
    key_id = mock.new_key().json()["keyId"]
    assert mock.key_call(key_id, "revoke").outcome == CREATED
    return mock.key_call(key_id, "revoke").outcome


@observes("key.list-revoked", {"shown": ["REVOKED", "ACTIVE"], "hidden": ["ACTIVE"]})
def list_revoked(mock: Mock) -> Json:
    """The list after its newest key was revoked."""
    mock.key_call(mock.new_key().json()["keyId"], "revoke")
    return [key["status"] for key in mock.list_keys()]


@observes(
    "key.last-used",
    {"authenticated-calls": "2026-07-06T09:00:01.000Z", "accepted-calls": "2026-07-06T09:00:00.000Z"},
)
def last_used(mock: Mock) -> Json:
    """The last use of a key whose second call came too soon."""
    key = bearer(mock.new_key(rateLimitPerMinute=1))
    assert mock.send("GET", CLASSROOMS, key).outcome == CREATED
    mock.clock.advance(1)
    assert mock.send("GET", CLASSROOMS, key).outcome == LIMITED
    return mock.list_keys()[0]["lastUsedAt"]


@observes(
    "rate.window",
    {
        "fixed-aligned": "passes at 40 50 61 62",
        "fixed-first": "passes at 40 50 101 102",
        "sliding-log": "passes at 40 50 101",
        "gcra": "passes at 40 50 95 101",
    },
)
def window(mock: Mock) -> Json:
    """Which of seven calls pass, at these seconds after nine, with a key of two calls a minute."""
    key, elapsed, passed = bearer(mock.new_key(rateLimitPerMinute=2)), 0, ["passes at"]
    for second in (40, 50, 61, 62, 95, 101, 102):
        mock.clock.advance(second - elapsed)
        elapsed = second
        if mock.send("GET", CLASSROOMS, key).outcome == CREATED:
            passed.append(str(second))
    return " ".join(passed)


@observes("rate.scope", {"key": LIMITED, "key-and-operation": MISSING})
def scope(mock: Mock) -> Json:
    """Another operation, after a key's one call was spent on the first."""
    key = bearer(mock.new_key(rateLimitPerMinute=1))
    assert mock.send("GET", CLASSROOMS, key).outcome == CREATED
    return mock.send("GET", f"{EXPANSIONS}/{NOBODYS}", key).outcome


@observes("rate.retry-after", {"seconds": "37", "http-date": "Mon, 06 Jul 2026 09:01:00 GMT", "absent": None})
def retry_after(mock: Mock) -> Json:
    """What a refusal at 23 seconds past the minute tells of the wait."""
    mock.clock.advance(23)
    refused = first_refused(mock, 1)
    assert refused.outcome == LIMITED
    return refused.headers.get("Retry-After")


@observes(
    "rate.headers",
    {
        "none": {},
        "x-ratelimit": {
            "X-RateLimit-Limit": "2",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "1783328460",
        },
        "ratelimit-draft": {"RateLimit-Policy": '"key";q=2;w=60', "RateLimit": '"key";r=0;t=37'},
    },
)
def rate_headers(mock: Mock) -> Json:
    """What a refusal at 23 seconds past the minute tells of the limit."""
    mock.clock.advance(23)
    refused = first_refused(mock, 2)
    assert refused.outcome == LIMITED
    return {name: value for name, value in refused.headers if "ratelimit" in name.lower()}


@observes("rate.rejected-calls", {"count-after-auth": LIMITED, "count-none": CREATED})
def rejected_calls(mock: Mock) -> Json:
    """A good call, after two that were refused, with a key of two calls a minute."""
    key = bearer(mock.new_key(rateLimitPerMinute=2))
    for _ in range(2):
        assert mock.send("POST", EXPANSIONS, key, body={}).outcome == INVALID
    return mock.send("GET", CLASSROOMS, key).outcome
