"""The README of the contract: what it shows works as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tutorflow_openapi.document import EXTENSIONS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_its_example_runs() -> None:
    """The lines of the API example run, and what they assert holds."""
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102  our own page
    assert names["window"] == "sliding-log"


def test_every_extension_is_explained() -> None:
    """Each vendor extension that a document may hold has its row."""
    rows = set(re.findall(r"^\| `(x-[a-z]+)` \|", README, re.MULTILINE))
    assert rows == EXTENSIONS
