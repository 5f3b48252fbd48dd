"""What forms a render may come in: MP4, QuickTime, WebM and Matroska are looked into, others are kept."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.matroska import inspect_matroska
from sorasync.assets.mp4 import Mp4Facts, inspect_opened_mp4
from sorasync.assets.sniff import SNIFF_BYTES, sniff, sniff_file
from sorasync.library_file import open_file
from sorasync.text import counted

# The endings of renders in the store, by what their first bytes say.
SUFFIXES = {
    "mp4": ".mp4",
    "quicktime": ".mov",
    "webm": ".webm",
    "matroska": ".mkv",
    "zip": ".zip",
    "exr": ".exr",
}


def inspect_video(path: Path) -> tuple[str, Mp4Facts | None]:
    """The ending of a render and what its headers say, None where it is not looked into.

    Raises `DamagedFile`, also for what is no render at all, and OSError.
    """
    with open_file(path, within=None) as file:
        return inspect_opened_video(file, path)


def inspect_opened_video(file: BinaryIO, path: Path) -> tuple[str, Mp4Facts | None]:
    """`inspect_video` of a file that is open at its beginning."""
    head = file.read(SNIFF_BYTES)
    kind = sniff(head)
    if kind == "webm":
        kind, facts = inspect_matroska(file, path)
        return SUFFIXES["webm" if kind == "webm" else "matroska"], facts
    if kind == "zip":
        _pictures_of(path)
    if kind in ("zip", "exr"):
        return SUFFIXES[kind], None
    facts = inspect_opened_mp4(file, path)
    return SUFFIXES["quicktime" if head[8:12] == b"qt  " else "mp4"], facts


def kept_as(path: Path) -> str:
    """What a render is that is kept and not looked into, as a clause."""
    if path.suffix == ".exr" or sniff_file(path) == "exr":
        return "its file is one OpenEXR picture, which is kept but not opened"
    return f"its file is a ZIP archive of {counted(_pictures_of(path), 'file')}, which is kept but not opened"


def hdr_of(path: Path) -> str | None:
    """PQ or HLG for an HDR video; None for any other, or one that cannot be read."""
    try:
        facts = inspect_video(path)[1]
    except (DamagedFile, OSError):
        return None
    return None if facts is None else facts.hdr


def suffix_of(path: Path) -> str:
    """The ending of a video, whole or not."""
    try:
        return inspect_video(path)[0]
    except DamagedFile:
        return SUFFIXES["mp4"]


def _pictures_of(path: Path) -> int:
    """How many files an archive has. Raises `DamagedFile` for one that is not complete."""
    try:
        with open_file(path, within=None) as file, zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise DamagedFile(path, "its ZIP archive is not complete") from error
    if not names:
        raise DamagedFile(path, "its ZIP archive is empty")
    return len(names)
