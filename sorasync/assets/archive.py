"""Where the objects of a library are kept for good: on this disk alone, or in a bucket that many share.

With a bucket the asset directory is a cache: it holds what this machine has made or looked at. An archive is
asked in blocking calls that belong in a thread, and raises `ArchiveError`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sorasync.assets.file_errors import AssetError


class ArchiveError(AssetError):
    """The archive could not do what was asked. Where `lasting`, another try would end the same way."""

    def __init__(self, message: str, *, hint: str | None = None, lasting: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.lasting = lasting


class NotArchived(ArchiveError):
    """The archive has no such object."""


class DamagedObject(ArchiveError):
    """The bytes of an object are not those that its name promises."""


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Objects that no library names: how many, their bytes, and how many of them their grace is over for."""

    objects: int = 0
    bytes: int = 0
    due: int = 0
    due_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SweptBucket:
    """What a sweep deleted, and what waits for its grace to end."""

    deleted: int
    bytes: int
    waiting: int
    waiting_bytes: int


class Archive(Protocol):
    """What a store needs of the place where its objects are kept."""

    # What messages call it.
    name: str
    # Whether it is a place other than the asset directory.
    remote: bool

    def require(self) -> None:
        """Make sure, once for each machine, that objects can be kept there as safely as they must be."""

    def probe(self) -> None:
        """The same, now."""

    def holds(self, wanted: Iterable[str], *, ask: bool = True) -> set[str]:
        """Those of the digests that are there; without `ask`, all that are not known to be missing."""

    def sizes(self) -> dict[str, int]:
        """The bytes of every video and still that is there, by digest: looked at now."""

    def suffix_of(self, sha256: str) -> str | None:
        """The ending of an object that is known to be there."""

    def keep(self, path: Path, sha256: str, suffix: str) -> bool:
        """Keep a file for good, durably and whole; False if it was there already.

        Raises `DamagedFile` where the file is not what it is named by.
        """

    def fetch(self, sha256: str, part: Path) -> str:
        """Write an object to a part file; its ending. The bytes are not judged here."""

    def intact(self, sha256: str) -> bool:
        """Whether an object is there and what it is named by. Reads all of it, and takes note."""

    def damaged(self, sha256: str) -> None:
        """Take note that the object there is not what it is named by: it is replaced by the next `keep`."""

    def known(self) -> Collection[str]:
        """The digests that this machine knows to be there, without asking."""

    def forget(self, digests: Iterable[str]) -> None:
        """Believe no more that these are there: the archive is asked again when they are wanted."""

    def release(self, digests: Iterable[str]) -> None:
        """Name objects no more."""

    def unnamed(
        self, named: Collection[str], released: Collection[str], grace: float, now: float
    ) -> Unnamed | None:
        """What `sweep` would find after that release; None where nobody else names objects."""

    def sweep(self, named: Collection[str], grace: float) -> SweptBucket | None:
        """Delete what no library has named for `grace` seconds; `named` are the digests of this library."""

    def speak_up(self, named: Collection[str]) -> None:
        """Name objects again that another library is about to delete."""


class OnDisk:
    """The asset directory is all there is."""

    name = "the asset directory"
    remote = False

    def require(self) -> None:
        """A disk is checked where it is written."""

    def probe(self) -> None:
        """A disk is checked where it is written."""

    def holds(self, wanted: Iterable[str], *, ask: bool = True) -> set[str]:
        """Nothing beyond the directory itself."""
        return set()

    def sizes(self) -> dict[str, int]:
        """Nothing beyond the directory itself."""
        return {}

    def suffix_of(self, sha256: str) -> str | None:
        """Nothing is known but by the directory."""
        return None

    def keep(self, path: Path, sha256: str, suffix: str) -> bool:
        """What is in the directory is kept."""
        return False

    def fetch(self, sha256: str, part: Path) -> str:
        """Raises `NotArchived`: there is no other place."""
        raise NotArchived(f"{sha256[:12]} is not in {self.name}", hint="sorasync apply", lasting=True)

    def intact(self, sha256: str) -> bool:
        """Nothing is there but by the directory."""
        return False

    def damaged(self, sha256: str) -> None:
        """The directory's own checks remember it."""

    def known(self) -> Collection[str]:
        """Nothing beyond the directory itself."""
        return ()

    def forget(self, digests: Iterable[str]) -> None:
        """Nothing is remembered beyond the directory itself."""

    def release(self, digests: Iterable[str]) -> None:
        """The store removes the files."""

    def unnamed(
        self, named: Collection[str], released: Collection[str], grace: float, now: float
    ) -> Unnamed | None:
        """The directory belongs to one library."""
        return None

    def sweep(self, named: Collection[str], grace: float) -> SweptBucket | None:
        """The directory belongs to one library, which deletes its files itself."""
        return None

    def speak_up(self, named: Collection[str]) -> None:
        """Nobody else deletes anything."""


ON_DISK = OnDisk()
