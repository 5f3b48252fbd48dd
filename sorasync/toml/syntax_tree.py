"""Finds more syntax errors than the first, where the parser stops."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sorasync.toml.positions import syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node

_STATEMENT = re.compile(r"\s*(\[|[\w\"'][^\n]*=|[\w-]+\s*(?:$|:)|=)")
_MOST_NODES = 20_000


def suspicious_lines(text: str) -> list[int]:
    """0-based rows on which a faulty statement starts.

    Only rows that look like the start of a statement and are not inside a value count; whether such a line
    is wrong by itself is for the caller to find out, since the tree guesses once it has lost its way.
    """
    data = text.encode("utf-8", "replace")
    lines = text.split("\n")
    rows = {row for row in _faulty_rows(syntax_tree(data).root_node) if row < len(lines)}
    return sorted(row for row in rows if _STATEMENT.match(lines[row]))


def _faulty_rows(root: Node) -> set[int]:
    rows: set[int] = set()
    pending = [root]
    for _ in range(_MOST_NODES):
        if not pending:
            break
        node = pending.pop()
        if node.is_error or node.is_missing:
            rows.add(node.start_point.row)
            rows.update(child.start_point.row for child in node.children if child.type.endswith("_key"))
        elif node.has_error:
            if node.type == "pair":
                rows.add(node.start_point.row)
            pending.extend(reversed(node.children))
    return rows
