"""Reading a library's files: manifests, prompt files, and digests of videos and images.

The only part of the manifest language that touches the disk. Every path is relative to the library (POSIX);
nothing outside of it is opened, whatever symbolic links say.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from unicodedata import normalize

from sorasync.library_file import TEXT_BYTES, FileRefused, open_file, read_whole
from sorasync.manifest.faults import Fault
from sorasync.manifest.suggest import Speller, nearest, shown
from sorasync.toml.positions import Span, TomlPath

_SETTLED_NS = 2_000_000_000
_NOT_A_PATH = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:|^[A-Za-z][A-Za-z0-9+.-]*://")


class FileFault(Exception):
    """A file that cannot be had: a code of the language, a message, and perhaps the nearest right name."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        expected: str | None = None,
        fix: str | None = None,
        span: Span | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.expected = expected
        self.fix = fix
        self.span = span

    def at(self, file: str, path: TomlPath = (), address: str | None = None) -> Fault:
        """The fault where a manifest names the file, or at the file itself."""
        span = None if path else self.span or Span()
        return Fault(self.code, self.message, file, path, self.expected, self.fix, address, span=span)


FileStamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A file's SHA-256 (hex) and the stamp it was taken at: bytes, times in ns, inode.

    `changed_ns` is when anything about the file was changed, which a program that puts the modification time
    back (a copy that keeps it, for instance) does not put back.

    Another run may trust the digest while the stamp is the same. A file that was modified within two
    seconds of being read is not `settled`: it could change again without a new stamp.
    """

    size: int
    mtime_ns: int
    changed_ns: int
    inode: int
    sha256: str
    settled: bool = True

    @property
    def stamp(self) -> FileStamp:
        """What tells, without reading it, that a file is still the same."""
        return self.size, self.mtime_ns, self.changed_ns, self.inode

    def is_of(self, facts: os.stat_result) -> bool:
        """Whether a file has the stamp that it was read with."""
        return file_stamp(facts) == self.stamp


class Look(Protocol):
    """What building a manifest asks the disk. Every method raises `FileFault`."""

    def resolve(self, declared: str, beside: str) -> str:
        """The library's path of a file that the file `beside` names."""
        ...

    def text(self, path: str) -> str:
        """The text of a file."""
        ...

    def data(self, path: str) -> bytes:
        """The bytes of a file."""
        ...

    def sha256(self, path: str) -> str:
        """The SHA-256 of a file, in hex."""
        ...


class LibraryFiles:
    """One look at the files of a library: each is read and hashed at most once.

    `known` are digests of an earlier look, trusted while a file's stamp is the same. Make a new one for a
    new look.
    """

    def __init__(
        self,
        root: Path,
        known: Mapping[str, FileDigest] | None = None,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.root = root.resolve()
        self.digests: dict[str, FileDigest] = {}
        self._known = known or {}
        self._now_ns = now_ns
        self._used: set[str] = set()
        self._directories: dict[str, str] = {}
        self._resolved: dict[tuple[str, str], str] = {}
        self._speller = Speller()
        self._text: tuple[str, str] | None = None

    @property
    def used(self) -> tuple[str, ...]:
        """Every file read or hashed so far, sorted."""
        return tuple(sorted(self._used))

    def text(self, path: str) -> str:
        """The text of a file in UTF-8, without its byte order mark. Raises `FileFault`."""
        if self._text is None or self._text[0] != path:
            self._text = (path, decode(self._bytes(path)))
        return self._text[1]

    def data(self, path: str) -> bytes:
        """The bytes of a file, 64 MiB at most. Raises `FileFault`."""
        return self._bytes(path)

    def text_or_none(self, path: str) -> str | None:
        """The text for excerpts: broken bytes are replaced, None if unreadable."""
        try:
            return self._bytes(path).decode("utf-8", "replace").removeprefix("\ufeff")
        except FileFault:
            return None

    def sha256(self, path: str) -> str:
        """The SHA-256 of a file, in hex. Raises `FileFault`."""
        found = self.digests.get(path)
        if found is None:
            self._used.add(path)
            found = self.digests[path] = self._digest(path)
        return found.sha256

    def resolve(self, declared: str, beside: str) -> str:
        """The library's path of a file that the file `beside` names relative to itself.

        Raises `FileFault` if it is no plain relative path, leads out of the library, or does not exist.
        """
        key = (declared, posixpath.dirname(beside))
        if key not in self._resolved:
            self._resolved[key] = self._resolve(*key)
        return self._resolved[key]

    def resolve_directory(self, directory: str) -> str:
        """A directory of the library, normalised. Raises `FileFault` if it is outside or not there."""
        path = posixpath.normpath(directory)
        if _NOT_A_PATH.search(directory) or path.startswith(("/", "..")):
            raise FileFault("S110", f"{shown(directory)} leads out of the library")
        full = self.root / path
        if not self._inside(os.path.realpath(full)):
            raise FileFault("S110", f"{shown(directory)} leads out of the library through a link")
        if not full.is_dir():
            names = (
                [entry.name for entry in os.scandir(full.parent) if entry.is_dir()]
                if full.parent.is_dir()
                else []
            )
            raise FileFault(
                "S109", f"there is no directory {shown(directory)}", fix=nearest(full.name, names)
            )
        return path

    def manifests(self, directory: str) -> tuple[list[str], list[Fault]]:
        """The manifests under a directory of the library, sorted, and what is wrong with some of them.

        Hidden files and directories are left out; so is `sorasync.toml` itself. Links to directories inside
        the library are followed once.
        """
        faults: list[Fault] = []
        found = sorted(path for path in self._walk(directory, faults) if path != "sorasync.toml")
        self._used.update(found)
        return found, faults

    def _bytes(self, path: str) -> bytes:
        self._used.add(path)
        try:
            with open_file(self.root / path, within=self.root, largest=TEXT_BYTES) as stream:
                status = os.fstat(stream.fileno())
                data = read_whole(self.root / path, stream, TEXT_BYTES)
        except OSError as error:
            raise _unreadable(path, error) from None
        self.digests[path] = self._digest_of(status, hashlib.sha256(data).hexdigest())
        return data

    def _digest(self, path: str) -> FileDigest:
        try:
            status = (self.root / path).stat()
            known = self._known.get(path)
            if known and known.settled and known.is_of(status):
                return known
            with open_file(self.root / path, within=self.root) as stream:
                status = os.fstat(stream.fileno())
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(path, error) from None
        return self._digest_of(status, digest)

    def _digest_of(self, status: os.stat_result, digest: str) -> FileDigest:
        return FileDigest(*file_stamp(status), digest, status.st_mtime_ns + _SETTLED_NS < self._now_ns())

    def _resolve(self, declared: str, directory: str) -> str:
        if not declared.strip() or _NOT_A_PATH.search(declared):
            raise FileFault(
                "S110",
                f"{shown(declared)} is not a path inside the library",
                expected="a relative path with forward slashes",
            )
        path = posixpath.normpath(posixpath.join("/", directory, declared))[1:]
        outside = posixpath.normpath(posixpath.join(directory, declared)).split("/")[0] == ".."
        if declared.startswith("/") or outside:
            raise FileFault(
                "S110", f"{shown(declared)} leads out of the library", expected="a path inside the library"
            )
        if not path.isascii():
            path = self._on_disk(path)
        self._contained(path, declared)
        return path

    def _on_disk(self, path: str) -> str:
        """The path in the form of Unicode that the disk has it in: files from a Mac are often in NFD."""
        here = ""
        for part in path.split("/"):
            names = [] if (self.root / here / part).exists() else self._names(self.root / here)
            wanted = normalize("NFC", part)
            here = posixpath.join(here, next((n for n in names if normalize("NFC", n) == wanted), part))
        return here

    def _contained(self, path: str, declared: str) -> None:
        """Raise unless the file is there and, links resolved, inside the library."""
        parent, name = posixpath.split(path)
        if parent not in self._directories:
            self._directories[parent] = os.path.realpath(self.root / parent)
        try:
            real = posixpath.join(self._directories[parent], name)
            status = os.lstat(real)
            if stat.S_ISLNK(status.st_mode):
                real = os.path.realpath(real, strict=True)
        except (OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
                raise self._missing(parent, name, declared) from None
            raise FileFault("S102", f"{declared} cannot be read: {_error_words(error)}") from None
        if not self._inside(real):
            raise FileFault(
                "S110",
                f"{shown(declared)} leads out of the library through a link",
                expected="a file inside the library",
            )
        if stat.S_ISDIR(status.st_mode):
            raise FileFault("S102", f"{declared} is a directory", expected="a file")

    def _missing(self, parent: str, name: str, declared: str) -> FileFault:
        directory = self.root / parent
        fix = self._speller.nearest(name, lambda: self._names(directory))
        near = posixpath.join(posixpath.dirname(declared), fix) if fix else None
        if not directory.is_dir():
            where = shown(parent) if parent else "the library's directory"
            return FileFault("S109", f"there is no file {shown(declared)}: {where} is not a directory")
        return FileFault("S109", f"there is no file {shown(declared)}", fix=near)

    def _names(self, directory: Path) -> list[str]:
        if not directory.is_dir() or not self._inside(os.path.realpath(directory)):
            return []
        return [entry.name for entry in os.scandir(directory) if not entry.name.startswith(".")]

    def _inside(self, real: str) -> bool:
        root = str(self.root)
        return real == root or real.startswith(root.rstrip("/") + "/")

    def _walk(self, directory: str, faults: list[Fault]) -> Iterator[str]:
        seen: set[str] = set()
        pending = [posixpath.normpath(directory)]
        while pending:
            here = pending.pop()
            real = os.path.realpath(self.root / here)
            if not self._inside(real):
                faults.append(FileFault("S110", f"{here} leads out of the library").at(here))
                continue
            if real in seen:
                continue
            seen.add(real)
            try:
                entries = sorted(os.scandir(real), key=lambda entry: entry.name)
            except OSError as error:
                faults.append(FileFault("S102", f"{here} cannot be read: {_error_words(error)}").at(here))
                continue
            for entry in entries:
                path = posixpath.normpath(posixpath.join(here, entry.name))
                if entry.name.startswith("."):
                    continue
                if entry.name.endswith(".toml"):
                    if self._is_manifest(entry, path, faults):
                        yield path
                elif _kind(entry) == "a directory":
                    pending.append(path)

    def _is_manifest(self, entry: os.DirEntry[str], path: str, faults: list[Fault]) -> bool:
        if entry.is_symlink() and not self._inside(os.path.realpath(entry.path)):
            faults.append(FileFault("S110", f"{path} leads out of the library through a link").at(path))
            return False
        if (kind := _kind(entry)) is not None:
            faults.append(FileFault("S102", f"{path} is {kind}, not a manifest").at(path))
            return False
        return True


def _kind(entry: os.DirEntry[str]) -> str | None:
    """What an entry is if it is no regular file."""
    try:
        if entry.is_dir():
            return "a directory"
        if entry.is_file():
            return None
        return "a broken link" if entry.is_symlink() else "a special file"
    except OSError:
        return "a link to itself"


def decode(data: bytes) -> str:
    """UTF-8 bytes as text without a byte order mark. Raises `FileFault` that names line and column."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        wrong = f"byte 0x{data[error.start]:02x}"
        hint = "UTF-8" if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else "UTF-8, not UTF-16"
        raise FileFault(
            "S102", f"the file is not UTF-8: {wrong} is not allowed here", expected=hint, span=_end(before)
        ) from None
    if "\x00" in text:
        at = _end(text[: text.index("\x00")])
        raise FileFault("S102", "the file contains a NUL byte: it is not text", span=at)
    return text


def _end(before: str) -> Span:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Span(line, column, column + 1)


def file_stamp(status: os.stat_result) -> FileStamp:
    """The stamp of a file by what the system says of it."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _unreadable(path: str, error: OSError) -> FileFault:
    if isinstance(error, FileRefused):
        code = "S110" if error.outside else "S102"
        return FileFault(code, f"{path} {error.strerror}", expected="a regular file inside the library")
    return FileFault("S102", f"{path} cannot be read: {_error_words(error)}")


def _error_words(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
