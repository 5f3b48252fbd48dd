"""How much of a file is read at once: what its size says, and never all that would be allowed."""

from __future__ import annotations

import os
from io import BufferedReader, FileIO
from pathlib import Path

import pytest

from sorasync.library_file import FileRefused, read_whole

ALLOWED = 1 << 40


class Growing(BufferedReader):
    """A file that something else writes to whenever it is read; remembers how much was asked for."""

    def __init__(self, path: Path, more: list[bytes]) -> None:
        super().__init__(FileIO(path))
        self._path, self._more = path, more
        self.asked: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        self.asked.append(size)
        data = super().read(size)
        if self._more:
            with self._path.open("ab") as file:
                file.write(self._more.pop(0))
        return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.toml"
    path.write_bytes(b"x" * 1000)
    return path


def test_no_memory_is_set_aside_for_what_is_not_there(path: Path) -> None:
    with Growing(path, []) as file:
        assert len(read_whole(path, file, ALLOWED)) == 1000
        assert max(file.asked) < 2 << 20


def test_what_grows_meanwhile_is_read_to_its_end(path: Path) -> None:
    with Growing(path, [b"y" * 10, b"z" * 10]) as file:
        assert read_whole(path, file, ALLOWED) == path.read_bytes()
        assert os.fstat(file.fileno()).st_size == 1020


def test_what_grows_beyond_the_limit_is_refused(path: Path) -> None:
    with Growing(path, [b"y" * 10, b"z" * 10]) as file, pytest.raises(FileRefused, match="larger than"):
        read_whole(path, file, 1005)
