"""S207: vague words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sorasync.manifest.lint.patterns import any_of, one_of, phrases, words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import LintRule, Setting
from sorasync.manifest.prompt_words import spoken

_LIKE_FILM = "what makes it so: lens, move and light, such as “35mm, slow push-in, low sun from the left”"
_LOVELY = "what one would see: colours, textures, light, such as “wet cobbles that mirror amber lamps”"
_LARGE = "size and scale in things, such as “a lone rider below a cliff that fills the frame”"
_QUALITY = "nothing, or a medium, such as “16mm film, natural grain”: quality is not asked for in words"
_STRIKING = "the detail that would strike one, such as “a red door in a grey street”"

_ADVICE: Final = {
    "cinematic": _LIKE_FILM,
    "cinematically": _LIKE_FILM,
    "filmic": _LIKE_FILM,
    "beautiful": _LOVELY,
    "beautifully": _LOVELY,
    "gorgeous": _LOVELY,
    "lovely": _LOVELY,
    "pretty": _LOVELY,
    "mesmerizing": _LOVELY,
    "mesmerising": _LOVELY,
    "enchanting": _LOVELY,
    "epic": _LARGE,
    "majestic": _LARGE,
    "spectacular": _LARGE,
    "magnificent": _LARGE,
    "stunning": _STRIKING,
    "stunningly": _STRIKING,
    "amazing": _STRIKING,
    "awesome": _STRIKING,
    "incredible": _STRIKING,
    "breathtaking": _STRIKING,
    "captivating": _STRIKING,
    "interesting": _STRIKING,
    "striking": _STRIKING,
    "masterpiece": _QUALITY,
    "quality": _QUALITY,
    "aesthetic": _LOVELY,
    "detailed": _QUALITY,
    "realistic": _QUALITY,
    "artstation": _QUALITY,
    "nice": _LOVELY,
    "great": _LIKE_FILM,
    "perfect": _LIKE_FILM,
    "award": _QUALITY,
    "jaw": _STRIKING,
    "awe": _STRIKING,
}
# Words that are vague only beside others.
_IN_PHRASES: Final = words(
    "quality award jaw awe striking pretty aesthetic detailed realistic artstation nice great perfect epic "
    "masterpiece"
)
_ALONE = [word for word in _ADVICE if word not in _IN_PHRASES]
_NOT_PRETTY = one_of("much far big small well good fast soon sure close high low old new often long")
_LOOK = one_of(
    "light lighting composition camera camerawork shot visuals? colou?rs? scenery atmosphere vibes? mood"
)
_TEXT = one_of("poems? poetry tales? verses? novels? theat(?:re|er) sagas? hero(?:es)?")
_VAGUE = any_of(
    f"epic(?! {_TEXT})",
    r"(?<=[,;.]\s)(?:an?\s)?(?:true |absolute |visual |cinematic )?masterpiece(?=\s*(?:[,;.!]|$))",
    r"(?:true|absolute|visual|cinematic) masterpiece",
    r"aesthetic(?=\s*(?:[,;.!]|$))",
    "(?:ultra|highly|hyper|insanely|extremely|intricately)[ -]detailed",
    "(?:ultra|hyper)[ -]?realistic",
    "(?:trending )?on artstation",
    f"(?:nice|great|perfect|good) {_LOOK}",
    r"nice(?=,)",
    "visually striking",
    "striking(?= visuals?| images?| imagery)",
    "(?:high|best|top|highest|studio)[ -]quality",
    "award[- ]winning",
    "jaw[- ]dropping",
    "awe[- ]inspiring",
    f"pretty(?! {_NOT_PRETTY})",
    *sorted(_ALONE, key=len, reverse=True),
)
_WORD: Final = phrases(rf"(?<![\w-]){_VAGUE}(?!\w)")


def check(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Every vague word outside quotations and names, each once a prompt."""
    seen = set()
    for match in _WORD.finditer(prompt.low):
        word = match[0]
        if word in seen or prompt.in_quotes(match.start()) or _is_name(prompt, match.start(), match.end()):
            continue
        seen.add(word)
        if not setting.allowed.isdisjoint(spoken(word)) or word in setting.allowed:
            continue
        yield LintFinding(
            f"“{prompt.text[match.start() : match.end()]}” is vague", *match.span(), _advice(word)
        )


def _advice(word: str) -> str:
    for key in re.findall(r"\w+", word)[::-1]:
        if key in _ADVICE:
            return _ADVICE[key]
    return _QUALITY if "winning" in word else _STRIKING


def _is_name(prompt: Prompt, start: int, end: int) -> bool:
    """Whether the word is part of a name: a capital inside a sentence, or before another one."""
    text = prompt.text
    if not text[start].isupper():
        return False
    before = text[:start].rstrip(" ")
    initial = not before or before[-1] in ".!?:;\n-•"
    after = text[end : end + 2]
    return not initial or (len(after) == 2 and after[0] == " " and after[1].isupper())


RULE = LintRule("S207", check, triggers=frozenset(_ADVICE) | words("hyperrealistic ultrarealistic good"))
