"""A word diff of two prompts."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from typing import NamedTuple


class Piece(NamedTuple):
    """A run of words: `op` is `=` (kept), `-` (only before) or `+` (only after)."""

    op: str
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The runs of words that turn one text into the other; white space does not count."""
    old, new = before.split(), after.split()
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    middle = _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    runs = [("=", old[:head]), *middle, ("=", old[len(old) - tail :])]
    return [Piece(op, " ".join(words)) for op, words in runs if words]


# Above this many pairs of equal words the matcher is skipped: its time grows with them.
_MOST_PAIRS = 1_000_000


def _alike(old: list[str], new: list[str]) -> int:
    """How many words are the same from the start on."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(old), len(new)))


def _middle(old: list[str], new: list[str]) -> list[tuple[str, list[str]]]:
    """The diff between the common ends."""
    counts = Counter(new)
    if sum(counts[word] for word in old) > _MOST_PAIRS:
        return [("-", old), ("+", new)]
    runs = []
    for op, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        runs += [("=", old[i:j])] if op == "equal" else [("-", old[i:j]), ("+", new[k:m])]
    return runs


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
