"""The lock file as text, and back.

A block holds what lasts of one address:

    ["clip.market#1"]
    render = { kind = "create", model = "sora-2", size = "1280x720", seconds = 8 }
    provider = "openai@https://videos.example/v1"
    key = "4f…"
    paid = { cost_usd = "0.80", attempts = 1, at = 2026-03-01T09:30:00Z }
    remote_id = "video_123"
    asset = { sha256 = "9c…", bytes = 1048576 }
    inputs = '{"model":"sora-2",…}'

`paid.at` is when the request was sent, in UTC and to the second, so that what a day or a month has cost is
known without a state; it is left out where nothing was paid, and older files have none. `status` is left
out where it is `stored`; what has not ended yet says when it began in `since`. Records
that no address stands for have blocks `[retired.KEY]`, or `[unfinished.KEY]` while they are in flight.

The file is made for git. Nothing in it changes unless the facts do: there is no date of writing, and no
serial, since a counter would make every merge of two branches a conflict. Which of two files is newer is
found by comparing each block with the last lock file that the state has seen (see `reconcile`). The order
of the lines matters: the first and the last line of a block and its `key` occur once in the file, and at
most three lines between them may look like those of a neighbour. A line-wise merge joins conflicts that are
three lines apart or less, so it keeps blocks that two branches added at one place whole, and `merge=union`
in `.gitattributes` merges them without asking. That is also why details stand in inline tables, which
tomli-w does not write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from sorasync.graph.address import natural
from sorasync.state.record import IN_FLIGHT, Binding, Record, Status

FORMAT = 1

_HEADER = """\
# What has been paid for, written by sorasync after every apply. Commit it: a fresh clone restores from it.
# When a merge stops here, keep the blocks of both sides; `sorasync plan` checks the result.

[state]
format = {format}
lineage = {lineage}
"""
_PAID_AT = re.compile(r"(?m)^(paid = \{.* attempts = \d+), at = [0-9TZ:-]+ \}$")
_LITERAL = re.compile(r"[^'\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class LockFile:
    """The lasting facts of a state. `sizes` are the bytes of assets by digest, `exts` their extensions."""

    lineage: str
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    exts: Mapping[str, str] = field(default_factory=dict)


def dumps(lock: LockFile) -> str:
    """The text of a lock file: the same facts always give the same text."""
    out = [_HEADER.format(format=FORMAT, lineage=basic(lock.lineage))]
    for address in sorted(lock.bindings, key=natural):
        binding = lock.bindings[address]
        out.append(f"\n[{basic(address)}]\n")
        out.extend(_block(lock, lock.records[binding.key], binding.protect))
    bound = {binding.key for binding in lock.bindings.values()}
    for section, keys in _unbound(lock.records, bound):
        for key in keys:
            record = lock.records[key]
            out.append(f"\n[{section}.{basic(key)}]\n")
            out.append(f"address = {basic(record.address)}\n")
            out.extend(_block(lock, record, False))
    return "".join(out)


def _unbound(records: Mapping[str, Record], bound: set[str]) -> Iterable[tuple[str, list[str]]]:
    rest = sorted(records.keys() - bound)
    yield "retired", [key for key in rest if records[key].status not in IN_FLIGHT]
    yield "unfinished", [key for key in rest if records[key].status in IN_FLIGHT]


def _block(lock: LockFile, record: Record, protect: bool) -> Iterator[str]:
    yield _table(
        "render",
        kind=record.kind,
        model=record.model,
        size=record.size,
        seconds=record.seconds,
        billed_seconds=record.billed_seconds,
        source=record.source_key,
    )
    yield f"provider = {basic(record.provider)}\n"
    if protect:
        yield "protect = true\n"
    yield f'key = "{record.key}"\n'
    yield _table(
        "paid",
        cost_usd=record.cost_usd,
        reported_usd=record.reported_usd,
        attempts=record.attempts,
        at=_moment(record.intent_at),
    )
    if record.status is not Status.STORED:
        yield f'status = "{record.status.value}"\n'
        yield from _unsettled(record)
    if record.remote_id is not None:
        yield f"remote_id = {basic(record.remote_id)}\n"
    if record.asset is not None:
        sha256 = record.asset
        yield _table("asset", sha256=sha256, bytes=lock.sizes.get(sha256), ext=lock.exts.get(sha256) or None)
    yield f"inputs = {literal(record.inputs)}\n"


def _unsettled(record: Record) -> Iterator[str]:
    facts = {
        "intent_at": record.intent_at,
        "submitted_at": record.submitted_at,
        "rendered_at": record.rendered_at,
        "expires_at": record.expires_at,
        "batch_id": record.batch_id,
        "request": None if record.request == "{}" else record.request,
        "error_stage": record.error_stage,
        "error_code": record.error_code,
        "error_message": record.error_message,
    }
    if any(value is not None for value in facts.values()):
        yield _table("since", **facts)


def _table(name: str, **values: object) -> str:
    body = ", ".join(f"{key} = {_value(value)}" for key, value in values.items() if value is not None)
    return f"{name} = {{ {body} }}\n"


def _value(value: object) -> str:
    if isinstance(value, str):
        return basic(value)
    if isinstance(value, Decimal):
        return f'"{value}"'
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return repr(value)


def _moment(at: float | None) -> datetime | None:
    """A Unix time to the second, None where there is none or where no calendar goes that far."""
    try:
        return None if at is None else datetime.fromtimestamp(int(at), UTC)
    except (OverflowError, OSError, ValueError):
        return None


def undated(text: str) -> str:
    """The text of a lock file without the times of payment."""
    return _PAID_AT.sub(r"\1 }", text)


def basic(text: str) -> str:
    """A TOML basic string: JSON's escapes, and the one more that TOML asks for."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def literal(text: str) -> str:
    """A TOML literal string where that can hold the text, so that JSON stays readable."""
    if _LITERAL.fullmatch(text):
        return f"'{text}'"
    plain = "'''" not in text and not text.startswith("\n") and not text.endswith("'")
    if plain and _LITERAL.fullmatch(text.replace("'", "")):
        return f"'''{text}'''"
    return basic(text)
