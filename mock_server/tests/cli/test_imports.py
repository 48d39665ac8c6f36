"""What is light stays light: who only asks for the version, or imports the package, waits for no server's parts."""

import subprocess
import sys

import pytest

HEAVY = {"asyncio", "flask", "granian", "jinja2", "jsonschema_rs", "requests", "rich", "ssl", "urllib3", "yaml"}
SHOW = "import sys; print(*sys.modules, file=sys.stderr)"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(f"import tutorflow_mock; {SHOW}", id="the_package"),
        pytest.param(f"import tutorflow_mock; tutorflow_mock.Settings(); {SHOW}", id="settings"),
        pytest.param(
            f"from tutorflow_mock.cli import main; main(['--version'], standalone_mode=False); {SHOW}", id="cli"
        ),
    ],
)
def test_what_is_imported(code: str) -> None:
    """Nothing heavy."""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stderr.split()
    assert "tutorflow_mock" in loaded
    assert HEAVY & set(loaded) == set()
