"""Remembers which stored videos were verified: `checked.json`, `damaged.json`.

A cache of this directory on this machine, so it stands beside the files and not in the state. It lets a check
of thousands of videos cost one `stat` each. Losing it costs one reading of every video.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Final

from sorasync.assets.drift import FileDrift, StatFacts, check, stat_facts
from sorasync.assets.store import AssetStore
from sorasync.durable import write_atomic
from sorasync.library_file import RECORD_BYTES, read_file

FORMAT = 1
_WHOLE = "checked.json"
DAMAGED_FILE: Final = "damaged.json"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the state recorded of a video: its bytes (None: unknown) and when it was stored (Unix seconds)."""

    size: int | None = None
    stored_at: float | None = None


@dataclass
class CheckedVideos:
    """Remembered checks, by digest: intact videos and damaged ones."""

    whole: dict[str, StatFacts] = field(default_factory=dict)
    damaged: dict[str, StatFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Findings:
    """The digests that are not as they should be, sorted.

    `here` counts the videos that are on this disk, `hashed` those of them that had to be read.
    """

    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    here: int
    hashed: int


def load_checked(store: AssetStore) -> CheckedVideos:
    """What is remembered; nothing of a file that cannot be read, which only means more reading."""
    return CheckedVideos(_load(store.root / _WHOLE), _load(store.root / DAMAGED_FILE))


def still_damaged(store: AssetStore) -> frozenset[str]:
    """Videos that a check found damaged and that have not changed since. Nearly free."""
    found = _load(store.root / DAMAGED_FILE)
    return frozenset(sha for sha, facts in found.items() if stat_facts(store, sha) == facts)


def check_all(store: AssetStore, expected: Mapping[str, Expected], *, full: bool = False) -> Findings:
    """Check videos, reading only those that look changed (`full`: all), and remember the results.

    A video that was never read counts as intact without reading if it has the recorded size and was not
    written to after it was recorded.
    """
    known = CheckedVideos() if full else load_checked(store)
    fresh, missing, hashed = CheckedVideos(), [], 0
    for sha256, facts in expected.items():
        now = stat_facts(store, sha256)
        if now is None:
            missing.append(sha256)
            continue
        trusted = None if full else known.whole.get(sha256) or _as_recorded(now, facts)
        bad = known.damaged.get(sha256) == now or _wrong_size(now, facts)
        if not bad and now != trusted:
            hashed += 1
            bad = check(store, sha256, None if full else trusted) is not FileDrift.OK
        (fresh.damaged if bad else fresh.whole)[sha256] = now
    if fresh != known:
        _save(store, fresh)
    here = len(expected) - len(missing)
    return Findings(tuple(sorted(missing)), tuple(sorted(fresh.damaged)), here, hashed)


def _as_recorded(now: StatFacts, expected: Expected) -> StatFacts | None:
    if expected.size != now.size or expected.stored_at is None:
        return None
    return now if now.mtime_ns <= expected.stored_at * 1e9 else None


def _wrong_size(now: StatFacts, expected: Expected) -> bool:
    return expected.size is not None and expected.size != now.size


def _load(path: Path) -> dict[str, StatFacts]:
    try:
        content = json.loads(read_file(path, within=path.parent, largest=RECORD_BYTES))
        if content["format"] == FORMAT:
            return {sha: _checked_facts(*row) for sha, row in content["videos"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {}


def _checked_facts(size: int, mtime_ns: int, inode: int) -> StatFacts:
    """Raises TypeError for a value of another kind."""
    if any(type(number) is not int for number in (size, mtime_ns, inode)):
        raise TypeError("not the facts of a file")
    return StatFacts(size, mtime_ns, inode)


def _save(store: AssetStore, checked: CheckedVideos) -> None:
    """Write both files; if the directory is not writable, the next check just reads more."""
    if not store.root.is_dir() or store.root.is_symlink():
        return
    try:
        write_atomic(store.root / _WHOLE, _encode_checked(checked.whole))
        if checked.damaged or (store.root / DAMAGED_FILE).exists():
            write_atomic(store.root / DAMAGED_FILE, _encode_checked(checked.damaged))
    except OSError:
        return


def _encode_checked(videos: Mapping[str, StatFacts]) -> bytes:
    rows: Iterable[str] = (f'"{sha}": {json.dumps(astuple(videos[sha]))}' for sha in sorted(videos))
    body = ",\n".join(rows)
    return f'{{"format": {FORMAT}, "videos": {{\n{body}\n}}}}\n'.encode()
