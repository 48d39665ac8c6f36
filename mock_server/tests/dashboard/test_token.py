"""With `--admin-token` no page shows anything without it, but for the one that asks for it."""

import pytest
from mock_server.tests.control.console import BEARER, EXPANSIONS, SOURCE, Clock, Console, new_app, refused
from mock_server.tests.dashboard.page import OVERVIEW, UI, checked
from mock_server.tests.dashboard.test_pages import AREAS, DEMO_KEY

TOKEN = "a-token-of-thirty-two-characters"
GIVEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def locked() -> Console:
    """A mock that asks for a token."""
    clock = Clock()
    return Console(new_app(clock, admin_token=TOKEN), clock)


@pytest.mark.parametrize("path", [*AREAS, f"{UI}/jobs/none", f"{UI}/jobs?session=none", f"{UI}/jobs?page=x"])
@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": f"token={TOKEN}"}])
def test_without_the_token_a_page_only_asks_for_it(locked: Console, path: str, sent: dict[str, str]) -> None:
    """Whatever the path: it does not tell what there is, and neither address nor cookie takes the header's place."""
    locked.post(EXPANSIONS, SOURCE, headers=BEARER)
    answer = locked.call("GET", path, headers=sent)
    page = checked(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert page.words("h1") == ["This server asks for its admin token"]
    assert "data-session" not in page.one("body").attributes
    assert DEMO_KEY not in page.html
    assert [each["href"] for each in page.all("a")] == ["#main", OVERVIEW]


@pytest.mark.parametrize("path", AREAS)
def test_with_the_token_every_page_is_there(locked: Console, path: str) -> None:
    """And does not repeat it."""
    page = checked(locked.call("GET", path, headers=GIVEN), 200)
    assert TOKEN not in page.html
    assert page.one("body")["data-session"] == "default"


def test_the_token_in_the_address_opens_nothing(locked: Console) -> None:
    """It would stay in histories and logs."""
    checked(locked.call("GET", f"{OVERVIEW}?token={TOKEN}"), 401)


@pytest.mark.parametrize("name", ["dashboard.css", "dashboard.js", "icon.svg"])
def test_style_and_script_need_no_token(locked: Console, name: str) -> None:
    """The page that asks for it is made of them; nothing in them is a secret."""
    answer = locked.call("GET", f"/__admin/static/{name}")
    assert answer.status_code == 200
    answer.close()


@pytest.mark.parametrize("path", ["/__admin/events", "/__admin/static", "/__admin/staticx", "/__admin/jobs"])
def test_everything_else_does(locked: Console, path: str) -> None:
    """As a problem, since no browser shows it."""
    refused(locked.call("GET", path), 401, "token-required")


def test_another_host_sees_no_page(locked: Console) -> None:
    """Not even the one that asks; it is told why."""
    page = checked(locked.call("GET", OVERVIEW, headers={"Host": "evil.example", **GIVEN}), 403)
    assert "host-not-allowed" in page.words("code")
    answer = locked.call("GET", "/__admin/static/dashboard.js", headers={"Host": "evil.example"})
    assert answer.status_code == 403
