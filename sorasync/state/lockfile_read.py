"""Reads a lock file line by line, and explains a line that cannot be read.

Files of format 1 are read as well, and so is what a merge made of one file of each format. If a merge
stopped and left its markers, the lines of both sides count, as `merge=union` would have had it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from sorasync.graph.key import digest, recoded
from sorasync.state.history import Attempt
from sorasync.state.lockfile_fields import REPAIR, Entry, EntryFields, LockFileBroken
from sorasync.state.lockfile_merge import unite
from sorasync.state.lockfile_text import FORMAT, LockFile
from sorasync.state.record import DONE, IN_FLIGHT, MADE, Record

_LINEAGE = re.compile(r'(?m)^(?:\{"format": .*"lineage": |lineage = )("[^"]*")')
_OURS, _BASE, _THEIRS, _END = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


def loads(text: str, name: str = "sorasync.lock") -> LockFile:
    """Read the text of a lock file. Raises `LockFileBroken`, saying where and what to do."""
    lineages: list[str] = []
    entries: list[Entry] = []
    attempts: list[Attempt] = []
    lines = list(_both_sides(text))
    for number, line in enumerate(lines, 1):
        if not line.startswith("{"):
            continue
        fields = EntryFields(f"{name}:{number}: the line", _parsed_line(line, f"{name}:{number}"))
        if fields.has("format"):
            lineages.append(_lineage(fields, name))
        elif fields.has("attempt"):
            attempts.append(_attempt(fields))
        else:
            entries.append(_entry(fields))
    older = ["" if line.startswith("{") else line for line in lines]
    if any(line.strip() and not line.startswith("#") for line in older):
        from sorasync.state.lockfile_toml import read

        also, found = read("\n".join(older), name)
        lineages += also
        entries += found
    if not lineages:
        raise LockFileBroken(f"{name} has no line with its format and lineage", hint=REPAIR)
    return unite(lineages, entries, attempts)


def lineages(text: str) -> frozenset[str]:
    """The states that a readable file continues, without reading the rest of it."""
    return frozenset(json.loads(quoted) for quoted in _LINEAGE.findall(text))


def _both_sides(text: str) -> Iterator[str]:
    """The lines of the file, with those of git's markers (and of the common ancestor among them) empty."""
    base = False
    for line in text.split("\n"):
        marker = line[:7]
        if marker not in (_OURS, _BASE, _THEIRS, _END) or line[7:8] not in ("", " "):
            yield "" if base else line
            continue
        base = marker == _BASE
        yield ""


def _parsed_line(line: str, where: str) -> object:
    try:
        found: object = json.loads(line, parse_constant=_refuse_constant)
        if "\\u" in line:
            # Half of a surrogate pair is valid JSON, but cannot be written anywhere.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise LockFileBroken(f"{where}: the line is not valid JSON: {error}", hint=REPAIR) from error
    return found


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is no number")


def _lineage(fields: EntryFields, name: str) -> str:
    written = fields.need("format", int)
    if written > FORMAT:
        raise LockFileBroken(
            f"{name} has format version {written}; this sorasync knows versions up to {FORMAT}",
            hint="upgrade sorasync; nothing was changed",
        )
    return fields.need("lineage", str)


def _entry(fields: EntryFields) -> Entry:
    address = fields.get("address", str)
    label = address or fields.get("retired", str) or fields.need("unfinished", str)
    return Entry(
        record=_record_of_entry(fields, label),
        address=address,
        protect=bool(fields.get("protect", bool)),
        bytes=fields.count("bytes"),
        ext=fields.get("ext", str) or "",
    )


def _attempt(fields: EntryFields) -> Attempt:
    paid_at = fields.time("paid_at")
    if paid_at is None:
        raise fields.broken("has no paid_at")
    status = fields.status()
    made = status in MADE or bool(fields.get("rendered", bool))
    return Attempt(
        id=0,
        key=fields.need("key", str),
        at=paid_at,
        outcome=status.value,
        address=fields.need("attempt", str),
        provider=fields.need("provider", str),
        remote_id=fields.get("remote_id", str),
        estimate_usd=fields.money("cost_usd"),
        reported_usd=fields.money("reported_usd"),
        seconds=fields.number("seconds"),
        rendered_at=paid_at if made else None,
        resends=fields.count("resends") or 0,
    )


def _record_of_entry(fields: EntryFields, address: str) -> Record:
    status = fields.status()
    paid_at = fields.time("paid_at")
    intent_at = fields.seconds("intent_at") if status in IN_FLIGHT else None
    return Record(
        key=(key := fields.need("key", str)),
        kind=fields.need("kind", str),
        status=status,
        address=address,
        inputs=_inputs(fields, key),
        request=fields.get("request", str) or "{}",
        source_key=fields.get("source", str),
        provider=fields.need("provider", str),
        remote_id=fields.get("remote_id", str),
        batch_id=fields.get("batch_id", str),
        model=fields.get("model", str),
        size=fields.get("size", str),
        seconds=fields.number("seconds"),
        cost_usd=fields.money("cost_usd"),
        reported_usd=fields.money("reported_usd"),
        asset=fields.digest("asset"),
        progress=100 if status in DONE else 0,
        attempts=fields.count("attempts") or 0,
        error_stage=fields.get("error_stage", str),
        error_code=fields.get("error_code", str),
        error_message=fields.get("error_message", str),
        intent_at=paid_at if intent_at is None else intent_at,
        submitted_at=fields.seconds("submitted_at"),
        rendered_at=fields.seconds("rendered_at"),
        expires_at=fields.seconds("expires_at"),
        billed_seconds=fields.number("billed_seconds"),
        mismatch=fields.get("mismatch", str),
    )


def _inputs(fields: EntryFields, key: str) -> str:
    """The canonical JSON of the inputs. Raises `LockFileBroken` where the key is the digest of others."""
    text = fields.json("inputs")
    if recoded(text) is None:
        raise fields.broken("has inputs that are not a JSON object")
    if digest(text) != key:
        raise fields.broken("has a key that is not the digest of its inputs: two lines were mixed up")
    return text
