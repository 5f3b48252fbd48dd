"""Where a library is, and the one way in which its files are opened: inside it, regular, not too large.

A library may come from a stranger's branch, where any name can be a link to a credentials file or to a device
that never ends. What is refused here was not read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Final

CONFIG_FILE: Final = "sorasync.toml"
# The largest manifest, prompt or profile, in bytes.
TEXT_BYTES = 64 << 20
# The largest lock file or list of names, which grow with the library: of a million renders half a gigabyte.
RECORD_BYTES = 4 << 30
# The largest video or image that is hashed or sent.
MEDIA_BYTES = 16 << 30
# Bytes read ahead. Said outright, since Python would look at each file to choose.
_BUFFER = 1 << 13
# Bytes that are read at once of what grew after a look at its size.
_PIECE = 1 << 20


# The files of a library that were opened, where somebody asked for them.
_OPENED: ContextVar[set[Path] | None] = ContextVar("opened", default=None)


@contextmanager
def noting_opened_files() -> Iterator[set[Path]]:
    """Note every file of a library that is opened in a `with` block, by the path that it was opened by."""
    opened: set[Path] = set()
    token = _OPENED.set(opened)
    try:
        yield opened
    finally:
        _OPENED.reset(token)


class FileRefused(OSError):
    """A file that is not opened; `strerror` says why, in words that follow the file's name.

    `outside` where a link leads out of the library.
    """

    def __init__(self, path: Path, number: int, words: str, *, outside: bool = False) -> None:
        super().__init__(number, words, str(path))
        self.outside = outside


def find_library(start: Path) -> Path:
    """The nearest directory from `start` upwards that has a `sorasync.toml`.

    Raises `SorasyncError` if there is none.
    """
    from sorasync.errors import SorasyncError

    here = start.resolve()
    for directory in (here, *here.parents):
        if (directory / CONFIG_FILE).is_file():
            return directory
    raise SorasyncError(
        f"no {CONFIG_FILE} in {start} or any directory above it",
        hint="run `sorasync init` here, or name the library with --library DIR",
    )


def open_file(path: Path, *, within: Path | None, largest: int = MEDIA_BYTES) -> BufferedReader:
    """Open a file for reading bytes. Raises `FileRefused`, and other kinds of OSError where there is none.

    `within` is the directory that holds the file once all links are followed; None for a file that the user
    named on the command line, or one in a place that the caller has checked.
    """
    # Between the look and the opening the name may have become something else: a link is not followed where
    # it could lead out, a FIFO does not hold the program up, and what was opened is looked at once more.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
    real = os.fspath(path)
    if within is not None:
        real, flags = os.path.realpath(path), flags | getattr(os, "O_NOFOLLOW", 0)
        if not Path(real).is_relative_to(os.path.realpath(within)):
            raise FileRefused(path, errno.EPERM, "leads out of the library through a link", outside=True)
    _require_regular(path, os.stat(real).st_mode)  # noqa: PTH116
    handle = os.open(real, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        _require_regular(path, status.st_mode)
        _require_small(path, status.st_size, largest)
        if within is not None and (opened := _OPENED.get()) is not None:
            opened.add(path)
        return BufferedReader(FileIO(handle), _BUFFER)
    except BaseException:
        os.close(handle)
        raise


def read_file(path: Path, *, within: Path | None, largest: int = TEXT_BYTES) -> bytes:
    """The bytes of a file; see `open_file`."""
    with open_file(path, within=within, largest=largest) as file:
        return read_whole(path, file, largest)


def read_whole(path: Path, file: BufferedReader, largest: int) -> bytes:
    """The bytes of an open file, which may grow meanwhile. Raises `FileRefused`."""
    # Not `read(largest + 1)`: memory for all of it would be set aside first.
    data = file.read(os.fstat(file.fileno()).st_size + 1)
    while more := file.read(_PIECE):
        data += more
        _require_small(path, len(data), largest)
    _require_small(path, len(data), largest)
    return data


def unreadable(name: object, error: OSError) -> str:
    """The sentence that a file cannot be read, whether or not it was refused here."""
    if isinstance(error, FileRefused):
        return f"{name} {error.strerror}"
    return f"cannot read {name}: {error.strerror or type(error).__name__}"


def _require_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise FileRefused(path, errno.EISDIR, "is a directory")
    if not stat.S_ISREG(mode):
        raise FileRefused(path, errno.EINVAL, "is not a regular file")


def _require_small(path: Path, size: int, largest: int) -> None:
    if size > largest:
        raise FileRefused(path, errno.EFBIG, f"is larger than {largest >> 20} MiB")
