"""Thumbnails, sprite sheets and what is read from files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from sorasync.preview.animatic import BadMedia, draw, probe, spritesheet, thumbnail
from tests.preview.animatic.support import make_clip, scene


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
