"""Links a name to an object: hard link, else symlink, else copy."""

from __future__ import annotations

import errno
import os
import shutil
from enum import StrEnum
from pathlib import Path

from sorasync.assets.disk import FULL
from sorasync.assets.file_errors import DiskFull
from sorasync.assets.tree import TEMPORARY

_REFUSALS = frozenset(
    {errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
)


class Way(StrEnum):
    """How a name is linked to an object."""

    LINK = "hard link"
    SYMLINK = "symlink"
    COPY = "copy"


class Placer:
    """Names objects in one directory tree, below `root`, with the objects in `store`.

    `way` is the best way that has not been refused so far; each is tried once.
    """

    def __init__(self, root: Path, store: Path) -> None:
        self._root = root
        self._store = store
        self._ways = list(Way)
        self._count = 0

    @property
    def way(self) -> Way:
        """How the next name will be made."""
        return self._ways[0]

    def place(self, file: str, name: str) -> None:
        """Make a new name. Raises FileExistsError if it exists."""
        self._attempt(file, self._root / name, name)

    def swap(self, file: str, name: str) -> None:
        """Replace a name atomically: at any time it links to the old object or the new one."""
        target = self._root / name
        temporary = self._temporary(target)
        try:
            self._attempt(file, temporary, name)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    def _attempt(self, file: str, path: Path, name: str) -> None:
        while True:
            try:
                return self._make(file, path, name)
            except OSError as error:
                if error.errno not in _REFUSALS or len(self._ways) == 1:
                    raise
                del self._ways[0]

    def _make(self, file: str, path: Path, name: str) -> None:
        source = self._store / file[:2] / file
        if self.way is Way.LINK:
            os.link(source, path, follow_symlinks=False)
        elif self.way is Way.SYMLINK:
            path.symlink_to(symlink_text(file, name, self._store.name))
        else:
            self._copy(source, path)

    def _copy(self, source: Path, path: Path) -> None:
        """Copy under a temporary name, so that a crash never leaves half a file under a real one."""
        temporary = self._temporary(path)
        try:
            shutil.copyfile(source, temporary)
            temporary.chmod(0o444)
            if os.path.lexists(path):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
            temporary.replace(path)
        except OSError as error:
            if error.errno in FULL:
                raise DiskFull(path.parent, source.stat().st_size) from error
            raise
        finally:
            temporary.unlink(missing_ok=True)

    def _temporary(self, target: Path) -> Path:
        self._count += 1
        return target.parent / f"{TEMPORARY}{os.getpid()}-{self._count}"


def symlink_text(file: str, name: str, store: str) -> str:
    """What a symlink under a relative name says to mean an object, from the name's own directory."""
    return f"{'../' * name.count('/')}{store}/{file[:2]}/{file}"
