"""Drawing a scene as a video."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sorasync.preview.animatic import FPS, BadMedia, Cast, draw, probe
from sorasync.preview.animatic.page import lay_page
from sorasync.preview.animatic.theme import Theme
from tests.preview.animatic.support import BOARD, decode, difference, make_clip, scene


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three-shot board, drawn once for four seconds."""
    out = tmp_path_factory.mktemp("draw") / "board.mp4"
    draw(scene(seconds=4, label="clip.kitchen#1"), out)
    return out


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (144, 256)])
def test_a_drawing_has_the_size_and_length_asked_for(tmp_path: Path, width: int, height: int) -> None:
    out = tmp_path / "a.mp4"
    draw(scene(width=width, height=height, seconds=3), out)
    facts = probe(out)
    assert (facts.width, facts.height) == (width, height)
    assert facts.seconds == 3
    assert facts.frames == 3 * FPS == len(decode(out).frames)
    assert facts.codec == "h264"


def test_frames_follow_each_other_at_an_even_rate(board: Path) -> None:
    assert decode(board).times == pytest.approx([number / FPS for number in range(4 * FPS)])


def test_an_odd_size_becomes_the_even_size_below(tmp_path: Path) -> None:
    draw(scene(width=161, height=91, seconds=1), tmp_path / "odd.mp4")
    facts = probe(tmp_path / "odd.mp4")
    assert (facts.width, facts.height) == (160, 90)


def test_shots_appear_in_order_in_their_own_colours(board: Path) -> None:
    picture = [frame[:120, 60:260].reshape(-1, 3).mean(axis=0) for frame in decode(board).frames]
    leading = ["RGB"[int(np.argmax(colour))] for colour in picture]
    changes = [leading[0], *(now for before, now in pairwise(leading) if now != before)]
    assert changes == ["R", "G", "B"]


def test_a_shot_with_more_beats_takes_more_time(board: Path) -> None:
    frames = decode(board).frames
    cuts = [
        number
        for number in range(1, len(frames))
        if difference(frames[number][:120], frames[number - 1][:120]) > 25
    ]
    assert len(cuts) == 2
    assert cuts[0] > cuts[1] - cuts[0]


def test_the_current_beat_is_seen_to_change_within_a_shot(board: Path) -> None:
    frames = decode(board).frames
    panel = [frame[145:172, 90:230] for frame in frames]
    first_shot = [difference(panel[number], panel[number - 1]) for number in range(1, 18)]
    assert max(first_shot) > 10 * sorted(first_shot)[len(first_shot) // 2]


def test_the_same_scene_gives_the_same_file(tmp_path: Path) -> None:
    asked = scene(BOARD, label="clip.kitchen#2")
    draw(asked, tmp_path / "a.mp4")
    draw(asked, tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_another_take_looks_different(tmp_path: Path) -> None:
    for take in (1, 4):
        draw(scene(label=f"clip.kitchen#{take}", seconds=1), tmp_path / f"{take}.mp4")
    first, second = (decode(tmp_path / f"{take}.mp4").frames[2][60:120] for take in (1, 4))
    assert difference(first, second) > 8


def test_a_free_prompt_moves_with_the_camera_it_names(tmp_path: Path) -> None:
    draw(scene("A red cliff. The camera pans left over the sea."), tmp_path / "pan.mp4")
    draw(scene("A red cliff. The sea."), tmp_path / "still.mp4")
    moved, still = (
        difference(frames[1][30:130, 60:260], frames[-1][30:130, 60:260])
        for frames in (decode(tmp_path / name).frames for name in ("pan.mp4", "still.mp4"))
    )
    assert moved > 1.5 * still


def test_a_given_image_is_the_picture_of_the_first_shot_and_moves_with_its_camera(tmp_path: Path) -> None:
    image = Image.new("RGB", (320, 180), (30, 180, 60))
    image.paste((200, 40, 40), (0, 0, 110, 180))
    image.save(tmp_path / "first.png")
    asked = {"image": tmp_path / "first.png", "clean": True, "seconds": 3}
    draw(scene("A kitchen. Slow push-in.", **asked), tmp_path / "in.mp4")
    draw(scene("A kitchen. The camera pans right.", **asked), tmp_path / "pan.mp4")
    draw(scene("A kitchen, static.", **asked), tmp_path / "still.mp4")
    pushed, panned, still = (decode(tmp_path / f"{name}.mp4").frames for name in ("in", "pan", "still"))
    for frames in (pushed, panned, still):
        assert difference(frames[0], np.asarray(image)) < 4
    assert difference(still[-1], np.asarray(image)) < 4
    red = [(frame[..., 0] > 150).mean() for frame in (still[-1], pushed[-1], panned[-1])]
    assert red[0] > red[1] > 0
    assert red[0] > red[2] * 1.1
    # It moves until the end, and does not stop at the picture's edge.
    middle = (panned[len(panned) * 2 // 3][..., 0] > 150).mean()
    assert middle > red[2] * 1.01


def test_an_image_of_another_shape_is_cut_to_fill_the_picture(tmp_path: Path) -> None:
    Image.new("RGB", (100, 400), (30, 180, 60)).save(tmp_path / "tall.webp")
    draw(scene(image=tmp_path / "tall.webp", seconds=1, clean=True), tmp_path / "a.mp4")
    first = decode(tmp_path / "a.mp4").frames[0]
    assert difference(first, np.full_like(first, (30, 180, 60))) < 4


def test_a_clean_drawing_is_the_picture_alone_in_the_whole_frame(tmp_path: Path) -> None:
    prompt = 'Shot 1\nCamera: static\nPalette: crimson, red\nAction:\n- a desert\nDialogue:\n- Ada: "No."'
    draw(scene(prompt, seconds=1, clean=True), tmp_path / "clean.mp4")
    draw(scene(prompt, seconds=1), tmp_path / "a.mp4")
    clean, with_text = (decode(tmp_path / name).frames[6] for name in ("clean.mp4", "a.mp4"))
    assert clean[170:, 40:280].mean() > 60 > with_text[165:172, 40:280].mean()
    wide, high = lay_page(Theme(320, 180), clean=False).picture
    assert wide / high == pytest.approx(16 / 9, abs=0.03)
    small = Image.fromarray(clean).resize((wide, high))
    assert difference(np.asarray(small)[4:-4, 4:-4], with_text[4 : high - 4, 4 : wide - 4]) < 14


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1080, 1080), (1080, 1350), (1920, 800)])
def test_the_picture_keeps_the_aspect_of_the_clip(size: tuple[int, int]) -> None:
    wide, high = lay_page(Theme(*size), clean=False).picture
    assert wide / high == pytest.approx(size[0] / size[1], rel=0.01)
    assert wide * high > 0.5 * size[0] * size[1]


def test_the_last_shot_ends_in_a_given_last_image(tmp_path: Path) -> None:
    Image.new("RGB", (320, 180), (200, 40, 40)).save(tmp_path / "last.png")
    draw(scene("A sea.", last_image=tmp_path / "last.png", clean=True), tmp_path / "a.mp4")
    frames = decode(tmp_path / "a.mp4").frames
    assert difference(frames[-1], np.full_like(frames[-1], (200, 40, 40))) < 4
    assert difference(frames[0], frames[-1]) > 30


def test_characters_are_shown_from_their_own_clips(tmp_path: Path) -> None:
    magenta = make_clip(tmp_path / "mossy.mp4", (255, 0, 255))
    draw(scene("A grey wall. Mossy waits.", characters=(Cast("Mossy", magenta),)), tmp_path / "with.mp4")
    draw(scene("A grey wall. Mossy waits."), tmp_path / "without.mp4")
    shown, absent = (
        int(((frame[..., 0] > 220) & (frame[..., 1] < 60) & (frame[..., 2] > 220)).sum())
        for frame in (decode(tmp_path / name).frames[5] for name in ("with.mp4", "without.mp4"))
    )
    assert shown > 600
    assert absent == 0


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_media_that_cannot_be_decoded_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.bin"
    broken.write_bytes(content)
    with pytest.raises(BadMedia, match=r"broken\.bin"):
        draw(scene(image=broken), tmp_path / "a.mp4")
    with pytest.raises(BadMedia, match=r"broken\.bin"):
        draw(scene(characters=(Cast("Mossy", broken),)), tmp_path / "a.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.bin"]


def test_a_clip_that_breaks_off_in_the_middle_is_refused_or_shown(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", (255, 0, 255)).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadMedia, match=r"cut\.mp4"):
        draw(scene(characters=(Cast("Mossy", cut),)), tmp_path / "a.mp4")


def test_progress_rises_from_0_to_100_and_never_falls(tmp_path: Path) -> None:
    told: list[int] = []
    draw(scene(), tmp_path / "a.mp4", told.append)
    assert told[0] == 0
    assert told[-1] == 100
    assert all(after > before for before, after in pairwise(told))


def test_a_failure_on_the_way_leaves_no_file_behind(tmp_path: Path) -> None:
    def stop(percent: int) -> None:
        if percent > 40:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        draw(scene(), tmp_path / "a.mp4", stop)
    assert list(tmp_path.iterdir()) == []


def test_the_index_stands_before_the_pictures_in_the_file(board: Path) -> None:
    data = board.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_length_below_a_second_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one second"):
        draw(scene(seconds=0), tmp_path / "a.mp4")
