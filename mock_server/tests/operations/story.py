"""Reads the story of the reference's example documents, and compares answers with it up to the ids."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mock_server.tests.operations.in_process import Answer, Json

STORY = Path(__file__).parent / "data" / "section_12.txt"

MADE = re.compile(
    r"tf_content_[0-9a-f]{12,32}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[0-9a-f]{64}|[0-9a-f]{32}|(?<=jwt=)[^;]+"
)
"""What servers make up: keys and their prefixes, UUIDs, secrets, tokens, session cookies."""


@dataclass
class Exchange:
    """A request with the answer that the reference shows; `directives` come before it."""

    directives: list[str] = field(default_factory=list[str])
    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str | None = None
    status: int = 0
    shown_headers: dict[str, str] = field(default_factory=dict[str, str])
    shown: str | None = None

    @property
    def name(self) -> str:
        """Method, the path's words, and how often the story has sent this before."""
        return f"{self.method} {MADE.sub('…', self.path)}"


def exchanges() -> Iterator[Exchange]:
    """Yield the story's exchanges in their order."""
    current = Exchange()
    for line in STORY.read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            current.directives.append(line.removeprefix("@ "))
        elif line.startswith(">"):
            current.method, current.path = line.removeprefix("> ").split(" ")
        elif line.startswith("<"):
            current.status = int(line.removeprefix("< "))
        elif line and not line.startswith("#"):
            _add(current, line)
        elif not line and current.status:
            yield current
            current = Exchange()
    yield current


def _add(exchange: Exchange, line: str) -> None:
    is_answer = exchange.status > 0
    if line[0] not in "{[":
        name, _, value = line.partition(": ")
        (exchange.shown_headers if is_answer else exchange.headers)[name] = value
    elif is_answer:
        exchange.shown = line
    else:
        exchange.body = line


class Names:
    """What the story calls a thing, and what this server calls it: one name for one thing, in both directions."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._ours = dict(known)

    def translate(self, text: str) -> str:
        """Return a text of the story with the names that this server gave."""
        return MADE.sub(lambda found: self._ours.get(found[0], found[0]), text)

    def learn(self, shown: str, seen: str) -> str:
        """Take over the names in an answer, as far as it has as many as the story; return the story's text in them."""
        pairs = zip(MADE.findall(shown), MADE.findall(seen), strict=False)
        for theirs, ours in pairs:
            known = self._ours.setdefault(theirs, ours)
            assert known == ours, f"{theirs} was {known} and is {ours} now"
        given = list(self._ours.values())
        assert len(given) == len(set(given)), "two things of the story have one name here"
        return self.translate(shown)


def canonical(document: Json) -> str:
    """Write a JSON value with its members in one order."""
    return json.dumps(document, sort_keys=True)


def newest_first(answer: Answer, count: int) -> Json:
    """Return a body, and of a list its first entries: a list may hold what was there before the story."""
    document: Json = answer.json()
    return document[:count] if answer.body.startswith(b"[") else document
