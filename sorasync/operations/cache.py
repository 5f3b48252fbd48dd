"""What is kept of a library between runs: the parts of its engine, below `state/cache`.

```
<header>                           format, program, place and basis as JSON
<digests>                          the stamp and SHA-256 of every file that was read
<findings>                         what the lint found, null where it was not asked
<outline>                          one for each manifest
```
Each line begins with its CRC-32. The file may be deleted at any time. One that was made by another program,
for another configuration or in another place is not read, and neither is one that is damaged: only time is
lost. It is put in place whole, so of two writers one wins. No money is in it, and nothing that the state
says.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

from sorasync.durable import put_whole
from sorasync.graph.outline import Outline
from sorasync.library_file import read_file
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.manifest.files import FileDigest
from sorasync.operations.engine import Engine, Findings, Part
from sorasync.operations.program_digest import program_digest
from sorasync.operations.remembered_answer import DIRECTORY

FORMAT = 2
# A library of fewer clips is read faster than this file.
WORTH = 500
# Bytes; a million clips take less.
_LARGEST = 2 << 30

_CODE = ("graph", "manifest", "profile", "toml")


def cache_path(root: Path, env: str | None) -> Path:
    """Where the file of a library is, for one of its environments."""
    name = re.sub(r"[^\w-]", lambda match: f"%{ord(match[0]):x}", env) if env else ""
    return root / DIRECTORY / (f"env-{name}.plan" if env else "base.plan")


def load_engine(root: Path, env: str | None) -> Engine:
    """The engine as it was kept; an empty one where nothing can be taken from the file."""
    engine = Engine()
    path = cache_path(root, env)
    try:
        lines = read_file(path, within=root, largest=_LARGEST).splitlines()
        head = json.loads(_checked(lines[0]))
        if head[:-1] != _head(root):
            return engine
        digests = {path: FileDigest(*stamp) for path, stamp in json.loads(_checked(lines[1])).items()}
        parts = {}
        findings = _findings(json.loads(_checked(lines[2])))
        for line in lines[3:]:
            outline = Outline.of_text(_checked(line))
            parts[outline.file] = Part(outline)
    except (OSError, ValueError, IndexError, TypeError, KeyError, RecursionError):
        return engine
    engine.basis, engine.digests, engine.findings, engine.parts = head[-1], digests, findings, parts
    return engine


def keep_engine(engine: Engine, root: Path, env: str | None) -> None:
    """Keep an engine for the next run, where that is worth it and can be done."""
    path = cache_path(root, env)
    if not engine.changed or not is_worth_keeping(engine):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A link that came with somebody's branch must not lead the writing elsewhere.
        if Path(os.path.realpath(path.parent)) == root.resolve() / DIRECTORY:
            put_whole(path, _lines(engine, root), sync=False)
    except OSError:
        return


def is_worth_keeping(engine: Engine) -> bool:
    """Whether a library is so large that reading what was kept is quicker than reading it."""
    return sum(len(part.outline.names) for part in engine.parts.values()) >= WORTH


def _lines(engine: Engine, root: Path) -> Iterator[bytes]:
    yield _line(json.dumps([*_head(root), engine.basis]))
    stamps = {path: [*found.stamp, found.sha256, found.settled] for path, found in engine.digests.items()}
    yield _line(json.dumps(stamps))
    found = engine.findings
    yield _line(json.dumps(found and [found.evidence, [_row(one) for one in found.diagnostics]]))
    for part in engine.parts.values():
        yield _line(part.outline.text())


def _row(found: Diagnostic) -> list[object]:
    place = found.position and [getattr(found.position, name) for name in Position.__slots__]
    return [getattr(found, name) if name != "position" else place for name in Diagnostic.__slots__]


def _findings(found: tuple[str, list[list[Any]]] | None) -> Findings | None:
    if found is None:
        return None
    evidence, rows = found
    diagnostics = (
        Diagnostic(code, Severity(severity), message, place and Position(*place), *rest)
        for code, severity, message, place, *rest in rows
    )
    return Findings(evidence, tuple(diagnostics))


def _line(text: str) -> bytes:
    data = text.encode("utf-8")
    return b"%08x %s\n" % (crc32(data), data)


def _checked(line: bytes) -> str:
    """The text of a line. Raises `ValueError` where it is not as it was written."""
    text = line[9:]
    if b"%08x " % crc32(text) != line[:9]:
        raise ValueError("damaged")
    return text.decode("utf-8")


def _head(root: Path) -> list[object]:
    """What a file of ours begins with: nobody else's file can know which directory this is."""
    place = root.stat()
    return [FORMAT, program_digest(_CODE), str(root.resolve()), place.st_dev, place.st_ino]
