"""Keeps answers that contain a video, or its only URL, on disk until the video is stored.

A host may answer a paid request with the video itself, or with its address and no id to ask by: an answer
that is lost here is lost for good. So it is durable before anything is done with it.

```
answers/<name>.json   a whole answer, marks in the place of its long texts
answers/<name>.1      what a mark stands for, decoded
```
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sorasync.durable import make_directory, write_atomic
from sorasync.library_file import read_file
from sorasync.provider.errors import BadDownload
from sorasync.provider.http_response import HttpResponse
from sorasync.provider.inline import Base64

# Largest video, in bytes, in whatever form it arrives.
LARGEST_VIDEO = 8 << 30
_FORMAT = 1
_NAME = re.compile(r"[0-9a-f]{16,64}")
_FILE = re.compile(r"([0-9a-f]{16,64})\.(?:json|[0-9]{1,4})")


def kept_as(idempotency_key: str) -> str:
    """The name of the answer to a request with that key."""
    return hashlib.sha256(idempotency_key.encode()).hexdigest()


_OWN_ID = "answer-"


def id_of(name: str) -> str:
    """The id of the job in a kept answer that names none."""
    return f"{_OWN_ID}{name[:24]}"


def is_own_id(job_id: str) -> bool:
    """Whether an id was given here, so that the host cannot know it."""
    return job_id.startswith(_OWN_ID)


class NotKept(Exception):
    """An answer came and cannot be kept here."""


class KeptAnswers:
    """The answers below a directory, which is made when the first one comes. Names are digests.

    `host` is whose answers are kept and read here: another one may give its jobs the same ids.
    """

    def __init__(self, directory: Path, largest: int = LARGEST_VIDEO, host: str = "") -> None:
        self._directory = directory
        self._largest = largest
        self._host = host

    def begin(self, name: str) -> Incoming:
        """Keep the answer that is about to come; what an earlier one of that name left is dropped."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of an answer: {name!r}")
        return Incoming(self, self._directory, name, self._largest, self._host)

    def read(self, name: str) -> HttpResponse | None:
        """A kept answer; None where there is none that came whole."""
        try:
            found = json.loads(read_file(self._directory / f"{name}.json", within=self._directory))
            # Earlier versions did not say whose it is.
            if found["format"] != _FORMAT or found.get("host", self._host) != self._host:
                return None
            files = {str(m): self._directory / f"{name}.{int(n)}" for m, n in found["files"].items()}
            return HttpResponse(int(found["status"]), {}, found["body"], files=files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def every(self) -> Iterator[tuple[str, HttpResponse]]:
        """All of them, by name."""
        for name in sorted(self._names()):
            answer = self.read(name)
            if answer is not None:
                yield name, answer

    def drop(self, name: str) -> int:
        """Remove an answer with what came in it; the bytes freed."""
        freed = 0
        for path in sorted(self._files()):
            if path.name.partition(".")[0] == name:
                freed += path.stat().st_size
                path.unlink(missing_ok=True)
        return freed

    def clear(self, kept: Collection[str]) -> int:
        """Remove all but those of these names; the bytes freed."""
        return sum(self.drop(name) for name in self._names().difference(kept))

    def _names(self) -> set[str]:
        return {path.name.partition(".")[0] for path in self._files()}

    def _files(self) -> list[Path]:
        try:
            return [path for path in self._directory.iterdir() if _FILE.fullmatch(path.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []


@dataclass
class Incoming:
    """An answer on its way: what is taken out of it is decoded and written as it comes.

    Nothing is made on disk for an answer without such a text until it is kept. What goes wrong while it comes
    is raised by `keep`: most hosts can be asked again for what could not be written here.
    """

    _answers: KeptAnswers
    _directory: Path
    _name: str
    _largest: int
    _host: str = ""
    _count: int = 0
    _written: int = 0
    _file: BinaryIO | None = None
    _files: list[BinaryIO] = field(default_factory=list)
    _ready: bool = False
    _whole: bool = False
    _fault: NotKept | None = None

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it; what did not come whole is dropped."""
        for file in self._files:
            file.close()
        for file in () if self._whole else self._files:
            Path(file.name).unlink(missing_ok=True)

    def begin(self) -> None:
        """See `sorasync.provider.json_sieve.Sink`."""
        self._count += 1
        self._written = 0
        self._base64: Base64 | None = Base64()
        if self._fault is not None:
            return
        try:
            self._make_room()
            self._file = self._path(self._count).open("wb")
        except OSError as error:
            self._fault = _not_kept(error)
            return
        self._files.append(self._file)

    def write(self, text: bytes) -> None:
        """Decode and write. What is no base64 is not kept; the rest of the answer is."""
        if self._base64 is None or self._file is None:
            return
        try:
            self._put(self._base64.feed(text))
        except BadDownload:
            self._base64 = None

    def end(self) -> None:
        """What is no base64 to its end leaves an empty file."""
        if self._file is None:
            return
        try:
            if self._base64 is not None:
                self._put(self._base64.end())
        except BadDownload:
            self._base64 = None
        if self._base64 is None:
            self._file.truncate(0)
        self._file = None

    async def keep(self, status: int, body: object, marks: list[str]) -> Mapping[str, Path]:
        """Make the whole answer durable, if it is JSON; the files that its marks stand for.

        Raises `NotKept`.
        """
        if body is None:
            return {}
        if self._fault is not None:
            raise self._fault
        numbers = {mark: number for number, mark in enumerate(marks, 1)}
        content = {"format": _FORMAT, "host": self._host, "status": status, "body": body, "files": numbers}
        files = {mark: self._path(number) for mark, number in numbers.items()}
        try:
            await asyncio.to_thread(self._settle, json.dumps(content).encode())
        except OSError as error:
            raise _not_kept(error) from error
        self._whole = True
        return files

    def _make_room(self) -> None:
        if not self._ready:
            make_directory(self._directory)
            self._answers.drop(self._name)
            self._ready = True

    def _settle(self, content: bytes) -> None:
        self._make_room()
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
        write_atomic(self._directory / f"{self._name}.json", content)

    def _put(self, data: bytes) -> None:
        assert self._file is not None
        self._written += len(data)
        try:
            if self._written > self._largest:
                raise NotKept(f"the video in it has more than the {self._largest:,} bytes allowed")
            self._file.write(data)
        except OSError as error:
            self._fault, self._file = _not_kept(error), None
        except NotKept as error:
            self._fault, self._file = error, None

    def _path(self, number: int) -> Path:
        return self._directory / f"{self._name}.{number}"


def _not_kept(error: OSError) -> NotKept:
    return NotKept(f"it could not be kept here: {error.strerror or type(error).__name__}")
