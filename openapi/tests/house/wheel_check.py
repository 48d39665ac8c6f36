"""Installs the built wheel into a fresh environment and runs the smoke tests there, the sources out of reach.

Run by `make build` as `wheel_check.py DIST`; exit code 0 when the wheel passes. The demo runs on what the wheel alone
asks for, so that a dependency which was forgotten is missed here and not by a user; then the tests get `[conformance]`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import click

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDERS = ("openapi", "mock_server", "contract_tests", "fixtures")
PACKAGES = ("tutorflow_openapi", "tutorflow_mock", "tutorflow_conformance", "tutorflow_fixtures")
SCRIPTS = ("tutorflow-mock", "tutorflow-conformance", "tutorflow-fixtures")
ELSEWHERE = f"""
import importlib, pathlib, sys
for name in {PACKAGES}:
    place = pathlib.Path(importlib.import_module(name).__file__).resolve()
    assert place.is_relative_to(pathlib.Path(sys.prefix).resolve()), f"{{name}} comes from {{place}}"
"""


def copy_tests(target: Path) -> list[Path]:
    """Copy every test folder and pytest's settings; answers the files that hold a smoke test."""
    shutil.copy(REPOSITORY / "pyproject.toml", target)
    for folder in FOLDERS:
        source = REPOSITORY / folder / "tests"
        if source.is_dir():
            shutil.copytree(source, target / folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    return sorted(path for path in target.rglob("test_*.py") if "pytest.mark.smoke" in path.read_text(encoding="utf-8"))


def check(wheel: Path, workplace: Path) -> None:
    """Raise CalledProcessError at the first step that fails; a step is silent unless it fails."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))
    }
    home = workplace / "venv"
    venv.create(home, with_pip=True)
    bin_folder = home / ("Scripts" if os.name == "nt" else "bin")

    def run(*command: str | Path, silent: bool = True) -> None:
        subprocess.run(command, check=True, cwd=workplace, env=environment, capture_output=silent, text=True)

    pip = (bin_folder / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", wheel)
    run(*pip, "check")
    run(bin_folder / "python", "-c", ELSEWHERE)
    for script in SCRIPTS:
        run(bin_folder / script, "--version")
    run(bin_folder / "tutorflow-mock", "demo")
    run(*pip, "install", f"{wheel}[conformance]")
    tests = copy_tests(workplace)
    run(bin_folder / "python", "-m", "pytest", "-m", "smoke", "-p", "no:cacheprovider", *tests, silent=False)


def main(dist: Path) -> int:
    """Find the one wheel and check it in a folder that is gone afterwards."""
    (wheel,) = dist.resolve().glob("*.whl")
    with tempfile.TemporaryDirectory(prefix="tutorflow-wheel-") as workplace:
        try:
            check(wheel, Path(workplace).resolve())
        except subprocess.CalledProcessError as failure:
            command = " ".join(str(word) for word in failure.cmd[:4])
            click.echo(f"{failure.stdout or ''}{failure.stderr or ''}this step failed: {command} …", err=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
