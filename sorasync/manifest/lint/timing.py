"""S208 and S209: how much happens, against how long it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sorasync.manifest.lint.board import Board, BoardPart
from sorasync.manifest.lint.patterns import phrases, words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import MADE, LintRule, Setting
from sorasync.manifest.prompt_words import spoken
from sorasync.text import counted

# What joins two beats, behind letters that are searched for first: most prompts have few of them.
_THEN = (
    (
        "then",
        phrases(
            r"then\b(?<!\wthen)(?<!even then)(?<!since then)(?<!just then)(?<!by then)(?<!until then)"
            r"(?<!now and then)"
        ),
    ),
    ("after that", phrases(r"after that\b(?<!\wafter that)")),
    ("followed by", phrases(r"followed by\b")),
    ("afterward", phrases(r"afterwards?\b")),
    ("next", phrases(r"(?:^|[.;,]\s)next,?\s(?!to\b|door\b)")),
    ("finally", phrases(r"(?:^|[.;,]\s)finally,?\s")),
    ("lastly", phrases(r"(?:^|[.;,]\s)lastly,?\s")),
)
_SEQUENCE = words("then after afterwards afterward followed finally lastly next")
_ACTIONS = phrases(
    r"^(?:actions?|action beats|beats)\b[^\n:]*:[ \t]*\n(?P<items>(?:[ \t]*(?:[-*•]|\d+[.)])[^\n]*\n?)+)"
)
_ITEM = phrases(r"^[ \t]*(?:[-*•]|\d+[.)])\s+(?P<item>\S[^\n]*)")
_NUMBERED = phrases(r"^[ \t]*\d+[.)]\s+(?P<item>\S[^\n]*)")
_LISTS = words("action actions beats 1")
# Somebody's line in prose: `Chef: "One more minute."`
_SAYS = phrases(r"^[ \t]*(?:[-*•][ \t]*)?[^\n:\"“”]{1,40}:[ \t]*[\"“](?P<line>[^\n\"“”]+)[\"”]")


def too_much(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """More beats, shots or speech than fit into the seconds."""
    seconds = prompt.seconds
    if seconds is None:
        return
    beats, most = _beats(prompt), int(seconds / setting.limits.seconds_a_beat)
    if len(beats) > most:
        start, end = beats[most]
        message = f"{counted(len(beats), 'beat')} in {counted(seconds, 'second')}"
        yield LintFinding(message, start, end, f"{counted(most, 'beat')} at most, or more `seconds`")
    if prompt.board is not None:
        yield from _crowded(prompt.board, seconds, int(seconds / setting.limits.seconds_a_shot))
    yield from _talkative(_said(prompt), seconds, int(seconds * setting.limits.words_a_second))


def _crowded(board: Board, seconds: int, most: int) -> Iterator[LintFinding]:
    shots = board.shots
    if len(shots) > max(most, 1):
        message = f"{counted(len(shots), 'shot')} in {counted(seconds, 'second')}"
        yield LintFinding(
            message,
            expected=f"{counted(most, 'shot')} at most, or more `seconds`",
            key=("shots", len(shots) - 1),
        )


def _said(prompt: Prompt) -> list[BoardPart]:
    """What is spoken, line by line."""
    if prompt.board is not None and prompt.board.shots:
        return [part for shot in prompt.board.shots for part in shot.of("dialogue")]
    if "dialogue" not in prompt.words:
        return []
    return [BoardPart((), match.start("line"), match["line"]) for match in _SAYS.finditer(prompt.text)]


def _talkative(said: list[BoardPart], seconds: int, most: int) -> Iterator[LintFinding]:
    words = [len(spoken(part.text)) for part in said]
    if sum(words) > most:
        part = _overrun(said, words, most)
        message = f"{counted(sum(words), 'word')} spoken in {counted(seconds, 'second')}"
        yield LintFinding(
            message, part.start, part.end, f"{counted(most, 'word')} at most, or more `seconds`"
        )


def _overrun(said: list[BoardPart], words: list[int], most: int) -> BoardPart:
    total = 0
    for part, count in zip(said, words, strict=True):
        total += count
        if total > most:
            return part
    return said[-1]


def long_and_full(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Long clips in which many things happen, though not too many."""
    limits, seconds = setting.limits, prompt.seconds
    if seconds is None or seconds <= limits.long_clip_seconds:
        return
    beats = _beats(prompt)
    if limits.many_beats <= len(beats) <= int(seconds / limits.seconds_a_beat):
        yield LintFinding(
            f"{len(beats)} beats in one clip of {seconds} seconds: short clips follow better",
            *beats[len(beats) // 2],
            expected="two clips, cut together, or a clip and an extension",
        )


@lru_cache(maxsize=1)
def _beats(prompt: Prompt) -> list[tuple[int, int]]:
    """The spans of what happens one after the other, as far as the text says so."""
    if prompt.board is not None and prompt.board.shots:
        return [(part.start, part.end) for shot in prompt.board.shots for part in shot.of("action")]
    return max(_sequence(prompt), _listed_actions(prompt), key=len)


def _sequence(prompt: Prompt) -> list[tuple[int, int]]:
    """What is joined by words of time."""
    if prompt.words.isdisjoint(_SEQUENCE):
        return []
    found = sorted(
        match.span()
        for word, pattern in _THEN
        if word in prompt.low
        for match in pattern.finditer(prompt.low)
        if not prompt.in_quotes(match.start())
    )
    return [(0, 0), *found] if found else []


def _listed_actions(prompt: Prompt) -> list[tuple[int, int]]:
    """The items of a list of actions, or of a numbered list."""
    if prompt.words.isdisjoint(_LISTS) or "\n" not in prompt.text:
        return []
    block = _ACTIONS.search(prompt.low)
    items = _ITEM.finditer(prompt.low, *block.span("items")) if block else _NUMBERED.finditer(prompt.low)
    return [match.span("item") for match in items]


TOO_MUCH = LintRule(
    "S208",
    too_much,
    MADE,
    # A storyboard is recognised by its first lines: a style, or shot 1.
    _SEQUENCE | _LISTS | {"style", "dialogue"},
)
LONG = LintRule("S209", long_and_full, MADE, TOO_MUCH.triggers)
