"""TOML text as tokens that lose nothing but the blanks between them.

The text has passed the parser before, so a token need not be checked, only found. A syntax tree would do as
well, but the grammar at hand stops at TOML 1.0, and manifests may use what their parser reads of 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""[ \t]*+(?:
    (?P<long>\"{3}(?:[^"\\]++|\\[\s\S]|\"{1,2}(?!\"))*+\"{3,5}|'{3}(?:[^']++|'{1,2}(?!'))*+'{3,5})
    |(?P<string>\"(?:[^"\\\n]++|\\.)*+\"|'[^'\n]*+')
    |(?P<comment>\#[^\n]*+)
    |(?P<newline>\n)
    |(?P<mark>[\[\]{},=])
    |(?P<bare>[^\s"'\#\[\]{},=]++)
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A token: its kind (a group's name above), its text, the blanks before it and its column from 0."""

    kind: str
    text: str
    gap: int
    column: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a valid TOML text with `\\n` line ends, a newline token last."""
    line = end = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "bare"
        start, end = match.span(kind)
        yield Token(kind, match[kind], start - match.start(), start - line)
        if kind == "newline":
            line = end
        elif kind == "long":
            line = text.rfind("\n", start, end) + 1 or line
    if not text.endswith("\n"):
        yield Token("newline", "\n", 0, end - line)
