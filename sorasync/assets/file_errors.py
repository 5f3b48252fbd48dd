"""The errors of downloading, storing and checking files."""

from __future__ import annotations

from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.text import counted


class AssetError(SorasyncError):
    """Base of the family."""


class DamagedFile(AssetError):
    """The bytes are not a complete file of the right kind. `fault` says what is wrong, in a clause."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path.name} is damaged: {fault}", hint="fetch it again")
        self.path = path
        self.fault = fault


class DiskFull(AssetError):
    """No room in `directory`. `needed` is how many bytes are still to be written, None where unknown."""

    def __init__(self, directory: Path, needed: int | None) -> None:
        room = "more space is needed" if needed is None else f"{counted(needed, 'more byte')} needed"
        super().__init__(
            f"the disk is full: {room} in {directory}", hint="free some space, then run it again"
        )
        self.directory = directory
        self.needed = needed


class TooLarge(AssetError):
    """More than `cap` bytes arrived or were announced; nothing is kept."""

    def __init__(self, cap: int) -> None:
        super().__init__(f"the file is larger than the {cap:,} bytes allowed")
        self.cap = cap


class WrongLength(AssetError):
    """The stream ended with another length than announced. A part that is too short is kept."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"{counted(got, 'byte')} received, {expected:,} announced")
        self.expected = expected
        self.got = got


class PartBusy(AssetError):
    """Another process is fetching the same file."""

    def __init__(self, part: Path) -> None:
        super().__init__(f"{part.name} is being written by another process", hint="wait for the other run")
        self.part = part


class Diverted(AssetError):
    """A directory of the store is a link: writing or deleting there would touch somebody else's files."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory} is a link: nothing is written or deleted through it",
            hint="put a real directory in its place; [assets] path in sorasync.toml may name another disk",
        )
        self.directory = directory
