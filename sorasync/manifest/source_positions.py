"""Positions in the files of a loaded library, read on demand."""

from __future__ import annotations

from sorasync.manifest.diagnostic import Position
from sorasync.manifest.faults import Locator
from sorasync.manifest.files import LibraryFiles
from sorasync.manifest.library import Origin


class SourcePositions:
    """Positions, and the texts they are in."""

    def __init__(self, files: LibraryFiles) -> None:
        self._files = files
        self._locator: Locator | None = None

    @property
    def locator(self) -> Locator:
        """The present files, read and parsed once each."""
        if self._locator is None:
            self._locator = Locator(self._files.text_or_none)
        return self._locator

    def position(self, origin: Origin) -> Position:
        """The position of a declaration or a value."""
        return self.locator.position(origin.file, origin.path)

    def source(self, position: Position) -> str | None:
        """The text of the line at a position."""
        return self.locator.source(position.file, position.line)
