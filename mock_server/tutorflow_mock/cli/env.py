"""`tutorflow-mock env`: what a client under test needs, as shell variables."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.remote import Remote

_DEFAULT = "default"


@click.command(
    short_help="Print the variables that a client needs.",
    epilog=examples(
        'eval "$(tutorflow-mock env)"',
        'eval "$(tutorflow-mock env --session checkout-7)"',
    ),
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@at_a_mock
def env(remote: Remote, *, as_json: bool) -> None:
    """Print `export` lines for `eval`: address, API key, ids, the admin's cookie, and what a second organization has.

    They are also what `tutorflow-conformance run --mode full` reads.

    A named session is created, and this is the only time that its secrets are told: one that exists already is refused.
    """
    variables = variables_of(opened(remote), remote)
    if as_json:
        showing.as_json(variables)
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def opened(remote: Remote) -> Mapping[str, Any]:
    """Return the default session, or the named one, newly made, with its secrets."""
    if remote.session in {None, _DEFAULT}:
        return remote.sessions.show(_DEFAULT)
    return remote.of(None).sessions.create(id=remote.session)


def variables_of(session: Mapping[str, Any], remote: Remote) -> dict[str, str]:
    """Return the guides' own names with a session's values; a named session goes on being spoken of."""
    found = {
        "TUTORFLOW_API_BASE_URL": remote.url,
        "TUTORFLOW_CONTENT_API_KEY": session["apiKey"],
        "TUTORFLOW_ORGANIZATION_ID": session["organizationId"],
        "TUTORFLOW_CLASSROOM_ID": session["classroomId"],
        "TUTORFLOW_LESSON_ID": session["lessonIds"][0],
        "TUTORFLOW_ADMIN_COOKIE": session["adminCookie"],
        "TUTORFLOW_ADMIN_EMAIL": session["admin"]["email"],
        "TUTORFLOW_ADMIN_PASSWORD": session["admin"]["password"],
    }
    for other in session["organizations"][1:2]:
        found |= {
            "TUTORFLOW_OTHER_API_KEY": other["apiKey"],
            "TUTORFLOW_OTHER_ADMIN_COOKIE": other["adminCookie"],
            "TUTORFLOW_OTHER_ORGANIZATION_ID": other["id"],
        }
    return found if session["id"] == _DEFAULT else {**found, "TUTORFLOW_MOCK_SESSION": session["id"]}
