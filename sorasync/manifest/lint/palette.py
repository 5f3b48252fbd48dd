"""S210: three to five named colours hold a palette together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sorasync.counted import counted
from sorasync.manifest.lint.board import Part
from sorasync.manifest.lint.patterns import words
from sorasync.manifest.lint.prompt import Finding, Prompt, spoken
from sorasync.manifest.lint.rule import Cast, Rule
from sorasync.manifest.lint.vocabulary import COLOUR

_LIST = re.compile(
    r"palette(?:\s(?:of|is|in|to|with)|\s?[:=—–-])\s?(?P<colours>[^.;:\n!?()]+)", re.IGNORECASE
)
_LABEL = re.compile(
    r"(?:^|(?<=[.;!?]\s))colou?rs:\s?(?P<colours>[^.;:\n!?()]+)", re.IGNORECASE | re.MULTILINE
)
_BEFORE = re.compile(
    r"\b(?:an?|its|in)\s(?P<colours>[\w-]+(?:,\s[\w-]+)*,?\sand\s[\w-]+)\s(?:colou?r\s)?palette\b",
    re.IGNORECASE,
)
_PLACE = re.compile("palette")
_SPLIT = re.compile(r"\s*(?:,\s*and\b|,|\band\b|&|/|\+)\s*")
_TAIL = re.compile(r"\s(?:from|under|against|as|while|for|over|at|on|by|like|throughout|instead|but)\s.*$")
_LONGEST = 3
_FEW, _MANY = 3, 5
_EXPECTED = "three to five named colours"


def check(prompt: Prompt, cast: Cast) -> Iterator[Finding]:
    """Palettes with fewer than three or more than five colours."""
    if prompt.board is not None and prompt.board.shots:
        for shot in prompt.board.shots:
            if parts := shot.of("palette"):
                yield from _of_shot(parts)
        return
    for match in _lists(prompt):
        if prompt.in_quotes(match.start()):
            continue
        colours = _colours(match["colours"])
        if colours and not _FEW <= len(colours) <= _MANY:
            end = match.start("colours") + len(match["colours"].rstrip())
            yield Finding(_message(len(colours)), match.start("colours"), end, _EXPECTED)


def _lists(prompt: Prompt) -> Iterator[re.Match[str]]:
    for place in _PLACE.finditer(prompt.low):
        if (match := _LIST.match(prompt.text, place.start())) is not None:
            yield match
    if "palette" in prompt.words:
        yield from _BEFORE.finditer(prompt.text)
    else:
        yield from _LABEL.finditer(prompt.text)


def _of_shot(parts: list[Part]) -> Iterator[Finding]:
    count = sum(1 if part.text.isalpha() else len(_SPLIT.split(part.text)) for part in parts)
    if not _FEW <= count <= _MANY:
        path = parts[0].path[:-1]
        yield Finding(_message(count), parts[0].start, parts[-1].end, _EXPECTED, key=path)


def _message(count: int) -> str:
    return f"the palette has {counted(count, 'colour')}"


def _colours(text: str) -> list[str]:
    """The colours of a list in prose; none where it may not be one: long items, or no word for a colour."""
    pieces = [piece for piece in _SPLIT.split(text.strip()) if piece]
    items = [piece if piece.lower() in COLOUR else _TAIL.sub("", f" {piece} ").strip() for piece in pieces]
    items = [item for item in items if item]
    known = [item for item in items if not COLOUR.isdisjoint(spoken(item.lower()))]
    if any(len(item.split()) > _LONGEST for item in items) or 3 * len(known) < 2 * len(items):
        return []
    if len(items) == 1 and (items[0].lower().endswith("s") or len(items[0].split()) > 1):
        return []
    return items


RULE = Rule("S210", check, triggers=words("palette colours colors"))
