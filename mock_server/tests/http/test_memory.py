"""Bad input leaves nothing behind: the families of bad JSON, sent again and again, do not make the server grow."""

from contextlib import closing

from mock_server.tests.http import json_families as families
from mock_server.tests.http.answer import check_refused
from mock_server.tests.http.api import Api
from mock_server.tests.http.conftest import Mint
from mock_server.tests.http.processes import resident_kilobytes
from mock_server.tests.process import RunningServer

VALUES = (families.NUMBERS_REFUSED, families.STRINGS_REFUSED, families.ARRAYS_REFUSED, families.OBJECTS_REFUSED)
BAD_BODIES = [
    *(families.as_value(text) for family in VALUES for text in family.values()),
    *families.WHOLE_REFUSED.values(),
    *families.BYTES_REFUSED.values(),
]
MOST_GROWTH = 20 * 1024


def send_all(url: str, key: str) -> None:
    """Send every bad body once."""
    with closing(Api.bearer(url, key)) as api:
        for body in BAD_BODIES:
            check_refused(api.create_raw(body), 400)


def test_bad_bodies_leave_no_memory_behind(frozen: RunningServer, frozen_mint: Mint) -> None:
    """Once everything bounded is full, another round of all bad bodies takes less than 20 MB."""
    for _ in range(4):
        send_all(frozen.url, frozen_mint())
    before = resident_kilobytes(frozen.pid)
    send_all(frozen.url, frozen_mint())
    assert resident_kilobytes(frozen.pid) - before < MOST_GROWTH
