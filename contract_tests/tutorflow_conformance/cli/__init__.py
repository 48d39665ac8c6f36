"""The command line of the judge; commands import what is heavy when they run."""

import click

from tutorflow_conformance.cli.calibrating import calibrate
from tutorflow_conformance.cli.cleaning import cleanup
from tutorflow_conformance.cli.listing import explain, list_requirements
from tutorflow_conformance.cli.rejudging import replay, verify
from tutorflow_conformance.cli.running import plan, run

HELP = """Judge whether an endpoint keeps the contract of TutorFlow's Content Integration API.

\b
tutorflow-conformance run --target mock                     a mock of its own, everything
tutorflow-conformance run --target https://api.tutorflow.io one job at most, 60 requests
tutorflow-conformance plan --target URL                     what that would cost; sends nothing
tutorflow-conformance calibrate --target URL --out FILE     which alternatives it takes, for the mock
tutorflow-conformance cleanup --target URL                  what a killed run left
tutorflow-conformance list                                  the requirements
tutorflow-conformance explain IDEM-003                      one of them, and how it is tested
tutorflow-conformance verify report.json                    judge its exchanges again
tutorflow-conformance replay traffic.har                    judge recorded traffic

Keys and ids come from the environment (TUTORFLOW_CONTENT_API_KEY, …) or from --env-file, never from arguments.
Exit codes: 0 fine, 1 findings, 2 usage or configuration, 3 target unreachable, 130 interrupted.
"""


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tutorflow-contract-kit", prog_name="tutorflow-conformance")
def main() -> None:
    """Run one of the commands."""


for command in (run, plan, calibrate, cleanup, list_requirements, explain, verify, replay):
    main.add_command(command)
