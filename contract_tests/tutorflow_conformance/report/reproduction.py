"""An exchange as a command that runs as it is: variables for the address and secrets, the body from a here-document."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from tutorflow_conformance.exchange import Exchange

_VARIABLES = {"key": "$TUTORFLOW_CONTENT_API_KEY", "other key": "$TUTORFLOW_OTHER_API_KEY"}
_COOKIES = {"admin": "$TUTORFLOW_ADMIN_COOKIE", "other admin": "$TUTORFLOW_OTHER_ADMIN_COOKIE"}
_OWN = frozenset(("authorization", "cookie"))


def curl(exchange: Exchange) -> str:
    """Return a command line for an exchange.

    A key that the run made for itself is gone by then: the run's own stands in for it. Bytes that are no UTF-8 come
    from `printf`.
    """
    lines = [
        f'curl -sS -i -X {exchange.request.method} "$TUTORFLOW_API_BASE_URL"{shlex.quote(exchange.request.target)}'
    ]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _shown(exchange)]
    lines += [f'-H "{line}"' for line in _credential(exchange)]
    body = exchange.request.body
    if not body:
        return " \\\n  ".join(lines)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        escaped = "".join(f"\\{byte:03o}" for byte in body)
        return f"printf '{escaped}' | " + " \\\n  ".join([*lines, "--data-binary @-"])
    marker = "JSON" if "\nJSON\n" not in text else "END_OF_JSON"
    return " \\\n  ".join([*lines, f"--data-binary @- <<'{marker}'"]) + f"\n{text}\n{marker}"


def script(exchanges: Iterable[Exchange]) -> str:
    """Return several exchanges as one script, in their order."""
    return "\n\n".join(f"# {each.id} {each.step}: {each.status or each.error}\n{curl(each)}" for each in exchanges)


def _shown(exchange: Exchange) -> list[tuple[str, str]]:
    """Return the headers that hold nothing secret."""
    return [(name, value) for name, value in exchange.request.headers if name.lower() not in _OWN]


def _credential(exchange: Exchange) -> list[str]:
    carried = {name.lower() for name, _ in exchange.request.headers}
    if "authorization" in carried:
        if exchange.credential == "none":  # made up, and hidden whole: any made-up key does
            return ["Authorization: Bearer tf_content_00000000000000000000000000000000"]
        return [f"Authorization: Bearer {_VARIABLES.get(exchange.credential, _VARIABLES['key'])}"]
    if "cookie" in carried:
        return [f"Cookie: jwt={_COOKIES.get(exchange.credential, 'made-up-session')}"]
    return []
