"""Pictures and videos as phones save them: stored sideways, with the rotation beside the picture."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from sorasync.preflight.facts import ClipFacts, Unreadable, clip_facts, image_facts
from tests.preflight.media import codes, found, library
from tests.preflight.test_fix import USED, fix

PORTRAIT = '[clips.a]\nsize = "720x1280"\nprompt = "A."\nimage = "refs/a.jpg"\n'
# The four numbers of a track's matrix that turn it clockwise by so many degrees.
TURNS = {
    90: (0, 65536, -65536, 0),
    180: (-65536, 0, 0, -65536),
    270: (0, -65536, 65536, 0),
}


def red_above_blue(width: int, height: int) -> Image.Image:
    """A picture that shows which way up it is."""
    image = Image.new("RGB", (width, height), "blue")
    ImageDraw.Draw(image).rectangle((0, 0, width, height // 2), fill="red")
    return image


def photo(path: Path, orientation: int, back: Image.Transpose) -> None:
    """A photo that is shown as `red_above_blue`, stored another way."""
    path.parent.mkdir(parents=True)
    image = red_above_blue(720, 1280).transpose(back)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, quality=95)


def clip(path: Path, degrees: int, seconds: int = 3) -> None:
    """A video that is shown as `red_above_blue` in portrait, stored turned."""
    path.parent.mkdir(parents=True)
    stored = np.asarray(red_above_blue(720, 1280).rotate(degrees, expand=True))
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=4, options={"preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.height, stream.width, stream.pix_fmt = *stored.shape[:2], "yuv420p"
        for number in range(seconds * 4):
            frame = av.VideoFrame.from_ndarray(stored, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 4)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 44
    a, b, c, d = TURNS[degrees]
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(data)


def colours(image: Image.Image) -> tuple[str, str]:
    """What is above and below."""
    width, height = image.size

    def colour(y: int) -> str:
        pixel = image.convert("RGB").getpixel((width // 2, y))
        assert isinstance(pixel, tuple)
        return "red" if pixel[0] > pixel[2] else "blue"

    return colour(20), colour(height - 20)


@pytest.mark.parametrize(
    ("orientation", "back"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
        (5, Image.Transpose.TRANSPOSE),
    ],
)
def test_a_photo_counts_as_it_is_shown_and_is_turned_upright(
    orientation: int, back: Image.Transpose, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = library(tmp_path, PORTRAIT)
    photo(root / "manifests/refs/a.jpg", orientation, back)
    (finding,) = found(root)
    assert (finding.code, f"EXIF orientation {orientation}" in finding.message) == ("S222", True)
    assert "turned it upright, saved as PNG" in fix(root, capsys)
    with Image.open(root / "manifests/refs/a.fixed.png") as mended:
        assert (mended.size, colours(mended)) == ((720, 1280), ("red", "blue"))
    (root / "manifests/a.toml").write_text(PORTRAIT.replace("a.jpg", "a.fixed.png"))
    assert codes(root) == []


def test_a_photo_without_a_known_orientation_is_upright(tmp_path: Path) -> None:
    photo(tmp_path / "refs/a.jpg", 9, Image.Transpose.ROTATE_180)
    facts = image_facts(tmp_path / "refs/a.jpg", "1")
    assert not isinstance(facts, Unreadable) and (facts.width, facts.orientation) == (720, 1)


@pytest.mark.parametrize("degrees", TURNS)
def test_a_clip_counts_as_it_is_shown_and_stays_upright(
    degrees: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used = USED.replace("[clips.a]\n", '[clips.a]\nsize = "720x1280"\n')
    root = library(tmp_path, used)
    path = root / "manifests/refs/m.mp4"
    clip(path, degrees)
    facts = clip_facts(path, "1")
    assert isinstance(facts, ClipFacts) and (facts.width, facts.height) == (720, 1280)
    assert codes(root) == []
    path.unlink()
    path.parent.rmdir()
    clip(path, degrees, seconds=6)
    assert codes(root) == ["S228"]
    assert "turned it upright" in fix(root, capsys)
    with av.open(str(root / "manifests/refs/m.fixed.mp4")) as mended:
        frame = next(mended.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (720, 1280, 0)
        picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
        assert colours(picture) == ("red", "blue")


def test_a_list_of_other_files_is_no_video(tmp_path: Path) -> None:
    clip(tmp_path / "refs/other.mp4", 180)
    for name, text in (
        ("list.mp4", f"ffconcat version 1.0\nfile '{tmp_path}/refs/other.mp4'\n"),
        ("play.mp4", f"#EXTM3U\n#EXTINF:3,\n{tmp_path}/refs/other.mp4\n#EXT-X-ENDLIST\n"),
    ):
        path = tmp_path / name
        path.write_text(text)
        assert isinstance(clip_facts(path, name), Unreadable)
