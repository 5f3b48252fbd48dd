"""Streaming to disk: whole, broken, resumed, too long, on a full disk, by two at once."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.assets.disk import exclusive_part
from sorasync.assets.file_errors import DamagedFile, DiskFull, PartBusy, TooLarge, WrongLength
from sorasync.assets.receive import Received, receive
from sorasync.durable import BLOCK
from tests.assets.helpers import digest, stream

DATA = bytes(range(256)) * 20_000


def whole(part: Path) -> Received:
    return Received(part, len(DATA), digest(DATA))


def pieces(data: bytes, size: int = 65_536) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def fetch(
    chunks: Iterable[bytes],
    part: Path,
    *,
    offset: int = 0,
    expected: int | None = None,
    cap: int = 1 << 30,
    failure: Exception | None = None,
) -> Received:
    return asyncio.run(
        receive(stream(chunks, failure), part, offset=offset, expected_length=expected, cap=cap)
    )


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "a.mp4.part"


@pytest.mark.parametrize("size", [1000, 65_536, BLOCK, len(DATA)])
def test_a_stream_is_written_and_hashed_whatever_its_chunks(part: Path, size: int) -> None:
    assert fetch(pieces(DATA, size), part, expected=len(DATA)) == whole(part)
    assert part.read_bytes() == DATA


def test_an_unannounced_length_is_taken_as_it_comes(part: Path) -> None:
    assert fetch(pieces(DATA), part) == whole(part)


def test_an_empty_stream_is_an_empty_file(part: Path) -> None:
    assert fetch([], part) == Received(part, 0, digest(b""))


def test_a_broken_stream_leaves_its_bytes_and_its_error(part: Path) -> None:
    with pytest.raises(ConnectionError, match="reset"):
        fetch(pieces(DATA)[:40], part, failure=ConnectionError("reset"))
    kept = part.read_bytes()
    assert DATA.startswith(kept)
    assert len(kept) == 40 * 65_536
    assert fetch(pieces(DATA[len(kept) :]), part, offset=len(kept), expected=len(DATA)) == whole(part)


@given(cut=st.integers(0, 5000), offset=st.integers(0, 5000))
def test_resuming_anywhere_in_what_is_there_gives_the_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int, offset: int
) -> None:
    part = tmp_path_factory.mktemp("resume") / "a.part"
    part.write_bytes(DATA[:cut])
    if offset > cut:
        with pytest.raises(DamagedFile):
            fetch([DATA[offset:5000]], part, offset=offset, expected=5000)
        return
    assert fetch([DATA[offset:5000]], part, offset=offset, expected=5000).sha256 == digest(DATA[:5000])
    assert part.read_bytes() == DATA[:5000]


def test_a_server_that_ignores_the_range_starts_the_file_anew(part: Path) -> None:
    part.write_bytes(b"other bytes" * 1_000_000)
    assert fetch(pieces(DATA), part, offset=0, expected=len(DATA)) == whole(part)
    assert part.stat().st_size == len(DATA)


def test_a_stream_that_ends_early_is_kept_for_another_try(part: Path) -> None:
    with pytest.raises(WrongLength) as caught:
        fetch(pieces(DATA)[:3], part, expected=len(DATA))
    assert (caught.value.got, caught.value.expected) == (3 * 65_536, len(DATA))
    assert part.stat().st_size == 3 * 65_536


def test_a_stream_longer_than_announced_is_dropped(part: Path) -> None:
    with pytest.raises(WrongLength):
        fetch(pieces(DATA), part, expected=len(DATA) - 1)
    assert not part.exists()


def test_a_stream_over_the_cap_is_dropped_before_it_fills_the_disk(part: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65_536)

    with pytest.raises(TooLarge):
        asyncio.run(receive(endless(), part, cap=3_000_000))
    assert not part.exists()


def test_an_announced_length_over_the_cap_is_refused_before_the_first_byte(part: Path) -> None:
    with pytest.raises(TooLarge):
        fetch(pieces(DATA), part, expected=11, cap=10)
    assert not part.exists()


def test_the_cap_holds_for_the_file_not_for_the_rest_of_it(part: Path) -> None:
    part.write_bytes(b"12345678")
    with pytest.raises(TooLarge):
        fetch([b"90X"], part, offset=8, cap=10)


def test_a_cancelled_fetch_can_go_on_later(part: Path) -> None:
    async def main() -> None:
        started = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield DATA[: 2 * BLOCK]
            started.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(receive(slow(), part, cap=1 << 30))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    at = part.stat().st_size
    assert at == 2 * BLOCK
    assert fetch([DATA[at:]], part, offset=at, expected=len(DATA)) == whole(part)


def test_two_writers_of_one_part_do_not_mix(part: Path) -> None:
    with exclusive_part(part, create=True), pytest.raises(PartBusy):
        fetch([b"x"], part)
    assert part.read_bytes() == b""


def test_a_part_left_read_only_by_a_crash_is_written_again(part: Path) -> None:
    part.write_bytes(DATA)
    part.chmod(0o444)
    assert fetch([DATA], part) == whole(part)


def test_a_symlink_is_no_place_to_write_to(part: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    part.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        fetch([b"yours"], part)
    assert victim.read_bytes() == b"mine"


def test_no_room_for_what_is_announced_is_said_before_the_transfer(part: Path) -> None:
    with pytest.raises(DiskFull) as caught:
        fetch([b"x"], part, expected=1 << 60, cap=1 << 61)
    assert caught.value.directory == part.parent
    assert caught.value.needed == 1 << 60
    assert str(part.parent) in caught.value.message


_LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from sorasync.assets.file_errors import DiskFull
from sorasync.assets.receive import receive
resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, 2_500_000))
async def chunks():
    for _ in range(64):
        yield bytes(65_536)
try:
    asyncio.run(receive(chunks(), Path(sys.argv[1]), expected_length=64 * 65_536, cap=1 << 30))
except DiskFull as error:
    sys.stdout.write(f"{error.needed} {error.directory}")
"""


def test_a_disk_that_fills_up_is_named_with_what_is_still_needed(part: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(part)], capture_output=True, text=True, check=True
    )
    needed, directory = result.stdout.split(" ", 1)
    assert directory == str(part.parent)
    assert part.stat().st_size == 2_500_000
    assert int(needed) == 64 * 65_536 - 2_500_000


def test_other_errors_of_the_disk_are_not_taken_for_a_full_one(
    part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int, data: bytes) -> int:
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "write", broken)
    with pytest.raises(OSError, match="broken disk"):
        fetch([b"x"], part)
