"""The page on architecture names files that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_file_that_the_page_names_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_/]+\.py)`", text))
    assert len(named) > 30
    places = (ROOT / "sorasync", ROOT / "tests/architecture", ROOT)
    assert {name for name in named if not any((place / name).is_file() for place in places)} == set()
