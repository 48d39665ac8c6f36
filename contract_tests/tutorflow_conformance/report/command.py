"""One exchange as a curl command."""

from __future__ import annotations

import gzip
import re
import shlex
from base64 import b64encode
from collections.abc import Iterator

from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.redaction import HIDDEN
from tutorflow_conformance.traffic.look import MADE_UP_COOKIE, UNKNOWN_KEY

ADDRESS = "TUTORFLOW_API_BASE_URL"
_BREAK = " \\\n  "
_LARGE = 16_384
_ASKED = 1000  # for a longer body some versions of curl ask first whether they may send it
_SPECIAL = re.compile(r'[\\"$`]')
_ENVIRONMENT = re.compile(r"\$(TUTORFLOW_[A-Z_]+)")


class Names:
    """By what a script replaces values inside double quotes; grows as steps keep something of their answers."""

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words
        self._used: dict[str, int] = {}

    def add(self, value: str, wanted: str) -> str:
        """Give a value a variable of its own, and return its name."""
        number = self._used[wanted] = self._used.get(wanted, 0) + 1
        name = wanted if number == 1 else f"{wanted}_{number}"
        self._words[value] = f"${{{name}}}"
        return name

    def __contains__(self, value: str) -> bool:
        return value in self._words

    def __getitem__(self, value: str) -> str:
        return self._words[value]

    def parts(self, text: str) -> list[tuple[str, bool]]:
        """Return a text in parts: what stays as it is, and what is replaced."""
        if not self._words:
            return [(text, False)]
        pattern = re.compile("(" + "|".join(map(re.escape, sorted(self._words, key=len, reverse=True))) + ")")
        return [(part, number % 2 == 1) for number, part in enumerate(pattern.split(text))]

    def filled(self, text: str) -> str:
        """Return a text as it stands inside double quotes, or in a here-document, with what is replaced."""
        return "".join(self[part] if is_word else _SPECIAL.sub(r"\\\g<0>", part) for part, is_word in self.parts(text))

    def has(self, text: str) -> bool:
        """Tell whether something of a text is replaced."""
        return any(is_word for _, is_word in self.parts(text))

    def quoted(self, text: str) -> str:
        """Return a text as one word of a shell."""
        return f'"{self.filled(text)}"' if self.has(text) else shlex.quote(text)


def command(exchange: Exchange, names: Names) -> str:
    """Return the command that sends an exchange's request again and shows the answer with its status and headers."""
    request = exchange.request
    method = "--head" if request.method == "HEAD" else f"-X {request.method}"
    odd = "--path-as-is --globoff " if re.search(r"[\[\]{}]|//|/\.", request.target) else ""
    words = [f'curl -sS -i -w "\\n\\n" {odd}{method} "${ADDRESS}{names.filled(request.target)}"']
    words += [f"-H {_header(name, value, names)}" for name, value in request.headers if not _is_own(name)]
    words += credential(exchange, names)
    if not request.body:
        return _BREAK.join(words)
    if exchange.sent("Content-Type") is None:
        words.append("-H 'Content-Type:'")
    if len(request.body) > _ASKED:
        words.append("-H 'Expect:'")
    return _with_body(_BREAK.join([*words, "--data-binary @-"]), request.body, names)


def detached(sending: str) -> str:
    """Return a command so that the next one does not wait for it."""
    return f"{{ {sending}\n}} &"


def credential(exchange: Exchange, names: Names) -> list[str]:
    """Return the flags of what an exchange carried; what was made up, and is hidden whole, is made up again."""
    told, cookie = exchange.sent("Authorization"), exchange.sent("Cookie")
    if told is not None:
        scheme, _, token = told.partition(" ")
        if scheme == "Basic":
            return [f"-u {names.quoted(f':{token}')}"]
        if told == HIDDEN:
            return ["-H 'Authorization: Bearer'"]
        made_up = f"{UNKNOWN_KEY} {UNKNOWN_KEY}" if exchange.step == "look.malformed-bearer" else UNKNOWN_KEY
        return [f"-H {names.quoted(f'Authorization: {scheme} {token.replace(HIDDEN, made_up)}')}"]
    if cookie is not None:
        return [f"-H {names.quoted(f'Cookie: {cookie.replace(HIDDEN, MADE_UP_COOKIE)}')}"]
    return []


def needed(script: str) -> Iterator[str]:
    """Yield the line that refuses to begin without the variables that a script uses."""
    found = sorted(dict.fromkeys(_ENVIRONMENT.findall(script)))
    yield ": " + " ".join(f'"${{{name}:?}}"' for name in found) + "\n"


def _with_body(sending: str, body: bytes, names: Names) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if len(body) > _LARGE:
        packed = b64encode(gzip.compress(body, mtime=0)).decode("ascii")
        return f"printf %s {packed} | base64 -d | gunzip |{_BREAK}{sending}"
    if "\0" in text or "\r" in text:
        octal = "".join(f"\\{byte:03o}" for byte in body)
        return f"printf '{octal}' |{_BREAK}{sending}"
    marker = "JSON" if "JSON" not in text.splitlines() else "END_OF_BODY"
    if names.has(text):
        return f"{sending} <<{marker}\n{_document(names.filled(text))}\n{marker}"
    return f"{sending} <<'{marker}'\n{text}\n{marker}"


def _document(text: str) -> str:
    """Return a text as it stands in a here-document, where a double quote needs no backslash."""
    return text.replace('\\"', '"')


def _header(name: str, value: str, names: Names) -> str:
    return names.quoted(f"{name}: {value}") if value else shlex.quote(f"{name};")


def _is_own(name: str) -> bool:
    return name.lower() in {"authorization", "cookie"}
