"""Numbers with their nouns, as people write them."""

from __future__ import annotations


def counted(number: float, noun: str, plural: str | None = None) -> str:
    """A number and its noun: `1 clip`, `2 clips`, `1,000 addresses`. A plural other than -s is given."""
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {noun if number == 1 else plural or f'{noun}s'}"
