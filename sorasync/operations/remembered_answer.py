"""What a command answered, kept until anything changes that the answer was made from.

A plan without changes and a sound library are asked for again and again. The answer is printed at once while
every file of the library has its stamp, configuration, state and lock file have their bytes, and the folders
have their names. Nothing of the program is loaded for that but this. No money is in it: the state is read to
its last byte, and an answer that holds anything to pay, to wait for or to warn of is never kept.

```
<header>                           format, program and place as JSON
<answer>                           question, evidence, exit code and text as JSON
```
Each line begins with its CRC-32. The file may be deleted at any time, and is not read where it was made by
another program or in another place.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from sorasync.library_file import open_file
from sorasync.operations.program_digest import program_digest

DIRECTORY = "state/cache"
_FORMAT = 1
# The largest file that is read for its digest, in bytes; the state of a million clips has 1.3 GB. With a
# larger one the answer is found anew each time.
_LARGEST = 2 << 30
_PIECE = 1 << 20
# A file that changed this recently may change again within the same timestamp.
_GRAIN_NS = 2_000_000_000

# Size in bytes, times of modification and of any change in ns, inode.
Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, line by line, and its exit code."""

    lines: list[str]
    code: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer was made from, beside the files that have a stamp.

    `contents` are digests of files, None for one that is not there; `listings` those of all names below a
    folder; `day` is the day in UTC, on which it depends what ends soon. Paths are relative to the library.
    """

    contents: Mapping[str, str | None]
    listings: Mapping[str, str]
    day: str

    @classmethod
    def seen(cls, root: Path, contents: Iterable[str], listings: Iterable[str], now: float) -> Evidence:
        """Look at everything, `now` in seconds since 1970. Raises OSError if that is impossible."""
        return cls(
            {path: _content(root / path) for path in contents},
            {path: _listing(root / path) for path in listings},
            datetime.fromtimestamp(now, UTC).date().isoformat(),
        )


@dataclass(frozen=True, slots=True)
class Outset:
    """What an answer is about to be made from.

    Reading a large state twice is slow. If none of its files has changed lately, comparing `stamps` before
    and after the answer is enough, and `contents` is None.
    """

    stamps: Mapping[str, tuple[int, ...] | None]
    contents: Mapping[str, str | None] | None
    listings: Mapping[str, str]
    day: str

    @classmethod
    def seen(cls, root: Path, contents: Sequence[str], listings: Iterable[str], now: float) -> Outset:
        """Look at everything, `now` in seconds since 1970. Raises OSError if that is impossible."""
        stamps = {path: _moments(root / path) for path in contents}
        recent = time.time_ns() - _GRAIN_NS
        calm = all(max(found[:2]) < recent for found in stamps.values() if found is not None)
        evidence = Evidence.seen(root, () if calm else contents, listings, now)
        return cls(stamps, None if calm else evidence.contents, evidence.listings, evidence.day)

    def still(self, root: Path, now: float) -> Evidence | None:
        """The evidence for the answer made since then, None if anything has changed."""
        found = Evidence.seen(root, self.stamps, self.listings, now)
        if (found.listings, found.day) != (self.listings, self.day):
            return None
        if self.contents is not None:
            return found if found.contents == self.contents else None
        return found if {path: _moments(root / path) for path in self.stamps} == self.stamps else None


def recall(root: Path, command: str, env: str | None, question: str, now: float) -> Answer | None:
    """The answer to a question, None where it has to be found anew."""
    path = _path(root, command, env)
    try:
        with open_file(path, within=root) as file:
            lines = file.read().splitlines()
        if json.loads(_checked(lines[0])) != _head(root):
            return None
        kept = json.loads(_checked(lines[1]))
        if kept["question"] != question:
            return None
        stamps: dict[str, list[int]] = kept["stamps"]
        if any(_stamp(root / name) != stamp for name, stamp in stamps.items()):
            return None
        evidence = Evidence(**kept["evidence"])
        if Evidence.seen(root, evidence.contents, evidence.listings, now) != evidence:
            return None
        return Answer(list(kept["lines"]), int(kept["code"]))
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None


def remember(
    root: Path,
    command: str,
    env: str | None,
    question: str,
    stamps: Mapping[str, Stamp],
    before: Outset,
    answer: Answer,
    now: float,
) -> None:
    """Keep an answer, if what it was made from is still as it was seen `before`; else nothing is kept."""
    from sorasync.durable import put_whole

    path = _path(root, command, env)
    try:
        if (evidence := before.still(root, now)) is None:
            return
        kept = {
            "question": question,
            "stamps": stamps,
            "evidence": asdict(evidence),
            "lines": answer.lines,
            "code": answer.code,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        # A link that came with somebody's branch must not lead the writing elsewhere.
        if Path(os.path.realpath(path.parent)) == root.resolve() / DIRECTORY:
            put_whole(path, [_line(_head(root)), _line(kept)], sync=False)
    except OSError:
        return


def _path(root: Path, command: str, env: str | None) -> Path:
    name = re.sub(r"[^\w-]", lambda match: f"%{ord(match[0]):x}", env) if env else ""
    return root / DIRECTORY / f"{f'env-{name}' if env else 'base'}.{command}.answer"


def _head(root: Path) -> list[object]:
    """What a file of ours begins with: nobody else's file can know which directory this is."""
    place = root.stat()
    return [_FORMAT, program_digest(), str(root.resolve()), place.st_dev, place.st_ino]


def _line(data: Any) -> bytes:
    text = json.dumps(data).encode("ascii")
    return b"%08x %s\n" % (crc32(text), text)


def _checked(line: bytes) -> bytes:
    """The text of a line. Raises `ValueError` where it is not as it was written."""
    if b"%08x " % crc32(line[9:]) != line[:9]:
        raise ValueError("damaged")
    return line[9:]


def _stamp(path: Path) -> list[int]:
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


def _moments(path: Path) -> tuple[int, ...] | None:
    """What changes as soon as a file is written or replaced; None if there is no file."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino, facts.st_dev


def _content(path: Path) -> str | None:
    digest = hashlib.blake2b(digest_size=20)
    try:
        with open_file(path, within=None, largest=_LARGEST) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def _listing(folder: Path) -> str:
    digest = hashlib.blake2b(digest_size=20)
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        names = []
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    names.append(f"{entry.name}{'/' if is_folder else '@' if entry.is_symlink() else ''}\0")
                    if is_folder:
                        waiting.append(entry.path)
        except FileNotFoundError:
            names.append("/gone")
        names.sort()
        waiting.sort()
        digest.update(f"{here}\0{''.join(names)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
