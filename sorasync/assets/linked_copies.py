"""Finds and restores lost videos from names that still have their bytes."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from sorasync.assets.file_errors import AssetError
from sorasync.assets.file_names import Link
from sorasync.assets.made_names import load_ledger
from sorasync.assets.shard import DIGEST
from sorasync.assets.sniff import sniff_file
from sorasync.assets.store import MAIN, STILLS, AssetStore
from sorasync.assets.video_form import suffix_of


def spare_names(
    store: AssetStore, lost: Mapping[str, int | None], view: Mapping[str, Link]
) -> dict[str, str]:
    """For each lost video (digest: bytes, None if unknown) a name that may still have it, if there is one.

    Names are relative to `store.path`: those of `view`, and those that were made before. Nothing is read:
    a file of the right size counts, and `put_back` finds out.
    """
    if not lost:
        return {}
    found: dict[str, str] = {}
    made = {name: row.file for name, row in load_ledger(store.root).items()}
    for name, file in sorted((made | {name: link.file for name, link in view.items()}).items()):
        digest = file[:DIGEST] if file.endswith(MAIN) else ""
        if digest in lost and digest not in found and _may_hold(store, name, digest, lost[digest]):
            found[digest] = name
    return found


def _may_hold(store: AssetStore, name: str, digest: str, size: int | None) -> bool:
    try:
        facts = (store.path / name).lstat()
    except (OSError, ValueError):
        return False
    if not stat.S_ISREG(facts.st_mode) or size not in (None, facts.st_size):
        return False
    try:
        return not os.path.samestat(facts, store.file_of(digest).lstat())
    except FileNotFoundError:
        return True


def put_back(store: AssetStore, digest: str, path: Path) -> bool:
    """Restore a video or still of the store from a file; whether that file had its bytes."""
    try:
        suffix = STILLS.get(sniff_file(path) or "") or suffix_of(path)
    except OSError:
        return False
    part = store.temporary(digest, suffix)
    part.unlink(missing_ok=True)
    try:
        _link_or_copy(path, part)
        store.adopt(part, digest, suffix)
    except (OSError, AssetError):
        part.unlink(missing_ok=True)
        return False
    return True


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target, follow_symlinks=False)
