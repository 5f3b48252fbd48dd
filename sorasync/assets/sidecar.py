"""A small JSON beside each stored video, so that the state can be rebuilt from the assets alone.

Several renders may have given the same bytes, so one file holds a list, by key:
`{"format": 1, "renders": [{"key": …, "address": …, …}]}`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.assets.shard import Shard
from sorasync.assets.store import SIDECAR, AssetStore
from sorasync.library_file import read_file

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1
_LARGEST = 16 << 20
_LARGEST_NUMBER = 1 << 40


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What is known of a render whose video is stored; `sha256` names the video.

    `size` is width x height as in the API, `seconds` the length, `cost_usd` dollars (None: unknown), `run`
    the number of the run that stored it, `paid_at` when it was sent, in Unix seconds (None: unknown).
    `inputs` is the canonical JSON that the key is the digest of.
    """

    sha256: str
    key: str
    address: str
    remote_id: str | None = None
    provider: str = ""
    model: str | None = None
    size: str | None = None
    seconds: float | None = None
    prompt: str | None = None
    cost_usd: Decimal | None = None
    run: int | None = None
    kind: str | None = None
    source_key: str | None = None
    inputs: str | None = None
    paid_at: float | None = None


@dataclass(frozen=True, slots=True)
class SidecarScan:
    """Every sidecar found, sorted by digest and key, and the files that could not be read."""

    found: tuple[Sidecar, ...]
    unreadable: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _File:
    format: int
    renders: list[Sidecar]


def write_sidecar(store: AssetStore, sidecar: Sidecar) -> Path:
    """Put a render's facts beside its video, keeping those of other renders of the same bytes."""
    with store.shelf(sidecar.sha256) as shelf:
        return note(store, shelf, sidecar)


def note(store: AssetStore, shelf: Shard, sidecar: Sidecar) -> Path:
    """`write_sidecar` on a shelf that is held already."""
    path = store.path_of(sidecar.sha256, SIDECAR)
    others = _read_sidecar(path) if path.exists() else None
    renders = {other.key: other for other in others or []} | {sidecar.key: sidecar}
    shelf.write(path, _encode_sidecar([renders[key] for key in sorted(renders)]))
    return path


def drop_sidecar(store: AssetStore, sha256: str, keys: Collection[str]) -> None:
    """Remove renders from the notes beside a video that other renders still use."""
    path = store.path_of(sha256, SIDECAR)
    if not path.exists():
        return
    with store.shelf(sha256) as shelf:
        before = _read_sidecar(path) or []
        kept = [sidecar for sidecar in before if sidecar.key not in keys]
        if len(kept) != len(before):
            shelf.write(path, _encode_sidecar(kept))


def read_sidecars(store: AssetStore) -> SidecarScan:
    """Read every sidecar of the store. A damaged one never hides the others."""
    found: list[Sidecar] = []
    unreadable: list[Path] = []
    for path in store.sidecars():
        renders = _read_sidecar(path)
        if renders is None:
            unreadable.append(path)
        else:
            found.extend(renders)
    return SidecarScan(tuple(found), tuple(unreadable))


def _read_sidecar(path: Path) -> list[Sidecar] | None:
    """The renders in a file, None if it is missing, damaged, of another format or of another video."""
    try:
        file = _adapter().validate_json(read_file(path, within=path.parent, largest=_LARGEST))
    except (OSError, ValueError):
        return None
    good = all(sidecar.sha256 == path.stem and _reckonable(sidecar) for sidecar in file.renders)
    return file.renders if good and file.format == FORMAT else None


def _reckonable(sidecar: Sidecar) -> bool:
    """Whether every number is one to reckon with, and small enough for the state."""
    numbers = (sidecar.seconds, sidecar.cost_usd, sidecar.paid_at)
    finite = all(number is None or (isfinite(number) and 0 <= number < _LARGEST_NUMBER) for number in numbers)
    return finite and (sidecar.run is None or 0 <= sidecar.run < _LARGEST_NUMBER)


def _encode_sidecar(renders: list[Sidecar]) -> bytes:
    content = {"format": FORMAT, "renders": [asdict(sidecar) for sidecar in renders]}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str).encode() + b"\n"


@cache
def _adapter() -> TypeAdapter[_File]:
    """Made on first use: pydantic takes a while to import, and most commands read no sidecar."""
    from pydantic import TypeAdapter

    return TypeAdapter(_File)
