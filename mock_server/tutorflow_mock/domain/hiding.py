"""What of a call may be kept and shown: credentials are cut to their prefix or gone, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.domain.keys import prefix
from tutorflow_mock.domain.strict_json import compact, loads

Vault: TypeAlias = Callable[[str], str | None]
"""Returns what to show instead of a text that is a stored secret, None if it is none."""

GONE = "…"
BODY_LIMIT = 1 << 16
"""How many bytes of a body are kept."""

_SIGNATURE = "x-content-integration-signature"
_AUTHORIZATIONS = frozenset(("authorization", "proxy-authorization"))
_OPAQUE = frozenset(("x-api-key", "api-key", "x-auth-token"))
_COOKIES = frozenset(("cookie", "set-cookie"))
_SCHEMES = frozenset(("basic", "bearer", "digest", "token", "apikey"))
_SECRET_MEMBERS = frozenset(("apikey", "secret", "password"))
_SECRET_PARAMETERS = frozenset(("apikey", "api_key", "api-key", "key", "token", "access_token", "secret", "password"))

_KEY = re.compile(r"tf_content_[0-9A-Za-z]+…?")
_RUN = re.compile(r"[0-9A-Fa-f]{32,}")
_WORD = re.compile(r"""[^\s"'\\`,;:=&?/<>(){}\[\]|…]{8,}""")
_MEMBER = re.compile(r'("(?:apikey|secret|password)"\s*:\s*)(?!null\b)("(?:[^"\\]|\\.)*"?|[^\s",}\]]+)', re.IGNORECASE)
_FIELD = re.compile(r"\b(apikey|secret|password)=([^&\s\"]+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\u00([2-7][0-9A-Fa-f])")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")

_LONGEST_RUN = 512
_SECRET_SIZES = (64, 32)
_ESCAPED_MARK = re.compile(rb"\\u00[2-7]")
_DIGIT = b"0"
_AS_DIGITS = bytes(_DIGIT[0] if chr(code) in "0123456789abcdefABCDEF" else ord(" ") for code in range(256))
_LONG_RUN = _DIGIT * 32
_NOT_JSON = object()


def is_suspect(raw: bytes) -> bool:
    """Tell, cheaply and rather too often, whether a text may hold a secret: a key, a long number, a telling name."""
    lowered = raw.lower()
    if b"tf_content_" in lowered or b"apikey" in lowered or b"secret" in lowered or b"password" in lowered:
        return True
    if _LONG_RUN in lowered.translate(_AS_DIGITS):
        return True
    return b"\\u00" in lowered and _ESCAPED_MARK.search(lowered) is not None


def scrubbed(text: str, vault: Vault) -> str:
    """Return a text without the secrets in it, whatever they stand in; a second time changes nothing."""
    text = _KEY.sub(lambda found: f"{prefix(found[0]).rstrip(GONE)}{GONE}", text)
    text = _RUN.sub(lambda found: _without_windows(found[0], vault), text)
    return _WORD.sub(lambda found: vault(found[0]) or found[0], text)


def header(name: str, value: str, vault: Vault) -> str:
    """Return what may be shown of a header; its name is in lower case."""
    if name in _AUTHORIZATIONS:
        return _authorization(value, vault)
    if name in _COOKIES:
        return _cookies(name, value)
    return GONE if is_opaque(name) else scrubbed(value, vault)


def is_opaque(name: str) -> bool:
    """Tell whether nothing of a header is ever shown."""
    return name in _OPAQUE or name.startswith(_SIGNATURE)


def is_credential(name: str) -> bool:
    """Tell whether a header's value is a secret by its name."""
    return name in _AUTHORIZATIONS or name in _COOKIES or is_opaque(name)


def query(text: str, vault: Vault) -> str:
    """Return a query in which values that are secrets, look like one, or are called one, are gone."""
    return "&".join(_parameter(part, vault) for part in text.split("&"))


def decoded(text: str) -> str:
    """Decode a name or value of a query."""
    plain = text.replace("+", " ")
    return _PERCENT.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace"), plain)


def kept_body(raw: bytes, vault: Vault) -> tuple[bytes, bool]:
    """Return what is kept of a body, and whether it was cut."""
    safe = body(raw, vault).encode() if is_suspect(raw) else raw
    return safe[:BODY_LIMIT], len(safe) > BODY_LIMIT


def body(raw: bytes, vault: Vault) -> str:
    """Return a body as text without its secrets; JSON that holds none keeps its blanks and the order of its names."""
    text = raw.decode("utf-8", "replace")
    value = _parsed(raw)
    if value is _NOT_JSON:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    elif (safe := _safe(value, vault)) != value:
        text = compact(safe)
    text = _MEMBER.sub(lambda found: f'{found[1]}"{_short(found[2], vault)}"', text)
    text = _FIELD.sub(lambda found: f"{found[1]}={_short(found[2], vault)}", text)
    return scrubbed(text, vault)


def _without_windows(run: str, vault: Vault) -> str:
    """Return a run of hexadecimal digits without the secret that it is, or that stands in it."""
    if (shown := vault(run)) is not None:
        return shown
    for size in _SECRET_SIZES if len(run) <= _LONGEST_RUN else ():
        for start in range(len(run) - size + 1):
            if (shown := vault(run[start : start + size])) is not None:
                return f"{run[:start]}{shown}{_RUN.sub(GONE, run[start + size :])}"
    return run


def _authorization(value: str, vault: Vault) -> str:
    scheme, _, token = value.strip().partition(" ")
    if scheme.lower() not in _SCHEMES:
        return _short(value, vault)
    return f"{scheme} {_short(token.strip(), vault)}" if token else scheme


def _short(value: str, vault: Vault) -> str:
    """Return the prefix of a key, of anything else nothing; null is no secret."""
    bare = value.strip('"')
    if _KEY.fullmatch(bare):
        return scrubbed(bare, vault)
    return vault(bare) or GONE


def _cookies(name: str, value: str) -> str:
    first, *rest = value.split(";")
    parts = [first, *rest] if name == "cookie" else [first]
    shown = [f"{part.partition('=')[0].strip()}={GONE}" if "=" in part else GONE for part in parts]
    return "; ".join([*shown, *(part.strip() for part in rest if name != "cookie")])


def _parameter(part: str, vault: Vault) -> str:
    name, _, value = part.partition("=")
    plain_name, plain = decoded(name), decoded(value)
    safe_name = name if scrubbed(plain_name, vault) == plain_name else GONE
    if not value:
        return f"{safe_name}{part[len(name) :]}"
    if plain_name.lower() in _SECRET_PARAMETERS:
        return f"{safe_name}={_short(plain, vault)}"
    safe = scrubbed(plain, vault)
    return f"{safe_name}={value if safe == plain else safe}"


def _parsed(raw: bytes) -> object:
    try:
        return loads(raw, unique_keys=False)
    except ApiError:
        return _NOT_JSON


def _safe(value: object, vault: Vault) -> object:
    if isinstance(value, str):
        return scrubbed(value, vault)
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {scrubbed(name, vault): _safe_member(name, member, vault) for name, member in members.items()}
    return [_safe(item, vault) for item in cast("Iterable[object]", value)] if isinstance(value, list) else value


def _safe_member(name: str, value: object, vault: Vault) -> object:
    if name.lower() not in _SECRET_MEMBERS or value is None:
        return _safe(value, vault)
    return _short(value, vault) if isinstance(value, str) else GONE
