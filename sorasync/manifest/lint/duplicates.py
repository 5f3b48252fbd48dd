"""S214: two clips with nearly the same prompt, each of them paid for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from sorasync.manifest.library import ClipSpec
from sorasync.manifest.lint.patterns import words
from sorasync.manifest.lint.prompt import LintFinding, spoken

CODE = "S214"

_CLAUSE = re.compile(r"[.,;:!?\n]|\band\b")
_FILLERS = words(
    "a an the very really quite just some of in with beautiful cinematic stunning epic amazing gorgeous "
    "breathtaking please and is are"
)
_SPELLINGS = {
    "gray": "grey",
    "color": "colour",
    "colors": "colours",
    "colored": "coloured",
    "harbor": "harbour",
    "closeup": "close",
}
_ENDING = re.compile(r"(?:ing|ed|es|s|e)$")
_SHORT_WORD = 4
# Shorter prompts are too short to call one a copy of another.
_SHORTEST = 6


class Vocabularies:
    """Clips by the words of their prompts: only those with the same words can say the same."""

    def __init__(self) -> None:
        self._clips: dict[int, list[ClipSpec]] = {}

    def add(self, clip: ClipSpec, used: frozenset[str]) -> None:
        """Enter a clip; `used` are the words of its prompt. One with few words says too little to compare."""
        self.put(clip, vocabulary(used))

    def put(self, clip: ClipSpec, known: int | None) -> None:
        """Enter a clip by its `vocabulary`."""
        if known is not None:
            self._clips.setdefault(known, []).append(clip)

    def duplicates(self, only: Collection[str] | None = None) -> Iterator[tuple[ClipSpec, LintFinding]]:
        """Each clip that asks for the same as one before it in other words, with what to do instead.

        Clips with equal prompts share one render and cost nothing twice; instances of one matrix, other
        sizes, lengths, characters, first frames or revisions are meant to differ. `only` are the clips to
        speak of.
        """
        for group in self._clips.values():
            if len(group) > 1:
                yield from _in_group(group, only)


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    """The word without its ending: `drifts`, `drifting` and `drift` are one word here."""
    word = _SPELLINGS.get(word, word)
    return _ENDING.sub("", word) if len(word) > _SHORT_WORD else word


def vocabulary(used: frozenset[str]) -> int | None:
    """What the words of a prompt come to, the same for those that may say the same; None for too few."""
    if len(used) < _SHORTEST:
        return None
    return hash(frozenset(map(_stem, used - _FILLERS)))


def near(
    clips: Mapping[str, ClipSpec], only: Collection[str], known: dict[str, int | None] | None = None
) -> Vocabularies:
    """The clips whose prompts are about as long as one of those named in `only`; rows are left alone.

    `known` keeps the vocabularies by prompt, for a caller that asks again and again.
    """
    named = (clips[name] for name in only if name in clips)
    lengths = {len(clip.prompt or "") for clip in named if not clip.row}
    known = {} if known is None else known
    found = Vocabularies()
    if not lengths:
        return found
    for clip in clips.values():
        prompt = clip.prompt
        if prompt and not clip.row and _near(len(prompt), lengths):
            if prompt not in known:
                known[prompt] = vocabulary(frozenset(spoken(prompt.lower())))
            found.put(clip, known[prompt])
    return found


def _in_group(group: list[ClipSpec], only: Collection[str] | None) -> Iterator[tuple[ClipSpec, LintFinding]]:
    """The clips of a group that use the same words in the same way, too."""
    seen: dict[tuple[object, ...], ClipSpec] = {}
    for clip in group:
        more = (
            clip.model,
            clip.size,
            clip.seconds,
            clip.characters,
            clip.image_sha256,
            clip.workflow,
            clip.revision,
        )
        clauses = _clauses(clip.prompt or "")
        in_order = tuple(word for clause in clauses for word in clause)
        asked = ((in_order, *more), (_signature(clip.prompt or "", clauses), *more))
        first = next((seen[one] for one in asked if one in seen), clip)
        for one in asked:
            seen.setdefault(one, first)
        if first.prompt == clip.prompt or _base_name(first.name) == _base_name(clip.name):
            continue
        if only is None or clip.name in only or first.name in only:
            yield clip, _finding(first)


def _near(length: int, lengths: set[int]) -> bool:
    return any(abs(length - other) <= 20 + other // 5 for other in lengths)


def _finding(first: ClipSpec) -> LintFinding:
    return LintFinding(
        f"the prompt asks for the same as clip.{first.name} in nearly the same words: both are paid for",
        expected=f"`takes = 2` on clip.{first.name} for another take, or a prompt with another subject",
    )


def _clauses(text: str) -> list[tuple[str, ...]]:
    """The words that matter, by clause."""
    clauses = [
        tuple(_stem(word) for word in spoken(clause) if word not in _FILLERS)
        for clause in _CLAUSE.split(text.lower())
    ]
    return [clause for clause in clauses if clause]


def _signature(text: str, clauses: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The clauses in alphabetical order; a storyboard's in their own order."""
    return tuple(clauses if "\nShot 2\n" in text else sorted(clauses))


def _base_name(name: str) -> str:
    return name.partition("[")[0]
