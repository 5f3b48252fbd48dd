"""Paths into the JSON of an answer: `video.url`, `data[0].status`, `outputs[?type=video].url`, `header:X-Id`.

A path is a plain walk: names, places in arrays, every element, one filter by value. There is no recursion
and there are no expressions, so reading by a path costs no more than the path is long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MOST_STEPS = 12
_HEADER = re.compile(r"header:([A-Za-z0-9!#$%&'*+.^_`|~-]{1,80})")
_NAME = re.compile(r"\{id\}|\*|[A-Za-z_$][A-Za-z0-9_$-]*")
_INSIDE = re.compile(r"-?\d{1,3}|\*|\?[A-Za-z_][A-Za-z0-9_-]*=[^\[\]=]{1,80}")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: into a `name` of an object (`{id}`: the job's own id), into `any` value of an object, to an
    `index`, to `each` element, or to the elements `where` a name has a value.
    """

    kind: Literal["name", "any", "index", "each", "where"]
    name: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class AnswerPath:
    """A path: its steps, or the `header` that it names instead of any place in the body."""

    text: str
    steps: tuple[Step, ...] = ()
    header: str | None = None

    @property
    def several(self) -> bool:
        """Whether it may lead to more than one value."""
        return any(step.kind in ("any", "each", "where") for step in self.steps)


def parse_path(text: str) -> AnswerPath:
    """The path that a text spells. Raises `ValueError` with a sentence that names the character at fault."""
    if text.startswith("header:"):
        found = _HEADER.fullmatch(text)
        if found is None:
            raise ValueError("header: must be followed by the name of a header")
        return AnswerPath(text, header=found[1].lower())
    steps: list[Step] = []
    at = 0
    while at < len(text) or not steps:
        step, at = _bracketed(text, at) if text[at : at + 1] == "[" else _name_step(text, at, first=not steps)
        steps.append(step)
    if len(steps) > MOST_STEPS:
        raise ValueError(f"it has {len(steps)} steps; at most {MOST_STEPS} are allowed")
    return AnswerPath(text, tuple(steps))


def _name_step(text: str, at: int, *, first: bool) -> tuple[Step, int]:
    start = at if first else at + 1
    if not first and text[at] != ".":
        raise ValueError(f"expected a dot or a bracket at character {at + 1}, not {text[at]!r}")
    found = _NAME.match(text, start)
    if found is None:
        raise ValueError(f"expected a name at character {start + 1}")
    return (Step("any") if found[0] == "*" else Step("name", found[0])), found.end()


def _bracketed(text: str, at: int) -> tuple[Step, int]:
    end = text.find("]", at)
    if end < 0:
        raise ValueError(f"the bracket at character {at + 1} is never closed")
    inside = text[at + 1 : end]
    if _INSIDE.fullmatch(inside) is None:
        raise ValueError(f"[{inside[:40]}] is not an index, [*] or a filter such as [?type=video]")
    if inside == "*":
        return Step("each"), end + 1
    if inside.startswith("?"):
        name, _, value = inside[1:].partition("=")
        return Step("where", name, value), end + 1
    return Step("index", value=inside), end + 1
