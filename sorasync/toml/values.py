"""TOML text to plain values, with the parser's own words where it is not TOML."""

from __future__ import annotations

from typing import Any

import rtoml


class InvalidToml(ValueError):
    """The text is not TOML; the message is the parser's, with line and column."""


def read_values(text: str) -> dict[str, Any]:
    """The values of a TOML text. Raises `InvalidToml`, and `RecursionError` for a value nested too deep."""
    try:
        return rtoml.loads(text)
    except ValueError as error:
        raise InvalidToml(str(error)) from None
