"""WebM, Matroska, QuickTime and archives: what their headers say, and no harm from what they hold."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.video_form import hdr_of, inspect_video, kept_as
from tests.assets.helpers import make_hdr


def element(kind: int, content: bytes) -> bytes:
    """An element with its length in eight bytes."""
    return kind.to_bytes((kind.bit_length() + 7) // 8) + (1 << 56 | len(content)).to_bytes(8) + content


def webm(doc: bytes = b"webm", *, open_ended: bool = False, seconds: float = 4) -> bytes:
    import struct

    info = element(0x2AD7B1, (1_000_000).to_bytes(3)) + element(0x4489, struct.pack(">d", seconds * 1000))
    picture = element(0xE0, element(0xB0, (1280).to_bytes(2)) + element(0xBA, (720).to_bytes(2)))
    tracks = element(0xAE, element(0x83, b"\x01") + picture) + element(0xAE, element(0x83, b"\x02"))
    inside = element(0x1549A966, info) + element(0x1654AE6B, tracks) + element(0x1F43B675, bytes(400))
    segment = b"\x18\x53\x80\x67\xff" + inside if open_ended else element(0x18538067, inside)
    return element(0x1A45DFA3, element(0x4282, doc)) + segment


def archive(names: int = 3) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        for number in range(names):
            into.writestr(f"{number}.exr", b"x" * 100)
    return made.getvalue()


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "made.part"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "suffix"), [(webm(), ".webm"), (webm(b"matroska"), ".mkv"), (webm(open_ended=True), ".webm")]
)
def test_the_headers_of_matroska_say_length_size_and_tracks(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    found, facts = inspect_video(written(tmp_path, content))
    assert found == suffix and facts is not None
    assert (facts.duration_seconds, facts.width, facts.height) == (4.0, 1280, 720)
    assert (facts.video_tracks, facts.audio_tracks) == (1, 1)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("content", [webm(), archive()], ids=["webm", "zip"])
def test_a_part_of_a_file_is_damaged(tmp_path: Path, content: bytes, part: float) -> None:
    with pytest.raises(DamagedFile):
        inspect_video(written(tmp_path, content[: int(len(content) * part)]))


def test_an_archive_is_counted_and_not_opened(tmp_path: Path) -> None:
    path = written(tmp_path, archive(12))
    assert inspect_video(path) == (".zip", None)
    assert "12 files" in kept_as(path)
    with pytest.raises(DamagedFile, match="empty"):
        inspect_video(written(tmp_path, b"PK\x03\x04" + archive(0)))


@given(st.data())
def test_no_bytes_do_more_harm_than_to_be_called_damaged(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from([webm(), webm(open_ended=True), archive()])))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "harmless.part"
    path.write_bytes(bytes(content))
    try:
        suffix, _ = inspect_video(path)
    except DamagedFile as error:
        assert error.fault
        return
    assert suffix in (".webm", ".mkv", ".zip", ".mp4", ".mov", ".exr")


@pytest.mark.parametrize(
    ("form", "codec"),
    [("mp4", "libx264"), ("mov", "libx264"), ("matroska", "libx264"), ("webm", "libvpx-vp9")],
)
def test_high_dynamic_range_is_told_by_the_headers(tmp_path: Path, form: str, codec: str) -> None:
    kinds = {transfer: hdr_of(make_hdr(tmp_path / "made", form, codec, transfer)) for transfer in (1, 16, 18)}
    assert kinds == {1: None, 16: "PQ", 18: "HLG"}


def test_what_cannot_be_read_is_of_no_range(tmp_path: Path) -> None:
    assert hdr_of(written(tmp_path, b"nothing")) is None
    assert hdr_of(tmp_path / "absent") is None
    assert hdr_of(written(tmp_path, archive())) is None
