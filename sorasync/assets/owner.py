"""Tells whose a file in the asset directory is: ours, an edited one of ours, or somebody else's."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from sorasync.assets.disk import hash_file
from sorasync.assets.link_kind import Way
from sorasync.assets.made_names import NameRow
from sorasync.assets.shard import DIGEST
from sorasync.assets.store import MAIN, AssetStore
from sorasync.assets.tree import TEMPORARY, Tree


class Ownership(Enum):
    """`OURS` may be replaced and removed, an `EDITED` file moved aside, a `FOREIGN` one left alone."""

    OURS = "ours"
    EDITED = "edited"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class EntryStanding:
    """What an entry is. `file` is the object that an entry of ours links to, None for a leftover; `way`
    how it does, None where it has to be made anew.
    """

    owner: Ownership
    file: str | None = None
    way: Way | None = None


_FOREIGN = EntryStanding(Ownership.FOREIGN)
_EDITED = EntryStanding(Ownership.EDITED)


class Judge:
    """Tells whose an entry is; opens files only if nothing else can tell."""

    def __init__(
        self, store: AssetStore, tree: Tree, objects: Mapping[str, int], rows: Mapping[str, NameRow]
    ) -> None:
        self._store = store
        self._tree = tree
        self._objects = objects
        self._rows = rows

    def standing(self, name: str) -> EntryStanding:
        """Whose the entry under that relative name is."""
        if posixpath.basename(name).startswith(TEMPORARY):
            return EntryStanding(Ownership.OURS)
        if name in self._tree.symlinks:
            return self._symlink(name)
        linked = self._by_inode.get(self._tree.files[name])
        if linked is not None and self._same_file(name, linked):
            return EntryStanding(Ownership.OURS, linked, Way.LINK)
        return self._unlinked(name)

    def same_content(self, name: str, file: str) -> bool:
        """Whether an entry has the bytes of an object; False if neither object nor digest can tell."""
        path, original = self._store.path / name, self.object_path(file)
        if name in self._tree.symlinks or not path.is_file():
            return False
        if original.exists() and original.stat().st_size != path.stat().st_size:
            return False
        if file.endswith(MAIN):
            return hash_file(path) == file[:DIGEST]
        return original.exists() and hash_file(path) == hash_file(original)

    def object_path(self, file: str) -> Path:
        """Where an object is or would be."""
        return self._store.root / file[:2] / file

    def _symlink(self, name: str) -> EntryStanding:
        text = (self._store.path / name).readlink().as_posix()
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(name), text))
        store, _, rest = inside.partition("/")
        if store == self._store.root.name and rest:
            file = posixpath.basename(rest)
            return EntryStanding(Ownership.OURS, file if rest == f"{file[:2]}/{file}" else None, Way.SYMLINK)
        return _EDITED if name in self._rows else _FOREIGN

    def _unlinked(self, name: str) -> EntryStanding:
        """A file that links to no object: only the record of names and the bytes can tell."""
        row = self._rows.get(name)
        if row is None:
            return _FOREIGN
        if row.matches((self._store.path / name).lstat()):
            return EntryStanding(Ownership.OURS, row.file, row.way)
        if self.same_content(name, row.file):
            return EntryStanding(Ownership.OURS, row.file)
        return EntryStanding(Ownership.OURS) if self._is_stored(name) else _EDITED

    def _is_stored(self, name: str) -> bool:
        """Whether the store has the same bytes: then it is a copy that a crash interrupted."""
        path = self._store.path / name
        if not path.is_file():
            return False
        digest = hash_file(path)
        return any(digest + suffix in self._objects for suffix in MAIN)

    @cached_property
    def _by_inode(self) -> dict[int, str]:
        return {inode: file for file, inode in self._objects.items()}

    def _same_file(self, name: str, file: str) -> bool:
        try:
            return os.path.samestat((self._store.path / name).lstat(), self.object_path(file).lstat())
        except FileNotFoundError:
            return False
