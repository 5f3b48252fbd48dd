"""The structure check of MP4 files, and telling kinds of files apart."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.mp4 import inspect_mp4
from sorasync.assets.sniff import sniff, sniff_file
from tests.assets.helpers import make_mp4


def box(kind: bytes, payload: bytes = b"", *, size: int | None = None, wide: bool = False) -> bytes:
    if wide:
        return b"\0\0\0\1" + kind + (16 + len(payload)).to_bytes(8, "big") + payload
    return (8 + len(payload) if size is None else size).to_bytes(4, "big") + kind + payload


def mvhd(ticks: int, scale: int = 1000, version: int = 0) -> bytes:
    times, length = (
        (b"\0" * 16, ticks.to_bytes(8, "big")) if version else (b"\0" * 8, ticks.to_bytes(4, "big"))
    )
    return box(b"mvhd", bytes([version, 0, 0, 0]) + times + scale.to_bytes(4, "big") + length + b"\0" * 80)


def trak(handler: bytes = b"vide", width: int = 64, height: int = 48, version: int = 0) -> bytes:
    before = 88 if version else 76
    sides = (width << 16).to_bytes(4, "big") + (height << 16).to_bytes(4, "big")
    tkhd = box(b"tkhd", bytes([version]) + b"\0" * (before - 1) + sides)
    return box(b"trak", tkhd + box(b"mdia", box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13)))


FTYP = box(b"ftyp", b"isom\0\0\2\0isom")
MDAT = box(b"mdat", b"data")
MOOV = box(b"moov", mvhd(2500) + trak())
WHOLE = FTYP + MOOV + MDAT


def top_level_ends(data: bytes) -> set[int]:
    ends, at = set(), 0
    while at < len(data):
        at += int.from_bytes(data[at : at + 4], "big")
        ends.add(at)
    return ends


def write(directory: Path, data: bytes) -> Path:
    path = directory / "video.mp4"
    path.write_bytes(data)
    return path


def test_a_real_video_gives_its_facts(tmp_path: Path) -> None:
    facts = inspect_mp4(make_mp4(tmp_path / "a.mp4", audio=True))
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.15)
    assert (facts.width, facts.height) == (64, 48)
    assert (facts.video_tracks, facts.audio_tracks) == (1, 1)
    assert facts.size == (tmp_path / "a.mp4").stat().st_size
    assert not facts.fragmented
    assert not facts.fast_start


def test_a_real_video_with_its_index_in_front_is_fast_to_start(tmp_path: Path) -> None:
    assert inspect_mp4(make_mp4(tmp_path / "a.mp4", movflags="+faststart")).fast_start


def test_a_real_fragmented_video_is_whole(tmp_path: Path) -> None:
    facts = inspect_mp4(make_mp4(tmp_path / "a.mp4", movflags="+frag_keyframe+empty_moov"))
    assert facts.fragmented
    assert (facts.width, facts.height) == (64, 48)


@pytest.mark.parametrize("movflags", ["", "+faststart", "+frag_keyframe+empty_moov"])
def test_a_real_video_cut_anywhere_but_between_fragments_is_damaged(tmp_path: Path, movflags: str) -> None:
    data = make_mp4(tmp_path / "a.mp4", movflags=movflags).read_bytes()
    boundaries = top_level_ends(data) if "frag" in movflags else set()
    for length in set(range(0, len(data), max(1, len(data) // 150))) - boundaries:
        with pytest.raises(DamagedFile):
            inspect_mp4(write(tmp_path, data[:length]))
    with pytest.raises(DamagedFile):
        inspect_mp4(write(tmp_path, data[:-1]))


def test_both_versions_of_the_headers_are_read(tmp_path: Path) -> None:
    moov = box(b"moov", mvhd(90_000 * 7, 90_000, version=1) + trak(version=1, width=1920, height=1080))
    facts = inspect_mp4(write(tmp_path, FTYP + moov + MDAT))
    assert (facts.duration_seconds, facts.width, facts.height) == (7.0, 1920, 1080)


def test_sizes_of_64_bits_and_boxes_to_the_end_are_read(tmp_path: Path) -> None:
    wide = box(b"mdat", b"data", wide=True)
    assert inspect_mp4(write(tmp_path, FTYP + wide + MOOV)).duration_seconds == 2.5
    assert inspect_mp4(write(tmp_path, FTYP + MOOV + box(b"mdat", b"to the end", size=0))).width == 64


@pytest.mark.parametrize(("version", "ticks"), [(0, 4000), (1, 4000)])
def test_a_fragmented_length_comes_from_its_own_header(tmp_path: Path, version: int, ticks: int) -> None:
    mehd = box(b"mehd", bytes([version, 0, 0, 0]) + ticks.to_bytes(8 if version else 4, "big"))
    moov = box(b"moov", mvhd(0) + trak() + box(b"mvex", mehd))
    facts = inspect_mp4(write(tmp_path, FTYP + moov + box(b"moof") + MDAT))
    assert (facts.duration_seconds, facts.fragmented) == (4.0, True)


def test_an_unknown_length_is_zero(tmp_path: Path) -> None:
    moov = box(b"moov", mvhd(0xFFFFFFFF) + trak())
    assert inspect_mp4(write(tmp_path, FTYP + moov + MDAT)).duration_seconds == 0


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "it is empty"),
        (b"<html>not found</html>", "it is text, which begins with `<html>not found</html>`"),
        (b'{"error": {"message": "this link has expired"}}', 'it is text, which begins with `{"error": '),
        (b"gone", "it is text, which begins with `gone`"),
        (MOOV + FTYP + MDAT, "begins with a 'moov'"),
        (FTYP + MDAT, "no moov"),
        (FTYP + MOOV, "no media data"),
        (FTYP + MOOV + box(b"mdat"), "no media data"),
        (FTYP + MOOV + MOOV + MDAT, "two moov"),
        (WHOLE + b"\0" * 5, "5 stray bytes"),
        (WHOLE + b"\0" * 16, "no box starts"),
        (WHOLE + b"trailing garbage", "garbage|box|claims"),
        (FTYP + MOOV + box(b"mdat", b"data", size=4000), "claims 4,000 bytes, the file has 12 left"),
        (FTYP + MOOV + box(b"mdat", b"data", size=7), "impossible size 7"),
        (FTYP + box(b"moov", trak()) + MDAT, "no mvhd"),
        (FTYP + box(b"moov", mvhd(1, scale=0) + trak()) + MDAT, "time scale of 0"),
        (FTYP + box(b"moov", mvhd(1) + trak(b"soun")) + MDAT, "no video track"),
        (FTYP + box(b"moov", mvhd(1) + box(b"trak", b"\0\0\1\0tkhd")) + MDAT, "its trak box has 8 left"),
        (FTYP + box(b"moov", box(b"mvhd", b"\0" * 10) + trak()) + MDAT, "its mvhd box is too short"),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(tmp_path: Path, data: bytes, fault: str) -> None:
    with pytest.raises(DamagedFile, match=fault) as caught:
        inspect_mp4(write(tmp_path, data))
    assert caught.value.message.startswith("video.mp4 is damaged: ")


def test_a_file_of_endless_boxes_is_refused_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sorasync.assets.boxes.MAX_BOXES", 1000)
    with pytest.raises(DamagedFile, match="more than 1,000 boxes"):
        inspect_mp4(write(tmp_path, FTYP + box(b"free") * 2000))


def test_a_video_of_many_gigabytes_is_checked_by_its_headers_alone(tmp_path: Path) -> None:
    path = write(tmp_path, FTYP + MOOV)
    length = 8 << 30
    with path.open("ab") as file:
        file.write(b"\0\0\0\1mdat" + (16 + length).to_bytes(8, "big"))
        file.truncate(file.tell() + length)
    assert inspect_mp4(path).size > length


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_damaged_and_nothing_worse(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory, pytest.raises(DamagedFile):
        inspect_mp4(write(Path(directory), data))


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=8), st.booleans())
def test_a_spoilt_video_is_accepted_or_damaged_and_nothing_worse(at: int, bits: bytes, cut: bool) -> None:
    data = WHOLE[:at] + bits + (b"" if cut else WHOLE[at + len(bits) :])
    with tempfile.TemporaryDirectory() as directory:
        try:
            assert inspect_mp4(write(Path(directory), data)).video_tracks == 1
        except DamagedFile as error:
            assert error.fault


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WHOLE, "mp4"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\x1a\x45\xdf\xa3\x9f", "webm"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE HTML><p>", "html"),
        (b"<html><body>502", "html"),
        (b' {"error": {}}', "json"),
        (b"[1]", "json"),
        (b"\0\0\0\x1cftypavif", None),
        (b"RIFF\x10\0\0\0WAVE", None),
        (b"", None),
        (b"plain text", None),
    ],
)
def test_the_first_bytes_tell_the_kind(tmp_path: Path, data: bytes, kind: str | None) -> None:
    assert sniff(data) == kind
    assert sniff_file(write(tmp_path, data)) == kind


@given(st.binary(max_size=600))
def test_sniffing_answers_for_any_bytes(data: bytes) -> None:
    kinds = {"mp4", "webm", "zip", "exr", "webp", "jpeg", "png", "html", "json", None}
    assert sniff(data) in kinds
