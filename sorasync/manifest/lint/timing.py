"""S208 and S209: how much happens, against how long it lasts."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.counted import counted
from sorasync.manifest.lint.board import Board, Part
from sorasync.manifest.lint.patterns import phrases, words
from sorasync.manifest.lint.prompt import Finding, Prompt, spoken
from sorasync.manifest.lint.rule import MADE, Cast, Rule

_THEN = phrases(
    r"(?<!even )(?<!since )(?<!just )(?<!by )(?<!until )(?<!now and )\bthen\b",
    r"\bafter that\b",
    r"\bfollowed by\b",
    r"\bafterwards?\b",
    r"(?:^|[.;,]\s)(?:next|finally|lastly),?\s(?!to\b|door\b)",
)
_SEQUENCE = words("then after afterwards afterward followed finally lastly next")
_WORDS_A_SECOND = 3.5
"""What somebody in a hurry speaks."""
_SECONDS_A_SHOT = 1.5
_LONG = 8
"""Seconds up to which clips follow their instructions well."""
_MANY = 5


def too_much(prompt: Prompt, cast: Cast) -> Iterator[Finding]:
    """More beats, more shots or more speech than the seconds hold."""
    seconds = prompt.seconds
    if seconds is None:
        return
    beats = _beats(prompt)
    if len(beats) > seconds:
        start, end = beats[seconds]
        message = f"{counted(len(beats), 'beat')} in {counted(seconds, 'second')}"
        yield Finding(message, start, end, "a second a beat at least: fewer beats, or more `seconds`")
    if prompt.board is not None:
        yield from _crowded(prompt.board, seconds)


def _crowded(board: Board, seconds: int) -> Iterator[Finding]:
    shots = board.shots
    if len(shots) > 1 and seconds / len(shots) < _SECONDS_A_SHOT:
        message = f"{counted(len(shots), 'shot')} in {counted(seconds, 'second')}"
        most = int(seconds / _SECONDS_A_SHOT)
        yield Finding(
            message,
            expected=f"{counted(most, 'shot')} at most, or more `seconds`",
            key=("shots", len(shots) - 1),
        )
    said = [part for shot in shots for part in shot.of("dialogue")]
    words = [len(spoken(part.text)) for part in said]
    if sum(words) > seconds * _WORDS_A_SECOND:
        part = _overrun(said, words, seconds)
        message = f"{counted(sum(words), 'word')} spoken in {counted(seconds, 'second')}"
        most = int(seconds * _WORDS_A_SECOND)
        yield Finding(message, part.start, part.end, f"{counted(most, 'word')} at most, or more `seconds`")


def _overrun(said: list[Part], words: list[int], seconds: int) -> Part:
    total = 0
    for part, count in zip(said, words, strict=True):
        total += count
        if total > seconds * _WORDS_A_SECOND:
            return part
    return said[-1]


def long_and_full(prompt: Prompt, cast: Cast) -> Iterator[Finding]:
    """Clips of more than eight seconds in which many things happen."""
    if prompt.seconds is None or prompt.seconds <= _LONG:
        return
    beats = _beats(prompt)
    if _MANY <= len(beats) <= prompt.seconds:
        yield Finding(
            f"{len(beats)} beats in one clip of {prompt.seconds} seconds: short clips follow better",
            *beats[len(beats) // 2],
            expected="two clips, cut together, or a clip and an extension",
        )


def _beats(prompt: Prompt) -> list[tuple[int, int]]:
    """The spans of what happens one after the other, as far as the text says so."""
    if prompt.board is not None and prompt.board.shots:
        return [(part.start, part.end) for shot in prompt.board.shots for part in shot.of("action")]
    if prompt.words.isdisjoint(_SEQUENCE):
        return []
    found = [match.span() for match in _THEN.finditer(prompt.low) if not prompt.in_quotes(match.start())]
    return [(0, 0), *found] if found else []


TOO_MUCH = Rule(
    "S208",
    too_much,
    MADE,
    _SEQUENCE | {"shot"},
)
LONG = Rule("S209", long_and_full, MADE, TOO_MUCH.triggers)
