"""Observations of who may do what: `auth.*`, `login.*`."""

from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOMS,
    FOREIGN_KEY,
    FOREIGN_ORGANIZATION,
    KEY,
    NOBODYS,
    ORGANIZATIONS,
    Json,
    Mock,
    cookie,
)
from mock_server.tests.operations.observed.observation import CREATED, FORBIDDEN, MISSING, UNAUTHORIZED, observes


@observes(
    "auth.foreign-job",
    {
        "not-found-404": {"status": MISSING, "result": MISSING, "unknown": MISSING},
        "forbidden-403": {"status": FORBIDDEN, "result": FORBIDDEN, "unknown": MISSING},
    },
)
def foreign_job(mock: Mock) -> Json:
    """Another organization's job, and one that nobody has."""
    job_id = mock.create().job["id"]
    return {
        "status": mock.status(job_id, FOREIGN_KEY).outcome,
        "result": mock.result(job_id, FOREIGN_KEY).outcome,
        "unknown": mock.status(NOBODYS, FOREIGN_KEY).outcome,
    }


@observes(
    "auth.unknown-organization",
    {"forbidden-403": (FORBIDDEN, FORBIDDEN), "not-found-404": (MISSING, FORBIDDEN)},
)
def unknown_organization(mock: Mock) -> Json:
    """The keys of an organization that does not exist, and of one that another admin manages."""
    paths = (f"{ORGANIZATIONS}/{organization}/api-keys" for organization in (NOBODYS, FOREIGN_ORGANIZATION))
    first, second = (mock.send("GET", path, ADMIN).outcome for path in paths)
    return first, second


@observes(
    "auth.admin-unauthenticated",
    {
        "invalid-api-key-401": {
            "nobody": (*UNAUTHORIZED, ["error"]),
            "made up": (*UNAUTHORIZED, ["error"]),
            "login": 401,
        },
        "forbidden-403": {"nobody": (*FORBIDDEN, ["error"]), "made up": (*FORBIDDEN, ["error"]), "login": 403},
        "unenveloped-401": {"nobody": (401, None, ["message"]), "made up": (401, None, ["message"]), "login": 401},
    },
)
def admin_unauthenticated(mock: Mock) -> Json:
    """An admin operation without a session and with one that was made up, and a login with a wrong password."""
    nobody, made_up = mock.send("GET", API_KEYS), mock.send("GET", API_KEYS, {"Cookie": "jwt=made-up"})
    return {
        "nobody": (*nobody.outcome, list(nobody.json())),
        "made up": (*made_up.outcome, list(made_up.json())),
        "login": mock.login(password="guessed").status,
    }


@observes(
    "auth.wrong-credential",
    {"reject-401": (UNAUTHORIZED, UNAUTHORIZED), "forbidden-403": (FORBIDDEN, FORBIDDEN)},
)
def wrong_credential(mock: Mock) -> Json:
    """An API key on an admin operation, and an admin session on a bearer operation."""
    return mock.send("GET", API_KEYS, KEY).outcome, mock.send("GET", CLASSROOMS, ADMIN).outcome


@observes("auth.challenge", {"bearer": ["Bearer", "Bearer", "Bearer"], "none": [None, None, None]})
def challenge(mock: Mock) -> Json:
    """The challenge to a call without a key, to one without a session, and to a failed login."""
    answers = mock.send("GET", CLASSROOMS), mock.send("GET", ORGANIZATIONS), mock.login(password="guessed")
    assert [answer.status for answer in answers] == [401, 401, 401]
    return [answer.headers.get("WWW-Authenticate") for answer in answers]


@observes("login.cookie-alias", {"none": (CREATED, UNAUTHORIZED), "tutorflow-admin-session": (CREATED, CREATED)})
def cookie_alias(mock: Mock) -> Json:
    """A session under the name `jwt`, and under the name that one guide writes."""
    names = ("jwt", "tutorflow_admin_session")
    first, second = (mock.send("GET", API_KEYS, {"Cookie": f"{name}=demo-admin"}).outcome for name in names)
    return first, second


@observes("login.referer", {"optional": (200, 200), "required-401": (401, 200)})
def referer(mock: Mock) -> Json:
    """A login without and with a `Referer`."""
    return mock.login().status, mock.login({"Referer": "https://tutorflow.io/sign-in"}).status


@observes("login.success-status", {"ok-200": 200, "created-201": 201})
def login_success_status(mock: Mock) -> Json:
    """A login that succeeds."""
    return mock.login().status


@observes(
    "login.session-lifetime",
    {
        86_400: {59.999: 200, 60: 200, 86_399.999: 200, 86_400: 401},
        60: {59.999: 200, 60: 401, 86_399.999: 401, 86_400: 401},
    },
)
def session_lifetime(mock: Mock) -> Json:
    """The session of a login, some seconds later."""
    session = cookie(mock.login())
    seen: dict[float, int] = {}
    elapsed = 0.0
    for seconds in (59.999, 60, 86_399.999, 86_400):
        mock.clock.advance(seconds - elapsed)
        elapsed = seconds
        seen[seconds] = mock.send("GET", ORGANIZATIONS, session).status
    return seen
