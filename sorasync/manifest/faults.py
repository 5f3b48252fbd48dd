"""The loader's faults, and how they become diagnostics with positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.sensitive import may_show, without_secrets
from sorasync.toml.positions import Positions, Span, TomlPath

# More than a prompt may have: lines are cut around the fault when shown.
_LONGEST_SOURCE = 65_536
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at a path of a file.

    `{other}` in the message is replaced by the place of `other`, a (file, path) pair. `on_key` points at the
    key instead of the value, `within` is a regular expression for the part of the value that is meant,
    `span` is set if the position is already known. A `secret` fault never shows its source line.
    """

    code: str
    message: str
    file: str
    path: TomlPath = ()
    expected: str | None = None
    fix: str | None = None
    address: str | None = None
    on_key: bool = False
    within: str | None = None
    other: tuple[str, TomlPath] | None = None
    span: Span | None = None
    secret: bool = False


class Locator:
    """Finds paths in files; reads and parses each file once, on demand.

    `text_of` gives a file's text, or None where it cannot be read (any more).
    """

    def __init__(self, text_of: Callable[[str], str | None]) -> None:
        self._text_of = text_of
        self._texts: dict[str, str | None] = {}
        self._lines: dict[str, list[str]] = {}
        self._positions: dict[str, Positions] = {}

    def position(self, file: str, path: TomlPath) -> Position:
        """The position of the declaration at `path`: a table's header, a key's value."""
        positions = self.of(file)
        return Position(file, *(positions.span(path) if positions else Span()))

    def diagnostics(self, faults: Iterable[Fault]) -> list[Diagnostic]:
        """The faults with their places, each place and code once."""
        found: dict[tuple[object, ...], Diagnostic] = {}
        for fault in faults:
            diagnostic = self._diagnostic(fault)
            found.setdefault((diagnostic.position, diagnostic.code, diagnostic.message), diagnostic)
        return sorted(found.values(), key=Diagnostic.sort_key)

    def _diagnostic(self, fault: Fault) -> Diagnostic:
        span = fault.span or self._span(fault)
        message = fault.message
        if fault.other is not None:
            at = self.position(*fault.other)
            message = message.replace("{other}", f"{at.file}:{at.line}:{at.column}")
        return Diagnostic(
            code=fault.code,
            severity=Severity.ERROR,
            message=without_secrets(message),
            position=Position(fault.file, *span),
            address=fault.address,
            expected=fault.expected,
            fix=fault.fix if fault.fix is None or fault.fix == without_secrets(fault.fix) else None,
            source=None if fault.secret else self.source(fault.file, span.line),
        )

    def _span(self, fault: Fault) -> Span:
        positions = self.of(fault.file)
        if positions is None:
            return Span()
        if fault.within is not None:
            return positions.find(fault.path, fault.within)
        return positions.span(fault.path, key=fault.on_key)

    def source(self, file: str, line: int) -> str | None:
        """The text of a line, control characters replaced; the end of an endless one is left out.

        None for a line that may hold a secret.
        """
        if file not in self._lines:
            text = self.text(file)
            self._lines[file] = [] if text is None else text.split("\n")
        lines = self._lines[file]
        if line > len(lines) or not may_show(lines, line - 1):
            return None
        return _CONTROL.sub("\ufffd", lines[line - 1].removesuffix("\r")[:_LONGEST_SOURCE])

    def text(self, file: str) -> str | None:
        """The text of a file, None if it cannot be read."""
        if file not in self._texts:
            self._texts[file] = self._text_of(file)
        return self._texts[file]

    def of(self, file: str) -> Positions | None:
        """The positions in a file, None if it cannot be read."""
        if file not in self._positions:
            text = self.text(file)
            if text is None:
                return None
            self._positions[file] = Positions(text)
        return self._positions[file]
