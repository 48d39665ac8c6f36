"""The logger of the mock, which redacts before any handler sees a record: in process as well as in the server."""

from __future__ import annotations

import logging
import traceback

from tutorflow_mock.domain.redaction import redacted

log = logging.getLogger("tutorflow_mock")


class _Redacting(logging.Filter):
    """Cuts secrets out of the message and out of the traceback, neither of which is formatted again afterwards."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record; let it pass."""
        record.msg, record.args = redacted(record.getMessage()), ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = redacted("".join(traceback.format_exception(record.exc_info[1]))).rstrip()
        return True


if not log.filters:
    log.addFilter(_Redacting())
