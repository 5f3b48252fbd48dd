"""Text that was never meant for the font at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorasync.preview.animatic import FPS, draw, edit, extend, probe
from sorasync.preview.animatic.fonts import extra_fonts, system_fonts
from sorasync.preview.animatic.text import fit, font, plain, wrap
from tests.preview.animatic.support import scene


@pytest.fixture(autouse=True)
def _own_font_alone() -> Iterator[None]:
    with extra_fonts(()):
        yield


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Čeština naïve", "Cestina naive"),
        ("5 × 4 — “so”", "5 x 4 - “so”"),
        ("a\n\tb", "a b"),
        ("z\u200bz", "zz"),
    ],
)
def test_signs_without_a_glyph_become_their_plain_likeness(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_file_that_is_no_font_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with extra_fonts([tmp_path / "broken.ttf"]):
        assert plain("Čeština") == "Cestina"
        assert font(20).getlength("Čeština") > 0


@pytest.mark.skipif(not system_fonts(), reason="no other font is installed")
def test_words_the_own_font_cannot_write_are_set_whole_in_another() -> None:
    with extra_fonts(system_fonts()):
        assert plain("A Čeština e\u0301t") == "A Čeština ét"
        (_, own), (word, other) = font(20).runs("A Čeština")
        assert word == "Čeština"
        assert other is not own
        assert font(20).getlength("Čeština") == other.getlength("Čeština")


def test_signs_without_a_likeness_become_boxes() -> None:
    assert plain("日本 😀") == "\uffff\uffff \uffff"


@given(st.text(max_size=200), st.integers(8, 40), st.integers(1, 400), st.integers(1, 5))
@settings(max_examples=40)
def test_wrapped_lines_fit_and_are_no_more_than_asked_for(
    text: str, size: int, width: int, most: int
) -> None:
    face = font(size)
    lines = wrap(text, face, width, most)
    assert len(lines) <= most
    assert all(face.getlength(line) <= width or len(line.rstrip(".")) <= 1 for line in lines)


def test_a_line_that_is_cut_ends_in_dots() -> None:
    face = font(20)
    assert fit("a line of some length", face, 90).endswith("...")
    assert fit("short", face, 90) == "short"


@given(
    prompt=st.text(max_size=120),
    label=st.none() | st.text(max_size=30),
    width=st.integers(1, 200),
    height=st.integers(1, 200),
)
@settings(max_examples=25)
def test_any_text_at_any_size_is_drawn_extended_and_edited(
    prompt: str, label: str | None, width: int, height: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "a.mp4"), Path(folder, "b.mp4")
        draw(scene(prompt, width=width, height=height, seconds=1, label=label), first)
        edit(first, prompt, second, label)
        extend(second, scene(prompt, seconds=1, label=label), first)
        assert probe(first).seconds == 2


@pytest.mark.parametrize(
    "prompt",
    [
        "x" * 32_000,
        "A boat leaves. " * 2_000,
        "\n" * 3_000,
        "שלום עולם 日本の通り 😀 " * 500,
        'says "' * 5_000,
        "Shot 1\nPalette: ,,;\nDialogue:\n- :\nCamera:\n\nShot 2",
        "".join(f"Shot {number}\nAction:\n- waits\n\n" for number in range(900)),
    ],
)
def test_long_and_odd_prompts_are_drawn(tmp_path: Path, prompt: str) -> None:
    draw(scene(prompt, width=240, height=134, seconds=1), tmp_path / "a.mp4")
    assert probe(tmp_path / "a.mp4").frames == FPS
