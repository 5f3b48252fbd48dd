"""Graphs made for a test, from the text of manifests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sorasync.graph.expand import expand
from sorasync.graph.graph import Graph
from sorasync.manifest.config import load_config
from sorasync.manifest.load import load
from sorasync.profile import load_profile
from sorasync.profile.hosts import Hosts
from sorasync.profile.profile import Profile

# Files that manifests in `manifests/` may name as `../refs/…`.
FILES = {
    "refs/mossy.mp4": b"the clip of Mossy",
    "refs/wren.mp4": b"the clip of Wren",
    "refs/kitchen.png": b"the picture of a kitchen",
    "refs/lake.txt": b"A lake at dawn,\nstill as glass.\n",
}


@cache
def profile(name: str = "openai") -> Profile:
    """A profile that comes with the program."""
    return load_profile(name)


def graph_of(
    root: Path,
    manifest: str | Mapping[str, str | bytes],
    *,
    provider: str = "openai",
    config: str = "",
    files: Mapping[str, bytes] = FILES,
) -> Graph:
    """The graph of a library of one manifest, or of several by file name."""
    manifests = {"a.toml": manifest} if isinstance(manifest, str) else manifest
    written: dict[str, str | bytes] = {"sorasync.toml": config, **files}
    written |= {f"manifests/{name}": text for name, text in manifests.items()}
    for old in root.glob("manifests/*.toml"):
        old.unlink()
    for name, data in written.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return expand(load(root, load_config(root)), Hosts(profile(provider)))


def keys_of(graph: Graph) -> dict[str, str]:
    """Every key by address."""
    return {address: render.key for address, render in graph.renders.items()}
