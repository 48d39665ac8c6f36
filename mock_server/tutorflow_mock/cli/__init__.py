"""The command line of the mock; commands import what is heavy when they run."""

import click

from tutorflow_mock.cli.demo import demo
from tutorflow_mock.cli.routes import routes
from tutorflow_mock.cli.serve import serve
from tutorflow_mock.cli.usage import Commands
from tutorflow_mock.cli.version import version
from tutorflow_mock.version import VERSION

HELP = """A mock of TutorFlow's Content Integration API that remembers, runs offline and has a clock to move.

\b
tutorflow-mock demo                a whole content job, shown call by call
tutorflow-mock serve               a server on http://127.0.0.1:4010
tutorflow-mock serve --help        everything that can be set

Exit codes: 0 fine, 1 something is not as expected, 2 usage or configuration, 130 interrupted.
"""


@click.group(cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="tutorflow-mock", message="%(prog)s %(version)s")
def main() -> None:
    """Run one of the commands."""


for command in (serve, demo, routes, version):
    main.add_command(command)
