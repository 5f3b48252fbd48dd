"""S202 and S203: a character must be referenced, and its name must be in the prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import CREATE, LintRule, Setting

_NEGATED = re.compile(r"\b(?:no|not|without|never|like|unlike|nor)\s$", re.IGNORECASE)
_PALETTE = re.compile(r"\bpalette\b")
_AFTER_NAME = re.compile(
    r"['’]s\b|\s(?:is|are|was|has|had|and|or|can|will|looks|to|in|on|at|by|from|with|who|whose|alone|waits)\b"
    r"|\s[a-z]+s(?:[.,;:!?\n]|$|\s(?:a|an|the|his|her|its|their|to|through|along|across|into|onto|out|in|on|at|up|down|"
    r"over|under|past|from|by|with|for|around|between|behind|toward|towards|off|away|back|and|as|while|[a-z]+ly|"
    r"it|them|him|one|two|three)\b)|\s*(?:[,.;:!?)\n]|$)"
)


# What ash, dawn or roses do, unlike somebody with that name.
_THINGS_DO = re.compile(
    r"\s(?:covers|falls|drifts|blows|settles|rises|glows|shines|blooms|melts|lies|fills|drips|swirls|clings|coats|"
    r"gathers|piles|burns|smoulders|smolders|fades|spreads|pours|streams|breaks|comes|hangs|petals?|leaves)\b"
)
_MONTHS = frozenset({"April", "May", "June", "August", "Summer", "Autumn", "Winter", "Spring"})
_IN_MONTH = re.compile(
    r"\b(?:in|of|early|late|mid|by|since|until|till|last|next|every|this|each|through)[ -]$", re.I
)


@lru_cache(maxsize=4096)
def _whole_name_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def missing(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Referenced characters whose names are not in the prompt exactly as declared."""
    for index, slug in enumerate(prompt.clip.characters):
        character = setting.characters.get(slug)
        if character is None or _whole_name_pattern(character.name).search(prompt.text):
            continue
        near = re.search(rf"(?<!\w){re.escape(character.name.lower())}(?!\w)", prompt.low)
        if near:
            yield LintFinding(
                f"the name of character.{slug} must appear verbatim, “{character.name}”",
                *near.span(),
                fix=character.name,
            )
        else:
            yield LintFinding(
                f"“{character.name}” is not in the prompt, so character.{slug} has no effect",
                expected=f"the name “{character.name}” in the prompt, exactly so",
                key=("characters", index),
            )


def unreferenced(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Names of declared characters in a prompt whose clip does not reference them."""
    for word in prompt.words & setting.by_word.keys():
        for character in setting.by_word[word]:
            if character.slug in setting.of_clip(prompt.clip):
                continue
            if (at := _offset_of_name(prompt, character.name)) is not None:
                yield _finding(prompt, character.slug, character.name, at)


def _finding(prompt: Prompt, slug: str, name: str, at: int) -> LintFinding:
    if prompt.kind == "create":
        expected, fix = f'characters = ["{slug}"]', slug
    else:
        expected, fix = "a character joins where the clip is created, not in an extension or an edit", None
    message = f"“{name}” is character.{slug}, which the clip does not reference: it will look like anyone"
    return LintFinding(message, at, at + len(name), expected=expected, fix=fix)


def _offset_of_name(prompt: Prompt, name: str) -> int | None:
    """The offset where the name is used as a person's name, None if it is not."""
    text = prompt.text
    for match in _whole_name_pattern(name).finditer(text):
        start, end = match.span()
        if name in _MONTHS and _IN_MONTH.search(text, max(0, start - 10), start):
            continue
        if prompt.in_quotes(start) or _NEGATED.search(text, max(0, start - 10), start):
            continue
        if _PALETTE.search(prompt.sentence(start)) or not name[:1].isupper():
            continue
        initial = not text[:start].rstrip(' \n-•*"“').strip() or text[:start].rstrip(" -•*")[-1:] in ".!?\n:"
        if " " not in name and (
            not _follows_name(text, end) if initial else _capital_beside(text, start, end)
        ):
            continue
        return start
    return None


def _follows_name(text: str, end: int) -> bool:
    return bool(_AFTER_NAME.match(text, end)) and not _THINGS_DO.match(text, end)


def _capital_beside(text: str, start: int, end: int) -> bool:
    """Whether the word is part of a longer name: the word beside it has a capital, too."""
    before = re.search(r"([^\W\d_]+) $", text[max(0, start - 40) : start])
    after = re.match(r" ([^\W\d_]+)", text[end : end + 40])
    sentence_start = before is not None and not text[: start - len(before[0])].rstrip()[-1:].isalnum()
    return bool(
        (after and after[1][0].isupper()) or (before and before[1][0].isupper() and not sentence_start)
    )


MISSING = LintRule("S202", missing, CREATE, of_characters=True)
UNREFERENCED = LintRule("S203", unreferenced, of_characters=True)
