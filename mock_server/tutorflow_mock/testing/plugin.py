"""The pytest plugin: fixtures, the marker `tutorflow`, options, and the story of a session where a test fails.

Every run of pytest loads this module, so it imports nothing; what a fixture needs comes with its first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

import pytest

from tutorflow_mock import settings, testing

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from tutorflow_mock.testing import (
        AppSession,
        Mock,
        MockApp,
        SessionClock,
        TutorflowSession,
        WebhookSink,
        Wishes,
    )

_LEVELS = ("off", "warning", "error")
_SESSIONS = pytest.StashKey["list[TutorflowSession]"]()
_STORIES = pytest.StashKey["list[tuple[str, str]]"]()
_FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("tutorflow", "TutorFlow mock")
    group.addoption(
        "--tutorflow-url",
        metavar="URL",
        help="Use the mock that runs there; without it and TUTORFLOW_MOCK_URL each run, or xdist worker, starts one.",
    )
    group.addoption("--tutorflow-revision", metavar="R", help="Revision of the contract where a marker names none.")
    group.addoption(
        "--tutorflow-lint",
        choices=_LEVELS,
        default="off",
        help="Fail tests whose client earns findings of this severity or above; off by default.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    arguments = "job, error, polls, after, revision, clock, behaviours, rate_limit, lint"
    config.addinivalue_line("markers", f"tutorflow({arguments}): how the test's session of the mock is to be")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker with a typo, whether or not the test uses a fixture."""
    item.stash[_FAILED] = False
    item.stash[_STORIES] = []
    if item.get_closest_marker("tutorflow") is not None:
        _wishes(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failing test what happened in its sessions."""
    report = yield
    if report.failed and not item.stash.get(_FAILED, False):
        item.stash[_FAILED] = True
        report.sections.extend([*item.stash.get(_STORIES, ()), *_stories(item)])
    return report


@pytest.fixture(scope="session")
def tutorflow_mock(pytestconfig: pytest.Config) -> Iterator[Mock]:
    """Give the mock server of this run (`.url .admin_url .session()`): its own, or the one that a URL names."""
    url = pytestconfig.getoption("--tutorflow-url") or settings.told("URL")
    mock = testing.AttachedMock(url, settings.told("ADMIN_TOKEN")) if url else testing.MockServer()
    try:
        mock.start()
    except testing.MockUnavailable as error:
        _fail(error)
    yield mock
    mock.stop()


@pytest.fixture
def tutorflow_session(request: pytest.FixtureRequest) -> Iterator[TutorflowSession]:
    """Give a session of the mock for this test alone, as its marker asks; it ends with the test."""
    mock: Mock = request.getfixturevalue("tutorflow_mock")
    yield from _session(request, mock)


@pytest.fixture(scope="session")
def _tutorflow_application() -> Iterator[MockApp]:
    """Give the mock of this process, one for the run: it takes a while to make, and its sessions do not meet."""
    with testing.MockApp() as mock:
        yield mock


@pytest.fixture
def tutorflow_app(request: pytest.FixtureRequest, _tutorflow_application: MockApp) -> Iterator[AppSession]:
    """Give a session of the mock in this process, as the marker asks: a WSGI callable, without a port."""
    yield from cast("Iterator[AppSession]", _session(request, _tutorflow_application))


@pytest.fixture
def tutorflow_clock(tutorflow_session: TutorflowSession) -> SessionClock:
    """Give the clock of the test's session."""
    return tutorflow_session.clock


@pytest.fixture
def tutorflow_webhook_sink(tutorflow_session: TutorflowSession) -> Iterator[WebhookSink]:
    """Give a webhook receiver that is subscribed to all events of the test's session."""
    with testing.WebhookSink(tutorflow_session) as sink:
        yield sink


@pytest.fixture
def tutorflow_env(tutorflow_session: TutorflowSession, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Set the four variables that the guides' examples read: base URL, key, organization, classroom."""
    environment = tutorflow_session.environment
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def _session(request: pytest.FixtureRequest, mock: Mock) -> Iterator[TutorflowSession]:
    asked: Any = request
    item: pytest.Item = asked.node
    wishes = _wishes(item)
    worker = str(getattr(request.config, "workerinput", {}).get("workerid", "main"))
    try:
        session = mock.session_for(worker, item.nodeid, **wishes.session())
    except (testing.WishError, testing.MockUnavailable) as error:
        _fail(error)
    item.stash.setdefault(_SESSIONS, []).append(session)
    yield session
    item.stash[_SESSIONS].remove(session)
    try:
        _judge(item, session, wishes.lint or "off")
    finally:
        session.end()


def _wishes(item: pytest.Item) -> Wishes:
    """Return what the markers of a test ask for, the nearest one winning member by member, then the options."""
    told: dict[str, Any] = {"lint": item.config.getoption("--tutorflow-lint")}
    if (revision := item.config.getoption("--tutorflow-revision")) is not None:
        told["revision"] = revision
    for marker in reversed(list(item.iter_markers("tutorflow"))):
        if marker.args:
            _fail(f"@pytest.mark.tutorflow takes its arguments by name, not {marker.args!r}")
        told |= marker.kwargs
    try:
        return testing.Wishes.read(told)
    except testing.WishError as error:
        _fail(f"@pytest.mark.tutorflow: {error}")


def _stories(item: pytest.Item) -> list[tuple[str, str]]:
    return [_told(item, session) for session in item.stash.get(_SESSIONS, ())]


def _told(item: pytest.Item, session: TutorflowSession) -> tuple[str, str]:
    wants_findings = _wishes(item).lint != "off"
    return f"tutorflow session {session.id}", testing.story_of(session, lint=wants_findings)


def _judge(item: pytest.Item, session: TutorflowSession, level: str) -> None:
    """Fail a test that passed so far if its client earned findings of a level."""
    if level == "off" or item.stash.get(_FAILED, False):
        return
    findings = [finding for finding in session.lint() if finding.reaches(level)]
    if findings:
        item.stash.setdefault(_STORIES, []).append(_told(item, session))
        _fail("\n".join(["the mock's lint has something against the client:", *map(str, findings)]))


def _fail(reason: object) -> NoReturn:
    raise pytest.fail.Exception(str(reason), pytrace=False) from None
