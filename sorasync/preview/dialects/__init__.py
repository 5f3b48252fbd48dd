"""Server families: what each understands and how it answers, over one core."""

from __future__ import annotations

from importlib import import_module

from sorasync.errors import SorasyncError
from sorasync.preview.dialect_names import CLASSES, NAMES
from sorasync.preview.dialects.base import Dialect

__all__ = ["NAMES", "Dialect", "dialect_of"]


def dialect_of(name: str) -> Dialect:
    """A dialect by name. Raises `SorasyncError` for a name that is not in `NAMES`."""
    if name not in CLASSES:
        raise SorasyncError(f"there is no dialect '{name}'", hint="one of " + ", ".join(NAMES))
    module, _, kind = CLASSES[name].partition(":")
    made = getattr(import_module(f"sorasync.preview.dialects.{module}"), kind)()
    assert isinstance(made, Dialect)
    return made
