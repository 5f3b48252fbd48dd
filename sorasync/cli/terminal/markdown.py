"""Text of manifests and servers inside Markdown, where it can neither format, link, mention nor break out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sorasync.cli.app.failure import one_line, printable

_PLAIN = re.compile(r"(?<=[wW]{3})\.|[^\w ,\-/.=]|_")
_TICKS = re.compile(r"`+")


def code(text: str, longest: int | None = None) -> str:
    """One line of foreign text in code type, cut to `longest` characters.

    Every sign that means something to Markdown or HTML is written as a character reference, and what stands
    in a code element becomes no mention, issue number, emoji or link either.
    """
    line = one_line(text)
    if longest is not None and len(line) > longest:
        line = line[: longest - 1] + "…"
    return f"<code>{_PLAIN.sub(_reference, line)}</code>"


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def fenced(lines: Iterable[str]) -> str:
    """Lines as a block of code. The fence is longer than any run of backticks inside."""
    text = printable("\n".join(lines))
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def folded(title: str, body: str) -> str:
    """A body that is seen when its title is clicked. The title is our own words."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def table(head: tuple[str, ...], right: int, rows: Iterable[tuple[str, ...]]) -> list[str]:
    """The lines of a table whose cells are Markdown already; the last `right` columns hold numbers."""
    marks = ["---"] * (len(head) - right) + ["---:"] * right
    return [_table_row(head), _table_row(tuple(marks)), *map(_table_row, rows)]


def _table_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
