"""Turn flags and environment into a target and options; what is wrong with them is said before any request."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutorflow_conformance.cli.keeping import ledger_file, resumed
from tutorflow_conformance.control import Control, Refused
from tutorflow_conformance.hosting import NotStarted, mock
from tutorflow_conformance.run.options import ALLOWANCES, PER_MINUTE, Options
from tutorflow_conformance.system import environment, run_token
from tutorflow_conformance.target import ADDRESS, MODES, Misconfigured, Target, checked_url, credentials_of
from tutorflow_conformance.target import is_loopback as names_this_machine
from tutorflow_conformance.traffic.run import Patience
from tutorflow_openapi import (
    DEFAULT_REVISION,
    BehaviourError,
    Contract,
    ProfileError,
    UnknownRevision,
    load,
    load_requirements,
    read_profile,
)

MOCK = "mock"
_LAST_PORT = 65_535
_SESSION = {"organizations": 2, "rateLimitPerMinute": 1000, "programme": {"progression": "time"}}


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line said; None is what it left open."""

    target: str | None
    revision: str | None = None
    mode: str | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    seed: int | None = None
    no_fuzz: bool = False
    max_jobs: int | None = None
    max_requests: int | None = None
    requests_per_minute: int | None = None
    job_timeout: float | None = None
    poll_interval: float | None = None
    max_time: float | None = None
    profile: Path | None = None
    env_file: Path | None = None
    webhook_listen: str | None = None
    webhook_url: str | None = None
    ledger: Path | None = None
    resume: str | None = None


@contextmanager
def opened(flags: Flags) -> Generator[tuple[Target, Options]]:
    """Yield the target and the options of a run; a mock that was asked for lives as long as this context.

    Misconfigured says what is wrong with a flag, Unreachable that nothing answers.
    """
    variables = variables_of(flags.env_file)
    contract = contract_of(flags)
    with ExitStack() as stack:
        where = flags.target or variables.get(ADDRESS)
        if where is None:
            raise Misconfigured(f"no target: give --target URL (or mock), or set {ADDRESS}")
        url = stack.enter_context(_started(contract, flags.profile)) if where == MOCK else checked_url(where)
        mode = _mode(flags, url)
        if mode == "mock":
            target = stack.enter_context(_session(url, contract))
        elif where == MOCK:  # as a black box: all that it is told of its own mock are the credentials
            target = Target(url, contract, mode, stack.enter_context(_session(url, contract)).credentials)
        else:
            target = Target(url, contract, mode, credentials_of(variables))
            if target.credentials.api_key is None:
                raise Misconfigured("no API key: set TUTORFLOW_CONTENT_API_KEY (or judge a mock: --target mock)")
        yield target, _options(flags, target, variables)


def _started(contract: Contract, profile: Path | None) -> Any:
    """Return a mock that behaves as the profile says outside of the run's session as well."""
    try:
        return mock("--revision", contract.revision, *(("--profile", str(profile)) if profile else ()))
    except NotStarted as error:
        raise Misconfigured(str(error)) from error


@contextmanager
def _session(url: str, contract: Contract) -> Generator[Target]:
    control = Control(url)
    if control.version() is None:
        raise Misconfigured(f"mode mock needs a tutorflow-mock, and {url}/__admin/version does not answer like one")
    wanted = {**_SESSION, "revision": contract.revision, "behaviours": _overrides(contract)}
    credentials = control.open_session(wanted)
    try:
        yield Target(url, contract, "mock", credentials, control=url, session=control.session)
    finally:
        with suppress(Refused):  # a mock that is gone took its sessions along
            control.close_session()


def _overrides(contract: Contract) -> Mapping[str, Any]:
    """Return the behaviour values that the judge was told and that are not the contract's own."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in contract.values.items()
        if value != contract.behaviours[name].value
    }


def _mode(flags: Flags, url: str) -> str:
    if flags.mode is not None:
        if flags.mode not in MODES:
            raise Misconfigured(f"--mode {flags.mode!r} is none of {', '.join(MODES)}")
        return flags.mode
    if not names_this_machine(url):
        return "safe"
    return "mock" if Control(url).version() is not None else "safe"


def contract_of(flags: Flags) -> Contract:
    """Return the contract of the revision and the profile that were named; Misconfigured if there is none."""
    try:
        profile = read_profile(flags.profile) if flags.profile else None
        revision = flags.revision or (profile.revision if profile else None) or DEFAULT_REVISION
        contract = load(revision)
        return contract.under(profile.behaviours) if profile else contract
    except (ProfileError, BehaviourError) as error:
        raise Misconfigured(f"--profile: {error}") from error
    except UnknownRevision as error:
        raise Misconfigured(f"--revision: {error}") from error


def _options(flags: Flags, target: Target, variables: Mapping[str, str]) -> Options:
    default = ALLOWANCES[target.mode]
    jobs = flags.max_jobs if flags.max_jobs is not None else default.jobs
    requests = flags.max_requests if flags.max_requests is not None else default.requests
    pace = (
        flags.requests_per_minute
        if flags.requests_per_minute is not None
        else None
        if target.is_loopback
        else PER_MINUTE
    )
    patience = Patience()
    seed = flags.seed if flags.seed is not None else int(run_token(), 16)
    ledger = None if target.is_mock else ledger_file(flags.ledger, variables, target.url)
    return Options(
        token=run_token() if flags.resume is None else resumed(flags.resume, ledger, target.url),
        is_resumed=flags.resume is not None,
        ledger=ledger,
        selected=selected(flags.only, flags.skip, target.contract.revision),
        allowance=type(default)(jobs, default.reserve if jobs != 0 else 0, requests),
        patience=Patience(
            flags.poll_interval or (1.0 if target.is_loopback else patience.interval),
            flags.job_timeout or patience.deadline,
        ),
        per_minute=flags.requests_per_minute or pace,
        deadline=flags.max_time,
        fuzz=None if flags.no_fuzz else seed,
        listen=_listen(flags, target),
        public=_public(flags, target),
    )


def _listen(flags: Flags, target: Target) -> tuple[str, int] | None:
    """Return where the webhook receiver listens: as told, else on this machine if the target is there, else nowhere."""
    if flags.webhook_listen is None:
        wanted = target.is_loopback and target.mode in {"full", "mock"}
        return ("127.0.0.1", 0) if wanted else None
    host, _, port = flags.webhook_listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > _LAST_PORT:
        raise Misconfigured(f"--webhook-listen {flags.webhook_listen!r} is no HOST:PORT such as 127.0.0.1:0")
    return host, int(port)


def _public(flags: Flags, target: Target) -> str | None:
    """Return the address that leads to the receiver; Misconfigured if it cannot lead there, or not safely."""
    if flags.webhook_url is not None and flags.webhook_listen is None:
        raise Misconfigured("--webhook-url needs --webhook-listen HOST:PORT, the place on this machine it leads to")
    url = checked_url(flags.webhook_url) if flags.webhook_url else None
    plain = flags.webhook_listen is not None and not (url or "http://").startswith("https://")
    if plain and target.url.startswith("https://"):
        raise Misconfigured(
            f"an https target sends webhooks to https addresses only: give --webhook-url https://… that leads to"
            f" {flags.webhook_listen}"
        )
    return url


def selected(only: Sequence[str], skip: Sequence[str], revision: str) -> tuple[str, ...]:
    """Return the ids that a selection names; a word is an id, or a section such as IDEM. Misconfigured if unknown."""
    known = [name for name, found in load_requirements().items() if revision in found.revisions]

    def named(words: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for word in (part.strip().upper() for each in words for part in each.split(",") if part.strip()):
            matches = {name for name in known if word in {name, name.partition("-")[0]}}
            if not matches:
                raise Misconfigured(f"{word} is neither a requirement nor a section; see `tutorflow-conformance list`")
            found |= matches
        return found

    wanted = (named(only) or set(known)) - named(skip)
    if not wanted:
        raise Misconfigured("the selection leaves no requirement to test")
    return tuple(name for name in known if name in wanted)


def variables_of(path: Path | None) -> Mapping[str, str]:
    """Return the environment, with what a file says over it; Misconfigured if the file cannot be read."""
    if path is None:
        return environment()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"--env-file {path} cannot be read: {error}") from error
    found = dict(environment())
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ").strip()
        if text and not text.startswith("#"):
            name, equals, value = text.partition("=")
            if not equals:
                raise Misconfigured(f"--env-file {path}: line {number} is no NAME=VALUE")
            found[name.strip()] = value.strip().strip("\"'")
    return found
