"""Verifies stored videos, hashing only what looks changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sorasync.assets.store import AssetStore


class FileDrift(StrEnum):
    """What became of a stored video."""

    OK = "ok"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class StatFacts:
    """A file's `stat` facts, taken when the file was known to be intact."""

    size: int
    mtime_ns: int
    inode: int


def stat_facts(store: AssetStore, sha256: str) -> StatFacts | None:
    """The present facts of a stored video, None if it is missing."""
    try:
        facts = store.file_of(sha256).stat()
    except FileNotFoundError:
        return None
    return StatFacts(facts.st_size, facts.st_mtime_ns, facts.st_ino)


def check(store: AssetStore, sha256: str, known: StatFacts | None) -> FileDrift:
    """Compare a stored video with the facts `known` when it was intact.

    Same size, time and inode: intact. Another size: damaged. Anything else, or nothing known: the
    file is hashed.
    """
    now = stat_facts(store, sha256)
    if now is None:
        return FileDrift.MISSING
    if now == known:
        return FileDrift.OK
    if known is not None and now.size != known.size:
        return FileDrift.DAMAGED
    return FileDrift.OK if store.verify(sha256) else FileDrift.DAMAGED
