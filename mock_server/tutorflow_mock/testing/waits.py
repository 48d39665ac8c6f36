"""A wait that runs out, told with what came instead."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tutorflow_mock.remote import RemoteError
from tutorflow_mock.testing.errors import WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

_TOO_LATE = "wait-timeout"
_SHOWN = 3


@contextmanager
def told_late(noun: str) -> Generator[None]:
    """Turn a wait of the control plane that ran out into a WaitTimeout."""
    __tracebackhide__ = True
    try:
        yield
    except RemoteError as error:
        if error.token != _TOO_LATE:
            raise
        raise WaitTimeout("\n".join([f"waited in vain for {noun}: {error.detail}", *_instead(error.members)])) from None


def _instead(members: Mapping[str, Any]) -> Iterator[str]:
    for miss in members.get("nearMisses", [])[:_SHOWN]:
        request, result = miss.get("request", {}), miss.get("matchResult", {})
        yield f"  near miss: {request.get('method')} {request.get('url')}"
        for each in result.get("differences", ()):
            yield f"    {each.get('part')}: expected {each.get('expected')!r}, got {each.get('actual')!r}"
    if "job" in members:
        job = members["job"].get("job", {})
        yield f"  the job is {job.get('status') or json.dumps(job)} after {members['job'].get('reads')} reads"
    if "deliveries" in members:
        yield from (f"  {each['event']} {each['status']}" for each in members["deliveries"][:_SHOWN])
