"""Operation id → function: a gap on either side fails at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tutorflow_mock.operations.call import Reply, Request
    from tutorflow_mock.operations.world import World

    Function = Callable[["World", "Request"], Reply]

_functions: dict[str, Function] = {}


def operation(operation_id: str) -> Callable[[Function], Function]:
    """Register the function of an operation."""

    def register(function: Function) -> Function:
        _functions[operation_id] = function
        return function

    return register


def functions_for(operation_ids: Iterable[str]) -> Mapping[str, Function]:
    """Return the functions of exactly these operations; raise LookupError for a missing or a surplus one."""
    wanted = set(operation_ids)
    if missing := sorted(wanted - _functions.keys()):
        msg = f"no function is registered for {', '.join(missing)}"
        raise LookupError(msg)
    if surplus := sorted(_functions.keys() - wanted):
        msg = f"no revision of the contract knows {', '.join(surplus)}"
        raise LookupError(msg)
    return dict(_functions)
