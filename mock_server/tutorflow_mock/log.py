"""The logger of the mock, which redacts before any handler sees a record: in process as well as in the server."""

from __future__ import annotations

import logging
import traceback

from tutorflow_mock.domain.redaction import redacted

log = logging.getLogger("tutorflow_mock")
_SHORTEST = 8
_concealed: set[str] = set()


def conceal(secret: str) -> None:
    """Let no record of this process show a secret that has no shape of ours, as the token of the control plane.

    One under eight characters is a word like any other, without which no record could be read.
    """
    if len(secret) >= _SHORTEST:
        _concealed.add(secret)


def _cleaned(text: str) -> str:
    for each in _concealed:
        text = text.replace(each, "…")
    return redacted(text)


class _Redacting(logging.Filter):
    """Cuts secrets out of the message and out of the traceback, neither of which is formatted again afterwards."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record; let it pass."""
        record.msg, record.args = _cleaned(record.getMessage()), ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = _cleaned("".join(traceback.format_exception(record.exc_info[1]))).rstrip()
        return True


if not log.filters:
    log.addFilter(_Redacting())
