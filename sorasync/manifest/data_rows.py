"""Reads the rows that `each` makes clips of: CSV, JSON lines, or a table of an SQLite file. Pure.

What is in a row is often about persons: a fault names a line and a column, never a value.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

from sorasync.manifest.matrix import key_problem
from sorasync.manifest.suggest import listed, nearest
from sorasync.manifest.template import as_text

if TYPE_CHECKING:
    from sorasync.manifest.schema import EachModel

MOST_ROWS = 100_000
_DELIMITERS = ",;\t"

Row = dict[str, object]


class RowsFault(Exception):
    """Why there are no rows. `at` is the key of `each` that is wrong, empty for the file."""

    def __init__(
        self, message: str, expected: str | None = None, fix: str | None = None, at: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.fix = fix
        self.at = at


@dataclass(frozen=True, slots=True)
class _Table:
    """The columns of a file, and its rows with what people call each: `line 7`."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, Row]]


def rows_of(each: EachModel, data: bytes) -> list[Row]:
    """The rows that are wanted, in the order of the file, each with all its columns. Raises `RowsFault`.

    Every row has a key of its own that can stand in an address.
    """
    if each.sqlite is not None:
        table = _sqlite_table(data, each.table or "")
    else:
        text = _text(data)
        table = _csv_table(text) if each.csv is not None else _json_table(text)
    for at, column in [("key", each.key), *(("where", name) for name in each.where or {})]:
        if column not in table.columns:
            raise RowsFault(
                f"there is no column `{column}`", listed(table.columns), nearest(column, table.columns), at
            )
    wanted = [(name, row) for name, row in table.rows if _meets(row, each.where or {})]
    if not wanted:
        raise RowsFault("no row is left" if table.rows else "the file has no rows", "at least one row")
    wanted = wanted[: each.limit]
    if len(wanted) > MOST_ROWS:
        raise RowsFault(f"{len(wanted):,} rows are too many", f"at most {MOST_ROWS:,}", at="limit")
    _check_keys(each.key, wanted)
    return [row for _, row in wanted]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RowsFault(f"line {line} is not UTF-8", "a file in UTF-8") from None


def _csv_table(text: str) -> _Table:
    head = text.partition("\n")[0]
    # Spreadsheets write semicolons where the comma is the decimal sign.
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[str, Row]] = []
    try:
        columns = tuple(name.strip() for name in next(reader, []))
        _check_columns(columns)
        for cells in reader:
            if not cells:
                continue
            name = f"line {reader.line_num}"
            if len(cells) != len(columns):
                raise RowsFault(f"{name} has {len(cells)} cells, the first line has {len(columns)}")
            rows.append((name, dict(zip(columns, cells, strict=True))))
    except csv.Error as error:
        raise RowsFault(f"line {reader.line_num} is not valid CSV: {error}") from None
    return _Table(columns, rows)


def _check_columns(columns: Sequence[str]) -> None:
    if not columns or not all(columns):
        raise RowsFault("the first line must name every column")
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise RowsFault(f"the first line names `{twice[0]}` twice")


def _json_table(text: str) -> _Table:
    rows: list[tuple[str, Row]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise RowsFault(f"line {number} is not valid JSON") from None
        if not isinstance(found, dict):
            raise RowsFault(f"line {number} is not a JSON object", '{"id": 1, "city": "Lisbon"}')
        rows.append((f"line {number}", {name: _plain(f"line {number}", name, found[name]) for name in found}))
    columns = tuple(dict.fromkeys(name for _, row in rows for name in row))
    # What a line leaves out is empty, as it is in a table.
    return _Table(columns, [(name, dict.fromkeys(columns, "") | row) for name, row in rows])


def _sqlite_table(data: bytes, table: str) -> _Table:
    # What is in a -wal file beside it would be missed without a word.
    if data[18:20] == b"\x02\x02":
        raise RowsFault("the SQLite file is in WAL mode", "a file after PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(data)
            # Only tables: a view can compute without end.
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            names = [name for (name,) in found]
            if table not in names:
                raise RowsFault(f"there is no table `{table}`", listed(names), nearest(table, names), "table")
            quoted = table.replace('"', '""')
            found = connection.execute(f'SELECT * FROM "{quoted}"')
            columns = tuple(str(column[0]) for column in found.description)
            rows = list(_numbered(columns, found))
        except sqlite3.Error:
            # Its words may quote a value.
            raise RowsFault("it is not a readable SQLite database") from None
    return _Table(columns, rows)


def _numbered(columns: Sequence[str], found: Iterator[tuple[object, ...]]) -> Iterator[tuple[str, Row]]:
    for number, values in enumerate(found, 1):
        name = f"row {number}"
        cells = zip(columns, values, strict=True)
        yield name, {column: _plain(name, column, value) for column, value in cells}


def _plain(name: str, column: str, value: object) -> object:
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise RowsFault(f"`{column}` in {name} is neither text nor a number")
    return value


def _meets(row: Row, where: Mapping[str, object]) -> bool:
    return all(
        as_text(row[column]) in (map(as_text, wanted) if isinstance(wanted, list) else (as_text(wanted),))
        for column, wanted in where.items()
    )


def _check_keys(key: str, rows: Sequence[tuple[str, Row]]) -> None:
    seen: dict[str, str] = {}
    for name, row in rows:
        if (wrong := key_problem(row[key])) is not None:
            message, expected = wrong
            raise RowsFault(f"`{key}` in {name} {message}", expected, at="key")
        first = seen.setdefault(normalize("NFC", as_text(row[key])).casefold(), name)
        if first != name:
            raise RowsFault(f"`{key}` is the same in {first} and {name}", "a value for each row", at="key")
