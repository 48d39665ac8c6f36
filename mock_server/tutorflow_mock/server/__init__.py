"""The mock as a process: served by granian, announced when it answers, or held as a child by `MockServer`."""

from tutorflow_mock.server.child import MockServer, ServerError

__all__ = ["MockServer", "ServerError"]
