"""S210: three to five named colours hold a palette together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sorasync.manifest.config import LintLimitsConfig
from sorasync.manifest.lint.board import BoardPart
from sorasync.manifest.lint.patterns import words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import LintRule, Setting
from sorasync.manifest.lint.vocabulary import COLOUR
from sorasync.manifest.prompt_words import spoken
from sorasync.text import counted

_LIST = re.compile(
    r"palette(?:\s(?:of|is|in|to|with)|\s?[:=—–-])\s?(?P<colours>[^.;:\n!?()]+)", re.IGNORECASE
)
_LABEL = re.compile(r"colou?rs:\s?(?P<colours>[^.;:\n!?()]+)", re.IGNORECASE)
_BEFORE = re.compile(
    r"\b(?:an?|its|in)\s(?P<colours>[\w-]+(?:,\s[\w-]+)*,?\sand\s[\w-]+)\s(?:colou?r\s)?$", re.IGNORECASE
)
_LONGEST_LIST = 80
_STARTS = ("", ".", ";", "!", "?", "\n")
_PLACE = re.compile("palette")
_SPLIT = re.compile(r"\s*(?:,\s*and\b|,|\band\b|&|/|\+)\s*")
_TAIL = re.compile(r"\s(?:from|under|against|as|while|for|over|at|on|by|like|throughout|instead|but)\s.*$")
_LONGEST = 3
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def check(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Palettes with fewer than three or more than five colours."""
    if prompt.board is not None and prompt.board.shots:
        for shot in prompt.board.shots:
            if parts := shot.of("palette"):
                yield from _of_shot(parts, setting.limits)
        return
    for match in _lists(prompt):
        if prompt.in_quotes(match.start()):
            continue
        colours = _colours(match["colours"])
        if colours and not setting.limits.palette_least <= len(colours) <= setting.limits.palette_most:
            end = match.start("colours") + len(match["colours"].rstrip())
            yield LintFinding(
                _palette_message(len(colours)), match.start("colours"), end, _expected(setting.limits)
            )


def _lists(prompt: Prompt) -> Iterator[re.Match[str]]:
    """Lists of colours behind `palette of`, before `palette`, or behind a label."""
    for place in _PLACE.finditer(prompt.low):
        start = place.start()
        found = _LIST.match(prompt.text, start) or _BEFORE.search(
            prompt.text, max(0, start - _LONGEST_LIST), start
        )
        if found is not None:
            yield found
    if "palette" not in prompt.words:
        for match in _LABEL.finditer(prompt.text):
            if prompt.text[: match.start()].rstrip(" ")[-1:] in _STARTS:
                yield match


def _of_shot(parts: list[BoardPart], limits: LintLimitsConfig) -> Iterator[LintFinding]:
    count = sum(1 if part.text.isalpha() else len(_SPLIT.split(part.text)) for part in parts)
    if not limits.palette_least <= count <= limits.palette_most:
        path = parts[0].path[:-1]
        yield LintFinding(_palette_message(count), parts[0].start, parts[-1].end, _expected(limits), key=path)


def _expected(limits: LintLimitsConfig) -> str:
    least, most = (_NUMBERS.get(one, str(one)) for one in (limits.palette_least, limits.palette_most))
    return f"{least} to {most} named colours"


def _palette_message(count: int) -> str:
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


RULE = LintRule("S210", check, triggers=words("palette colours colors"))
