"""The judge: says whether an endpoint keeps the contract, from outside, over HTTP only."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """The version is looked up when somebody asks for it: the look-up costs more than the rest of the import."""
    if name == "__version__":
        from importlib.metadata import version

        return version("tutorflow-contract-kit")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
