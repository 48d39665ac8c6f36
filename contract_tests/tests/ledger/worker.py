"""A process that spends from a shared ledger until its purse is empty: killed by the test at any instant."""

from __future__ import annotations

import sys
from pathlib import Path

from tutorflow_conformance.client import Client, Metered
from tutorflow_conformance.ledger import Ledger, Overspent, Purses
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.system import Clock, run_token, wall_clock
from tutorflow_openapi import load


def main(file: str, url: str, jobs: str) -> None:
    """Create until the purse is empty."""
    contract, clock, run = load(), Clock(), run_token()
    ledger = Ledger(Path(file), run, Purses(jobs=int(jobs)), wall_clock, url)
    ledger.begin("full")
    client = Client(url, contract, Metered(ledger, contract, clock), Redactor(), clock, lambda _: None)
    path = contract.operations["createExpansion"].path
    try:
        while True:
            client.send("m.create", "POST", path, body=b"{}")
    except Overspent:
        sys.exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
