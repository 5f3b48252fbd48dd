"""What a terminal can do, and what the environment asks for."""

from __future__ import annotations

import os
from typing import TextIO


def colour_wanted() -> bool | None:
    """Whether to use colour; None if the terminal decides. NO_COLOR takes precedence over FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None


def can_redraw(stream: TextIO) -> bool:
    """Whether printed lines can be redrawn."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
