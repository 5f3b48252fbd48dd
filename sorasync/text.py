"""Numbers with their nouns, lists cut short, and words that were meant, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LENGTH = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|min|m|h|d|w)")


def counted(number: float, noun: str, plural: str | None = None) -> str:
    """A number and its noun: `1 clip`, `2 clips`, `1,000 addresses`. A plural other than -s is given."""
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {noun if number == 1 else plural or f'{noun}s'}"


def and_more(names: Sequence[str], most: int, noun: str | None = None) -> str:
    """The first names of a list and how many more: `a, b and 4 more`; with a noun `a and 4 more signs`."""
    shown = ", ".join(names[:most])
    left = len(names) - most
    if left <= 0:
        return shown
    return f"{shown} and {counted(left, f'more {noun}') if noun else f'{left:,} more'}"


def seconds_in(text: str) -> float | None:
    """A length of time such as `90min`, `12h` or `30d` in seconds; None where it is none."""
    match = _LENGTH.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _SECONDS[match[2]]


def shell_word(name: str) -> str:
    """A name as a word to be typed, in quotes whatever is in it: addresses hold `#`, `[` and spaces."""
    return "'" + name.replace("'", "'\"'\"'") + "'"


def clause(sentence: str) -> str:
    """A sentence of somebody else's as a part of ours: without spaces around it and the full stop."""
    return sentence.strip().removesuffix(".")


def html_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table for notebooks. What is in the cells is shown as text, whatever it holds."""
    from html import escape

    lines = ((f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{''.join(line)}</tr>" for line in lines)
    return f"<table><tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>{body}</table>"


def close_match(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that looks most like this one; None where none does."""
    # Imported where a word is wrong: a command that succeeds never needs it.
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)
