"""Other machines with the same library, and what is in a bucket."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from sorasync.assets.bucket_url import parse_bucket_url
from sorasync.assets.object_bucket import ObjectBucket
from tests.recovery.world import World


def set_assets(world: World, url: str, *lines: str) -> None:
    """Let a library have its videos there."""
    config = world.root / "sorasync.toml"
    kept = config.read_text("utf-8").rstrip("\n")
    config.write_text("\n".join([kept, "", "[assets]", f'url = "{url}"', *lines, ""]), "utf-8")


def clone(world: World, path: Path) -> World:
    """The library on another machine: what git has, and nothing else."""
    shutil.copytree(world.root, path, ignore=shutil.ignore_patterns("assets", "state"))
    return replace(world, root=path)


def objects(url: str, directory: str = "objects") -> list[str]:
    """The paths in a bucket."""
    return sorted(entry.path for entry in ObjectBucket(parse_bucket_url(url)).listing(directory))
