"""The README's recipes, by the file names that stand beside their languages."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
FENCE = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def recipes() -> dict[str, str]:
    """Return every recipe."""
    return dict(FENCE.findall(README.read_text(encoding="utf-8")))


def write(folder: Path, *names: str) -> None:
    """Save recipes as a reader would."""
    for name in names:
        (folder / name).write_text(recipes()[name], encoding="utf-8")
