"""Remembers the last findings, for watch mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sorasync.manifest.library import ClipSpec
from sorasync.manifest.lint.prompt import LintFinding, Prompt

# A code, the prompt that it was found in, and what was found.
Found = tuple[str, Prompt, LintFinding]


_SPARE = 1_000


@dataclass(slots=True)
class LintMemo:
    """Findings by clip, each with what they depend on."""

    _facts: object = None
    _clips: dict[str, tuple[Sequence[ClipSpec], int | None, tuple[Found, ...]]] = field(default_factory=dict)

    def begin(self, facts: object, clips: int) -> None:
        """Start checking a library of that many clips.

        Findings are forgotten where `facts`, which all of them hang on, are others; everything is where most
        of it is of clips that are no more.
        """
        if facts != self._facts or len(self._clips) > 2 * clips + _SPARE:
            self._facts = facts
            self._clips = {}

    def recall(self, line: Sequence[ClipSpec], seconds: int | None) -> tuple[Found, ...] | None:
        """What was found in the first clip of a line, the others being those it starts from; None if new.

        `seconds` is its length.
        """
        kept = self._clips.get(line[0].name)
        if kept is None or kept[1] != seconds or len(kept[0]) != len(line):
            return None
        return kept[2] if all(a is b for a, b in zip(kept[0], line, strict=True)) else None

    def keep(self, line: Sequence[ClipSpec], seconds: int | None, found: Sequence[Found]) -> None:
        """Remember findings."""
        self._clips[line[0].name] = (line, seconds, tuple(found))
