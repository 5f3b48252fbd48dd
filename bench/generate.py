"""Generates libraries of any size, and a state in which everything is rendered already."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from sorasync.apply.wanted_names import asset_view
from sorasync.assets.link_kind import Way
from sorasync.assets.made_names import NameRow, save_ledger
from sorasync.graph.render import Render
from sorasync.operations.project import Project
from sorasync.state.record import Record, Status

PER_FILE = 500
_CONFIG = """\
[provider]
profile = "preview"

[defaults]
model = "sora-2"
size = "1280x720"
seconds = 8
"""


def generate_apart(root: Path, clips: int, *, rendered: bool) -> None:
    """As `write_library`, and `fill_state` where all is rendered, in a process of its own.

    Linux counts the most memory that a process has had also for those that it starts.
    """
    command = [sys.executable, "-m", "bench.generate", str(root), str(clips)]
    subprocess.run([*command, "--rendered"] if rendered else command, check=True)


def write_library(root: Path, clips: int) -> None:
    """A library of that many clips, `PER_FILE` a manifest; every fifth clip has an extension."""
    (root / "manifests").mkdir(parents=True)
    (root / "sorasync.toml").write_text(_CONFIG)
    for start in range(0, clips, PER_FILE):
        blocks = [_clip(number) for number in range(start, min(clips, start + PER_FILE))]
        (root / "manifests" / f"part-{start:06}.toml").write_text("\n".join(blocks))


def _clip(number: int) -> str:
    lines = [
        f"[clips.shot-{number}]",
        f'prompt = "Shot {number}: a red kite drifts over the harbour at dusk, slow push-in, warm lamps."',
        f'tags = ["act-{number % 7}"]',
    ]
    if number % 5 == 0:
        lines += [
            f"[[clips.shot-{number}.steps]]",
            f'extend = "The camera rises over roof {number}."',
            "seconds = 8",
        ]
    return "\n".join(lines) + "\n"


def fill_state(root: Path) -> None:
    """Record every render of the library as stored, each with a file of one byte and its names noted."""
    project = Project.open(root)
    graph = project.graph(project.library())
    assets = project.assets()
    records = []
    for render in graph.renders.values():
        sha = hashlib.sha256(render.key.encode()).hexdigest()
        path = assets.path_of(sha)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0")
        records.append(_record(render, sha, project.profile.provider_name))
    with project.store(write=True) as store, store.transaction():
        store.put_all(records)
        for render in graph.renders.values():
            store.bind(render.address, render.key, run=None)
        view = asset_view(graph, store.bindings(), store.briefs(), (), project.file_naming(graph))
    save_ledger(assets.root, {name: NameRow(link.file, Way.LINK, 0, 1, 0) for name, link in view.items()})


def _record(render: Render, sha: str, provider: str) -> Record:
    return Record(
        key=render.key,
        kind=render.kind.value,
        status=Status.STORED,
        address=render.address,
        inputs=render.inputs,
        provider=provider,
        remote_id=f"video_{render.key[:24]}",
        asset=sha,
    )


def main() -> None:
    """Generate one library."""
    parser = argparse.ArgumentParser(prog="python -m bench.generate")
    parser.add_argument("root", type=Path)
    parser.add_argument("clips", type=int)
    parser.add_argument("--rendered", action="store_true")
    given = parser.parse_args()
    write_library(given.root, given.clips)
    if given.rendered:
        fill_state(given.root)


if __name__ == "__main__":
    main()
