"""Finds the position of a finding: its word in the prompt, if that can be found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.diagnostic import Position
from sorasync.manifest.library import Library, Origin
from sorasync.manifest.lint.board import BoardPart
from sorasync.manifest.lint.prompt import WORD, LintFinding, Prompt
from sorasync.manifest.source_positions import SourcePositions
from sorasync.toml.positions import Span, TomlPath

_GAP = r"(?:\s|\\\r?\n)+"


def where(library: Library, prompt: Prompt, finding: LintFinding) -> tuple[Position, Origin]:
    """The span of a finding, and the value in a manifest that it belongs to (where comments speak of it)."""
    if library.places is None:
        return library.position(prompt.origin), prompt.origin
    return _Search(library, library.places, prompt, finding).run()


class _Search:
    """The search for one finding."""

    def __init__(
        self, library: Library, places: SourcePositions, prompt: Prompt, finding: LintFinding
    ) -> None:
        self.library = library
        self.places = places
        self.prompt = prompt
        self.finding = finding
        self.base = prompt.origin

    def run(self) -> tuple[Position, Origin]:
        if self.finding.key is not None:
            origin = self._nearest(self._inside(*self.finding.key))
            return self.library.position(origin), origin
        if self.prompt.kind != "create":
            return self._in_value(self._inside(self.prompt.kind), self.prompt.text, 0)
        if self.prompt.clip.prompt_file is not None:
            return self._in_file(self.prompt.clip.prompt_file)
        if self._has(self._inside("prompt")):
            return self._in_value(self._inside("prompt"), self.prompt.text, 0)
        return self._in_board()

    def _inside(self, *path: str | int) -> Origin:
        return Origin(self.base.file, (*self.base.path, *path))

    def _has(self, origin: Origin) -> bool:
        positions = self.places.locator.of(origin.file)
        return positions is not None and positions.has(origin.path)

    def _nearest(self, origin: Origin) -> Origin:
        """The place itself, or the value around it: an array that was written as one string."""
        path = origin.path
        while len(path) > len(self.base.path) and not self._has(Origin(origin.file, path)):
            path = path[:-1]
        return Origin(origin.file, path)

    def _in_value(self, origin: Origin, text: str, offset: int) -> tuple[Position, Origin]:
        """The span inside a value; `text` is the value as sent, at that offset of the prompt."""
        positions = self.places.locator.of(origin.file)
        start, end = self.finding.start - offset, self.finding.end - offset
        if positions is not None and start < end:
            number = _occurrence_number(text, start, end)
            span = positions.occurrence(origin.path, _pattern(text[start:end]), number)
            if span is not None:
                return Position(origin.file, *span), origin
        return self.library.position(origin), origin

    def _in_file(self, file: str) -> tuple[Position, Origin]:
        origin = self._inside("prompt_file")
        written = self.places.locator.text(file)
        start, end = self.finding.start, self.finding.end
        if written is None:
            return self.library.position(origin), origin
        if start < end:
            pattern = re.compile(_pattern(self.prompt.text[start:end]))
            found = list(pattern.finditer(written))
            if found:
                match = found[min(_occurrence_number(self.prompt.text, start, end), len(found) - 1)]
                return Position(file, *_match_span(written, match)), origin
        first = written.split("\n", 1)[0].rstrip("\r")
        return Position(file, 1, 1, len(first) + 1), origin

    def _in_board(self) -> tuple[Position, Origin]:
        for part in self._parts():
            origin = self._written(part.path)
            if origin is not None:
                return self._in_value(origin, part.text, part.start)
        return self.library.position(self.base), self.base

    def _parts(self) -> Iterator[BoardPart]:
        start, end = self.finding.start, self.finding.end
        if self.prompt.board is not None and start < end:
            for part in self.prompt.board.parts():
                if part.start <= start < part.end:
                    yield part

    def _written(self, path: TomlPath) -> Origin | None:
        """Where that part of a storyboard was written: in the clip, or a style in the defaults."""
        if path == ("style",) and not self._has(self._inside("style")):
            for file in (self.base.file, CONFIG_FILE):
                origin = Origin(file, ("defaults", "style"))
                if self._has(origin):
                    return origin
            return None
        origin = self._nearest(self._inside(*path))
        return None if origin.path == self.base.path else origin


def _pattern(text: str) -> str:
    """An expression for the text wherever its lines may have been broken."""
    words = _GAP.join(re.escape(word) for word in text.split())
    before = r"(?<!\w)" if WORD.match(text) else ""
    after = r"(?!\w)" if text[-1:].isalnum() else ""
    return before + words + after


def _occurrence_number(text: str, start: int, end: int) -> int:
    """How often the same words come before."""
    return sum(match.start() < start for match in re.finditer(_pattern(text[start:end]), text))


def _match_span(text: str, match: re.Match[str]) -> Span:
    line_start = text.rfind("\n", 0, match.start()) + 1
    column = match.start() - line_start + 1
    width = len(match[0].split("\n", 1)[0].rstrip("\r"))
    return Span(text.count("\n", 0, match.start()) + 1, column, column + width)
