"""Makes libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.kit import Film, make


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Film]:
    """Makes a library of one manifest."""
    return lambda manifest: make(tmp_path / "film", capsys, manifest)
