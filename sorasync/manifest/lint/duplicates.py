"""S214: two clips with nearly the same prompt, each of them paid for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from sorasync.manifest.library import ClipSpec, KnowsVocabularies
from sorasync.manifest.lint.prompt import LintFinding
from sorasync.manifest.prompt_words import FILLERS, NOTHING, said_by, spoken, stem

CODE = "S214"

_CLAUSE = re.compile(r"[.,;:!?\n]|\band\b")


class Vocabularies:
    """Clips by the words of their prompts: only those with the same words can say the same."""

    def __init__(self) -> None:
        self._first: dict[str, ClipSpec] = {}
        # All clips of each vocabulary that several share, which is rare.
        self._groups: dict[str, list[ClipSpec]] = {}

    def put(self, clip: ClipSpec, said: str) -> None:
        """Enter a clip by its `vocabulary`. One with few words says too little to compare."""
        if said == NOTHING:
            return
        first = self._first.setdefault(said, clip)
        if first is not clip:
            self._groups.setdefault(said, [first]).append(clip)

    def duplicates(self, only: Collection[str] | None = None) -> Iterator[tuple[ClipSpec, LintFinding]]:
        """Each clip that asks for the same as one before it in other words, with what to do instead.

        Clips with equal prompts share one render and cost nothing twice; instances of one matrix, other
        sizes, lengths, characters, first frames or revisions are meant to differ. `only` are the clips to
        speak of.
        """
        for group in self._groups.values():
            yield from _in_group(group, only)


def vocabularies_near(
    clips: Mapping[str, ClipSpec], only: Collection[str], known: Mapping[str, str]
) -> Vocabularies:
    """The clips that may say the same as one of those named in `only`, with a prompt about as long.

    `known` are vocabularies by the names of clips.
    """
    named = [clips[name] for name in only if name in clips]
    lengths = {len(clip.prompt or "") for clip in named if not clip.row}
    found = Vocabularies()
    if not lengths:
        return found
    for clip, said in _alike_in_words(clips, only, known):
        if _is_close_in_length(len(clip.prompt or ""), lengths):
            found.put(clip, said)
    return found


def _alike_in_words(
    clips: Mapping[str, ClipSpec], only: Collection[str], known: Mapping[str, str]
) -> Iterable[tuple[ClipSpec, str]]:
    """Clips by name with their vocabularies: at least those that share one with another clip in `only`."""
    if isinstance(clips, KnowsVocabularies):
        return clips.alike(only)
    told = (clip for clip in clips.values() if clip.prompt and not clip.row)
    return ((clip, known.get(clip.name) or said_by(clip)) for clip in told)


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


def _is_close_in_length(length: int, lengths: set[int]) -> bool:
    return any(abs(length - other) <= 20 + other // 5 for other in lengths)


def _finding(first: ClipSpec) -> LintFinding:
    return LintFinding(
        f"the prompt asks for the same as clip.{first.name} in nearly the same words: both are paid for",
        expected=f"`takes = 2` on clip.{first.name} for another take, or a prompt with another subject",
    )


def _clauses(text: str) -> list[tuple[str, ...]]:
    """The words that matter, by clause."""
    clauses = [
        tuple(stem(word) for word in spoken(clause) if word not in FILLERS)
        for clause in _CLAUSE.split(text.lower())
    ]
    return [clause for clause in clauses if clause]


def _signature(text: str, clauses: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The clauses in alphabetical order; a storyboard's in their own order."""
    return tuple(clauses if "\nShot 2\n" in text else sorted(clauses))


def _base_name(name: str) -> str:
    return name.partition("[")[0]
