"""The contract's table of contents: one module a section, one test a requirement."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from tutorflow_conformance.claims import claims
from tutorflow_conformance.judge import Claim


def load() -> Mapping[str, Claim]:
    """Return the tests of all suites, by requirement."""
    for module in sorted(found.name for found in iter_modules(__path__) if found.name.startswith("test_")):
        import_module(f"{__name__}.{module}")
    return claims()
