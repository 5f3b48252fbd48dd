"""What this machine knows of a bucket: `.store/bucket-….list`, a file for each bucket.

A cache, so that a plan asks the bucket only about objects that it has not seen there. What was seen stays
true: an object is deleted only once no library names it. The file is a log that is appended to:

```
sorasync-bucket 1 s3://films/harbour
+ab12….mp4     the object is there
-ab12…         it is not
!ab12…         it is there, and damaged
=probed        the bucket keeps objects as it must
```
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from pathlib import Path

from sorasync.assets.disk import append_line
from sorasync.assets.shard import DIGEST
from sorasync.durable import make_directory, write_atomic
from sorasync.library_file import RECORD_BYTES, read_file

_FORMAT = "sorasync-bucket 1"
_PROBED = "=probed"


class BucketContents:
    """What was seen of the bucket of that name. Losing the file costs a listing."""

    def __init__(self, root: Path, name: str) -> None:
        self._path = root / f"bucket-{hashlib.sha256(name.encode()).hexdigest()[:8]}.list"
        self._head = f"{_FORMAT} {name}"
        self._lock = threading.Lock()
        self._held: dict[str, str] | None = None
        self._damaged: set[str] = set()
        self._probed = False

    @property
    def held(self) -> dict[str, str]:
        """The ending of every intact object that was seen, by digest; not to be changed."""
        with self._lock:
            return self._loaded()

    @property
    def damaged(self) -> frozenset[str]:
        """Objects that were found damaged."""
        with self._lock:
            self._loaded()
            return frozenset(self._damaged)

    @property
    def probed(self) -> bool:
        """Whether the bucket was tried out from here."""
        with self._lock:
            self._loaded()
            return self._probed

    def add(self, sha256: str, suffix: str) -> None:
        """The object is there, and intact."""
        self._note(f"+{sha256}{suffix}")

    def drop(self, sha256: str) -> None:
        """The object is gone."""
        self._note(f"-{sha256}")

    def mark_damaged(self, sha256: str) -> None:
        """The object is not what its name says."""
        self._note(f"!{sha256}")

    def mark_probed(self) -> None:
        """The bucket was tried out."""
        self._note(_PROBED)

    def replace(self, seen: Iterable[str]) -> None:
        """Take over a full listing, of names such as `ab12….mp4`."""
        with self._lock:
            self._loaded()
            marks = [_PROBED] * self._probed + [f"!{sha256}" for sha256 in sorted(self._damaged)]
            lines = marks + [f"+{name}" for name in seen if name[:DIGEST] not in self._damaged]
            self._read(lines)
            self._write([self._head, *lines])

    def note_seen(self, names: Iterable[str]) -> None:
        """Take over a part of a listing."""
        for name in names:
            if name[:DIGEST] not in self.held and name[:DIGEST] not in self.damaged:
                self.add(name[:DIGEST], name[DIGEST:])

    def _note(self, line: str) -> None:
        with self._lock:
            self._loaded()
            self._take(line)
            try:
                if self._path.parent.is_symlink():
                    return
                if self._path.exists():
                    append_line(self._path, line)
                else:
                    self._write([self._head, line])
            except OSError:
                # A library that cannot be written can be looked at all the same.
                return

    def _loaded(self) -> dict[str, str]:
        if self._held is None:
            try:
                data = read_file(self._path, within=self._path.parent, largest=RECORD_BYTES)
                lines = data.decode("utf-8", "replace").splitlines()
            except OSError:
                lines = []
            if lines and lines[0] != self._head:
                # It is of another bucket.
                self._write([self._head])
            self._read(lines[1:] if lines and lines[0] == self._head else [])
        assert self._held is not None
        return self._held

    def _read(self, lines: Iterable[str]) -> None:
        self._held, self._damaged, self._probed = {}, set(), False
        rest = iter(lines)
        for line in rest:
            self._take(line)
            if line[:1] == "+":
                break
        # Next to all of a large file is one run of these.
        end = DIGEST + 1
        run = list(rest)
        if all(line[:1] == "+" for line in run):
            self._held.update({line[1:end]: line[end:] for line in run})
            self._damaged.difference_update(self._held)
        else:
            for line in run:
                self._take(line)

    def _take(self, line: str) -> None:
        assert self._held is not None
        mark, sha256 = line[:1], line[1 : DIGEST + 1]
        if mark == "+":
            self._held[sha256] = line[DIGEST + 1 :]
            self._damaged.discard(sha256)
        elif mark == "-":
            self._held.pop(sha256, None)
            self._damaged.discard(sha256)
        elif mark == "!":
            self._held.pop(sha256, None)
            self._damaged.add(sha256)
        elif line == _PROBED:
            self._probed = True

    def _write(self, lines: list[str]) -> None:
        if self._path.parent.is_symlink():
            # What a link leads to is not the store's.
            return
        try:
            make_directory(self._path.parent)
            write_atomic(self._path, ("\n".join(lines) + "\n").encode())
        except OSError:
            return
