"""S206: a long prompt that leaves camera, light or palette to chance."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.manifest.lint.patterns import words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import CREATE, LintRule, Setting
from sorasync.manifest.lint.vocabulary import CAMERA, COLOUR, LIGHT

_THINGS = (
    ("camera", CAMERA, "a framing and a move, such as “medium shot, slow push-in”"),
    ("light", LIGHT, "where the light comes from, such as “window light from the left”"),
    ("palette", COLOUR, "three to five colours, such as “amber, cream, walnut”"),
)

_ENGLISH = words("the a and of with to his her from over their")
# A prompt with this many English words counts as English, like the vocabulary.
_ENOUGH = 3


def check(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """What a long prompt says nothing about; a shorter one may leave things open on purpose."""
    if len(prompt.tokens) < setting.limits.long_prompt_words or len(prompt.words & _ENGLISH) < _ENOUGH:
        return
    open_things = [(name, advice) for name, known, advice in _THINGS if prompt.words.isdisjoint(known)]
    if open_things:
        names = " and no ".join(name for name, _ in open_things)
        message = f"{len(prompt.tokens)} words and no {names}"
        yield LintFinding(message, expected="; ".join(advice for _, advice in open_things))


RULE = LintRule("S206", check, CREATE)
