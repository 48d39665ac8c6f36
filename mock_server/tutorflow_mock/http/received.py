"""A call on its way into the journal: what came with it, taken out of its WSGI environment."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from tutorflow_mock.domain.hiding import is_credential
from tutorflow_mock.domain.journal import CLIENT, PATH, QUERY, SCHEME
from tutorflow_mock.http import wire
from tutorflow_mock.log import log
from tutorflow_mock.operations.find import UnknownSession
from tutorflow_mock.operations.journal import Answered, Received, entry_of, visit_elsewhere
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tutorflow_mock.http.wire import Environ
    from tutorflow_mock.operations.call import Reply, Visit
    from tutorflow_mock.operations.world import World

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
    return Received(names, pick(environ), tuple([(name, environ[variable]) for name, variable in credentials]))


def remember(world: World, visit: Visit, environ: Environ, answered: Answered, *, reads_on: bool = True) -> None:
    """Write the journal, which is best effort: a call that has done its work is answered all the same.

    What comes to a session that has ended belongs to no journal.

    `reads_on` lets a body that nobody asked for be read.
    """
    try:
        sent = wire.sent(visit.call, reads_on=reads_on)
        entry = entry_of(world, visit, received(environ), sent, answered)
        world.store.append_journal(visit.session.id, entry)
    except SessionEnded:
        return
    except Exception:  # noqa: BLE001 - see above
        log.exception("request %s is missing from the journal", answered.id)


def remember_elsewhere(
    world: World, environ: Environ, reply: Reply, body: bytes, headers: Sequence[tuple[str, str]]
) -> None:
    """Write a call into the journal that no operation took; one that names no session of ours belongs nowhere."""
    try:
        visit = visit_elsewhere(world, wire.call_of(environ))
        request_id = f"{world.ids_of(visit.session).bits('requests', 64):016x}"
    except UnknownSession:
        return
    except Exception:  # noqa: BLE001 - as above
        log.exception("a call to no operation is missing from the journal")
        return
    remember(world, visit, environ, Answered(request_id, reply, body, headers, 0.0, began=world.clock.elapsed()))


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
