"""What can go wrong with a mock elsewhere: it refuses, or nobody that is one answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPE = "#"
_STANDARD = ("type", "title", "status", "detail")


class RemoteError(Exception):
    """The mock refused; `token` is the name of the problem, or the code of an error of the API.

    `members` holds what a problem document says beyond the standard members: `field`, `legal`, `alternatives`, …
    """

    def __init__(
        self, token: str, status: int, title: str, detail: str, members: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.token = token
        self.status = status
        self.title = title
        self.detail = detail
        self.members: Mapping[str, Any] = members or {}


class Unreachable(Exception):
    """No mock answered; the message tells what was tried and what came of it."""


def refusal(status: int, body: Mapping[str, Any]) -> RemoteError:
    """Return an error answer as an exception: a problem document, the API's envelope, or a bare message."""
    if "detail" in body:
        token = str(body.get("type", "")).rpartition(_TYPE)[2]
        rest = {name: value for name, value in body.items() if name not in _STANDARD}
        return RemoteError(token, status, str(body.get("title", token)), str(body["detail"]), rest)
    if isinstance(error := body.get("error"), dict):
        told = cast("Mapping[str, Any]", error)
        code, message = str(told.get("code", "")), str(told.get("message", ""))
        return RemoteError(code, status, code, message)
    token, message = str(body.get("status", "")), str(body.get("message", ""))
    return RemoteError(token, status, message, message)


def reason(error: BaseException) -> str:
    """Return the last cause of an error in few words: urllib3 wraps it, and names its own objects."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = cast("BaseException", error.__cause__ or error.__context__)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
