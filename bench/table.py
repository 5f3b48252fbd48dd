"""How figures are printed."""

from __future__ import annotations

import sys


def held(figure: float, target: float, words: str) -> str:
    """A target that a figure must not pass, with a mark whether it holds."""
    return f"{words}  {'holds' if figure <= target else 'MISSED'}"


def row(name: str, ours: str, plain: str = "", target: str = "") -> None:
    """Print one row."""
    sys.stdout.write(f"{name:<34} {ours:>12} {plain:>14}   {target}\n")
    sys.stdout.flush()
