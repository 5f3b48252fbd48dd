"""Drops local copies of what a bucket keeps, the longest unused first."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from sorasync.assets.checked import still_damaged
from sorasync.assets.made_names import load_ledger
from sorasync.assets.shard import DIGEST
from sorasync.assets.store import AssetStore


def shrink(store: AssetStore, most: int, kept: Collection[str]) -> int:
    """Drop copies until at most `most` bytes are left; the bytes freed.

    Only what the bucket has now, in the same length and not known to be damaged, is dropped, and nothing of
    `kept`.
    """
    here = store.present()
    excess = sum(here.values()) - most
    if excess <= 0:
        return 0
    there = store.archive.sizes()
    intact = store.archive.holds(here, ask=False)
    going: list[str] = []
    for sha256 in sorted(here, key=lambda one: (_last_used(store, one), one)):
        if excess <= 0:
            break
        if sha256 in intact and sha256 not in kept and there.get(sha256) == here[sha256]:
            going.append(sha256)
            excess -= here[sha256]
    return _drop(store, going)


def drop_damaged(store: AssetStore) -> int:
    """Drop copies that were found damaged and that the bucket has; the bytes freed."""
    if not store.archive.remote:
        return 0
    damaged = still_damaged(store)
    return _drop(store, sorted(store.archive.holds(damaged))) if damaged else 0


def _last_used(store: AssetStore, sha256: str) -> int:
    with suppress(FileNotFoundError):
        return store.file_of(sha256).stat().st_atime_ns
    return 0


def _drop(store: AssetStore, going: Collection[str]) -> int:
    """Remove objects with the names that hold their bytes; names that somebody changed stay."""
    gone = frozenset(going)
    for name, row in load_ledger(store.root).items() if gone else ():
        if row.file[:DIGEST] in gone:
            path = store.path / name
            with suppress(FileNotFoundError, NotADirectoryError):
                if row.matches(path.lstat()):
                    path.unlink()
    return sum(store.remove(sha256) for sha256 in going)
