"""Reads lock files of format 1: TOML, with a block for each address.

    ["clip.market#1"]
    render = { kind = "create", model = "sora-2", size = "1280x720", seconds = 8 }
    provider = "openai@https://videos.example/v1"
    key = "4f…"
    paid = { cost_usd = "0.80", attempts = 1, at = 2026-03-01T09:30:00Z }
    remote_id = "video_123"
    asset = { sha256 = "9c…", bytes = 1048576 }
    inputs = '{"model":"sora-2",…}'

What has not ended has its times in `since`; blocks of records that no address points to are called
`[retired.KEY]` or `[unfinished.KEY]`. Nothing is written in this form any more.

Where two branches changed one block, `merge=union` puts the lines of both into it, which is no TOML. Each
field then has up to two values, in the order of the sides, and the block is read once for each side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sorasync.graph.key import digest, recoded
from sorasync.state.lockfile_fields import REPAIR, Entry, EntryFields, LockFileBroken
from sorasync.state.lockfile_text import FORMAT
from sorasync.state.record import DONE, Record
from sorasync.toml.values import InvalidToml, read_values

_FORMAT = 1
_SECTIONS = ("retired", "unfinished")
_HEADER = re.compile(r"\[.*\]")
_FIELD = re.compile(r"(\w+) = ")


def read(text: str, name: str) -> tuple[list[str], list[Entry]]:
    """The lineages and the entries. Raises `LockFileBroken`, saying where and what to do."""
    try:
        document: dict[str, object] = read_values(text)
    except InvalidToml as error:
        broken = LockFileBroken(f"{name} is not valid TOML: {error}", hint=REPAIR)
        return _of_both_sides(text, name, broken)
    lineage = _lineage(EntryFields(f"{name}: the block [state]", document.pop("state", {})), name)
    return [lineage], [_entry(address, fields) for address, fields in _addressed_blocks(document, name)]


def _lineage(state: EntryFields, name: str) -> str:
    written = state.get("format", int)
    if written is None or written > _FORMAT:
        raise LockFileBroken(
            f"{name} has format version {written}; this sorasync knows versions up to {FORMAT}",
            hint="upgrade sorasync; nothing was changed",
        )
    return state.need("lineage", str)


def _addressed_blocks(document: dict[str, object], name: str) -> Iterator[tuple[str | None, EntryFields]]:
    """Every block with its address, None if no address points to it."""
    for section in _SECTIONS:
        tables = document.pop(section, {})
        if not isinstance(tables, dict):
            raise LockFileBroken(f"{name}: {section} is not a table", hint=REPAIR)
        for key, table in tables.items():
            yield None, EntryFields(f"{name}: the block [{section}.{key}]", table)
    for address, table in document.items():
        yield address, EntryFields(f"{name}: the block [{address}]", table)


def _entry(address: str | None, block: EntryFields) -> Entry:
    asset = block.table("asset")
    return Entry(
        record=_record_of_block(address or block.need("address", str), block),
        address=address,
        protect=bool(block.get("protect", bool)),
        bytes=asset.count("bytes"),
        ext=asset.get("ext", str) or "",
    )


def _record_of_block(address: str, block: EntryFields) -> Record:
    key, inputs = block.need("key", str), block.need("inputs", str)
    if recoded(inputs) is None:
        raise block.broken("has inputs that are not a JSON object")
    if digest(inputs) != key:
        raise block.broken("has a key that is not the digest of its inputs: two blocks were mixed up")
    status = block.status()
    render, paid, since = block.table("render"), block.table("paid"), block.table("since")
    intent_at = since.seconds("intent_at")
    return Record(
        key=key,
        kind=render.need("kind", str),
        status=status,
        address=address,
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
        asset=block.table("asset").digest("sha256"),
        progress=100 if status in DONE else 0,
        attempts=paid.count("attempts") or 0,
        error_stage=since.get("error_stage", str),
        error_code=since.get("error_code", str),
        error_message=since.get("error_message", str),
        intent_at=paid.time("at") if intent_at is None else intent_at,
        submitted_at=since.seconds("submitted_at"),
        rendered_at=since.seconds("rendered_at"),
        expires_at=since.seconds("expires_at"),
        billed_seconds=render.number("billed_seconds"),
    )


def _of_both_sides(text: str, name: str, broken: LockFileBroken) -> tuple[list[str], list[Entry]]:
    """The blocks of a file merged by `merge=union`. Raises `broken` if a block is still invalid."""
    lineages: list[str] = []
    entries: list[Entry] = []
    for header, values in _united(text):
        tables = [table for table in map(_parsed_block, _sides(header, values)) if table is not None]
        found: list[Entry] = []
        for table in tables:
            try:
                if "state" in table:
                    lineages.append(
                        _lineage(EntryFields(f"{name}: the block [state]", table.pop("state")), name)
                    )
                found += [_entry(address, fields) for address, fields in _addressed_blocks(table, name)]
            except LockFileBroken:
                continue
        if not found and header != "[state]":
            raise broken
        entries += found
    if not lineages:
        raise broken
    return lineages, entries


def _united(text: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Every block as its header and the lines of each field, without those that are there twice."""
    header, values = "", dict[str, list[str]]()
    for line in text.split("\n"):
        if _HEADER.fullmatch(line):
            if header:
                yield header, values
            header, values = line, {}
        elif (field := _FIELD.match(line)) and line not in values.setdefault(field[1], []):
            values[field[1]].append(line)
    if header:
        yield header, values


def _sides(header: str, values: dict[str, list[str]]) -> Iterator[str]:
    """The block of each side. A side whose record has a file is done, whatever the other one says."""
    count = max(map(len, values.values()), default=1)
    unsettled = ("status", "since") if count > 1 and "asset" in values else ()
    for side in range(count):
        lines = [
            lines[min(side, len(lines) - 1)] for field, lines in values.items() if field not in unsettled
        ]
        yield "\n".join([header, *lines])


def _parsed_block(block: str) -> dict[str, object] | None:
    try:
        document: dict[str, object] = read_values(block)
    except InvalidToml:
        return None
    return document
