"""Regular expressions put together from short lines."""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The blank-separated words of a text."""
    return frozenset(text.split())


def one_of(text: str) -> str:
    """A group for one of the blank-separated alternatives; `_` stands for a blank inside one."""
    return f"(?:{'|'.join(part.replace('_', ' ') for part in text.split())})"


def any_of(*patterns: str) -> str:
    """A group for one of the patterns."""
    return f"(?:{'|'.join(patterns)})"


def phrases(*patterns: str) -> re.Pattern[str]:
    """One expression for any of the patterns; `^` and `$` are the ends of a line."""
    return re.compile("|".join(patterns), re.MULTILINE)
