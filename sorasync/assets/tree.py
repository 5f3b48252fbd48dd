"""Lists the asset directory from its directory entries alone."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

# Prefix of temporary names; a crash may leave one behind.
TEMPORARY = ".sorasync-tmp-"


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything below a directory by its relative POSIX name, without `.store`.

    `files` maps each entry that is neither directory nor symlink to its inode number. Symlinks are not
    followed: one to a directory is in `symlinks` only.
    """

    files: dict[str, int] = field(default_factory=dict)
    symlinks: set[str] = field(default_factory=set)
    directories: set[str] = field(default_factory=set)

    def __contains__(self, name: str) -> bool:
        return name in self.files or name in self.symlinks

    def names(self) -> list[str]:
        """Every entry that is not a directory, sorted."""
        return sorted([*self.files, *self.symlinks])

    def forget(self, name: str) -> None:
        """Take note that an entry is gone."""
        self.files.pop(name, None)
        self.symlinks.discard(name)


def scan_tree(root: Path, store: Path) -> Tree:
    """Read a directory and all below it, but not the store. A missing directory is an empty one."""
    tree = Tree()
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(f"{root}/{prefix}") as entries:
                for entry in entries:
                    if prefix or entry.name != store.name:
                        _note(tree, prefix + entry.name, entry, waiting)
        except FileNotFoundError:
            continue
        except PermissionError:
            # A directory that cannot be read is none of ours; it only must not stop the others.
            if not prefix:
                raise
    return tree


def _note(tree: Tree, name: str, entry: os.DirEntry[str], waiting: list[str]) -> None:
    if entry.is_symlink():
        tree.symlinks.add(name)
    elif entry.is_dir(follow_symlinks=False):
        tree.directories.add(name)
        waiting.append(f"{name}/")
    else:
        tree.files[name] = entry.inode()


def parents(name: str) -> list[str]:
    """The parent directories of a relative name, innermost first."""
    found = []
    head, slash, _ = name.rpartition("/")
    while slash:
        found.append(head)
        head, slash, _ = head.rpartition("/")
    return found
