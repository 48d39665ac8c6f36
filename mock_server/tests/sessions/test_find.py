"""Which session a call belongs to: credential, e-mail, job or webhook, name, default, in this order."""

import pytest
from mock_server.tests.control.console import BEARER, COOKIE, EXPANSIONS, Console, done
from mock_server.tests.sessions.tenant import CLASSROOMS, HOOK, LOGIN, ORGANIZATIONS, Tenant, open_tenant
from werkzeug.test import TestResponse

NOBODY = {"Authorization": f"Bearer tf_content_{'0' * 32}"}


@pytest.fixture
def one(mock: Console) -> Tenant:
    """A session."""
    return open_tenant(mock, id="one", seed="1")


@pytest.fixture
def two(mock: Console) -> Tenant:
    """Another session, with other ids."""
    return open_tenant(mock, id="two", seed="2")


def found(answer: TestResponse) -> tuple[str, str | None]:
    """Return the session that a call was answered in, and the warnings."""
    return answer.headers["X-Mock-Session"], answer.headers.get("X-Mock-Warnings")


def test_the_credential_decides(mock: Console, one: Tenant, two: Tenant) -> None:
    """The one that the operation names, whatever other one and whatever name the call carries."""
    assert found(mock.call("GET", CLASSROOMS, headers=one.key)) == ("one", None)
    assert found(mock.call("GET", CLASSROOMS, headers={**one.key, **one.named})) == ("one", None)
    assert found(mock.call("GET", CLASSROOMS, headers={**one.key, **two.named})) == ("one", "session-mismatch")
    assert found(mock.call("GET", CLASSROOMS, headers={**one.key, **two.cookie})) == ("one", None)
    assert found(mock.call("GET", ORGANIZATIONS, headers={**one.key, **two.cookie})) == ("two", None)
    assert found(mock.call("GET", CLASSROOMS, headers={**BEARER, **two.named})) == ("default", "session-mismatch")
    assert found(mock.call("PUT", CLASSROOMS, headers=two.cookie)) == ("two", None)


def test_a_credential_that_is_refused_decides_too(mock: Console, one: Tenant) -> None:
    """Revoked and rotated keys still know their session."""
    old = one.key
    keys = f"{one.organization}/api-keys/{one.told['keyId']}"
    new = done(mock.call("POST", f"{keys}/rotate", headers=one.cookie))
    assert found(mock.call("GET", CLASSROOMS, headers=old))[0] == "one"
    mock.call("POST", f"{one.organization}/api-keys/{new['keyId']}/revoke", headers=one.cookie)
    revoked = mock.call("GET", CLASSROOMS, headers={"Authorization": f"Bearer {new['apiKey']}"})
    assert (revoked.status_code, found(revoked)[0]) == (401, "one")


def test_then_the_e_mail_of_a_login(mock: Console, one: Tenant, two: Tenant) -> None:
    """Against the name too, and even with a wrong password."""
    assert found(one.login()) == ("one", None)
    wrong = {**one.told["admin"], "password": "wrong", "timezone": "UTC"}
    answer = mock.call("POST", LOGIN, wrong, headers=two.named)
    assert (answer.status_code, *found(answer)) == (401, "one", "session-mismatch")
    second = {"email": "admin-2@two.example.test", "password": "wrong", "timezone": "UTC"}
    assert found(mock.call("POST", LOGIN, second)) == ("two", None)


def test_then_a_job_or_a_webhook_that_one_session_knows(mock: Console, one: Tenant, two: Tenant) -> None:
    """Without a credential, or with one that nobody knows; against the name."""
    job_id = one.job()
    hook = done(mock.call("POST", f"{two.organization}/webhooks", HOOK, headers=two.cookie))["id"]
    assert found(mock.call("GET", f"{EXPANSIONS}/{job_id}")) == ("one", None)
    assert found(mock.call("GET", f"{EXPANSIONS}/{job_id}/result", headers=NOBODY)) == ("one", None)
    assert found(mock.call("GET", f"{EXPANSIONS}/{job_id}", headers=two.named)) == ("one", "session-mismatch")
    assert found(mock.call("DELETE", f"{two.organization}/webhooks/{hook}")) == ("two", None)
    assert found(mock.call("GET", f"{EXPANSIONS}/{mock.create()}", headers=one.named)) == (
        "default",
        "session-mismatch",
    )
    assert mock.call("GET", f"{EXPANSIONS}/{job_id}").status_code == 401


def test_a_job_id_of_two_sessions_decides_nothing(mock: Console) -> None:
    """Two sessions of one seed give out the same ids; then the name counts, else it is the default session's."""
    one, two = (open_tenant(mock, id=name, seed="7") for name in ("one", "two"))
    job_id = one.job()
    assert found(mock.call("GET", f"{EXPANSIONS}/{job_id}"))[0] == "one"
    assert two.job() == job_id
    assert found(mock.call("GET", f"{EXPANSIONS}/{job_id}")) == ("default", None)
    assert found(mock.call("GET", f"{EXPANSIONS}/{job_id}", headers=two.named)) == ("two", None)


def test_then_the_name_and_then_the_default_session(mock: Console, one: Tenant) -> None:
    """For calls that nothing else tells apart; a wrong kind of credential is none."""
    assert found(mock.call("GET", CLASSROOMS, headers=one.named)) == ("one", None)
    assert found(mock.call("GET", CLASSROOMS, headers={**NOBODY, **one.named})) == ("one", None)
    assert found(mock.call("GET", CLASSROOMS, headers={**COOKIE, **one.named})) == ("one", None)
    assert found(mock.call("GET", CLASSROOMS, headers=one.cookie)) == ("default", None)
    assert found(mock.call("GET", f"{EXPANSIONS}/nothing")) == ("default", None)
    assert found(mock.call("GET", CLASSROOMS)) == ("default", None)
    body = {"email": "nobody@one.example.test", "password": "x", "timezone": "UTC"}
    assert found(mock.call("POST", LOGIN, body, headers=one.named)) == ("one", None)


def test_the_query_names_a_session_for_browsers(mock: Console, one: Tenant) -> None:
    """On the control plane `?session=` does, and the header comes first."""
    job_id = one.job()
    assert [each["id"] for each in mock.get("/__admin/jobs?session=one")["jobs"]] == [job_id]
    assert mock.get("/__admin/jobs?session=one", headers={"X-Mock-Session": "default"})["meta"] == {"total": 0}
