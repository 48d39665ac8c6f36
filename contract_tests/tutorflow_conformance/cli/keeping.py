"""Where a run's ledger lies, and which runs in it are not at their end."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tutorflow_conformance.ledger import Ledger, Purses, Unfinished, Unusable
from tutorflow_conformance.system import state_folder, wall_clock
from tutorflow_conformance.target import Misconfigured, is_loopback

VARIABLE = "TUTORFLOW_CONFORMANCE_LEDGER"
FOLDER = "tutorflow-conformance"
_PORTS = {"http": 80, "https": 443}


def ledger_file(told: Path | None, variables: Mapping[str, str], url: str) -> Path | None:
    """Return the file of a target's ledger; None, in memory, for a target on this machine unless a file was named."""
    named = told or (Path(variables[VARIABLE]) if variables.get(VARIABLE) else None)
    if named is not None or is_loopback(url):
        return named
    parts = urlsplit(url)
    host = "".join(each if each.isalnum() or each in ".-" else "_" for each in parts.hostname or "")
    return state_folder() / FOLDER / f"{host}-{parts.port or _PORTS[parts.scheme]}.sqlite"


@contextmanager
def ledger_in(file: Path | None, url: str) -> Generator[Ledger]:
    """Yield a ledger as nobody's run, to be read; Misconfigured if there is none."""
    if file is None:
        raise Misconfigured(
            f"the ledger of a target on this machine is kept in memory alone; name its file with --ledger or {VARIABLE}"
        )
    if not file.exists():
        raise Misconfigured(f"there is no ledger {file}: no run at {url} was written down there")
    try:
        ledger = Ledger(file, "", Purses(), wall_clock, url)
    except Unusable as error:
        raise Misconfigured(str(error)) from error
    try:
        yield ledger
    finally:
        ledger.close()


def unfinished(file: Path | None, url: str) -> list[Unfinished]:
    """Return the runs at a target that are not at their end, or have left something; Misconfigured without a ledger."""
    with ledger_in(file, url) as ledger:
        return ledger.unfinished()


def resumed(run: str, file: Path | None, url: str) -> str:
    """Return the name of the run to go on with; Misconfigured if it is not one that can be."""
    known = [other.run for other in unfinished(file, url)]
    if run not in known:
        others = f"those that are: {', '.join(known)}" if known else "there is none"
        raise Misconfigured(f"--resume {run}: that is no unfinished run at {url}; {others}")
    return run
