"""Where a runner unpacks libraries: each has directories of its own, used again for its next version.

```
<work>/<library>-<number>/lock           held by every job that works there
<work>/<library>-<number>/unpacked.json  the version, and the files that were unpacked
<work>/<library>-<number>/library        the library
```
What was fetched for one version is there for the next, within `[assets] cache_gb` as in a checkout, and what
has not changed is not read anew. Jobs of the same version share a directory. A job of another one takes one
that nobody is using, so there are hardly more than jobs at the same time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.durable import make_directory, write_atomic
from sorasync.errors import SorasyncError
from sorasync.library_file import read_file
from sorasync.operations.library_bundle import LARGEST, digest_of, files_of

if TYPE_CHECKING:
    from sorasync.state.job_queue import Order

_OTHER = re.compile(r"[^A-Za-z0-9_.-]+")


@contextmanager
def unpacked_library(work: Path, order: Order, files: bytes) -> Iterator[Path]:
    """A directory with the files of a job, which stay as they are until the end of the block.

    Raises `SorasyncError` for an archive that is damaged or strange, and where files cannot be locked.
    """
    if digest_of(files) != order.digest:
        raise SorasyncError("the files of this job are damaged", hint="queue the renders again")
    whose = hashlib.sha256(f"{order.schema}\n{order.owner}".encode()).hexdigest()
    name = f"{_OTHER.sub('-', order.owner)[:40]}-{whose[:12]}"
    while True:
        for directory in _directories(work, name, order.digest):
            handle = _entered(directory, order.digest, files)
            if handle is None:
                continue
            try:
                yield directory / "library"
            finally:
                os.close(handle)
            return


def _directories(work: Path, name: str, version: str) -> Iterator[Path]:
    """Those of a library, the ones with that version first, and a new one at the end."""
    found = []
    for number in count(1):
        found.append(work / f"{name}-{number}")
        if not found[-1].exists():
            break
    return iter(sorted(found, key=lambda one: _Unpacked.of(one).version != version))


def _entered(directory: Path, version: str, files: bytes) -> int | None:
    """A descriptor that holds a directory with this version; None where jobs of another one are in it."""
    import fcntl

    make_directory(directory)
    handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    held = False
    try:
        if not _locked(handle, fcntl.LOCK_SH):
            return None
        if _Unpacked.of(directory).version != version:
            if not _locked(handle, fcntl.LOCK_EX):
                return None
            _unpack(directory, version, files)
            # Another job may come in between: the one lock is given up before the other is taken.
            if not _locked(handle, fcntl.LOCK_SH) or _Unpacked.of(directory).version != version:
                return None
        held = True
        return handle
    finally:
        if not held:
            os.close(handle)


def _locked(handle: int, kind: int) -> bool:
    """Whether a file could be locked at once. Raises `SorasyncError` where it never can."""
    import fcntl

    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise SorasyncError(
            f"files cannot be locked where libraries are unpacked ({error.strerror})",
            hint="start the runner with --work on a disk of this machine",
        ) from error
    return True


def _unpack(directory: Path, version: str, archive: bytes) -> None:
    """Put the files of a version in the place of another's. What jobs have made beside them stays."""
    before = _Unpacked.of(directory)
    if before.version == version:
        return
    root = directory / "library"
    files = {name.as_posix(): data for name, data in files_of(archive)}
    # Whoever goes on after a crash knows all that may be there.
    _Unpacked("", sorted({*before.files, *files})).note(directory)
    for name in set(before.files).difference(files):
        _remove(root, name)
    for name, data in files.items():
        # A file that is written is read anew by the next plan.
        if not _holds(root, name, data):
            make_directory((root / name).parent)
            write_atomic(root / name, data)
    _Unpacked(version, sorted(files)).note(directory)


def _holds(root: Path, name: str, data: bytes) -> bool:
    """Whether a file has these bytes."""
    try:
        return read_file(root / name, within=root, largest=LARGEST) == data
    except OSError:
        return False


def _remove(root: Path, name: str) -> None:
    """Remove a file, and the directories that were only there for it."""
    path = root / name
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        path.unlink()
    for parent in path.relative_to(root).parents[:-1]:
        try:
            (root / parent).rmdir()
        except OSError:
            return


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """What is in a directory: `files` relative to the library, of a `version`, or of several (empty)."""

    version: str
    files: list[str]

    @classmethod
    def of(cls, directory: Path) -> _Unpacked:
        """What was noted there."""
        try:
            noted = read_file(directory / "unpacked.json", within=directory, largest=LARGEST)
        except FileNotFoundError:
            return cls("", [])
        return cls(**json.loads(noted))

    def note(self, directory: Path) -> None:
        """Note it there."""
        write_atomic(directory / "unpacked.json", json.dumps(asdict(self)).encode())
