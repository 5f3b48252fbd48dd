"""Reads the fields of a lock file entry, with type checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TypeVar

from sorasync.graph.key import encoded
from sorasync.state.errors import StateError
from sorasync.state.record import Record, Status
from sorasync.state.rows import DIGITS_OF_MONEY, LATEST

T = TypeVar("T")

REPAIR = "`git log -p sorasync.lock` shows what it was; correct it by hand, or take an earlier one"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 2**63


class LockFileBroken(StateError):
    """The lock file cannot be read; the state itself is untouched."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: a record, the address that points to it (None if none does), and the size of its file."""

    record: Record
    address: str | None = None
    protect: bool = False
    bytes: int | None = None
    ext: str = ""


class EntryFields:
    """One entry, read field by field; `where` starts each error message."""

    def __init__(self, where: str, table: object) -> None:
        self._where = where
        if not isinstance(table, dict):
            raise self.broken("is not a table")
        self._table: Mapping[str, object] = table

    def broken(self, what: str) -> LockFileBroken:
        """The error that this entry is wrong, for the caller to raise."""
        return LockFileBroken(f"{self._where} {what}", hint=REPAIR)

    def has(self, field: str) -> bool:
        """Whether the field is there."""
        return field in self._table

    def get(self, field: str, kind: type[T]) -> T | None:
        """The value, None if it is missing. Raises `LockFileBroken` for one of another type."""
        value = self._table.get(field)
        if value is None or type(value) is kind:
            return value
        raise self.broken(f"has {field} = {_short_value(value)}, which should be a {kind.__name__}")

    def need(self, field: str, kind: type[T]) -> T:
        """The value of a required field."""
        value = self.get(field, kind)
        if value is None:
            raise self.broken(f"has no {field}")
        return value

    def count(self, field: str) -> int | None:
        """A whole number that a database can hold."""
        value = self.get(field, int)
        if value is not None and not 0 <= value < _LARGEST:
            raise self.broken(f"has {field} = {_short_value(value)}, which is not a usable number")
        return value

    def number(self, field: str) -> float | None:
        """A finite number that is not negative."""
        value = self._table.get(field)
        found = self.get(field, float) if type(value) is not int else _as_float(value)
        if found is not None and not (isfinite(found) and found >= 0):
            raise self.broken(f"has {field} = {_short_value(value)}, which is not a usable number")
        return found

    def seconds(self, field: str) -> float | None:
        """A moment as Unix seconds."""
        found = self.number(field)
        if found is not None and found >= LATEST:
            raise self.broken(f"has {field} = {_short_value(found)}, which is not a date")
        return found

    def money(self, field: str) -> Decimal | None:
        """An amount in dollars, exact."""
        text = self.get(field, str)
        if text is None:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or abs(found.adjusted()) > DIGITS_OF_MONEY:
            raise self.broken(f"has {field} = {_short_value(text)}, which is not an amount of money")
        return found

    def time(self, field: str) -> float | None:
        """A written time as Unix seconds; without a zone it is UTC."""
        at = self._table.get(field)
        if at is None:
            return None
        found = -1.0
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(at) if isinstance(at, str) else at
            if isinstance(moment, datetime):
                found = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if found < 0:
            raise self.broken(
                f"has {field} = {_short_value(at)}, which should be a time such as 2026-03-01T09:30:00Z"
            )
        return found

    def digest(self, field: str) -> str | None:
        """A SHA-256; nothing else may become a file name."""
        text = self.get(field, str)
        if text is not None and not _SHA256.fullmatch(text):
            raise self.broken(f"has {field} = {_short_value(text)}, which is not a SHA-256")
        return text

    def status(self) -> Status:
        """The status; `stored` is not written out."""
        word = self.get("status", str) or Status.STORED.value
        try:
            return Status(word)
        except ValueError:
            raise self.broken(
                f"has status = {_short_value(word)}, which this version of sorasync does not know"
            ) from None

    def json(self, field: str) -> str:
        """A JSON object, written out or as text, in the very bytes that its key is the digest of."""
        value = self._table.get(field)
        if type(value) is str:
            return value
        return encoded(self.need(field, dict))

    def table(self, field: str) -> EntryFields:
        """The table in a field; an empty one where there is none."""
        return EntryFields(self._where, self._table.get(field, {}))


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _short_value(value: object) -> str:
    text = repr(value) if not isinstance(value, int) or abs(value) < _LARGEST else "a very large number"
    return text if len(text) <= 60 else f"{text[:57]}..."
