"""The command line of the mock; commands import what is heavy when they run."""

import click

from tutorflow_mock.cli.behaviours import behaviours
from tutorflow_mock.cli.check_receiver import check_receiver
from tutorflow_mock.cli.clock import clock
from tutorflow_mock.cli.demo import demo
from tutorflow_mock.cli.env import env
from tutorflow_mock.cli.fault import fault
from tutorflow_mock.cli.job import job
from tutorflow_mock.cli.lint import lint
from tutorflow_mock.cli.listen import listen
from tutorflow_mock.cli.openapi import openapi
from tutorflow_mock.cli.resend import resend
from tutorflow_mock.cli.reset import reset
from tutorflow_mock.cli.routes import routes
from tutorflow_mock.cli.scenarios import scenarios
from tutorflow_mock.cli.serve import serve
from tutorflow_mock.cli.session import session
from tutorflow_mock.cli.snapshot import snapshot
from tutorflow_mock.cli.trigger import trigger
from tutorflow_mock.cli.usage import Commands
from tutorflow_mock.cli.verify import verify
from tutorflow_mock.cli.version import version
from tutorflow_mock.cli.wait import wait
from tutorflow_mock.version import VERSION

HELP = """A mock of TutorFlow's Content Integration API that remembers, runs offline and has a clock to move.

\b
tutorflow-mock demo                a whole content job, shown call by call
tutorflow-mock serve               a server on http://127.0.0.1:4010
tutorflow-mock serve --help        everything that can be set
tutorflow-mock listen              its webhooks, as they come

Exit codes: 0 fine, 1 something is not as expected, 2 usage or configuration, 3 no mock there, 130 interrupted.
"""


@click.group(cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="tutorflow-mock", message="%(prog)s %(version)s")
def main() -> None:
    """Run one of the commands."""


for command in (
    *(serve, demo, routes, version),
    *(wait, env, reset, openapi),
    *(clock, session, job, behaviours, fault, snapshot),
    *(listen, trigger, resend, verify, lint, scenarios, check_receiver),
):
    main.add_command(command)
