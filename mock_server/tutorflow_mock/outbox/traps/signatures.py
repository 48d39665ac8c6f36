"""Traps about the signature and the bytes that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain.misbehaviours.catalogue import GZIP_SIGNED, NOT_JSON
from tutorflow_mock.domain.misbehaviours.letters import Plan
from tutorflow_mock.outbox.carrying import is_success
from tutorflow_mock.outbox.traps import verdicts
from tutorflow_mock.outbox.traps.verdicts import Finding, told

if TYPE_CHECKING:
    from tutorflow_mock.outbox.traps.sitting import Sitting

_OVERLAP = 20
_TWICE_AND_ONCE_MORE = 3


def raw_bytes(sitting: Sitting) -> Finding:
    """W1."""
    return verdicts.accepted(sitting.good(*sitting.plan("reformatted-json").sends))


def chunked(sitting: Sitting) -> Finding:
    """W2."""
    return verdicts.accepted(sitting.good(*sitting.plan("plain-chunked").sends))


def odd_lengths(sitting: Sitting) -> Finding:
    """W3."""
    plans = (
        sitting.plan("empty-signature"),
        sitting.plan("short-signature", length=2),
        sitting.plan("short-signature", length=63),
        sitting.plan("long-signature", length=65),
    )
    return verdicts.refused(sitting.bad(*plans))


def not_ascii(sitting: Sitting) -> Finding:
    """W4."""
    return verdicts.refused(sitting.bad(sitting.plan("non-ascii-signature")))


def missing(sitting: Sitting) -> Finding:
    """W5."""
    absent, undefined = sitting.plan("no-signature"), sitting.plan("no-signature", instead="undefined")
    return verdicts.refused(sitting.bad(absent, undefined, sitting.plan("double-signature")))


def other_spellings(sitting: Sitting) -> Finding:
    """W6: upper case may be taken, if it always is; a space behind it may be the header's own."""
    others = verdicts.refused(sitting.bad(sitting.plan("prefixed-signature"), sitting.plan("base64-signature")))
    if others.verdict == "fail":
        return others
    upper = tuple(
        outcome for _ in range(_TWICE_AND_ONCE_MORE) for outcome in sitting.carried(sitting.plan("upper-hex"))
    )
    letter = sitting.letter()
    spaced = sitting.carried(Plan((letter.signed_as(f"{letter.signature} "),)))
    either = verdicts.taken_or_refused((*upper, *spaced))
    if either.verdict == "fail":
        return either
    if len({is_success(each) for each in upper}) > 1:
        return Finding("fail", told(upper), "upper case is taken at one time and refused at another")
    return others


def foreign_secret(sitting: Sitting) -> Finding:
    """W7."""
    return verdicts.refused(sitting.bad(sitting.plan("wrong-secret")))


def changed_body(sitting: Sitting) -> Finding:
    """W8."""
    return verdicts.refused(sitting.bad(sitting.plan("altered-body")))


def doubtful_bodies(sitting: Sitting) -> Finding:
    """W9."""
    answers = [outcome for kind in NOT_JSON for outcome in sitting.carried(sitting.plan("not-json", kind=kind))]
    return verdicts.taken_or_refused(answers)


def compressed(sitting: Sitting) -> Finding:
    """W30."""
    answers = [outcome for way in GZIP_SIGNED for outcome in sitting.carried(sitting.plan("gzip-body", signed=way))]
    return verdicts.packed(answers)


def two_secrets(sitting: Sitting) -> Finding:
    """W23: in the overlap of two subscriptions both secrets are good."""
    second = sitting.subject.second_secret
    if second is None:
        return verdicts.skipped("the receiver must know two secrets: give the other one as the second secret")
    turns = (index * 7 % _OVERLAP < _OVERLAP // 2 for index in range(_OVERLAP))
    return verdicts.accepted(sitting.good(*(sitting.letter().sent(secret=second if turn else None) for turn in turns)))
