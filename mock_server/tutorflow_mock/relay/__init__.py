"""The wire relay: it stands on the public port, passes bytes to and fro, and does to connections what WSGI cannot.

An answer that carries the header `X-Mock-Wire-Fault` never arrives as it is; every other byte passes untouched.
"""

from tutorflow_mock.relay.link import GARBAGE
from tutorflow_mock.relay.relay import Relay

__all__ = ["GARBAGE", "Relay"]
