"""TOML text to plain values, and every syntax fault of a text at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from sorasync.sensitive import line_may_hold_secret
from sorasync.toml.hints import Mistake, mistake, unclosed
from sorasync.toml.positions import Positions, Span, TomlPath
from sorasync.toml.values import read_values

_PLACE = re.compile(r"\s+at line (\d+) column (\d+)$")
_MOST = 20
_GOES_ON = re.compile(r"\s*(?:\[+[\w.\"-]+\]|[\w.\"-]+\s*=)")
_SIGNS = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """One syntax fault. `twice` is the path of a key that stands twice, `first` where it stood first.

    The line of a `secret` one may hold a key and is never shown.
    """

    message: str
    span: Span
    expected: str | None = None
    fix: str | None = None
    twice: TomlPath | None = None
    first: Span | None = None
    secret: bool = False


class TomlError(Exception):
    """The text is not TOML; `faults` says where, in the order of the text."""

    def __init__(self, faults: list[SyntaxFault]) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


def parse(text: str) -> dict[str, Any]:
    """The values of a TOML text. Raises `TomlError` with every syntax fault that is certain."""
    try:
        return read_values(text)
    except (ValueError, RecursionError) as error:
        raise TomlError(_faults(text, str(error))) from None


def copied(value: Any) -> Any:
    """A copy whose tables and arrays can be changed; what stands in them never changes.

    `copy.deepcopy` cannot copy the parser's time zones.
    """
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def _faults(text: str, words: str) -> list[SyntaxFault]:
    first = _syntax_fault(words, text.split("\n"))
    if first.message.startswith("duplicate key"):
        return _twice(text) or [first]
    if _runs_on(first) or "recurse" in first.message:
        return [_opened(text, first) or first]
    if first.message.startswith("missing comma") and (opened := _opened(text, first)) is not None:
        return [opened]
    from sorasync.toml.syntax_tree import suspicious_lines

    faults = {first.span.line: first}
    lines = text.split("\n")
    for row in suspicious_lines(text):
        if len(faults) == _MOST:
            break
        if row + 1 not in faults and (found := _alone(lines[row], row)) is not None:
            faults[row + 1] = found
    return sorted(faults.values(), key=lambda fault: fault.span)


def _syntax_fault(words: str, lines: list[str]) -> SyntaxFault:
    place = _PLACE.search(words)
    message, _, expected = (words[: place.start()] if place else words).partition(", expected ")
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    source = lines[line - 1].removesuffix("\r") if line <= len(lines) else ""
    span = Span(line, column, column + 1 if column <= len(source) else column)
    secret = line_may_hold_secret(source)
    # Where no `=` parts name and value, what is quoted as the name may be the secret itself.
    found = None if secret and "=" not in source else mistake(message, source, column - 1)
    if found is None:
        found = Mistake(message, expected or None)
    return SyntaxFault(found.message, span, found.expected, None if secret else found.fix, secret=secret)


def _opened(text: str, fault: SyntaxFault) -> SyntaxFault | None:
    """A bracket or string that is never closed, at its beginning; None where the fault is another one."""
    lines = text.split("\n")
    before = lines[: fault.span.line - 1]
    line = lines[fault.span.line - 1] if fault.span.line <= len(lines) else ""
    starts = not line[: fault.span.column - 1].strip()
    if fault.message.startswith("missing comma") and not (starts and _GOES_ON.match(line)):
        return None
    start = unclosed(text, sum(map(len, before)) + len(before) + fault.span.column - 1)
    if start is None:
        return None
    offset, sign = start
    row, column = text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset)
    message = f"`{sign}` is never closed"
    return SyntaxFault(
        message, Span(row + 1, column, column + len(sign)), f"`{_SIGNS.get(sign, sign)}` behind it"
    )


def _runs_on(fault: SyntaxFault) -> bool:
    """Whether the fault is a bracket or string that swallows the lines below it."""
    return any(word in fault.message for word in ("unclosed array,", "multi-line", "inline table")) or (
        fault.message == "unclosed array"
    )


def _alone(line: str, row: int) -> SyntaxFault | None:
    """What is wrong with one line by itself, if it is wrong whatever stands around it."""
    try:
        read_values(line)
    except ValueError as error:
        found = _syntax_fault(str(error), [line])
    else:
        return None
    if _runs_on(found) or found.message.startswith("duplicate key"):
        return None
    return replace(found, span=found.span._replace(line=row + 1))


def _twice(text: str) -> list[SyntaxFault]:
    positions = Positions(text)
    return [
        SyntaxFault(
            f"{dotted(path)} is set twice in this file",
            span,
            twice=path,
            first=positions.span(path, key=True),
        )
        for path, span in positions.duplicates[:_MOST]
    ]


def dotted(path: TomlPath) -> str:
    """A path as TOML writes it: `clips."a b".steps[1].seconds`, elements counted from 1."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            shown += ("." if shown else "") + (part if bare else f'"{part}"')
    return shown
