"""Records as rows and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

from sorasync.errors import SorasyncError
from sorasync.state.errors import damaged
from sorasync.state.record import Record, Status

FIELDS = tuple(field.name for field in fields(Record))
TEXTS = ("inputs", "request")
COLUMNS = tuple(name for name in FIELDS if name not in TEXTS)
MONEY = ("cost_usd", "reported_usd")

# Selects whole records in the order of `Record`'s fields; a WHERE may follow.
SELECT = (
    "SELECT "
    + ", ".join(f"i.{name}" if name in TEXTS else f"r.{name}" for name in FIELDS)
    + " FROM records r "
    "JOIN inputs i ON i.key = r.key"
)


DIGITS_OF_MONEY = 30
LATEST = 253_402_300_800.0  # the year 10000, where calendars of Python end


class _Statuses(dict[str, Status]):
    def __missing__(self, word: object) -> Status:
        raise damaged(f"there is no status {str(word)[:40]!r}")


STATUSES: dict[str, Status] = _Statuses({status.value: status for status in Status})
_STATUS = FIELDS.index("status")
_COLUMNS_OF = attrgetter(*COLUMNS)
_PLAIN = tuple(COLUMNS.index(name) for name in ("status", *MONEY))
_MONEY = tuple(FIELDS.index(name) for name in MONEY)


def record_of(row: Iterable[Any]) -> Record:
    """The record in a row of `SELECT`."""
    values = list(row)
    values[_STATUS] = STATUSES[values[_STATUS]]
    for position in _MONEY:
        values[position] = decimal(values[position])
    return Record(*values)


def row_of(record: Record) -> tuple[object, ...]:
    """A record as the columns of its table."""
    values = list(_COLUMNS_OF(record))
    for position in _PLAIN:
        values[position] = plain(values[position])
    return tuple(values)


def texts_of(record: Record) -> tuple[str, str, str]:
    """A record as the columns of the table of its long texts."""
    return (record.key, record.inputs, record.request)


def plain(value: object) -> object:
    """A value for SQLite and JSON: money as text, a status as its word."""
    if isinstance(value, Decimal):
        return str(value)
    return value.value if isinstance(value, Status) else value


def decimal(value: object) -> Decimal | None:
    """Money from its text."""
    if value is None:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > DIGITS_OF_MONEY:
        raise damaged(f"{str(value)[:40]!r} is not an amount of money")
    return found


def fields_of(text: str) -> dict[str, Any]:
    """Loose data from its JSON."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise damaged("the data of a record or an event is no JSON object")
    return found


def text_of(data: Mapping[str, object]) -> str:
    """Loose data as sorted JSON, for the columns that hold such."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, default=lambda value: str(plain(value)))


def checked(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same fields, if all of them are fields of a record that may be set."""
    for name in values:
        if name not in FIELDS or name in ("key", "status"):
            raise SorasyncError(f"a record has no field {name!r} to set: this is a bug in sorasync")
    return values
