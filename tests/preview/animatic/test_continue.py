"""Extending and editing videos."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sorasync.preview.animatic import FPS, BadMedia, Cast, draw, edit, extend, probe
from sorasync.preview.animatic.page import lay_page
from sorasync.preview.animatic.ribbon import EditCards
from sorasync.preview.animatic.theme import Theme
from tests.preview.animatic.support import decode, difference, make_clip, make_subject, scene, share_of

RISE = "Continue as the camera rises over the rooftops."


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board of three shots, two seconds long."""
    out = tmp_path_factory.mktemp("continue") / "source.mp4"
    draw(scene(label="clip.kitchen#2"), out)
    return out


def test_an_extension_adds_its_seconds_after_the_very_frames_of_its_source(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "longer.mp4"
    extend(source, scene(RISE, seconds=3), out)
    before, after = decode(source), decode(out)
    assert after.length == probe(out).seconds == 5
    assert after.times == pytest.approx([number / FPS for number in range(5 * FPS)])
    assert all(np.array_equal(a, b) for a, b in zip(before.frames, after.frames, strict=False))


def test_an_extension_fades_over_from_the_last_frame_of_its_source(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "longer.mp4"
    extend(source, scene(RISE), out)
    frames = decode(out).frames
    last = 2 * FPS - 1
    assert difference(frames[last + 1], frames[last]) < 4
    assert difference(frames[-1], frames[last]) > 4


def test_an_extension_keeps_its_sources_colours_unless_it_names_its_own(source: Path, tmp_path: Path) -> None:
    extend(source, scene(RISE), tmp_path / "kept.mp4")
    extend(source, scene(f"{RISE} Everything turns crimson, red and scarlet."), tmp_path / "named.mp4")
    kept, named = (
        decode(tmp_path / name).frames[-1][:120, 60:260].reshape(-1, 3).mean(axis=0)
        for name in ("kept.mp4", "named.mp4")
    )
    assert int(np.argmax(kept)) == 2
    assert int(np.argmax(named)) == 0


def test_extensions_of_extensions_and_of_edits_add_up(source: Path, tmp_path: Path) -> None:
    extend(source, scene(RISE, seconds=1), tmp_path / "1.mp4")
    edit(tmp_path / "1.mp4", "Shift the palette to teal, sand and rust.", tmp_path / "2.mp4")
    extend(tmp_path / "2.mp4", scene("Hold.", seconds=1), tmp_path / "3.mp4")
    assert [probe(tmp_path / f"{n}.mp4").seconds for n in (1, 2, 3)] == [3, 3, 4]
    assert len(decode(tmp_path / "3.mp4").frames) == 4 * FPS


def test_a_source_made_elsewhere_is_taken_in_at_the_common_rate(tmp_path: Path) -> None:
    foreign = make_clip(tmp_path / "foreign.mp4", (200, 30, 30), rate=30, frames=90)
    out = tmp_path / "longer.mp4"
    extend(foreign, scene("Hold.", seconds=1), out)
    after = decode(out)
    assert after.length == 4
    assert len(after.frames) == 4 * FPS
    assert after.frames[0].shape == (120, 160, 3)
    assert difference(after.frames[19], np.full_like(after.frames[19], (200, 30, 30))) < 6


def test_an_extension_may_replace_its_source(source: Path, tmp_path: Path) -> None:
    place = tmp_path / "same.mp4"
    place.write_bytes(source.read_bytes())
    extend(place, scene(RISE, seconds=1), place)
    assert probe(place).seconds == 3


def test_an_edit_keeps_length_and_pictures_its_words_beside_them(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "edited.mp4"
    edit(source, "Remove the clock on the wall.", out)
    before, after = decode(source), decode(out)
    assert len(after.frames) == len(before.frames)
    assert after.length == before.length
    wide, floor = lay_page(Theme(320, 180), clean=False).picture
    assert difference(after.frames[5][:, : wide - 4], before.frames[5][:, : wide - 4]) < 3
    card = difference(
        after.frames[5][70 : floor - 20, wide + 4 :], before.frames[5][70 : floor - 20, wide + 4 :]
    )
    assert card > 20


def test_colours_named_by_an_edit_are_graded_in(source: Path, tmp_path: Path) -> None:
    edit(source, "Make everything teal.", tmp_path / "teal.mp4")
    plain, graded = (decode(path).frames[4][80:130, 60:260] for path in (source, tmp_path / "teal.mp4"))
    assert plain[..., 0].mean() > plain[..., 2].mean()
    assert graded[..., 2].mean() > graded[..., 0].mean()


def test_an_edit_colours_the_picture_and_nothing_written(source: Path, tmp_path: Path) -> None:
    edit(source, "Make everything teal.", tmp_path / "teal.mp4")
    before, after = (decode(path).frames[4] for path in (source, tmp_path / "teal.mp4"))
    wide, floor = lay_page(Theme(320, 180), clean=False).picture
    assert difference(before[floor + 4 :], after[floor + 4 :]) < 3
    slate = floor * 2 // 5
    assert difference(before[: slate - 4, wide + 4 :], after[: slate - 4, wide + 4 :]) < 4
    assert difference(before[60 : floor - 4, : wide - 4], after[60 : floor - 4, : wide - 4]) > 15


def test_the_slate_of_an_edit_says_its_own_label_on_every_frame(source: Path, tmp_path: Path) -> None:
    edit(source, "Remove the clock.", tmp_path / "same.mp4")
    edit(source, "Remove the clock.", tmp_path / "own.mp4", label="clip.elsewhere#3/1")
    before, same, own = (
        [frame[4:50, 250:316] for frame in decode(path).frames]
        for path in (source, tmp_path / "same.mp4", tmp_path / "own.mp4")
    )
    assert max(difference(a, b) for a, b in zip(before, same, strict=True)) < 6
    assert min(difference(a, b) for a, b in zip(before, own, strict=True)) > 12


def test_an_extension_shows_the_characters_of_its_source(tmp_path: Path) -> None:
    red = make_subject(tmp_path / "red.mp4", (230, 20, 20))
    draw(scene("Wide shot. Rua waits.", characters=(Cast("Rua", red),)), tmp_path / "a.mp4")
    edit(tmp_path / "a.mp4", "Remove the clock.", tmp_path / "b.mp4")
    extend(tmp_path / "b.mp4", scene("Rua turns. Palette of sky and teal."), tmp_path / "c.mp4")
    assert share_of(decode(tmp_path / "c.mp4").frames[-1], (230, 20, 20)) > 0.01


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (480, 270)])
def test_the_cards_of_edits_lie_one_above_the_other_between_slate_and_running_time(
    width: int, height: int
) -> None:
    theme = Theme(width, height)
    column = lay_page(theme, clean=False).column
    cards = EditCards.in_column(theme, column)
    tops = [cards.top(number) for number in range(1, cards.slots + 1)]
    assert all(lower - upper >= cards.height for lower, upper in pairwise(tops))
    assert tops[-1] >= round(column[3] * 0.4)
    assert tops[0] + cards.height < column[3]
    assert cards.rows >= 1
    assert cards.top(cards.slots + 1) == tops[0]


def test_what_cannot_be_decoded_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0" * 500)
    for place in (broken, tmp_path / "missing.mp4"):
        with pytest.raises(BadMedia, match=place.name):
            extend(place, scene(RISE), tmp_path / "out.mp4")
        with pytest.raises(BadMedia, match=place.name):
            edit(place, "Warmer.", tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_progress_of_extensions_and_edits_rises_to_100(source: Path, tmp_path: Path) -> None:
    extended: list[int] = []
    edited: list[int] = []
    extend(source, scene(RISE), tmp_path / "a.mp4", extended.append)
    edit(source, "Warmer.", tmp_path / "b.mp4", progress=edited.append)
    for told in (extended, edited):
        assert told == sorted(set(told))
        assert (told[0], told[-1]) == (0, 100)
