"""Fixtures of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.world import World, a_world


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    """A library without a lock file."""
    with a_world(tmp_path, capsys) as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    """A library with a lock file."""
    with a_world(tmp_path, capsys, lock_file=True) as made:
        yield made
