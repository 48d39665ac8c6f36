"""What the project's texts promise: the Makefile's verbs, the README's commands, and nobody's home folder."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
NOT_OURS = {".git", ".venv", "__pycache__", "node_modules", "dist", "build"}
HOME = re.compile(r"(?<![\w.])/(?:home|root|Users)/\w|[A-Z]:\\Users\\")
OPENING = ["demo", "test"]


def texts() -> Iterator[Path]:
    """Every file of the project that is not made by a tool."""
    for path in sorted(REPOSITORY.rglob("*")):
        folders = path.relative_to(REPOSITORY).parts
        made = any(part in NOT_OURS or part.endswith("_cache") for part in folders)
        if path.is_file() and not made and path.suffix != ".pyc":
            yield path


def verbs() -> dict[str, str]:
    """The Makefile's verbs, each with its help."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z-]+):.*## (.+)$", makefile, re.MULTILINE))


def written(name: str) -> list[str]:
    """The verbs of the `make` commands that a document shows, in its order."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    return re.findall(r"(?:`|^ *\$? ?)make ([a-z-]+)", text, re.MULTILINE)


def test_every_verb_has_help() -> None:
    """`make` alone shows all that can be made."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    assert sorted(verbs()) == sorted(phony[1].split())


def test_help_is_the_default() -> None:
    """A bare `make` lists every verb and does nothing else."""
    shown = subprocess.run(["make", "-C", REPOSITORY], capture_output=True, text=True, check=True).stdout
    assert [verb for verb in verbs() if f"make {verb} " not in shown] == []


def test_readme_opens_with_two_commands() -> None:
    """The first two commands of the README are all that a fresh machine needs."""
    assert written("README.md")[:2] == OPENING


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_every_verb_that_is_written_exists(name: str) -> None:
    """A `make` command in a document can be typed as it is printed."""
    assert set(written(name)) <= set(verbs())


def test_no_home_folder_in_any_text() -> None:
    """Nothing in the project depends on, or tells of, the machine that it was written on."""
    telling = [
        str(path.relative_to(REPOSITORY))
        for path in texts()
        if HOME.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert telling == []


@pytest.mark.soak
@pytest.mark.parametrize("verb", OPENING)
def test_fresh_clone(verb: str, tmp_path: Path) -> None:
    """Each of the README's two commands works by itself where nothing was installed before."""
    clone = tmp_path / "clone"
    ignored = shutil.ignore_patterns(*NOT_OURS, "*_cache", ".coverage*", ".hypothesis")
    shutil.copytree(REPOSITORY, clone, ignore=ignored)
    result = subprocess.run(["make", verb], cwd=clone, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
