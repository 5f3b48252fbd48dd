"""Every rule fires where it must and is quiet where it must be: see `corpus/CODE/{fires,quiet}.toml`.

Each clip of `fires.toml` has the fault, save for those tagged `quiet`; no clip of `quiet.toml` has it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.manifest.codes import LINT_CODES
from sorasync.manifest.lint import lint
from tests.lint.kit import SECONDS, library

CORPUS = Path(__file__).parent / "corpus"
RULES = sorted(code for code in LINT_CODES if code < "S290")
LEAST = 8


def clips_with(root: Path, code: str, name: str) -> tuple[set[str], set[str]]:
    """The clips of a corpus file, and those in which the code is found."""
    text = (CORPUS / code / f"{name}.toml").read_text(encoding="utf-8")
    loaded = library(root, text)
    hit = {d.address or "" for d in lint(loaded, defaults=SECONDS) if d.code == code}
    clips = {f"clip.{clip.name}" for clip in loaded.clips.values() if "quiet" not in clip.tags}
    return clips, hit


@pytest.mark.parametrize("code", RULES)
def test_a_rule_fires_where_it_must(tmp_path: Path, code: str) -> None:
    clips, hit = clips_with(tmp_path, code, "fires")
    assert len(clips) >= LEAST
    assert hit == clips


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_quiet_where_it_must_be(tmp_path: Path, code: str) -> None:
    clips, hit = clips_with(tmp_path, code, "quiet")
    assert len(clips) >= LEAST
    assert hit == set()
