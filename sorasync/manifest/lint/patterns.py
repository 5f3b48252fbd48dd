"""Builds regular expressions from short lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator


def words(text: str) -> frozenset[str]:
    """The blank-separated words of a text."""
    return frozenset(text.split())


def one_of(text: str) -> str:
    """A group for one of the space-separated alternatives; `_` is a space within one."""
    return f"(?:{'|'.join(part.replace('_', ' ') for part in text.split())})"


def any_of(*patterns: str) -> str:
    """A group for one of the patterns."""
    return f"(?:{'|'.join(patterns)})"


class Phrases:
    """A regular expression that is compiled when it is first used: most prompts need few of them."""

    __slots__ = ("_compiled", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._compiled: re.Pattern[str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression; `^` and `$` are the ends of a line."""
        if self._compiled is None:
            self._compiled = re.compile(self._text, re.MULTILINE)
        return self._compiled

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """The first match."""
        return self.pattern.search(text, start, end)

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """The match that begins at `start`."""
        return self.pattern.match(text, start)

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """Every match in order."""
        return self.pattern.finditer(text, start, end)


def phrases(*patterns: str) -> Phrases:
    """One expression for any of the patterns."""
    return Phrases("|".join(patterns))
