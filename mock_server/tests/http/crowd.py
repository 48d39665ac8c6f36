"""Many callers at once: each with a connection of its own, all starting together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

from mock_server.tests.http.answer import Answer
from mock_server.tests.http.api import Api

START_WITHIN = 30.0
Errand = Callable[[Api], Answer]


def all_at_once(url: str, keys: Sequence[str], callers: int, errands: Sequence[Errand]) -> list[Answer]:
    """Deal the errands out to that many callers, the keys in turn, and return every answer in the order of errands."""
    barrier = Barrier(callers)

    def run(caller: int) -> list[Answer]:
        with closing(Api.bearer(url, keys[caller % len(keys)])) as api:
            barrier.wait(START_WITHIN)
            return [errand(api) for errand in errands[caller::callers]]

    with ThreadPoolExecutor(callers) as pool:
        dealt = list(pool.map(run, range(callers)))
    return [dealt[number % callers][number // callers] for number in range(len(errands))]
