"""A library with one of its manifests changed in memory."""

from __future__ import annotations

from pathlib import Path

from sorasync.manifest.faults import Fault
from sorasync.manifest.files import LibraryFiles


class Overlay(LibraryFiles):
    """The files of a library, one of them changed in memory."""

    def __init__(self, root: Path, file: str, text: str) -> None:
        super().__init__(root)
        self._file = file
        self._changed = text

    def text(self, path: str) -> str:
        """The new text of the changed file, and every other file's own."""
        return self._changed if path == self._file else super().text(path)

    def text_or_none(self, path: str) -> str | None:
        """The same for showing where something stands."""
        return self._changed if path == self._file else super().text_or_none(path)

    def manifests(self, directory: str) -> tuple[list[str], list[Fault]]:
        """The manifests, the changed one among them whether it is there already or not."""
        found, faults = super().manifests(directory)
        return sorted({*found, self._file}), faults
