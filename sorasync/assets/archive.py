"""Where the objects of a library are kept for good: on this disk alone, or in a bucket that many share.

With a bucket the asset directory is a cache: it holds what this machine has made or looked at. An archive is
asked in blocking calls that belong in a thread, and raises `ArchiveError`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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


class Archive(Protocol):
    """What a store needs of the place where its objects are kept."""

    # What messages call it.
    name: str
    # Whether it is a place other than the asset directory.
    remote: bool

    def require(self) -> None:
        """Make sure, once for each machine, that objects can be kept there as safely as they must be."""

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

    def damaged(self, sha256: str) -> None:
        """Take note that the object there is not what it is named by: it is replaced by the next `keep`."""

    def known(self) -> Collection[str]:
        """The digests that this machine knows to be there, without asking."""


class OnDisk:
    """The asset directory is all there is."""

    name = "the asset directory"
    remote = False

    def require(self) -> None:
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

    def damaged(self, sha256: str) -> None:
        """The directory's own checks remember it."""

    def known(self) -> Collection[str]:
        """Nothing beyond the directory itself."""
        return ()


ON_DISK = OnDisk()
