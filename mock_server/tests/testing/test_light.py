"""Whoever does not use the plugin does not pay for it."""

from mock_server.tests.testing.suites import Suite

HEAVY = {
    "flask",
    "werkzeug",
    "granian",
    "sqlalchemy",
    "urllib3",
    "yaml",
    "jsonschema_rs",
    "click",
    "rich",
    "subprocess",
}
MOST = 12  # modules of ours that pytest did not have anyway
TELL = """
    import sys

    def pytest_unconfigure():
        print("modules", *sorted(sys.modules))
"""


def modules(own: Suite, *arguments: str) -> set[str]:
    """Collect nothing and return what was imported for it."""
    own.write(TELL, "conftest.py")
    printed = own.run(None, "--collect-only", "-p", "no:xdist", "-p", "no:cov", *arguments).outlines
    (line,) = (line for line in printed if line.startswith("modules "))
    return set(line.split()[1:])


def test_an_empty_folder_costs_a_handful_of_modules(own: Suite) -> None:
    """No server, no framework, no HTTP client; nothing but ourselves and the settings."""
    added = modules(own) - modules(own, "-p", "no:tutorflow_mock")
    assert {name for name in added if name.split(".")[0] in HEAVY} == set()
    assert "tutorflow_mock.testing.plugin" in added
    assert len(added) <= MOST, added


def test_tests_of_other_things_start_no_server(own: Suite) -> None:
    """A suite that names no fixture runs without a mock, even where the one that is named does not exist."""
    own.attach("http://127.0.0.1:9")
    own.run("def test_it(): pass").assert_outcomes(passed=1)
