"""Which Host headers are taken: an exact list, so that a page in a browser cannot reach us by a name of its own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tutorflow_mock.settings import is_loopback

_NAME = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


class Hosts:
    """The names under which a server may be addressed.

    In process (`port` None) the local names count with any port or none; bound to another address than loopback, the
    API plane takes any one well-formed Host, the control plane only the listed ones.
    """

    def __init__(self, host: str, port: int | None, extra: tuple[str, ...], contract_server: str) -> None:
        self._port = port
        self._is_loopback = is_loopback(host)
        bound = f"[{host}]" if ":" in host else host
        names = {bound.lower(), *_LOCAL_NAMES}
        self._listed = {name if port is None else f"{name}:{port}" for name in names}
        self._listed |= names if port == _HTTP else set()
        self._listed |= {name.lower() if ":" in name or port is None else f"{name.lower()}:{port}" for name in extra}
        self._listed |= {name.lower() for name in extra}
        self._contract_host = urlsplit(contract_server).netloc.lower()

    def allows_control(self, host: str | None) -> bool:
        """Tell whether the control plane may be called by this name."""
        if not is_well_formed(host):
            return False
        name = str(host).lower()
        return name in self._listed or (self._port is None and _without_port(name) in self._listed)

    def allows_api(self, host: str | None) -> bool:
        """Tell whether the API plane may be called by this name."""
        if self.allows_control(host):
            return True
        return is_well_formed(host) and (not self._is_loopback or str(host).lower() == self._contract_host)


_HTTP = 80


def is_well_formed(host: str | None) -> bool:
    """Tell whether a Host header names exactly one host, with or without a port."""
    return host is not None and _NAME.fullmatch(host) is not None


def _without_port(name: str) -> str:
    return re.sub(r":[0-9]+$", "", name)
