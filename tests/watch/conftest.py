"""Makes libraries to watch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.watch.kit import Library, clip, make

KITE = "A red kite drifts over the harbour at dusk"
BOAT = "A paper boat spins in the gutter"


@pytest.fixture
def film(tmp_path: Path) -> Library:
    """A library of two clips with the preview provider."""
    return make(tmp_path / "film", clip("kite", KITE) + clip("boat", BOAT))
