"""Thumbnails, sprite sheets and what is read from files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sorasync.preview.animatic import BadMedia, draw, probe, spritesheet, still, thumbnail
from tests.preview.animatic.support import decode, make_clip, scene


def test_a_thumbnail_is_a_webp_in_the_videos_shape(tmp_path: Path) -> None:
    draw(scene(width=180, height=320), tmp_path / "a.mp4")
    data = thumbnail(tmp_path / "a.mp4")
    assert (data[:4], data[8:12]) == (b"RIFF", b"WEBP")
    assert Image.open(io.BytesIO(data)).size == (180, 320)


def test_a_thumbnail_of_a_large_video_is_made_smaller(tmp_path: Path) -> None:
    draw(scene(width=1280, height=720, seconds=1), tmp_path / "a.mp4")
    assert Image.open(io.BytesIO(thumbnail(tmp_path / "a.mp4"))).size == (640, 360)


def test_a_sprite_sheet_is_a_jpeg_whose_cells_run_through_the_video(tmp_path: Path) -> None:
    draw(scene(width=320, height=180, seconds=4), tmp_path / "a.mp4")
    data = spritesheet(tmp_path / "a.mp4")
    assert data[:3] == b"\xff\xd8\xff"
    sheet = Image.open(io.BytesIO(data)).convert("RGB")
    assert abs(sheet.width / sheet.height - 16 / 9) < 0.04
    width, height = sheet.width // 4, sheet.height // 4
    first, last = (
        sheet.crop((x + 60, y + 10, x + width - 60, y + height // 2)).resize((1, 1)).getpixel((0, 0))
        for x, y in ((0, 0), (3 * width, 3 * height))
    )
    assert isinstance(first, tuple) and isinstance(last, tuple)
    assert first[0] == max(first)
    assert last[2] == max(last)


def test_stills_of_a_video_made_elsewhere_work_too(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", (20, 200, 20), frames=3)
    assert Image.open(io.BytesIO(thumbnail(clip))).size == (160, 120)
    assert spritesheet(clip)[:3] == b"\xff\xd8\xff"


def test_a_probe_reads_what_the_file_holds(tmp_path: Path) -> None:
    facts = probe(make_clip(tmp_path / "a.mp4", (20, 200, 20), rate=24, frames=36))
    assert (facts.width, facts.height, facts.frames, facts.codec) == (160, 120, 36, "h264")
    assert facts.seconds == pytest.approx(1.5)


@pytest.mark.parametrize("name", ["missing.mp4", "text.mp4"])
def test_files_that_are_no_video_are_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    for reader in (probe, thumbnail, spritesheet):
        with pytest.raises(BadMedia, match=name):
            reader(tmp_path / name)


def unevenness(picture: Image.Image) -> float:
    """0 for a picture of one colour."""
    return float(np.asarray(picture.convert("RGB"), np.uint8).std(axis=(0, 1)).max())


@pytest.mark.parametrize("form", ["png", "webp", "jpeg"])
def test_the_words_of_edits_are_on_a_still_and_on_nothing_made_from_it(tmp_path: Path, form: str) -> None:
    Image.new("RGB", (640, 360), (60, 90, 60)).save(tmp_path / "bare.png")
    source = tmp_path / "bare.png"
    shown = []
    for number, prompt in enumerate(("Lift the fog.", "Close the door.")):
        made = still(scene(prompt, width=640, height=360, image=source), form)
        source = tmp_path / f"{number}.{form}"
        source.write_bytes(made)
        shown.append(unevenness(Image.open(source)))
    # The second has the words of both.
    assert 6 < shown[0] < shown[1]
    draw(scene("A room.", width=640, height=360, image=source, clean=True), tmp_path / "a.mp4")
    assert unevenness(Image.fromarray(decode(tmp_path / "a.mp4").frames[0])) < 2


def test_a_clean_still_has_no_words(tmp_path: Path) -> None:
    bare = tmp_path / "bare.png"
    Image.new("RGB", (640, 360), (60, 90, 60)).save(bare)
    made = still(scene("Lift the fog.", width=640, height=360, image=bare, clean=True))
    assert unevenness(Image.open(io.BytesIO(made))) < 2


@pytest.mark.parametrize(
    "said",
    [
        "[]",
        '{"kind": "sorasync-edits"}',
        '{"kind": "sorasync-edits", "size": [64, 36], "edits": [], "covered": [{"box": [0]}]}',
        '{"kind": "sorasync-edits", "size": [64, 36], "edits": 7, "covered": []}',
        "{" * 9999,
    ],
)
def test_what_another_program_wrote_into_a_picture_is_no_words(tmp_path: Path, said: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = said
    Image.new("RGB", (64, 36), (60, 90, 60)).save(tmp_path / "a.png", exif=exif.tobytes())
    draw(scene("A room.", width=64, height=36, image=tmp_path / "a.png"), tmp_path / "a.mp4")
