"""Reads a lock file, and explains one that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TypeVar

from sorasync.graph.key import digest
from sorasync.state.errors import StateError
from sorasync.state.lasting import DONE, names
from sorasync.state.lockfile_text import FORMAT, LockFile
from sorasync.state.record import Binding, Record, Status

T = TypeVar("T")

_MARKERS = ("\n<<<<<<< ", "\n>>>>>>> ", "\n=======\n")
_RANK = (
    Status.FAILED,
    Status.BLOCKED,
    Status.INTENT,
    Status.UNKNOWN,
    Status.BATCHED,
    Status.SUBMITTED,
    Status.RENDERED,
    Status.LOST,
    Status.STORED,
)
_REPAIR = "`git checkout sorasync.lock` brings back the committed one, or correct it by hand"


class LockFileBroken(StateError):
    """The lock file cannot be read; the state itself is untouched."""


def loads(text: str, name: str = "sorasync.lock") -> LockFile:
    """Read the text of a lock file. Raises `LockFileBroken`, saying where and what to do."""
    _refuse_conflicts(text, name)
    document = _parsed(text, name)
    state = _Block(name, "state", document.pop("state", {}))
    written = state.get("format", int)
    if written is None or written > FORMAT:
        raise LockFileBroken(
            f"{name} has format version {written}; this sorasync knows versions up to {FORMAT}",
            hint="upgrade sorasync; nothing was changed",
        )
    return _lock_file(state.need("lineage", str), list(_blocks(document, name)))


def newer(one: Record, other: Record) -> Record:
    """Which of two accounts of a key knows more: more attempts, then further on; the first if equal."""
    return other if _progress(other) > _progress(one) else one


def _progress(record: Record) -> tuple[int, int]:
    return record.attempts, _RANK.index(record.status)


def _refuse_conflicts(text: str, name: str) -> None:
    found = min((at for marker in _MARKERS if (at := f"\n{text}".find(marker)) >= 0), default=None)
    if found is not None:
        line = text.count("\n", 0, found) + 1
        raise LockFileBroken(
            f"{name}:{line}: a git merge stopped here and left its markers",
            hint="keep the blocks of both sides and delete the marker lines; "
            "where both changed one block, keep either, and `sorasync plan` shows what it means",
        )


def _parsed(text: str, name: str) -> dict[str, object]:
    import rtoml

    try:
        document: dict[str, object] = rtoml.loads(text)
    except rtoml.TomlParsingError as error:
        raise LockFileBroken(f"{name} is not valid TOML: {error}", hint=_REPAIR) from error
    return document


class _Block:
    """One table of the file, read field by field."""

    def __init__(self, name: str, title: str, table: object) -> None:
        self.title = title
        self._name = name
        if not isinstance(table, dict):
            raise self.broken("is not a table")
        self._table: Mapping[str, object] = table

    def broken(self, what: str) -> LockFileBroken:
        return LockFileBroken(f"{self._name}: the block [{self.title}] {what}", hint=_REPAIR)

    def get(self, field: str, kind: type[T]) -> T | None:
        value = self._table.get(field)
        if value is None or type(value) is kind:
            return value
        raise self.broken(f"has {field} = {value!r}, which should be a {kind.__name__}")

    def need(self, field: str, kind: type[T]) -> T:
        value = self.get(field, kind)
        if value is None:
            raise self.broken(f"has no {field}")
        return value

    def number(self, field: str) -> float | None:
        value = self._table.get(field)
        found = float(value) if type(value) is int else self.get(field, float)
        if found is not None and not isfinite(found):
            raise self.broken(f"has {field} = {value!r}, which is no number to reckon with")
        return found

    def money(self, field: str) -> Decimal | None:
        text = self.get(field, str)
        try:
            return None if text is None else Decimal(text)
        except InvalidOperation as error:
            raise self.broken(f"has {field} = {text!r}, which is no amount of money") from error

    def time(self, field: str) -> float | None:
        """A moment as Unix seconds; one without a zone is one of UTC."""
        at = self._table.get(field)
        if at is None:
            return None
        if not isinstance(at, datetime):
            raise self.broken(f"has {field} = {at!r}, which should be a time such as 2026-03-01T09:30:00Z")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()

    def table(self, field: str) -> _Block:
        return _Block(self._name, self.title, self._table.get(field, {}))


def _blocks(document: dict[str, object], name: str) -> Iterator[tuple[str | None, _Block]]:
    """Every block with its address; None for what no address stands for."""
    for section in ("retired", "unfinished"):
        tables = document.pop(section, {})
        if not isinstance(tables, dict):
            raise LockFileBroken(f"{name}: {section} is not a table", hint=_REPAIR)
        for key, table in tables.items():
            yield None, _Block(name, f"{section}.{key}", table)
    for address, table in document.items():
        yield address, _Block(name, address, table)


def _lock_file(lineage: str, blocks: list[tuple[str | None, _Block]]) -> LockFile:
    bindings: dict[str, Binding] = {}
    found: dict[str, Record] = {}
    sizes: dict[str, int] = {}
    exts: dict[str, str] = {}
    for address, block in blocks:
        record = _record(address, block)
        before = found.get(record.key)
        found[record.key] = record if before is None else newer(before, record)
        if address is not None:
            bindings[address] = Binding(record.key, bool(block.get("protect", bool)))
        asset = block.table("asset")
        size = asset.get("bytes", int)
        if record.asset is not None and size is not None:
            sizes[record.asset] = size
            exts[record.asset] = asset.get("ext", str) or ""
    for key, address in names(bindings).items():
        if found[key].address != address:
            found[key] = replace(found[key], address=address)
    return LockFile(lineage, bindings, found, sizes, exts)


def _record(address: str | None, block: _Block) -> Record:
    key, inputs = block.need("key", str), block.need("inputs", str)
    if digest(inputs) != key:
        raise block.broken("has a key that is not the digest of its inputs: two blocks were mixed up")
    status = _status(block)
    render, paid, since = block.table("render"), block.table("paid"), block.table("since")
    return Record(
        key=key,
        kind=render.need("kind", str),
        status=status,
        address=address or block.need("address", str),
        inputs=inputs,
        request=since.get("request", str) or "{}",
        source_key=render.get("source", str),
        provider=block.need("provider", str),
        remote_id=block.get("remote_id", str),
        batch_id=since.get("batch_id", str),
        model=render.get("model", str),
        size=render.get("size", str),
        seconds=render.number("seconds"),
        cost_usd=paid.money("cost_usd"),
        reported_usd=paid.money("reported_usd"),
        asset=block.table("asset").get("sha256", str),
        progress=100 if status in DONE else 0,
        attempts=paid.get("attempts", int) or 0,
        error_stage=since.get("error_stage", str),
        error_code=since.get("error_code", str),
        error_message=since.get("error_message", str),
        intent_at=intent_at if (intent_at := since.number("intent_at")) is not None else paid.time("at"),
        submitted_at=since.number("submitted_at"),
        rendered_at=since.number("rendered_at"),
        expires_at=since.number("expires_at"),
        billed_seconds=render.number("billed_seconds"),
    )


def _status(block: _Block) -> Status:
    word = block.get("status", str) or Status.STORED.value
    try:
        return Status(word)
    except ValueError as error:
        raise block.broken(f"has status = {word!r}, which this sorasync does not know") from error
