"""A lint rule: a code, a check, and the words without which it need not run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sorasync.manifest.config import LintLimitsConfig
from sorasync.manifest.library import CharacterSpec, ClipSpec
from sorasync.manifest.lint.prompt import LintFinding, Prompt

CREATE = frozenset({"create"})
EXTEND = frozenset({"extend"})
EDIT = frozenset({"edit"})
MADE = CREATE | EXTEND
EVERY = MADE | EDIT


@dataclass(frozen=True, slots=True)
class Setting:
    """The characters of a library: by slug, and by the first word of their names in lower case.

    `of_clip` gives the slugs that a clip has, those of the clip it comes from included. `limits` and
    `allowed`, words in lower case, are those of the configuration.
    """

    characters: Mapping[str, CharacterSpec]
    by_word: Mapping[str, list[CharacterSpec]]
    of_clip: Callable[[ClipSpec], frozenset[str]]
    limits: LintLimitsConfig
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class LintRule:
    """Finds one kind of fault in one prompt.

    The check runs on prompts of `kinds` that hold one of the `triggers`; on all of them if there are none.
    One `of_characters` runs only where a library has any.
    """

    code: str
    check: Callable[[Prompt, Setting], Iterable[LintFinding]]
    kinds: frozenset[str] = EVERY
    triggers: frozenset[str] = field(default=frozenset())
    of_characters: bool = False
