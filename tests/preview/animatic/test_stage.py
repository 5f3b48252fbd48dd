"""Who and what is on stage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sorasync.preview.animatic import FPS, Cast, draw
from sorasync.preview.animatic.camera import Pose
from sorasync.preview.animatic.cutout import cut_out
from sorasync.preview.animatic.islands import islands
from sorasync.preview.animatic.layers import seen_at
from sorasync.preview.animatic.script import read_script
from sorasync.preview.animatic.sprite import make_sprites, unpacked
from sorasync.preview.animatic.stage import ShotLook, build
from sorasync.preview.animatic.troupe import Troupe
from tests.preview.animatic.support import (
    Pixels,
    decode,
    make_subject,
    scene,
    share_of,
    subject_picture,
)

RED, BLUE = (230, 20, 20), (20, 40, 230)
GREY = "Palette: grey, silver, gainsboro\nCamera: "
BOARD = f"""Shot 1
{GREY}wide, static
Action:
- Rua waits

Shot 2
{GREY}medium two-shot, static
Action:
- rua and Blau talk

Shot 3
{GREY}close-up, static
Action:
- Blau turns to Rua

Shot 4
{GREY}full shot, static
Action:
- nobody moves

Shot 5
{GREY}medium, static
Action:
- it is quiet
Dialogue:
- Blau: "Well."
"""


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> list[Pixels]:
    """A frame of each shot of the board, played by a red and a blue figure."""
    folder = tmp_path_factory.mktemp("stage")
    cast = (
        Cast("Rua", make_subject(folder / "red.mp4", RED)),
        Cast("Blau", make_subject(folder / "blue.mp4", BLUE)),
    )
    draw(scene(BOARD, characters=cast, seconds=5), folder / "a.mp4")
    frames = decode(folder / "a.mp4").frames
    return [frames[number * FPS + FPS // 2][30:140] for number in range(5)]


@pytest.mark.parametrize(
    ("number", "red", "blue"),
    [(1, True, False), (2, True, True), (3, False, True), (4, True, True), (5, False, True)],
)
def test_a_shot_shows_those_it_names_or_all(shots: list[Pixels], number: int, red: bool, blue: bool) -> None:
    assert (share_of(shots[number - 1], RED) > 0.01) is red
    assert (share_of(shots[number - 1], BLUE) > 0.01) is blue


def test_nearer_framings_show_a_character_larger(shots: list[Pixels]) -> None:
    wide, near = share_of(shots[0], RED), share_of(shots[2], BLUE)
    assert near > 3 * wide


def test_a_cut_out_is_its_subject_and_nothing_else() -> None:
    found = cut_out([subject_picture(RED, shift) for shift in (0, 4)])
    assert found is not None
    for frame in found.frames:
        alpha = np.asarray(frame.getchannel("A"))
        assert alpha[alpha.shape[0] // 4, alpha.shape[1] // 2] == 255
        assert alpha[2, 2] == 0
        seen = np.asarray(frame.convert("RGB"))[alpha > 200]
        assert np.abs(seen.astype(int) - RED).max(axis=1).mean() < 12
    assert found.frames[0].height == pytest.approx(196, abs=8)
    assert found.frames[0].width == pytest.approx(105, abs=8)


@pytest.mark.parametrize("kind", ["plain", "noise", "half", "strip"])
def test_a_picture_without_a_clear_subject_gives_no_cut_out(kind: str) -> None:
    picture = Image.new("RGB", (320, 240), (90, 140, 90))
    if kind == "noise":
        noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8)
        picture = Image.fromarray(noise)
    if kind == "half":
        picture.paste((200, 40, 40), (160, 0, 320, 240))
    if kind == "strip":
        picture.paste((200, 40, 40), (60, 0, 260, 240))
    assert cut_out([picture]) is None


def test_islands_are_counted_and_the_largest_is_found() -> None:
    mask = np.array([[1, 1, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1], [1, 0, 1, 1]], bool)
    found = islands(mask)
    assert found.count == 3
    assert found.largest().sum() == 5
    assert islands(np.zeros((3, 3), bool)).largest().sum() == 0


@pytest.mark.parametrize("framing", ["full shot", "medium shot", "wide shot"])
@pytest.mark.parametrize("size", [(1280, 572), (720, 980)])
def test_no_head_is_cut_off_in_a_two_shot(tmp_path: Path, framing: str, size: tuple[int, int]) -> None:
    clips = (make_subject(tmp_path / "red.mp4", RED), make_subject(tmp_path / "blue.mp4", BLUE))
    troupe = Troupe(make_sprites([Cast("Rua", clips[0]), Cast("Blau", clips[1])]))
    script = read_script(f"Shot 1\nCamera: {framing}, static\nAction:\n- Rua and Blau wait")
    composed = build(script, 0, ShotLook("seed", 1, troupe=troupe), size).composition
    places = {}
    for layer in composed.layers:
        if layer.name in ("Rua", "Blau"):
            where = seen_at(layer, composed.aim, Pose(), 0.0, 0.0)
            assert where is not None and where.foot - where.tall >= -0.02
            places[layer.name] = where.x
    assert places["Rua"] < places["Blau"]


def test_a_remembered_character_looks_like_the_one_it_was(tmp_path: Path) -> None:
    (sprite,) = make_sprites([Cast("Rua", make_subject(tmp_path / "red.mp4", RED))])
    again = unpacked("Rua", sprite.still, sprite.card)
    assert again.shape == pytest.approx(sprite.shape, abs=0.03)
    assert again.anatomy.head == pytest.approx(sprite.anatomy.head, abs=0.05)
    with pytest.raises(ValueError, match="Rua"):
        unpacked("Rua", "AAAA", False)
