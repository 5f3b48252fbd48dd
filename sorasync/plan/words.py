"""A word diff of two prompts."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple


class Piece(NamedTuple):
    """A run of words: `op` is `=` (kept), `-` (only before) or `+` (only after)."""

    op: str
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The runs of words that lead from one text to the other; white space does not count."""
    old, new = before.split(), after.split()
    if len(old) * len(new) > _LARGE:
        return _trimmed(old, new)
    return list(_pieces(old, new))


_LARGE = 4_000_000
"""Above this many pairs of words the quadratic matcher is left out: only common ends are kept."""


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for op, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            yield Piece("=", " ".join(old[i:j]))
            continue
        if i < j:
            yield Piece("-", " ".join(old[i:j]))
        if k < m:
            yield Piece("+", " ".join(new[k:m]))


def _trimmed(old: list[str], new: list[str]) -> list[Piece]:
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    runs = [
        ("=", old[:head]),
        ("-", old[head : len(old) - tail]),
        ("+", new[head : len(new) - tail]),
        ("=", old[len(old) - tail :]),
    ]
    return [Piece(op, " ".join(words)) for op, words in runs if words]


def shortened(pieces: list[Piece], context: int = 4) -> list[Piece]:
    """The diff with long kept runs cut down to a few words on either side of what changed."""
    last = len(pieces) - 1
    result = []
    for position, (op, text) in enumerate(pieces):
        words = text.split()
        if op == "=" and len(words) > 2 * context + 1:
            left = words[:context] if position else []
            right = words[-context:] if position < last else []
            text = " ".join([*left, "…", *right])
        result.append(Piece(op, text))
    return result
