"""A disk that forgets everything that was not synced, as a power cut may leave it.

The bytes of a file survive as they were when the file was last synced, the names in a directory as they were
when the directory was. A file whose name survives and whose bytes do not is empty.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Inode = tuple[int, int]

# SQLite maps it into memory and makes it anew after a crash.
_SHARED_MEMORY = "-shm"


@dataclass(frozen=True)
class Surviving:
    """What a disk holds at one moment: bytes of files, names in directories, the directory at the top."""

    files: Mapping[Inode, bytes]
    names: Mapping[Inode, Mapping[str, tuple[Inode, int]]]
    top: Inode

    def write(self, root: Path) -> None:
        """Make it anew in an empty directory."""
        self._fill(root, self.top, {})

    def _fill(self, directory: Path, inode: Inode, made: dict[Inode, Path]) -> None:
        directory.mkdir(exist_ok=True)
        for name, (one, mode) in self.names.get(inode, {}).items():
            path = directory / name
            if stat.S_ISDIR(mode):
                self._fill(path, one, made)
            elif one in made:
                os.link(made[one], path)
            elif not name.endswith(_SHARED_MEMORY):
                path.write_bytes(self.files.get(one, b""))
                path.chmod(stat.S_IMODE(mode))
                made[one] = path


@dataclass
class StrictDisk:
    """Watches the files below `root`, which is there and durable with all that it holds when it is begun."""

    root: Path
    _files: dict[Inode, bytes] = field(default_factory=dict)
    _names: dict[Inode, dict[str, tuple[Inode, int]]] = field(default_factory=dict)
    _held: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._top = self.sync(str(self.root))
        for path in self.root.rglob("*"):
            self.sync(str(path))

    def sync(self, path: str) -> Inode:
        """Make a file or directory durable as it is now. It is held open: no other one gets its number."""
        handle = os.open(path, os.O_RDONLY)
        self._held.append(handle)
        facts = os.fstat(handle)
        inode = (facts.st_dev, facts.st_ino)
        if stat.S_ISDIR(facts.st_mode):
            self._names[inode] = dict(_entries(handle))
        else:
            with open(path, "rb") as file:  # noqa: PTH123
                self._files[inode] = file.read()
        return inode

    def surviving(self) -> Surviving:
        """What a power cut at this moment would leave."""
        return Surviving(dict(self._files), dict(self._names), self._top)

    def close(self) -> None:
        """Let go of everything."""
        for handle in self._held:
            os.close(handle)


def _entries(directory: int) -> list[tuple[str, tuple[Inode, int]]]:
    found = []
    with os.scandir(directory) as entries:
        for entry in entries:
            facts = os.stat(entry.name, dir_fd=directory, follow_symlinks=False)
            found.append((entry.name, ((facts.st_dev, facts.st_ino), facts.st_mode)))
    return found
