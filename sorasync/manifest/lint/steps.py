"""S211 and S212: an edit changes one thing, an extension continues."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from sorasync.manifest.lint.patterns import one_of, phrases, words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import EDIT, EXTEND, LintRule, Setting
from sorasync.manifest.prompt_words import spoken

_VERB = one_of(
    "change make turn replace remove add shift swap recolou?r darken brighten lighten delete erase transform "
    "convert increase reduce lower raise rotate blur put insert soften sharpen set give move paint"
)
_OBJECT = one_of("the an? his her its their all every some more two three four five less fewer [a-z]+['’]s")
_FIRST = phrases(rf"(?:please\s|now\s|and\s)*(?P<verb>{_VERB})\b")
_NEXT = phrases(
    rf"(?:[.;!\n]\s*(?:[-*•]\s*|\d+[.)]\s*)?(?:then\s|also\s|and\s|please\s|finally\s)*(?P<sentence>{_VERB})\b"
    rf"|(?:,\s*|\s)(?:and|then|also|plus)\s(?:then\s|also\s)?(?P<joined>{_VERB})\s(?=(?:{_OBJECT}\b|\w+s\b))"
    rf"|,\s*(?P<listed>{_VERB})\s(?=(?:{_OBJECT}\b)))"
)
_ITEM = phrases(r"^\s*(?:[-*•]|\d+[.)])\s+\S")

_SENTENCE = re.compile(r"[.!?\n]+")
_LOOK = words("palette style lighting camera light lens shot grain sound dialogue depth")
_SHORT_WORD = 3
_JOINING = words("while with over under above into onto from that this them they their there then where")
_SHORTEST = 8
_RUN = 3
# From this share and number of words on, it is the same scene in other words.
_SAME_WORDS = 0.75
_LEAST_WORDS = 9


def several(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Edits with more than one order, or a list of them."""
    low = prompt.low
    items = list(_ITEM.finditer(low))
    if len(items) > 1:
        yield _several(len(items), items[1].end() - 1, items[1].end())
        return
    first = _FIRST.match(low)
    if first is None:
        return
    others = [match for match in _NEXT.finditer(low, first.end()) if not prompt.in_quotes(match.start())]
    if others:
        name = others[0].lastgroup or "sentence"
        yield _several(len(others) + 1, *others[0].span(name))


def _several(count: int, start: int, end: int) -> LintFinding:
    message = f"the edit asks for {count} changes at once"
    return LintFinding(message, start, end, "one change per edit: make a step of each")


def repeats(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Extensions of which most runs of three words, or nearly all words, are in an earlier prompt."""
    if len(prompt.tokens) < _SHORTEST:
        return
    runs = _runs(prompt.low)
    runs = runs if len(runs) > _SHORTEST - _RUN else set()
    telling = _telling(prompt.tokens)
    telling = telling if len(telling) >= _LEAST_WORDS else set()
    most = setting.limits.repeated_percent / 100
    for before in prompt.before() if runs or telling else ():
        low = before.lower()
        phrases_known, words_known = (
            _share_repeated(runs, _runs(low)),
            _share_repeated(telling, _telling(spoken(low))),
        )
        if phrases_known >= most or words_known >= max(most, _SAME_WORDS):
            share = max(phrases_known, words_known)
            message = f"the extension repeats {round(100 * share)}% of the prompt before it"
            yield LintFinding(message, expected="what happens next: the scene is there already")
            return


def _share_repeated(said: AbstractSet[object], before: AbstractSet[object]) -> float:
    return len(said & before) / len(said) if said else 0


def _telling(words: Iterable[str]) -> set[str]:
    """The words for what there is to see, without conjunctions and the like."""
    return {word for word in words if len(word) > _SHORT_WORD} - _JOINING


def _runs(text: str) -> set[tuple[str, ...]]:
    """Every run of three words inside a sentence that is not about how it looks."""
    runs: set[tuple[str, ...]] = set()
    for sentence in _SENTENCE.split(text):
        words: Sequence[str] = spoken(sentence)
        if _LOOK.isdisjoint(words):
            runs.update(zip(words, words[1:], words[2:], strict=False))
    return runs


SEVERAL = LintRule("S211", several, EDIT)
REPEATS = LintRule("S212", repeats, EXTEND)
