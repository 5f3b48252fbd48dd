"""Worlds for the tests of the engine."""

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
        return World(tmp_path, manifest, **settings)  # type: ignore[arg-type]

    return make
