"""The complete state as sorted JSON, and back: for reading, comparing and moving it."""

from __future__ import annotations

import json
from typing import Any

from sorasync.state.copy_tables import TABLES, quoted
from sorasync.state.errors import StateError
from sorasync.state.migrations import VERSION
from sorasync.state.store import Store

FORMAT = 1

# Schemas whose exports can be imported.
_READABLE = range(2, VERSION + 1)

# Columns that older exports lack, with their default.
_LATER: dict[str, dict[str, object]] = {"attempts": {"resends": 0}, "records": {"mismatch": None}}

# What an export leaves out: lineage and serial are written by themselves, and the others are made again.
_LEFT_OUT = ("state", "checks", "lockfiles")
_TABLES = {table: order for table, order in TABLES.items() if table not in _LEFT_OUT}


def export_state(store: Store) -> str:
    """The state as JSON text: lineage, serial and each table's rows; the lock is left out."""
    with store.snapshot():
        tables = {name: _table_rows(store, name, order) for name, order in _TABLES.items()}
        document = {
            "format_version": FORMAT,
            "schema_version": VERSION,
            "lineage": store.lineage,
            "serial": store.serial,
            "tables": tables,
        }
    return json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def import_state(store: Store, text: str) -> None:
    """Fill an empty state from such JSON, in one transaction.

    Raises `StateError` if the state has records or the text is not an export of this version.
    """
    document = _checked_export(text)
    with store.transaction():
        if store.serial or store.runs(limit=1):
            raise StateError(
                "only an empty state can be filled by an import", hint="name a new file in [state] url"
            )
        for name in _TABLES:
            _fill_table(store, name, document["tables"].get(name, []))
        _read_back(store)
        store.session.write(
            "UPDATE state SET lineage = ?, serial = ?", (document["lineage"], document["serial"])
        )


def _table_rows(store: Store, table: str, order: str) -> list[dict[str, object]]:
    columns = store.session.columns(table)
    rows = store.session.rows(f"SELECT {quoted(columns)} FROM {table} ORDER BY {order}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _fill_table(store: Store, table: str, rows: list[dict[str, object]]) -> None:
    columns, later = store.session.columns(table), _LATER.get(table, {})
    if not isinstance(rows, list):
        raise StateError(f"{table} is no list of rows")
    for row in rows:
        if not isinstance(row, dict) or set(row) | set(later) != set(columns):
            raise StateError(f"a row of {table} does not have the columns {', '.join(columns)}")
        odd = next((column for column, value in row.items() if not _storable(value)), None)
        if odd is not None:
            raise StateError(f"a row of {table} has a value in {odd} that no state can hold")
    store.session.write_many(
        f"INSERT INTO {table} ({quoted(columns)}) VALUES ({', '.join('?' * len(columns))})",
        (tuple((later | row)[column] for column in columns) for row in rows),
    )
    if "id" in columns:
        store.session.database.continue_numbers(table)


def _storable(value: object) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, int):
        return abs(value) < 1 << 63
    return value is None or isinstance(value, float)


def _read_back(store: Store) -> None:
    """Read everything back; raises `StateError` for anything unreadable."""
    store.every_record()
    store.briefs()
    store.bindings()
    store.assets()
    store.runs()
    store.events()


def _checked_export(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StateError(f"this is not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("tables"), dict):
        raise StateError("this JSON is not an export of a state")
    versions = (document.get("format_version"), document.get("schema_version"))
    if versions[0] != FORMAT or versions[1] not in _READABLE:
        raise StateError(
            f"the export has format {versions[0]} and schema {versions[1]}; "
            f"this sorasync reads format {FORMAT} and schema {VERSION}"
        )
    if not isinstance(document.get("lineage"), str) or not isinstance(document.get("serial"), int):
        raise StateError("the export names no lineage and serial")
    if not _storable(document["lineage"]) or not 0 <= document["serial"] < 1 << 53:
        raise StateError("the export has a lineage or a serial that no state can have")
    return document
