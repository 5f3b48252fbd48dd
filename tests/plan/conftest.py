"""Fixtures of the plan tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plan.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty library at the reference provider, with a character's clip and a picture at hand."""
    made = World(tmp_path)
    made.files |= {"refs/mossy.mp4": b"a clip", "refs/kitchen.png": b"a picture"}
    return made
