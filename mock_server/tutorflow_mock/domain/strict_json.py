"""JSON as the mock reads and writes it: strict in what it takes, in one form each for answers and for comparison."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NoReturn, cast

from tutorflow_mock.domain.errors import FailedValidation, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH = 64
_EXACT = 1 << 53
_OPENERS = (b"{", b"[")
_CONTAINERS = (dict, list)


compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Writes a JSON value without blanks, its names in their order."""

canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
"""Writes a JSON value in its one canonical form: sorted names, no blanks, plain UTF-8."""


def loads(raw: bytes, *, unique_keys: bool = True) -> object:
    """Read one UTF-8 JSON text; raise InvalidRequest for anything doubtful.

    Refused are duplicate names (unless told otherwise), NaN and infinities, lone surrogates, a byte order mark, more
    than 64 levels, and integers of more digits than Python reads. A float of integral value becomes an int as far as
    floats are exact, so that `1` and `1.0` are one number everywhere.
    """
    try:
        text = raw.decode()
        value: object = (_UNIQUE if unique_keys else _LENIENT).decode(text)
        if b"\\u" in raw:
            compact(value).encode()
    except UnicodeError as error:
        raise _malformed("it is not valid UTF-8 text", "invalid-encoding") from error
    except RecursionError as error:
        raise _too_deep() from error
    except _RepeatedName as error:
        raise _malformed("a name occurs twice in one object", "duplicate-key", FailedValidation) from error
    except _Doubtful as doubt:
        raise _malformed(str(doubt), doubt.reason) from doubt
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} at line {error.lineno}, column {error.colno}", "malformed-json") from error
    except ValueError as error:
        raise _malformed("a number has too many digits", "number-out-of-range") from error
    if sum(map(raw.count, _OPENERS)) > MAX_DEPTH and not _is_shallow(value):
        raise _too_deep()
    return value


class _Doubtful(Exception):
    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class _RepeatedName(Exception):
    pass


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedName
    return members


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _Doubtful("a number is out of range", "number-out-of-range")
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _constant(name: str) -> NoReturn:
    raise _Doubtful(f"{name} is no JSON number", "malformed-json")


_UNIQUE = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_number, parse_constant=_constant)
_LENIENT = json.JSONDecoder(parse_float=_number, parse_constant=_constant)


def _is_shallow(value: object) -> bool:
    """Tell whether a value has at most MAX_DEPTH levels, level by level: the parser's own limit moves with Python."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return True
    return False


def _children(container: object) -> Iterable[object]:
    """Return the objects and arrays right inside one."""
    is_object = isinstance(container, dict)
    inside = cast("dict[str, object]", container).values() if is_object else cast("list[object]", container)
    return (child for child in inside if type(child) in _CONTAINERS)


def _malformed(message: str, reason: str, kind: type[InvalidRequest] = InvalidRequest) -> InvalidRequest:
    return kind(f"The body is not valid JSON: {message}", reason=reason, pointers=("#",))


def _too_deep() -> InvalidRequest:
    return _malformed(f"it is nested more than {MAX_DEPTH} levels deep", "too-deep")
