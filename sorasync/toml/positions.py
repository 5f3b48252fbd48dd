"""Finds the position of a key or value in a TOML text, from its syntax tree.

Built only for files with faults, or when somebody asks: a good file never pays for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sorasync.toml.values import read_values

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

# A place inside a file: `("clips", "market", "steps", 0, "seconds")`.
TomlPath = tuple[str | int, ...]

_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})


class Span(NamedTuple):
    """1-based line and columns in Unicode characters; `end_column` is exclusive and on the same line."""

    line: int = 1
    column: int = 1
    end_column: int = 1


class _Range(NamedTuple):
    """0-based rows and byte columns, as the syntax tree counts."""

    row: int
    column: int
    end_row: int
    end_column: int


@dataclass(slots=True)
class _Entry:
    """What is known of one path: its key, its value, and whether the text declares it as such."""

    key: _Range
    value: _Range
    explicit: bool


def syntax_tree(data: bytes) -> Tree:
    """The syntax tree of a TOML text in UTF-8, whatever is wrong with it."""
    import tree_sitter
    import tree_sitter_toml

    language = tree_sitter.Language(tree_sitter_toml.language())
    return tree_sitter.Parser(language).parse(data)


class Positions:
    """The spans of every path in one TOML text.

    `duplicates` holds `(path, span of the second key)` for each path that the text declares twice.
    """

    def __init__(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._lines = data.split(b"\n")
        self._data = data
        self._entries: dict[TomlPath, _Entry] = {}
        self._arrays: dict[TomlPath, int] = {}
        self._second: list[tuple[TomlPath, _Range]] = []
        for node in syntax_tree(data).root_node.children:
            self._statement(node)

    @property
    def duplicates(self) -> list[tuple[TomlPath, Span]]:
        """Paths declared a second time, in the order of the text."""
        return [(path, self._span(place)) for path, place in self._second]

    def span(self, path: TomlPath, *, key: bool = False) -> Span:
        """The span of the value at `path`, or of its key; a table's value is its header.

        A path that the text does not have gives the key of its nearest parent, and the start of the file
        if there is none.
        """
        entry = self._entries.get(path)
        if entry is not None:
            return self._span(entry.key if key else entry.value)
        while path := path[:-1]:
            if (entry := self._entries.get(path)) is not None:
                return self._span(entry.key)
        return Span()

    def find(self, path: TomlPath, pattern: str) -> Span:
        """The first match of a regular expression inside the value at `path`, or else the value's span."""
        entry = self._entries.get(path)
        if entry is None:
            return self.span(path)
        place, expression = entry.value, re.compile(pattern)
        for row in range(place.row, place.end_row + 1):
            line = self._line(row)
            start = self._column(row, place.column) - 1 if row == place.row else 0
            if found := expression.search(line, start):
                return Span(row + 1, found.start() + 1, found.end() + 1)
        return self.span(path)

    def has(self, path: TomlPath) -> bool:
        """Whether the text has something at that path."""
        return path in self._entries

    def occurrence(self, path: TomlPath, pattern: str, number: int) -> Span | None:
        """The span of a match of a regular expression inside the value at `path`, None if there is no such.

        The first match is number 0; the last one counts where there are not so many. A match may run over
        several lines; its span is what it has of the first.
        """
        entry = self._entries.get(path)
        if entry is None:
            return None
        place = entry.value
        lines = [self._line(row) for row in range(place.row, place.end_row + 1)]
        before = self._column(place.row, place.column) - 1
        text = "\n".join(lines)
        end = len(text) - len(lines[-1]) + self._column(place.end_row, place.end_column) - 1
        found = None
        for index, match in enumerate(re.compile(pattern).finditer(text, before, end)):
            found = match
            if index == number:
                break
        if found is None:
            return None
        row, line_start = text.count("\n", 0, found.start()), text.rfind("\n", 0, found.start()) + 1
        column = found.start() - line_start + 1
        return Span(place.row + row + 1, column, column + len(found[0].split("\n", 1)[0]))

    def rows(self, path: TomlPath) -> Iterator[int]:
        """The 1-based lines of which a comment speaks of what stands at `path`, or of a table around it.

        They are the lines on which the key or header stands, and on which the value ends.
        """
        for length in range(1, len(path) + 1):
            entry = self._entries.get(path[:length])
            if entry is not None and entry.explicit:
                yield entry.key.row + 1
                yield entry.value.end_row + 1

    def _span(self, place: _Range) -> Span:
        column = self._column(place.row, place.column)
        same_line = place.end_row == place.row
        end = self._column(place.row, place.end_column) if same_line else len(self._line(place.row)) + 1
        return Span(place.row + 1, column, max(end, column))

    def _column(self, row: int, column: int) -> int:
        return len(self._lines[row][:column].decode("utf-8", "replace")) + 1

    def _line(self, row: int) -> str:
        return self._lines[row].decode("utf-8", "replace").removesuffix("\r")

    def _statement(self, node: Node) -> None:
        if node.type == "pair":
            self._pair((), node)
        elif node.type in ("table", "table_array_element"):
            known = len(self._second)
            base = self._header(node)
            for child in node.children if len(self._second) == known else ():
                if child.type == "pair":
                    self._pair(base, child)

    def _header(self, node: Node) -> TomlPath:
        keys = [child for child in node.children[:2] if child.type in _KEYS]
        if not keys:
            return ()
        whole = _Range(*node.start_point, *_closing(node, keys[0]))
        *parents, last = _leaves(keys[0])
        path: TomlPath = ()
        for leaf in parents:
            path = self._inside((*path, self._name(leaf)))
            self._entries.setdefault(path, _Entry(_node_range(leaf), _node_range(leaf), False))
        path = (*path, self._name(last))
        if node.type == "table_array_element":
            self._entries.setdefault(path, _Entry(_node_range(last), whole, False))
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = self._inside(path)
        self._declare(path, _node_range(last), whole)
        return path

    def _inside(self, path: TomlPath) -> TomlPath:
        """The path itself, or that of its last element where it is an array of tables."""
        return (*path, self._arrays[path]) if path in self._arrays else path

    def _declare(self, path: TomlPath, key: _Range, value: _Range) -> None:
        before = self._entries.get(path)
        if before is not None and before.explicit:
            self._second.append((path, key))
        else:
            self._entries[path] = _Entry(key, value, True)

    def _pair(self, base: TomlPath, pair: Node) -> None:
        pending: list[tuple[TomlPath, Node]] = [(base, pair)]
        while pending:
            path, node = pending.pop()
            if node.type == "pair":
                pending.extend(self._key_value(path, node))
            elif node.type == "array":
                pending.extend(self._elements(path, node))
            elif node.type == "inline_table":
                pairs = [(path, child) for child in node.children if child.type == "pair"]
                pending.extend(reversed(pairs))

    def _key_value(self, base: TomlPath, pair: Node) -> Iterator[tuple[TomlPath, Node]]:
        children = [child for child in pair.children if child.is_named and child.type != "comment"]
        if len(children) < 2 or children[0].type not in _KEYS:
            return
        value = children[-1]
        *parents, last = _leaves(children[0])
        path = base
        for leaf in parents:
            path = (*path, self._name(leaf))
            self._entries.setdefault(path, _Entry(_node_range(leaf), _node_range(leaf), False))
        path = (*path, self._name(last))
        self._declare(path, _node_range(last), _node_range(value))
        yield path, value

    def _elements(self, base: TomlPath, array: Node) -> Iterator[tuple[TomlPath, Node]]:
        values = (
            child for child in array.children if child.is_named and child.type not in ("comment", "ERROR")
        )
        for index, value in enumerate(values):
            path = (*base, index)
            self._declare(path, _node_range(value), _node_range(value))
            yield path, value

    def _name(self, leaf: Node) -> str:
        text = self._data[leaf.start_byte : leaf.end_byte].decode("utf-8", "replace")
        return text if leaf.type == "bare_key" else _unquoted(text)


def _closing(node: Node, key: Node) -> tuple[int, int]:
    for child in node.children[2:4]:
        if child.type in ("]", "]]"):
            return child.end_point
    return key.end_point


def _leaves(key: Node) -> list[Node]:
    """The single parts of a key, in order; dotted keys nest to the left."""
    parts: list[Node] = []
    while key.type == "dotted_key":
        left, *_, right = [child for child in key.children if child.type in _KEYS]
        parts.append(right)
        key = left
    parts.append(key)
    return parts[::-1]


def _node_range(node: Node) -> _Range:
    return _Range(*node.start_point, *node.end_point)


@lru_cache(maxsize=256)
def _unquoted(text: str) -> str:
    """The name in a quoted key."""
    if "\\" not in text or text.startswith("'"):
        return text[1:-1]
    try:
        return str(read_values(f"key = {text}")["key"])
    except ValueError:
        return text[1:-1]
