"""What came with a call, taken out of its WSGI environment for the journal."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from tutorflow_mock.domain.hiding import is_credential
from tutorflow_mock.domain.journal import CLIENT, PATH, QUERY, SCHEME
from tutorflow_mock.operations.journal import Received

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.http.wire import Environ

_NAMES = {
    "CONTENT_TYPE": "Content-Type",
    "CONTENT_LENGTH": "Content-Length",
    "PATH_INFO": PATH,
    "QUERY_STRING": QUERY,
    "REMOTE_ADDR": CLIENT,
    "wsgi.url_scheme": SCHEME,
}
_HEADER = "HTTP_"
_NO_HEADERS = frozenset(("HTTP_PROXY", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"))
"""A header `Proxy` looks like the variable of that name, which says how this machine reaches the world."""
_MOST_LAYOUTS = 256


class _Layout(NamedTuple):
    """Which variables an environment has: a client's calls have the same ones again and again."""

    names: tuple[str, ...]
    pick: Callable[[Environ], tuple[Any, ...]]
    credentials: tuple[tuple[str, str], ...]


_layouts: dict[tuple[str, ...], _Layout] = {}


def received(environ: Environ) -> Received:
    """Return the headers of a call and what else the journal shows of it; its credentials stand apart."""
    variables = tuple(environ)
    layout = _layouts.get(variables)
    if layout is None:
        if len(_layouts) >= _MOST_LAYOUTS:
            _layouts.clear()
        layout = _layouts[variables] = _layout(variables)
    names, pick, credentials = layout
    if not credentials:
        return Received(names, pick(environ))
    return Received(names, pick(environ), tuple((name, environ[variable]) for name, variable in credentials))


def _layout(variables: tuple[str, ...]) -> _Layout:
    named = {variable: _name(variable) for variable in variables}
    wanted = {variable: name for variable, name in named.items() if name is not None}
    plain = {variable: name for variable, name in wanted.items() if not is_credential(name.lower())}
    credentials = tuple((name, variable) for variable, name in wanted.items() if variable not in plain)
    return _Layout(tuple(plain.values()), _picker(tuple(plain)), credentials)


def _picker(variables: tuple[str, ...]) -> Callable[[Environ], tuple[Any, ...]]:
    if len(variables) > 1:
        return itemgetter(*variables)
    return lambda environ: tuple(environ[variable] for variable in variables)  # a getter of one makes no tuple


def _name(variable: str) -> str | None:
    """Return the usual name of a header's variable, or that of another fact; None for what is not shown."""
    if variable in _NAMES:
        return _NAMES[variable]
    if not variable.startswith(_HEADER) or variable in _NO_HEADERS:
        return None
    return "-".join(word.capitalize() for word in variable[len(_HEADER) :].split("_"))
