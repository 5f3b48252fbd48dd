"""Corrected copies stand beside the originals, pass the check, and replace nothing."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sorasync.cli.main import run
from sorasync.preflight.facts import ClipFacts, ImageFacts, clip_facts, image_facts
from sorasync.preflight.fix_clip import Target
from tests.preflight.media import codes, film, library, picture

FRAME = '[clips.a]\nprompt = "A."\nimage = "refs/a.png"\n'
USED = (
    '[characters.mossy]\nname = "Mossy"\nvideo = "refs/m.mp4"\n'
    '[clips.a]\nprompt = "Mossy."\ncharacters = ["mossy"]\n'
)


def fix(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command and give its output."""
    with chdir(root):
        run(["preflight", "--fix", "--library", str(root)])
    return capsys.readouterr().out


def use_the_copies(root: Path) -> None:
    """Do what the command tells people to do."""
    manifest = root / "manifests/a.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("a.png", "a.fixed.png").replace("m.mp4", "m.fixed.mp4"))


def test_an_image_is_cropped_and_resized(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    original = picture(tmp_path / "manifests/refs/a.png", 1000, 1000, "BMP").read_bytes()
    root = library(tmp_path, FRAME)
    out = fix(root, capsys)
    assert (
        "wrote manifests/refs/a.fixed.png: cropped to the middle 1000x562, resized to 1280x720, "
        "saved as PNG, was BMP\n"
        '    to use it, change manifests/a.toml:3 to: image = "refs/a.fixed.png"\n'
    ) in out
    assert (root / "manifests/refs/a.png").read_bytes() == original
    use_the_copies(root)
    assert codes(root) == []


def test_a_transparent_or_animated_image_becomes_one_opaque_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "manifests/refs/a.png"
    path.parent.mkdir(parents=True)
    Image.new("RGBA", (1280, 720), (255, 0, 0, 0)).save(path)
    root = library(tmp_path, FRAME)
    assert "made transparent parts white" in fix(root, capsys)
    with Image.open(path.with_name("a.fixed.png")) as image:
        assert (image.mode, image.getpixel((5, 5))) == ("RGB", (255, 255, 255))


def test_an_image_for_clips_of_two_sizes_gets_two_copies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(tmp_path / "manifests/refs/a.png", 1000, 1000)
    other = FRAME.replace("clips.a", "clips.b") + 'size = "720x1280"\n'
    out = fix(library(tmp_path, FRAME + other), capsys)
    assert 'a.toml:3 to: image = "refs/a.1280x720.fixed.png"' in out
    assert 'a.toml:6 to: image = "refs/a.720x1280.fixed.png"' in out


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = picture(tmp_path / "manifests/refs/a.png", 1000, 1000)
    path.with_name("a.fixed.png").write_bytes(b"mine")
    assert "already exists and was not touched" in fix(library(tmp_path, FRAME), capsys)
    assert path.with_name("a.fixed.png").read_bytes() == b"mine"
    assert sorted(one.name for one in path.parent.iterdir()) == ["a.fixed.png", "a.png"]


def test_a_clip_is_trimmed_cropped_resized_and_encoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = film(tmp_path / "manifests/refs/m.mp4", 640, 480, 6, codec="mpeg4", sound=True)
    root = library(tmp_path, USED)
    out = fix(root, capsys)
    assert (
        "wrote manifests/refs/m.fixed.mp4: kept the first 4 seconds of 6, cropped to the middle 640x360, "
        "resized to 1280x720, encoded as H.264 in an MP4 file, was mpeg4 in a mp4 file\n"
        '    to use it, change manifests/a.toml:3 to: video = "refs/m.fixed.mp4"\n'
    ) in out
    use_the_copies(root)
    assert codes(root) == []
    copy = path.with_name("m.fixed.mp4")
    facts = clip_facts(copy, "")
    assert isinstance(facts, ClipFacts)
    assert facts.seconds == pytest.approx(4, abs=0.1)
    with av.open(str(copy)) as file:
        assert file.streams.audio
        assert sum(1 for _ in file.decode(video=0)) == 40


def test_a_clip_takes_the_shape_of_the_videos_that_use_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film(tmp_path / "manifests/refs/m.mp4", 1280, 720, 3)
    root = library(tmp_path, USED + 'size = "720x1280"\n')
    assert "cropped to the middle 404x720, resized to 720x1280" in fix(root, capsys)
    use_the_copies(root)
    assert codes(root) == []


def test_what_cannot_be_mended_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film(tmp_path / "manifests/refs/m.mp4", 1280, 720, 1)
    (tmp_path / "manifests/refs/a.png").write_bytes(b"no image")
    root = library(tmp_path, USED + FRAME.replace("clips.a", "clips.b"))
    out = fix(root, capsys)
    assert "manifests/refs/m.mp4: it is only 1 second long: at least 2 are needed" in out
    assert "manifests/refs/a.png: it is not an image" in out
    assert "wrote" not in out
    assert len(list((tmp_path / "manifests/refs").iterdir())) == 2


def test_a_truncated_image_is_reported_and_leaves_no_copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "manifests/refs/a.png"
    path.parent.mkdir(parents=True)
    Image.effect_noise((600, 600), 90).save(path)
    path.write_bytes(path.read_bytes()[:5_000])
    assert "cannot be read to the end" in fix(library(tmp_path, FRAME), capsys)
    assert list(path.parent.iterdir()) == [path]


def test_the_exit_code_and_the_json_say_what_would_be_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(tmp_path / "manifests/refs/a.png", 1000, 1000)
    root = library(tmp_path, FRAME)
    assert run(["preflight", "--library", str(root)]) == 1
    assert "--fix writes corrected copies" in capsys.readouterr().out
    assert run(["preflight", "--fix", "--format", "json", "--library", str(root)]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in shown["diagnostics"]] == ["S222"]
    (mended,) = shown["fixed"]
    assert (mended["copy"], mended["manifest"], mended["line"]) == (
        "manifests/refs/a.fixed.png",
        "manifests/a.toml",
        3,
    )
    use_the_copies(root)
    assert run(["preflight", "--library", str(root)]) == 0
    assert "is OK" in capsys.readouterr().out


@given(st.integers(2, 5_000), st.integers(2, 5_000), st.sampled_from([(1280, 720), (720, 1280)]))
def test_a_crop_is_never_larger_than_the_picture(width: int, height: int, size: tuple[int, int]) -> None:
    target = Target(*size, 4)
    wide, high = target.crop(ClipFacts("mp4", "h264", width, height, 3, 1))
    assert 0 < wide <= width
    assert 0 < high <= height
    assert wide % 2 == high % 2 == 0


def test_an_image_reads_the_same_whatever_it_is_called(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.bin", 30, 20)
    facts = image_facts(path, "x")
    assert isinstance(facts, ImageFacts)
    assert (facts.format, facts.width, facts.height) == ("PNG", 30, 20)
