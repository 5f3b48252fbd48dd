"""Writes statements as lines: indentation, commas, empty lines between tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sorasync.toml.layout.tree import ArrayItem, BracketGroup, Remark, Statement, Value

INDENT = "  "
# An array whose line would be longer is spread over lines, one element each.
WIDTH = 120

_CLOSING = {"[": "]", "{": "}"}


@dataclass(slots=True)
class OutputLine:
    """A line of output: code, which may span lines inside a string, and the comment that ends it."""

    code: str
    remark: Remark | None = None


def lines(found: Iterable[Statement]) -> list[OutputLine]:
    """The lines of a text; an empty line is one without code and comment."""
    page = _Page()
    before = table = None
    for this in found:
        if before is not None and _blank_between(before, this, table):
            page.end()
        page.statement(this)
        table = this if this.is_table else table
        before = this
    return page.lines


def _blank_between(before: Statement, this: Statement, table: Statement | None) -> bool:
    """Whether an empty line stands between two statements; `table` is the last header above.

    One before every table, and before the comments on top of it; none between a header and what is in it.
    Inside one clip, such as between its steps, the author decides. So it is with a comment that touches
    both its neighbours: nobody else knows which of them it is about.
    """
    if this.is_table and not before.is_comment:
        return this.blank or not _together(this, table)
    return this.blank and not (before.is_table and this.value is not None)


def _together(table: Statement, before: Statement | None) -> bool:
    """Whether two tables are parts of one thing, such as a clip and its steps."""
    return before is not None and len(table.path) > 2 and table.path[:2] == before.path[:2]


class _Page:
    """Lines written from left to right, top to bottom."""

    def __init__(self) -> None:
        self.lines: list[OutputLine] = []
        self._open = ""

    def end(self, remark: Remark | None = None) -> None:
        self.lines.append(OutputLine(self._open, remark))
        self._open = ""

    def statement(self, statement: Statement) -> None:
        self._open = statement.code
        if statement.value is not None:
            self._open += " = "
            if _too_long(statement):
                assert isinstance(statement.value, BracketGroup)
                statement.value.broken = True
            self._value(statement.value, "")
        self.end(statement.remark)

    def _value(self, value: Value, indent: str) -> None:
        if isinstance(value, str):
            self._open += value
        elif value.broken and (value.items or value.below or value.remark):
            self._broken(value, indent)
        else:
            self._flowing(value, indent)

    def _flowing(self, group: BracketGroup, indent: str) -> None:
        space = " " if group.opening == "{" and group.items else ""
        self._open += group.opening + space
        for index, item in enumerate(group.items):
            self._open += ", " if index else ""
            self._item(item, indent)
        self._open += space + _CLOSING[group.opening]

    def _broken(self, group: BracketGroup, indent: str) -> None:
        inner = indent + INDENT
        self._open += group.opening
        self.end(group.remark)
        for index, item in enumerate(group.items):
            self._above(item.above, inner, first=index == 0)
            if item.blank and (index or item.above):
                self.end()
            self._open = inner
            self._item(item, inner)
            self._open += ","
            self.end(item.remark)
        self._above(group.below, inner, first=not group.items)
        self._open = indent + _CLOSING[group.opening]

    def _above(self, remarks: Sequence[Remark], indent: str, *, first: bool) -> None:
        for index, remark in enumerate(remarks):
            if remark.blank and (index or not first):
                self.end()
            self._open = indent + remark.text
            self.end()

    def _item(self, item: ArrayItem, indent: str) -> None:
        if item.key:
            self._open += f"{item.key} = "
        self._value(item.value, indent)


def _too_long(statement: Statement) -> bool:
    value = statement.value
    if not isinstance(value, BracketGroup) or value.opening != "[" or not value.items or value.broken:
        return False
    return len(statement.code) + 3 + sum(_widths(value)) > WIDTH


def _widths(value: Value) -> Iterator[int]:
    """Widths that add up to a value's on one line; what is spread over lines counts for nothing."""
    if isinstance(value, str):
        yield 0 if "\n" in value else len(value)
    elif not value.broken:
        yield 2 if value.opening == "[" or not value.items else 4
        for index, item in enumerate(value.items):
            yield (2 if index else 0) + (len(item.key) + 3 if item.key else 0)
            yield from _widths(item.value)
