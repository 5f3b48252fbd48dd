"""Every rule that counts can be told where to begin, in `[lint.limits]`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sorasync.manifest.config import LintLimitsConfig
from sorasync.manifest.pages import page
from tests.lint.kit import codes, found

STORY = " ".join(["The old sailor tells his three children a story of the sea and a whale."] * 6)
CASES = {
    "camera_moves": ("S204", '[clips.a]\nscene = "x"\nshots = [{ camera = "pan, tilt and zoom" }]\n', 3),
    "at_once": ("S205", '[clips.a]\nprompt = "A boy sings while a girl hums while a dog barks."\n', 3),
    "long_prompt_words": ("S206", f'[clips.a]\nprompt = "{STORY}"\n', 100),
    "seconds_a_beat": ("S208", '[clips.a]\nprompt = "A, then B, then C, then D, then E."\n', 0.8),
    "seconds_a_shot": (
        "S208",
        '[clips.a]\nscene = "x"\nshots = [{ camera = "a" }, { camera = "b" }, { camera = "c" }]\n',
        1.0,
    ),
    "words_a_second": (
        "S208",
        f'[clips.a]\nshots = [{{ dialogue = [{{ speaker = "A", line = "{"so " * 16}" }}] }}]\n',
        4.0,
    ),
    "long_clip_seconds": (
        "S209",
        '[clips.a]\nseconds = 12\nprompt = "A, then B, then C, then D, then E."\n',
        12,
    ),
    "many_beats": ("S209", '[clips.a]\nseconds = 12\nprompt = "A, then B, then C, then D, then E."\n', 6),
    "palette_least": ("S210", '[clips.a]\nprompt = "A market. Palette: teal and amber."\n', 2),
    "palette_most": (
        "S210",
        '[clips.a]\nprompt = "A market. Palette: teal, amber, red, blue, plum and rust."\n',
        6,
    ),
    "repeated_percent": (
        "S212",
        '[clips.a]\nprompt = "A red kite drifts over the harbour at dusk while gulls circle."\n'
        '[[clips.a.steps]]\nextend = "A red kite drifts over the harbour at dusk and tumbles down."\n',
        95,
    ),
}


@pytest.mark.parametrize("key", CASES)
def test_a_limit_that_is_moved_far_enough_makes_its_rule_quiet(tmp_path: Path, key: str) -> None:
    code, manifest, value = CASES[key]
    assert codes(found(tmp_path / "a", manifest)) == [code]
    config = f"[lint.limits]\n{key} = {json.dumps(value)}\n"
    assert codes(found(tmp_path / "b", manifest, config=config)) == []


def test_every_limit_has_a_case_and_stands_on_the_page_of_its_rule() -> None:
    assert set(LintLimitsConfig.model_fields) == set(CASES)
    for key, (code, _, _) in CASES.items():
        assert f"\n{key} = " in (page(code) or "")


def test_a_word_can_be_allowed(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = "A cinematic, award-winning, epic market."\n'
    config = '[lint]\nallow_words = ["Cinematic", "award-winning"]\n'
    assert [one.message for one in found(tmp_path, manifest, config=config)] == ["“epic” is vague"]


def test_an_environment_moves_one_limit_and_keeps_the_others(tmp_path: Path) -> None:
    from sorasync.manifest.config import load_config

    tmp_path.joinpath("sorasync.toml").write_text(
        "[lint.limits]\npalette_most = 7\n[env.fast.lint.limits]\npalette_least = 1\n"
    )
    limits = load_config(tmp_path, "fast").lint.limits
    assert (limits.palette_least, limits.palette_most) == (1, 7)
