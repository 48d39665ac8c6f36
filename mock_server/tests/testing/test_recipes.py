"""Every recipe of the README, saved under its name and run as its reader would run it."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from mock_server.tests.testing.recipes import recipes, write
from mock_server.tests.testing.suites import Suite

COMMANDS = str(Path(sys.executable).parent)
"""Where `tutorflow-mock` is installed."""
PACKAGES = {"node": "nodejs", "npm": "npm", "npx": "npm", "chromium": "chromium"}
"""Which package brings a tool."""

BROWSER = """
    import threading
    import wsgiref.simple_server
    from wsgiref.util import setup_testing_defaults

    import my_client
    import pytest
    from playwright.sync_api import sync_playwright

    class Quiet(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *args):
            pass

    @pytest.fixture
    def app_url(tutorflow_env):
        jobs = []

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/html")])
            if environ["PATH_INFO"] != "/":
                return [b""]
            if not jobs:
                jobs.append(my_client.create({})["id"])
            job = my_client.call("GET", f"{my_client.JOBS}/{jobs[0]}").json()
            return [f'<title>Job</title><p role="status">{job["status"]}</p>'.encode()]

        with wsgiref.simple_server.make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
            thread.join()

    @pytest.fixture
    def page():
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="CHROMIUM", args=["--no-sandbox"])
            yield browser.new_page()
            browser.close()
"""


def run(folder: Path, *command: str, port: int | None = None) -> str:
    """Run a command in a folder, with our commands on its path, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUTORFLOW_")}
    environment |= {"PATH": os.pathsep.join([COMMANDS, os.environ["PATH"]]), "CI": "" if port is None else "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def needed(*tools: str) -> None:
    """Fail, with what to do, where a tool of another language is not installed."""
    for tool in tools:
        assert shutil.which(tool), (
            f"{tool} is not installed, and this recipe needs it: apt-get install {PACKAGES[tool]}"
        )


def test_every_recipe_is_run_here() -> None:
    """A recipe that nobody runs does not stay true."""
    source = Path(__file__).read_text(encoding="utf-8") + Path(__file__).with_name("suites.py").read_text(
        encoding="utf-8"
    )
    assert [name for name in recipes() if f'"{name}"' not in source] == []


def test_the_three_tests(own: Suite) -> None:
    """A failing job, a lost response, retries over minutes: with the plugin and nothing else."""
    write(own.pytester.path, "test_my_client.py")
    own.run().assert_outcomes(passed=3)


def test_requests(own: Suite) -> None:
    """With a bearer key and with the admin cookie."""
    write(own.pytester.path, "test_with_requests.py")
    own.run().assert_outcomes(passed=2)


def test_httpx(own: Suite) -> None:
    """Over WSGI: there is no server to attach to."""
    own.attach("http://127.0.0.1:9")
    write(own.pytester.path, "test_with_httpx.py")
    own.run().assert_outcomes(passed=1)


def test_unittest(own: Suite) -> None:
    """By its own runner."""
    write(own.pytester.path, "test_with_unittest.py")
    assert "Ran 1 test" in run(own.pytester.path, sys.executable, "-W", "error", "-m", "unittest")


def test_a_script(tmp_path: Path) -> None:
    """That has no test runner at all, not even pytest."""
    write(tmp_path, "my_client.py", "script.py")
    (tmp_path / "pytest.py").write_text("raise ImportError('not installed')")
    printed = run(tmp_path, sys.executable, "-W", "error", "script.py")
    assert "transition → failed (read 4)" in printed


def test_node(tmp_path: Path) -> None:
    """By Node's own runner."""
    needed("node")
    write(tmp_path, "mock.test.mjs")
    assert "# pass 1" in run(tmp_path, "node", "--test", "--test-reporter=tap")


def test_a_browser(own: Suite) -> None:
    """An application that reads the environment, looked at by Chromium."""
    needed("chromium")
    own.write(BROWSER.replace("CHROMIUM", str(shutil.which("chromium"))), "conftest.py")
    write(own.pytester.path, "test_in_a_browser.py")
    own.run().assert_outcomes(passed=1)


def test_playwright_in_node(tmp_path: Path) -> None:
    """Playwright's own runner starts the mock; only the port is another one, in case the usual one is taken."""
    needed("npm", "npx")
    write(tmp_path, "playwright.config.mjs", "job.spec.mjs")
    install = ("npm", "install", "--no-audit", "--no-fund", "--fetch-retries=0", "@playwright/test@1")
    delivered = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert delivered.returncode == 0, delivered.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "playwright.config.mjs"
    config.write_text(config.read_text().replace("4010", str(port)))
    assert "1 passed" in run(tmp_path, "npx", "playwright", "test", port=port)
