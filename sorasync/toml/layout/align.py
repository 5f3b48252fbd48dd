"""Keeps trailing comments aligned where the author aligned them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sorasync.toml.layout.output_lines import OutputLine


def written(lines: Sequence[OutputLine]) -> Iterator[str]:
    """The lines as text, without line ends.

    A comment keeps its column while there is room. Neighbouring comments that stood in one column move
    together; a comment one blank behind its code stays there.
    """
    for (column, number), same in groupby(enumerate(lines), key=_column):
        block = [line for _, line in same]
        if number is not None or column is None:
            yield from (line.code + (line.remark.text if line.remark else "") for line in block)
        else:
            yield from _aligned(block, column)


def _column(numbered: tuple[int, OutputLine]) -> tuple[int | None, int | None]:
    """The column of a line's comment; lines without one are each for themselves."""
    number, line = numbered
    if line.remark is None or line.remark.gap is None:
        return None, number
    return line.remark.column, None


def _aligned(block: Sequence[OutputLine], column: int) -> Iterator[str]:
    gaps = [line.remark.gap or 0 for line in block if line.remark]
    widths = [len(line.code) - (line.code.rfind("\n") + 1) for line in block]
    least = min(max(min(gaps), 1), 2)
    # One comment a blank behind its code goes with the code; several in one column stay in one column.
    close = len(block) == 1 and gaps[0] < 2
    at = max(widths) + 1 if close else max(column, max(widths) + least)
    for line, width in zip(block, widths, strict=True):
        assert line.remark is not None
        yield line.code + " " * (at - width) + line.remark.text
