"""A delivery as it is about to be sent, and how a request is put on the wire."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tutorflow_mock.domain.deliveries import EVENT_HEADER, SIGNATURE_HEADER, headers_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.deliveries import Delivery, Headers
    from tutorflow_mock.domain.model import Value

CONTENT_TYPE = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Wire:
    """How a request is put on the wire; nothing that is not the ordinary way unless it says so.

    The bytes go in packets of `packet` bytes (0: as they come), `span` seconds in all. `close_after` is how many
    seconds the sender waits for an answer before it hangs up. `repeats` sends the same request again on the connection
    as long as the receiver keeps it open.
    """

    method: str = "POST"
    version: Literal["1.0", "1.1"] = "1.1"
    is_chunked: bool = False
    case: Literal["documented", "lower", "odd"] = "documented"
    packet: int = 0
    span: float = 0.0
    close_after: float | None = None
    expects_continue: bool = False
    repeats: int = 1


PLAIN = Wire()


class Send(NamedTuple):
    """One request of a misbehaving delivery."""

    headers: Headers
    body: bytes
    wire: Wire = PLAIN


class Plan(NamedTuple):
    """What is sent in place of a delivery: these requests, so many at once, begun over so many seconds.

    Where the receiver takes it, the delivery itself is sent so many milliseconds `later`. `is_forged` says that no
    receiver may take it.
    """

    sends: tuple[Send, ...]
    at_once: int = 1
    span: float = 0.0
    later: int | None = None
    is_forged: bool = False


Option: TypeAlias = "int | str | None"
Options: TypeAlias = "Mapping[str, Option]"


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery with all that its headers are made of."""

    delivery: Delivery
    secret: str
    values: Mapping[str, Value]
    stamp: int

    @property
    def body(self) -> bytes:
        """The bytes of the delivery."""
        return self.delivery.body

    @property
    def signature(self) -> str:
        """The legacy signature of the bytes."""
        return dict(self.headers())[SIGNATURE_HEADER]

    def headers(self, body: bytes | None = None, *, event: str | None = None, secret: str | None = None) -> Headers:
        """Return the documented headers, with a valid signature, of this or of other bytes."""
        told = self.delivery if body is None else replace(self.delivery, body=body)
        told = told if event is None else replace(told, event=event)
        return headers_for(told, (self.secret if secret is None else secret,), self.values, self.stamp)

    def sent(
        self, body: bytes | None = None, wire: Wire = PLAIN, *, event: str | None = None, secret: str | None = None
    ) -> Send:
        """Return the request that sends this, or other bytes, signed well."""
        return Send(self.headers(body, event=event, secret=secret), self.body if body is None else body, wire)

    def signed_as(self, *signatures: str) -> Send:
        """Return the request that sends the bytes with these signatures, of whatever kind, and no other."""
        signed = tuple((SIGNATURE_HEADER, signature) for signature in signatures)
        return Send(((EVENT_HEADER, self.delivery.event), *signed, CONTENT_TYPE), self.body)
