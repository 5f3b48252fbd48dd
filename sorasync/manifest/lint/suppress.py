"""Comments that suppress findings: `# sorasync: ignore[S207] because the poster is meant to be vague`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sorasync.manifest.codes import ALL_CODES, LINT_CODES
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.manifest.library import REMARK, Origin
from sorasync.manifest.source_positions import SourcePositions
from sorasync.manifest.suggest import nearest
from sorasync.toml.positions import syntax_tree

_ALONE = re.compile(r"\s*#")
_REMARK = re.compile(r"#\s*sorasync:\s*(?P<rest>.*)")
_IGNORE = re.compile(r"ignore\s*\[(?P<codes>[^\]]*)\]\s*(?:(?:because|for|:|-|–|—)\s*)?(?P<reason>.*)")
_FORM = "# sorasync: ignore[S207] because REASON"


@dataclass(slots=True)
class Suppression:
    """One comment: the codes it takes back, on which line's value or table, and whether it did."""

    position: Position
    line: int
    codes: tuple[str, ...]
    reason: str
    used: set[str] = field(default_factory=set)


class Suppressions:
    """Every such comment of a library's manifests."""

    def __init__(self, places: SourcePositions | None, files: Iterable[str]) -> None:
        self._places = places
        self._by_line: dict[tuple[str, int], list[Suppression]] = {}
        self._faults: list[Diagnostic] = []
        for file in files if places is not None else ():
            self._read(file, (places.locator.text(file) if places else None) or "")

    def covers(self, code: str, at: Origin) -> bool:
        """Whether a comment takes that finding back."""
        if not self._by_line or self._places is None:
            return False
        positions = self._places.locator.of(at.file)
        covered = False
        for row in positions.rows(at.path) if positions else ():
            for suppression in self._by_line.get((at.file, row), ()):
                if code in suppression.codes:
                    suppression.used.add(code)
                    covered = True
        return covered

    def diagnostics(self, *, unused: bool) -> Iterator[Diagnostic]:
        """What is wrong with the comments themselves, at their default levels.

        With `unused`, that they took nothing back, too: only after a look at every clip.
        """
        yield from self._faults
        for suppression in (one for some in self._by_line.values() for one in some):
            if not suppression.reason:
                yield self._about(
                    "S290", Severity.WARNING, "the suppression has no reason", suppression.position, _FORM
                )
            for code in suppression.codes if unused else ():
                if code not in suppression.used:
                    message = f"{code} is not found here"
                    yield self._about(
                        "S291", Severity.HINT, message, suppression.position, "remove the suppression"
                    )

    def _read(self, file: str, text: str) -> None:
        lines = text.split("\n")
        for row, column in _comments(text, lines):
            found = _REMARK.match(lines[row].rstrip("\r"), column)
            if found is None:
                continue
            end = len(lines[row].rstrip())
            position = Position(file, row + 1, column + 1, end + 1)
            ignored = _IGNORE.fullmatch(found["rest"].strip())
            if ignored is None:
                message = "the comment starts with `sorasync:` but is not a valid suppression"
                self._faults.append(self._about("S292", Severity.WARNING, message, position, _FORM))
                continue
            codes = [code.strip() for code in ignored["codes"].split(",")]
            target = row + 1 if lines[row][:column].strip() else _next(lines, row)
            known = tuple(code for code in codes if self._known(code, position))
            suppression = Suppression(position, target, known, ignored["reason"].strip())
            self._by_line.setdefault((file, target), []).append(suppression)

    def _known(self, code: str, position: Position) -> bool:
        if code in LINT_CODES:
            return True
        self._faults.append(self._about("S292", Severity.WARNING, *unknown_code(code, position)))
        return False

    def _about(
        self,
        code: str,
        severity: Severity,
        message: str,
        position: Position,
        expected: str | None,
        fix: str | None = None,
    ) -> Diagnostic:
        source = self._places.source(position) if self._places else None
        return Diagnostic(code, severity, message, position, None, expected, fix, source)


def unknown_code(code: str, position: Position) -> tuple[str, Position, str | None, str | None]:
    """The message, place, expectation and fix for a code that no lint rule has."""
    if code in ALL_CODES:
        return f"{code} is not a lint finding and cannot be suppressed", position, "a code S2xx", None
    return f"there is no code {code!r}", position, "a code of `sorasync explain`", nearest(code, LINT_CODES)


def _comments(text: str, lines: list[str]) -> Iterator[tuple[int, int]]:
    """0-based rows and columns of comments that speak to this program, strings with a `#` left out."""
    tree = None
    for row, line in enumerate(lines):
        if REMARK not in line or (column := _hash(line)) is None:
            continue
        tree = tree or syntax_tree(text.encode("utf-8", "replace"))
        point = (row, len(line[:column].encode("utf-8", "replace")))
        node = tree.root_node.descendant_for_point_range(point, point)
        if node is not None and node.type == "comment":
            yield row, column


def _hash(line: str) -> int | None:
    found = re.search(r"#\s*sorasync:", line)
    return found.start() if found else None


def _next(lines: list[str], row: int) -> int:
    """The 1-based line below a block of comment lines."""
    row += 1
    while row < len(lines) and _ALONE.match(lines[row]):
        row += 1
    return row + 1
