"""From the flags of `serve` to `Settings`, or to one sentence that says what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tutorflow_mock.cli.usage import Refusal
from tutorflow_mock.domain.programme import ProgrammeError, parse_short
from tutorflow_mock.http.hosts import is_well_formed
from tutorflow_mock.operations.start import start_clock
from tutorflow_mock.outbox.addresses import parse_rule
from tutorflow_mock.outbox.sender import tls_context
from tutorflow_mock.settings import Settings, is_loopback
from tutorflow_mock.system import fresh_seed, fresh_token
from tutorflow_openapi import (
    DEFAULT_REVISION,
    BehaviourError,
    Profile,
    ProfileError,
    UnknownRevision,
    load,
    read_profile,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tutorflow_mock.domain.model import Value
    from tutorflow_openapi import Contract

_BODY_LIMIT = "request.max-body-bytes"
_MEMORY = "memory"
_MAKE_ONE = "auto"


def settings_of(flags: Mapping[str, Any]) -> Settings:
    """Return the settings of a server; raise Refusal for the first flag that cannot be carried out."""
    _check_store(flags["store"], flags["workers"])
    profile = _profile(flags["profile"])
    contract = _contract(flags["revision"] or profile.revision or DEFAULT_REVISION)
    behaviours = _behaviours(contract, profile, flags["behaviour"], flags["body_limit"])
    _check_clock(flags["clock"])
    _check_programme(flags["programme"])
    _check_hosts(flags["allowed_host"])
    _check_targets(flags["allow_webhook_target"], flags["webhook_ca"])
    host = flags["host"].strip("[]")
    return Settings(
        host=host,
        revision=contract.revision,
        behaviours=behaviours,
        profile=dict(profile.behaviours),
        seed=flags["seed"] or fresh_seed(),
        clock=flags["clock"],
        programme=flags["programme"],
        admin_token=_token(host, flags["admin_token"]),
        allowed_hosts=flags["allowed_host"],
        webhook_targets=flags["allow_webhook_target"],
        webhook_ca=flags["webhook_ca"],
        mock_headers=not flags["no_mock_headers"],
        magic_titles=not flags["no_magic_titles"],
        journal_limit=flags["journal_limit"],
        self_check=flags["self_check"],
        wire_faults="relay" if flags["wire_faults"] else "off",
        log_format=flags["log_format"],
        log_level=flags["log_level"],
    )


def _check_targets(rules: tuple[str, ...], ca_file: str | None) -> None:
    for rule in rules:
        try:
            parse_rule(rule)
        except ValueError as error:
            raise Refusal(f"--allow-webhook-target {error}") from error
    if ca_file is not None:
        try:
            tls_context(ca_file)
        except OSError as error:
            raise Refusal(f"--webhook-ca {ca_file}: no certificates can be read from it") from error


def _check_store(store: str, workers: int) -> None:
    if store != _MEMORY:
        raise Refusal(f"--store {store} is not known: only memory is part of this version, so leave the flag out")
    if workers > 1:
        raise Refusal(f"--workers {workers} cannot share one memory: with --store memory there is 1 worker")


def _profile(path: Path | None) -> Profile:
    if path is None:
        return Profile(None, {})
    try:
        return read_profile(path)
    except ProfileError as error:
        raise Refusal(f"--profile {path}: {str(error).removeprefix(f'{path.name}: ')}") from error


def _contract(revision: str) -> Contract:
    try:
        return load(revision)
    except UnknownRevision as error:
        raise Refusal(f"--revision: {error}") from error


def _behaviours(
    contract: Contract, profile: Profile, texts: tuple[str, ...], body_limit: str | None
) -> dict[str, Value]:
    if body_limit is not None:
        texts = (f"{_BODY_LIMIT}={body_limit}", *texts)
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not equals:
            raise Refusal(
                f"--behaviour {name[:64]!r} must be written NAME=VALUE; tutorflow_openapi show lists the names"
            )
    try:
        found = {name: _value(contract, name.strip(), text) for name, _, text in pairs}
        contract.under({**profile.behaviours, **found})
    except BehaviourError as error:
        raise Refusal(f"--behaviour: {error}") from error
    return found


def _value(contract: Contract, name: str, text: str) -> Value:
    known = contract.behaviours.get(name)
    return text if known is None else known.parse(text)


def _check_clock(text: str) -> None:
    try:
        start_clock(text, 0)
    except ValueError as error:
        instant = "an instant such as 2026-07-06T09:00:00Z"
        raise Refusal(f"--clock {text[:64]!r} is not known: give running, frozen or {instant}") from error


def _check_programme(text: str) -> None:
    try:
        parse_short(text)
    except ProgrammeError as error:
        raise Refusal(f"--programme: {str(error).removeprefix('programme: ')}") from error


def _check_hosts(names: tuple[str, ...]) -> None:
    for name in names:
        if not is_well_formed(name):
            raise Refusal(f"--allowed-host {name[:64]!r} is no host: write it as in a URL, such as mock.test:4010")


def _token(host: str, token: str | None) -> str | None:
    if token is None and not is_loopback(host):
        raise Refusal(
            f"--host {host} can be reached from other machines: add --admin-token auto, or a token of your own"
        )
    if token == _MAKE_ONE:
        return fresh_token()
    if token is not None and not (token.isascii() and token.isprintable() and token and " " not in token):
        raise Refusal("--admin-token must be one word of ASCII characters: give another, or auto")
    return token
