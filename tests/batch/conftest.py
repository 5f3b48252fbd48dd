"""Worlds whose creates go out by batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apply.world import World

MakeWorld = Callable[..., World]


@pytest.fixture
def world(tmp_path: Path) -> MakeWorld:
    """Makes a world in a directory of the test's own."""

    def make(manifest: str = "", **settings: object) -> World:
        config = '[apply]\nmode = "batch"\n' + str(settings.pop("config", ""))
        return World(tmp_path, manifest, config=config, **settings)

    return make


@pytest.fixture
def picture() -> bytes:
    """A first frame of the size that the clips have."""
    from tests.preview.test_videos import picture

    return picture(1280, 720)
