"""The lines of `review.toml`: each stands alone, so that git may keep those of both sides of a merge."""

from __future__ import annotations

import re

_FACT = re.compile(r"review\.(?:notes|rejected)\.[A-Za-z0-9_-]+(?= *= *\{)")
_AT = re.compile(r'\bat = "([0-9TZ:-]+)"')


def without_repeats(text: str) -> str:
    """The text with every fact once: of several lines about one, the latest stays; others become blank.

    So two people may change one note on two branches, and every line keeps its number.
    """
    lines = text.split("\n")
    facts: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if found := _FACT.match(line):
            facts.setdefault(found[0], []).append(number)
    for numbers in facts.values():
        kept = max(numbers, key=lambda number: _age(lines[number]))
        for number in numbers:
            if number != kept:
                lines[number] = ""
    return "\n".join(lines)


def _age(line: str) -> tuple[str, str]:
    found = _AT.search(line)
    return (found[1] if found else "", line)
