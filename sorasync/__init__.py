"""A declarative reconciler for libraries of AI-generated video."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sorasync.api.library import Library as Library

__version__ = "0.1.0"
__all__ = ["Library", "__version__"]


def __getattr__(name: str) -> object:
    # Loaded where it is used: a command starts without it.
    if name == "Library":
        from sorasync.api.library import Library

        return Library
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
