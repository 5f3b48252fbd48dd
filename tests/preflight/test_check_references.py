"""Reference media are held against the clips that use them before anything is sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sorasync.installed import install_command
from sorasync.manifest.codes import MEDIA_CODES
from sorasync.manifest.diagnostic import Severity
from sorasync.preflight import check_references, facts
from tests.preflight.media import CONFIG, codes, film, found, library, picture

FRAME = '[clips.a]\nprompt = "A."\nimage = "refs/a.png"\n'
MOSSY = '[characters.mossy]\nname = "Mossy"\nvideo = "refs/m.mp4"\n'
USED = MOSSY + '[clips.a]\nprompt = "Mossy."\ncharacters = ["mossy"]\n'


def test_a_first_frame_of_the_clips_size_is_fine(tmp_path: Path) -> None:
    picture(tmp_path / "manifests/refs/a.png", 1280, 720)
    assert codes(library(tmp_path, FRAME)) == []


def test_a_first_frame_of_another_size_is_an_error_where_it_is_named(tmp_path: Path) -> None:
    picture(tmp_path / "manifests/refs/a.png", 1280, 721)
    (one,) = found(library(tmp_path, FRAME))
    assert (one.code, one.severity) == ("S222", Severity.ERROR)
    assert one.message == "manifests/refs/a.png is 1280x721, and the clip is 1280x720"
    assert one.position is not None
    assert (one.position.file, one.position.line, one.position.column) == ("manifests/a.toml", 3, 9)
    assert one.source == 'image = "refs/a.png"'
    assert (one.address, one.expected) == ("clip.a", "exactly 1280x720")


def test_the_size_may_be_the_providers_default(tmp_path: Path) -> None:
    picture(tmp_path / "manifests/refs/a.png", 1280, 720)
    config = '[provider]\nprofile = "preview"\n'
    assert codes(library(tmp_path, FRAME, config)) == ["S222"]


IMAGES = {
    "JPEG": ([], {"kind": "JPEG"}, "refs/a.jpeg"),
    "WebP": ([], {"kind": "WEBP"}, "refs/a.webp"),
    "GIF": (["S221"], {"kind": "GIF"}, "refs/a.gif"),
    "BMP by another name": (["S221"], {"kind": "BMP"}, "refs/a.png"),
    "JPEG by another name": (["S223"], {"kind": "JPEG"}, "refs/a.png"),
    "transparent": (["S224"], {"mode": "RGBA"}, "refs/a.png"),
    "animated": (["S224"], {"kind": "WEBP", "frames": 3}, "refs/a.webp"),
}


@pytest.mark.parametrize("case", IMAGES)
def test_an_images_format_is_what_is_in_the_file(case: str, tmp_path: Path) -> None:
    expected, settings, name = IMAGES[case]
    picture(tmp_path / "manifests" / name, 1280, 720, **settings)  # type: ignore[arg-type]
    assert codes(library(tmp_path, FRAME.replace("refs/a.png", name))) == expected


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_a_file_that_is_no_image_is_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifests/refs").mkdir(parents=True)
    (tmp_path / "manifests/refs/a.png").write_bytes(data)
    (one,) = found(library(tmp_path, FRAME))
    assert (one.code, one.severity) == ("S221", Severity.ERROR)


def test_a_good_character_clip_is_fine(tmp_path: Path) -> None:
    film(tmp_path / "manifests/refs/m.mp4", 1280, 720, 3)
    assert codes(library(tmp_path, USED)) == []


def test_everything_about_a_character_clip_is_told_at_once(tmp_path: Path) -> None:
    film(tmp_path / "manifests/refs/m.mp4", 320, 320, 6, codec="mpeg4")
    diagnostics = found(library(tmp_path, USED))
    assert [one.code for one in diagnostics] == ["S227", "S228", "S229", "S229"]
    assert {one.severity for one in diagnostics} == {Severity.WARNING}
    assert {one.position.line for one in diagnostics if one.position} == {3}
    messages = " / ".join(one.message for one in diagnostics)
    assert "mpeg4 in a mp4 file" in messages
    assert "6 seconds long" in messages
    assert "320x320: its subject may look stretched" in messages
    assert "used in 1280x720: its subject may look stretched in clip.a" in messages


CLIPS = {
    "an upright clip for wide videos": (["S229"], 720, 1280, 3.0),
    "a small clip": (["S229"], 640, 360, 3.0),
    "too short": (["S228"], 1280, 720, 1.0),
    "a frame too long": ([], 1280, 720, 4.1),
    "full HD": ([], 1920, 1080, 2.0),
}


@pytest.mark.parametrize("case", CLIPS)
def test_a_character_clip_has_a_length_and_a_shape(case: str, tmp_path: Path) -> None:
    expected, width, height, seconds = CLIPS[case]
    film(tmp_path / "manifests/refs/m.mp4", width, height, seconds)
    assert codes(library(tmp_path, USED)) == expected


def test_a_container_is_what_is_in_the_file(tmp_path: Path) -> None:
    film(tmp_path / "manifests/refs/m.mp4", 1280, 720, 3, container="matroska")
    (one,) = found(library(tmp_path, USED))
    assert (one.code, one.message) == ("S227", "manifests/refs/m.mp4 is h264 in a matroska file")
    film(tmp_path / "manifests/refs/m.mp4", 1280, 720, 3, container="mov")
    (one,) = found(library(tmp_path, USED))
    assert one.message == "manifests/refs/m.mp4 is h264 in a mov file"


@pytest.mark.parametrize("data", [b"", b"no video", b"\x00\x00\x00\x18ftypmp42"])
def test_a_file_that_is_no_video_is_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifests/refs").mkdir(parents=True)
    (tmp_path / "manifests/refs/m.mp4").write_bytes(data)
    (one,) = found(library(tmp_path, USED))
    assert (one.code, one.severity) == ("S226", Severity.ERROR)


def test_only_what_is_to_be_sent_may_be_looked_at(tmp_path: Path) -> None:
    picture(tmp_path / "manifests/refs/a.png", 10, 10)
    film(tmp_path / "manifests/refs/m.mp4", 100, 100, 1)
    root = library(tmp_path, USED + FRAME.replace("clips.a", "clips.b") + FRAME.replace("clips.a", "clips.c"))
    assert {one.address for one in found(root)} == {"clip.b", "clip.c", "character.mossy"}
    assert {one.address for one in found(root, {"clip.c#1"})} == {"clip.c"}
    assert {one.address for one in found(root, {"character.mossy"})} == {"character.mossy"}
    assert found(root, set()) == []


def test_a_code_may_be_ignored_or_given_another_level(tmp_path: Path) -> None:
    picture(tmp_path / "manifests/refs/a.png", 10, 10)
    assert codes(library(tmp_path, FRAME, CONFIG + '[lint]\nignore = ["S222"]\n')) == []
    (one,) = found(library(tmp_path, FRAME, CONFIG + '[lint]\nlevels = { S222 = "hint" }\n'))
    assert one.severity is Severity.HINT


def test_without_the_packages_there_is_a_hint_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "manifests/refs/a.png", 10, 10)
    film(tmp_path / "manifests/refs/m.mp4", 100, 100, 1)
    root = library(tmp_path, USED + FRAME.replace("clips.a", "clips.b"))
    monkeypatch.setattr(check_references, "can_read_images", lambda: False)
    monkeypatch.setattr(check_references, "can_read_clips", lambda: False)
    (one,) = found(root)
    assert (one.code, one.severity) == ("S220", Severity.HINT)
    assert one.message == (
        "1 image and 1 clip were not checked: Pillow and PyAV from the extra preview cannot be imported"
    )
    assert one.expected == install_command("preview")


def test_a_library_without_media_needs_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_references, "can_read_images", lambda: False)
    assert codes(library(tmp_path, '[clips.a]\nprompt = "A."\n')) == []


def test_a_file_is_looked_at_again_only_when_its_content_changes(tmp_path: Path) -> None:
    path = picture(tmp_path / "manifests/refs/a.png", 1280, 720)
    root = library(tmp_path, FRAME)
    assert codes(root) == []
    before = facts.image_facts.cache_info().misses
    assert codes(root) == []
    assert facts.image_facts.cache_info().misses == before
    stamp = path.stat()
    picture(path, 640, 360)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert codes(root) == ["S222"]


def test_of_images_only_the_headers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text: list[str] = []
    decoded: list[object] = []
    for number in range(100):
        name = f"refs/{number}.png"
        if number == 0:
            first = picture(tmp_path / "manifests" / name, 1280, 720).read_bytes()
        (tmp_path / "manifests" / name).write_bytes(first + str(number).encode())
        text.append(f'[clips.c{number}]\nprompt = "A."\nimage = "{name}"\n')
    root = library(tmp_path, "".join(text))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded.append)
    assert codes(root) == []
    assert decoded == []


def test_every_code_has_a_title() -> None:
    assert set(MEDIA_CODES) == {f"S22{number}" for number in range(10)}
