"""The files of a library that an apply needs, as one archive that a machine without a checkout can unpack.

What a load opens goes in: configuration, manifests, profiles, prompts, rows, references. Nothing else of the
directory does, whatever lies in it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE, noting_opened_files, read_file
from sorasync.operations.project import Project

# The largest archive, in bytes, packed and unpacked.
LARGEST = 256 << 20
# The longest name of a file or directory, in bytes.
_LONGEST_NAME = 255


class StrangeFiles(SorasyncError):
    """The files of a job are damaged, or not those of a library: no second try changes that."""


def pack_library(project: Project, also: Iterable[str] = ()) -> bytes:
    """The library's files: the same bytes for the same files. Raises `SorasyncError` for too many bytes.

    `also` are files of it that a load does not open, relative to its root.
    """
    root = project.root.resolve()
    with noting_opened_files() as opened:
        fresh = Project.open(root, project.config.env)
        fresh.graph(fresh.library())
    opened |= {root / CONFIG_FILE, *(root / file for file in also)}
    names = {Path(os.path.normpath(path)) for path in opened}
    buffer, total = io.BytesIO(), 0
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(path for path in names if path.is_relative_to(root)):
            data = read_file(path, within=root, largest=LARGEST)
            total += len(data)
            if total > LARGEST:
                raise SorasyncError(
                    f"the files of this library are larger than {LARGEST >> 20} MiB, too much for the queue",
                    hint="apply on this machine with --here, or make the reference videos smaller",
                )
            entry = tarfile.TarInfo(path.relative_to(root).as_posix())
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def digest_of(files: bytes) -> str:
    """The name that an archive goes by."""
    return hashlib.sha256(files).hexdigest()


def files_of(files: bytes) -> dict[PurePosixPath, bytes]:
    """The files in an archive, by their paths in the library. Raises `StrangeFiles`."""
    found: dict[PurePosixPath, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(files), mode="r:gz") as archive:
            for entry in archive:
                name, total = PurePosixPath(entry.name), total + entry.size
                if not entry.isfile() or entry.size < 0 or total > LARGEST:
                    raise _strange(entry.name)
                if name in found or not _is_inside(name):
                    raise _strange(entry.name)
                stream = archive.extractfile(entry)
                assert stream is not None
                found[name] = stream.read()
    except (tarfile.TarError, EOFError, OSError, ValueError, ArithmeticError, zlib.error) as error:
        raise StrangeFiles(f"the files of this job cannot be unpacked ({error})") from None
    if both := {parent for name in found for parent in name.parents}.intersection(found):
        raise _strange(str(min(both)))
    if PurePosixPath(CONFIG_FILE) not in found:
        raise StrangeFiles(f"the files of this job hold no {CONFIG_FILE}")
    return found


def _is_inside(name: PurePosixPath) -> bool:
    """Whether a path leads to a file of the library, under a name that a file can have."""
    if name.is_absolute() or not name.parts or "\0" in str(name):
        return False
    return all(part != ".." and len(os.fsencode(part)) <= _LONGEST_NAME for part in name.parts)


def _strange(name: str) -> StrangeFiles:
    return StrangeFiles(f"the files of this job hold {name!r}, which no library has")
