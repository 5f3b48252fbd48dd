"""Prompts as professionals write them: whatever a rule finds in one of them is a fault of the rule.

Each file of `good/` holds the clips of one trade; all rules run over all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.manifest.lint import lint
from tests.lint.kit import SECONDS, library

GOOD = Path(__file__).parent / "good"
FILES = sorted(path.name for path in GOOD.glob("*.toml"))
LEAST = 60


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_found_in_good_prompts(tmp_path: Path, name: str) -> None:
    loaded = library(tmp_path, (GOOD / name).read_text(encoding="utf-8"))
    assert [(one.code, one.address, one.message) for one in lint(loaded, defaults=SECONDS)] == []


def test_there_are_prompts_of_many_kinds(tmp_path: Path) -> None:
    text = {name: (GOOD / name).read_text(encoding="utf-8") for name in FILES}
    clips = [clip for name in FILES for clip in library(tmp_path / name, text[name]).clips.values()]
    steps = [step.kind for clip in clips for step in clip.steps]
    assert sum(clip.prompt is not None for clip in clips) + len(steps) >= LEAST
    assert {"extend", "edit"} <= set(steps)
    assert sum("Shot 2" in (clip.prompt or "") for clip in clips) >= 4
    assert sum(bool(clip.characters) for clip in clips) >= 4
