"""Links the asset directory's names as wanted, with the fewest operations and without copying.

Objects and names are each read once from their directory entries; only what differs is looked at closer. A
crash at any point leaves whole names and whole objects, and the next call finishes the work. Files that this
program did not make are never overwritten, moved or removed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sorasync.assets.file_names import Link
from sorasync.assets.link_kind import Placer, Way
from sorasync.assets.made_names import NameRow, load_ledger, row_for, save_ledger
from sorasync.assets.owner import EntryStanding, Judge, Ownership
from sorasync.assets.store import AssetStore
from sorasync.assets.tree import TEMPORARY, parents, scan_tree
from sorasync.durable import make_directory


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What was done; names are relative and sorted.

    `kept` counts the names that were right already. `conflicts` are wanted names that are taken by a foreign
    file or directory. `missing` are wanted names whose object is not in the store. `edited` pairs a name
    whose file somebody changed with the name the changed file was moved to. `way` is how names were made,
    None where none had to be.
    """

    made: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    conflicts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    edited: tuple[tuple[str, str], ...] = ()
    way: Way | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was done to the names."""
        return bool(self.made or self.removed or self.edited)


def link_all(store: AssetStore, view: Mapping[str, Link]) -> LinkReport:
    """Bring the names in `store.path` in line with `view`: relative POSIX name to object.

    Raises ValueError for a view that names something outside, inside the store, or a file as a directory.
    """
    needed = _needed_directories(view, store.root.name)
    return _Linking(store, view, needed).run()


def changed_names(store: AssetStore, view: Mapping[str, Link]) -> dict[str, Link]:
    """The wanted names that `link_all` would make again: missing, changed, or of another object."""
    return _Linking(store, view, _needed_directories(view, store.root.name)).changed()


def _needed_directories(view: Mapping[str, Link], store: str) -> set[str]:
    """Every directory the view needs, after checking its names."""
    needed: set[str] = set()
    for name in view:
        directory, slash, last = name.rpartition("/")
        if not _is_plain(last):
            raise ValueError(f"not a relative name: {name!r}")
        if name.partition("/")[0].lower() == store:
            raise ValueError(f"a name inside the store: {name!r}")
        if not slash or directory in needed:
            continue
        if not all(map(_is_plain, directory.split("/"))):
            raise ValueError(f"not a relative name: {name!r}")
        needed.update(parents(name))
    if both := needed & view.keys():
        raise ValueError(f"both a file and a directory: {min(both)!r}")
    return needed


def _is_plain(part: str) -> bool:
    return part not in ("", ".", "..") and "\0" not in part and not part.startswith(TEMPORARY)


@dataclass(slots=True)
class _LinkWork:
    """The work and its results."""

    make: list[str] = field(default_factory=list)
    swap: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    edited: list[tuple[str, str]] = field(default_factory=list)
    rows: dict[str, NameRow] = field(default_factory=dict)
    kept: int = 0


class _Linking:
    """One run: compare, remove, make, remember, in this order.

    Removing comes first because a file may be where a directory is wanted, and because on a file system
    that ignores case the old name and the new one may be the same entry.
    """

    def __init__(self, store: AssetStore, view: Mapping[str, Link], needed: set[str]) -> None:
        self._root = store.path
        self._store = store
        self._view = view
        self._needed = needed
        self._objects = store.objects()
        self._tree = scan_tree(store.path, store.root)
        self._old = load_ledger(store.root)
        self._judge = Judge(store, self._tree, self._objects, self._old)
        self._placer = Placer(store.path, store.root)
        self._work = _LinkWork()

    def run(self) -> LinkReport:
        """Do it all."""
        self._compare_wanted()
        self._compare_others()
        self._remove()
        self._prune()
        self._move_aside()
        self._make()
        self._remember()
        return self._report()

    def changed(self) -> dict[str, Link]:
        """Only look: names made earlier that no longer link to what they should."""
        self._compare_wanted()
        names = sorted((*self._work.make, *self._work.aside, *self._work.swap))
        return {name: self._view[name] for name in names if name in self._old}

    def _compare_wanted(self) -> None:
        for name, link in self._view.items():
            file = link.file
            inode = self._objects.get(file)
            if inode is not None and self._tree.files.get(name) == inode:
                self._keep(name, file, Way.LINK)
            elif inode is None:
                self._compare_missing(name, file)
            elif name in self._tree:
                self._compare_entry(name, file)
            else:
                self._work.make.append(name)

    def _keep(self, name: str, file: str, way: Way) -> None:
        self._work.kept += 1
        row = self._old.get(name)
        if row is None or row.file != file or row.way != way:
            row = row_for(file, way, self._root / name)
        self._work.rows[name] = row

    def _compare_missing(self, name: str, file: str) -> None:
        """A wanted object that is not in the store: a name that still has its bytes stays."""
        self._work.missing.append(name)
        if name not in self._tree:
            return
        standing = self._judge.standing(name)
        if standing.owner is not Ownership.OURS:
            return
        if standing.file == file and standing.way is not Way.SYMLINK:
            self._work.rows[name] = row_for(file, standing.way or Way.COPY, self._root / name)
        else:
            self._work.remove.append(name)

    def _compare_entry(self, name: str, file: str) -> None:
        """A wanted name that exists and is not simply a hard link to its object."""
        standing = self._judge.standing(name)
        if standing.owner is Ownership.OURS:
            self._compare_own(name, file, standing)
        elif self._judge.same_content(name, file):
            self._keep(name, file, Way.COPY)
        elif standing.owner is Ownership.EDITED:
            self._work.aside.append(name)
            self._work.make.append(name)
        else:
            self._work.conflicts.append(name)

    def _compare_own(self, name: str, file: str, standing: EntryStanding) -> None:
        """Keep a name that links to the right object, unless it is a hard link to a replaced file."""
        way = standing.way if standing.file == file else None
        if way is None or (way is Way.LINK and not self._is_link(name, file)):
            self._work.swap.append(name)
        else:
            self._keep(name, file, way)

    def _is_link(self, name: str, file: str) -> bool:
        return os.path.samestat((self._root / name).lstat(), self._judge.object_path(file).lstat())

    def _compare_others(self) -> None:
        for name in self._tree.names():
            if name not in self._view and self._judge.standing(name).owner is Ownership.OURS:
                self._work.remove.append(name)

    def _remove(self) -> None:
        for name in self._work.remove:
            (self._root / name).unlink(missing_ok=True)
            self._tree.forget(name)

    def _prune(self) -> None:
        """Remove directories of our names that are now empty, innermost first."""
        gone = self._old.keys() - self._view.keys()
        ours = {directory for name in (*gone, *self._work.remove) for directory in parents(name)}
        unneeded = (ours - self._needed) & self._tree.directories
        for directory in sorted(unneeded, key=lambda name: name.count("/"), reverse=True):
            try:
                (self._root / directory).rmdir()
            except OSError:
                continue
            self._tree.directories.discard(directory)

    def _move_aside(self) -> None:
        for name in self._work.aside:
            aside = self._free_name(name)
            (self._root / name).rename(self._root / aside)
            self._tree.forget(name)
            self._work.edited.append((name, aside))

    def _free_name(self, name: str) -> str:
        """`market.edited-1.mp4` for `market.mp4`, with the first number that is not taken."""
        path = Path(name)
        number = 1
        while True:
            aside = path.with_name(f"{path.stem}.edited-{number}{path.suffix}").as_posix()
            if aside not in self._view and not os.path.lexists(self._root / aside):
                return aside
            number += 1

    def _make(self) -> None:
        for name in self._work.swap:
            self._placer.swap(self._view[name].file, name)
            self._note_made(name)
        ready: set[str] = set()
        for name in self._work.make:
            if self._obstructed(name):
                self._work.conflicts.append(name)
                continue
            try:
                self._make_parent(name, ready)
                self._placer.place(self._view[name].file, name)
            except (FileExistsError, NotADirectoryError):
                self._work.conflicts.append(name)
            else:
                self._note_made(name)

    def _make_parent(self, name: str, ready: set[str]) -> None:
        parent = name.rpartition("/")[0]
        if parent not in ready:
            (self._root / parent).mkdir(parents=True, exist_ok=True)
            ready.add(parent)

    def _obstructed(self, name: str) -> bool:
        """Whether a directory is at the name, or a foreign file where its directory should be."""
        return name in self._tree.directories or any(parent in self._tree for parent in parents(name))

    def _note_made(self, name: str) -> None:
        self._work.made.append(name)
        self._work.rows[name] = row_for(self._view[name].file, self._placer.way, self._root / name)

    def _remember(self) -> None:
        if self._work.rows != self._old:
            make_directory(self._store.root)
            save_ledger(self._store.own(self._store.root), self._work.rows)

    def _report(self) -> LinkReport:
        work = self._work
        return LinkReport(
            made=tuple(sorted(work.made)),
            removed=tuple(sorted(work.remove)),
            kept=work.kept,
            conflicts=tuple(sorted(work.conflicts)),
            missing=tuple(sorted(work.missing)),
            edited=tuple(sorted(work.edited)),
            way=self._placer.way if work.made else None,
        )
