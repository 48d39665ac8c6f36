"""The mock seen from outside: a small client of its control plane, for the command line and for test suites."""

from tutorflow_mock.remote.client import Remote
from tutorflow_mock.remote.errors import RemoteError, Unreachable

__all__ = ["Remote", "RemoteError", "Unreachable"]
