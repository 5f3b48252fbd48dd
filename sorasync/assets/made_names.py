"""Remembers which names this program made: `.store/names.json`.

A name that is a hard link to an object, or a symlink into the store, shows by itself whose it is. The ledger
is for what does not: names whose object is gone, and copies where the file system has no links. It also holds
what a file looked like when it was made, so that an edit is noticed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from sorasync.assets.file_errors import AssetError
from sorasync.assets.link_kind import Way
from sorasync.durable import write_atomic
from sorasync.library_file import RECORD_BYTES, FileRefused, read_file

NAMES_FILE: Final = "names.json"
FORMAT = 1

_WAYS = {way.value: way for way in Way}


class NameRow(NamedTuple):
    """One name: the object's file name, how the name was made, and the file as it was then."""

    file: str
    way: Way
    inode: int
    size: int
    mtime_ns: int

    def matches(self, facts: os.stat_result) -> bool:
        """Whether a file looks untouched since."""
        return (facts.st_ino, facts.st_size, facts.st_mtime_ns) == (self.inode, self.size, self.mtime_ns)


def row_for(file: str, way: Way, path: Path) -> NameRow:
    """The row of a name as it is on disk."""
    facts = path.lstat()
    return NameRow(file, way, facts.st_ino, facts.st_size, facts.st_mtime_ns)


def load_ledger(root: Path) -> dict[str, NameRow]:
    """Every row by relative name. Missing or unreadable: none, which only makes the program more careful."""
    try:
        return {name: _checked_row(*row) for name, row in _names(root).items() if _is_name(name)}
    except (TypeError, KeyError, ValueError):
        return {}


def named_objects(root: Path) -> dict[str, str]:
    """The object's file name for every name. Unchecked: compare it, never open it."""
    try:
        return {name: row[0] for name, row in _names(root).items()}
    except (TypeError, IndexError, KeyError):
        return {}


def named_digests(root: Path) -> dict[str, str]:
    """The digest of the object behind every name. Unchecked, so quick: compare it, never open it."""
    try:
        found = _plain_digests(read_file(root / NAMES_FILE, within=root, largest=RECORD_BYTES))
    except (FileNotFoundError, FileRefused):
        return {}
    if found is None:
        return {name: str(file)[:_DIGITS] for name, file in named_objects(root).items()}
    return found


_DIGITS = 64
_HEAD = f'{{"format": {FORMAT}, "names": {{\n'
_END = "\n}}\n"
_PLAIN_ROW = re.compile(
    r'^"([^"\\\x00-\x1f]*)": \["([0-9a-f]{64})\.[a-z0-9]+", "[a-z ]+", \d+, \d+, \d+\],?$', re.MULTILINE
)


def _plain_digests(data: bytes) -> dict[str, str] | None:
    """The digests of a ledger just as `save_ledger` writes it, with ASCII names; None for any other.

    For a large ledger this takes half the time and a quarter of the memory of JSON.
    """
    if not data.isascii():
        return None
    text = data.decode("ascii")
    if not text.startswith(_HEAD) or not text.endswith(_END):
        return None
    body = text[len(_HEAD) : -len(_END)]
    rows = _PLAIN_ROW.findall(body)
    last = len(rows) - 1
    whole = body.count("\n") == body.count("],\n") == last and not body.endswith(",")
    return dict(rows) if whole else None


def _names(root: Path) -> dict[str, Any]:
    """The rows as they were written; none where they cannot be read."""
    try:
        content = json.loads(read_file(root / NAMES_FILE, within=root, largest=RECORD_BYTES))
        version, names = content["format"], content["names"]
    except (FileNotFoundError, FileRefused, ValueError, KeyError, TypeError, RecursionError):
        return {}
    if version != FORMAT:
        raise AssetError(
            f"{root / NAMES_FILE} has format {version}, this program reads {FORMAT}",
            hint="use the newer version that wrote it",
        )
    return names if isinstance(names, dict) else {}


def _is_name(name: str) -> bool:
    """Whether a text can be the name of a file below the assets."""
    parts = name.split("/")
    return "\0" not in name and all(0 < len(os.fsencode(part)) < 256 and part != ".." for part in parts)


def _checked_row(file: str, way: str, inode: int, size: int, mtime_ns: int) -> NameRow:
    """Raises TypeError for a value of another kind."""
    if (
        not _is_name(file)
        or "/" in file
        or any(type(number) is not int for number in (inode, size, mtime_ns))
    ):
        raise TypeError("not a row of the ledger")
    return NameRow(file, _WAYS[way], inode, size, mtime_ns)


def save_ledger(root: Path, rows: Mapping[str, NameRow]) -> None:
    """Write every row, atomically, one a line and sorted."""
    lines = (f"{json.dumps(name)}: {json.dumps(rows[name])}" for name in sorted(rows))
    body = ",\n".join(lines)
    write_atomic(root / NAMES_FILE, f'{{"format": {FORMAT}, "names": {{\n{body}\n}}}}\n'.encode())
