"""A prompt as the rules see it: words, quotations, and the parts of a storyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sorasync.manifest.library import ClipSpec, Origin
from sorasync.manifest.lint.board import Board, read_board
from sorasync.manifest.prompt_words import lowered, spoken
from sorasync.toml.positions import TomlPath

WORD = re.compile(r"[^\W_]+(?:['’](?!s\b)[^\W_]+)*")

_QUOTED = re.compile(r'"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|(?<!\w)[\'‘](?=\S)[^\n"]*?(?<=\S)[\'’](?!\w)')
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=shot \d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A finding: `start` and `end` are offsets in the prompt, both 0 for all of it.

    `key` is set if the finding is about another value of the clip, as a path inside its table.
    """

    message: str
    start: int = 0
    end: int = 0
    expected: str | None = None
    fix: str | None = None
    key: TomlPath | None = None


class Prompt:
    """A prompt that will be sent: `kind` is `create`, `extend` or `edit`.

    `origin` is the clip's, or the step's. `seconds` is the length that is asked for, None for an edit and
    where nobody knows; `before` gives the prompts that this one continues, the nearest first.
    """

    def __init__(
        self,
        kind: str,
        text: str,
        clip: ClipSpec,
        origin: Origin,
        seconds: int | None = None,
        before: Callable[[], Iterator[str]] = lambda: iter(()),
    ) -> None:
        self.kind = kind
        self.text = text
        self.clip = clip
        self.origin = origin
        self.seconds = seconds
        self.before = before
        self.low = lowered(text)
        self.tokens = spoken(self.low)
        self.words = frozenset(self.tokens)

    @cached_property
    def board(self) -> Board | None:
        """The parts of a storyboard, None for a prompt in prose."""
        return read_board(self.text)

    @cached_property
    def quoted(self) -> list[tuple[int, int]]:
        """The spans of quotations: words spoken or written in the picture."""
        if self.text.isascii() and '"' not in self.text and "'" not in self.text:
            return []
        return [match.span() for match in _QUOTED.finditer(self.text)]

    def in_quotes(self, start: int) -> bool:
        """Whether the character at that offset is part of a quotation."""
        return any(begin <= start < end for begin, end in self.quoted)

    @cached_property
    def units(self) -> list[tuple[int, int]]:
        """The spans of single set-ups: the shots of a storyboard, the blocks of a prompt in prose."""
        if self.board is not None:
            return [(shot.start, shot.end) for shot in self.board.shots]
        starts = [0, *(match.end() for match in _BLOCK.finditer(self.text))]
        return list(zip(starts, [*starts[1:], len(self.text)], strict=True))

    def sentence(self, start: int) -> str:
        """The sentence or line around an offset, in lower case."""
        first = max(self.low.rfind(mark, 0, start) for mark in (". ", ".\n", "\n", "; ", "! ", "? "))
        ends = [at for mark in (".", "\n", ";", "!", "?") if (at := self.low.find(mark, start)) >= 0]
        return self.low[first + 1 : min(ends, default=len(self.low))].strip()
