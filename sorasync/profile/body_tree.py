"""Request bodies in a profile: tables whose strings may be placeholders.

`"$prompt"` is the prompt, `"$seconds|suffix:s"` the length as `8s`; `"$$"` begins a plain text with a dollar.
A placeholder is never part of a longer string, so that no prompt can change a body's structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sorasync.text import close_match

NUMBERS = frozenset({"seconds", "frames", "width", "height", "seed", "fps", "take"})
FILES = frozenset({"image", "images", "last_image", "source_file"})
_TEXTS = frozenset({"prompt", "negative", "model", "source_id", "source_url", "own_id", "label", "id"})
_TREES = frozenset({"params", "workflow"})
# What a body may say.
VALUES = NUMBERS | FILES | _TEXTS | _TREES | {"size"}

_OF_FILES = frozenset({"base64", "data_url", "mime"})
# The values that each filter takes.
_FITS: Mapping[str, frozenset[str]] = {
    "text": NUMBERS | _TEXTS | {"size"},
    "int": NUMBERS,
    "float": NUMBERS,
    "ms": frozenset({"seconds"}),
    "suffix": NUMBERS | _TEXTS | {"size"},
    "prefix": NUMBERS | _TEXTS | {"size"},
    "ratio": frozenset({"size"}),
    "ratio_colon": frozenset({"size"}),
    "tier": frozenset({"size"}),
    "lower": _TEXTS | {"size"},
    "map": NUMBERS | _TEXTS | {"size"},
    **dict.fromkeys(_OF_FILES, FILES),
}
_WITH_WORD = frozenset({"suffix", "prefix", "map"})
_VALUE = re.compile(r"\$([a-z_]+)((?:\|[^|]*)*)")
_DEEPEST = 8
_MOST_FILTERS = 2

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A placeholder in a body: its place, its name and its filters, each with its argument or none."""

    place: Place
    value: str
    filters: tuple[tuple[str, str], ...] = ()

    @property
    def inline(self) -> bool:
        """Whether a file has become text for JSON."""
        return any(name in _OF_FILES for name, _ in self.filters)


@dataclass(frozen=True, slots=True)
class BodyFault:
    """What is wrong at a place of a body, and the nearest right spelling where there is one."""

    place: Place
    message: str
    fix: str | None = None


def read_tree(tree: object) -> tuple[list[Use], list[BodyFault]]:
    """Every value that a body uses, and every mistake in it."""
    uses: list[Use] = []
    mistakes: list[BodyFault] = []
    for place, text in _strings(tree, (), mistakes):
        if not text.startswith("$") or text.startswith("$$"):
            continue
        try:
            uses.append(_use(place, text))
        except ValueError as error:
            mistakes.append(BodyFault(place, str(error), _nearest(text)))
    return uses, mistakes


def _strings(tree: object, place: Place, mistakes: list[BodyFault]) -> Iterator[tuple[Place, str]]:
    if len(place) > _DEEPEST:
        mistakes.append(BodyFault(place, f"it is nested more than {_DEEPEST} tables deep"))
    elif isinstance(tree, Mapping):
        for name, inner in tree.items():
            if not name or len(name) > 80 or any(char <= " " for char in name):
                mistakes.append(BodyFault((*place, name), "a field name cannot contain spaces"))
            elif name == "*" and inner != "$params":
                mistakes.append(BodyFault((*place, name), '"*" accepts only "$params"'))
            else:
                yield from _strings(inner, (*place, name), mistakes)
    elif isinstance(tree, list):
        for index, inner in enumerate(tree):
            yield from _strings(inner, (*place, index), mistakes)
    elif isinstance(tree, str):
        yield place, tree
    elif not isinstance(tree, bool | int | float):
        mistakes.append(BodyFault(place, "must be a string, a number, true, false, an array or a table"))


def _nearest(text: str) -> str | None:
    """The value that a text may have meant."""
    name = text[1:].partition("|")[0]
    fix = None if name in VALUES else close_match(name, sorted(VALUES))
    return fix and f"${fix}"


def _use(place: Place, text: str) -> Use:
    found = _VALUE.fullmatch(text)
    if found is None or found[1] not in VALUES:
        known = ", ".join(f"${name}" for name in sorted(VALUES))
        raise ValueError(f"{text[:60]!r} is not a placeholder; use {known}, or $$ for a dollar sign")
    filters = tuple(_filter(part) for part in found[2].split("|")[1:])
    if len(filters) > _MOST_FILTERS:
        raise ValueError(f"{text[:60]!r} has {len(filters)} filters; at most {_MOST_FILTERS} are allowed")
    for name, _ in filters[:1]:
        if found[1] not in _FITS[name]:
            raise ValueError(f"the filter {name} cannot be applied to ${found[1]}")
    if found[1] == "params" and place[-1:] != ("*",):
        raise ValueError('"$params" needs the key "*", beside the fields that it is merged with')
    return Use(place, found[1], filters)


def _filter(part: str) -> tuple[str, str]:
    name, colon, word = part.partition(":")
    if name not in _FITS:
        raise ValueError(f"there is no filter {name[:40]!r}; use one of {', '.join(sorted(_FITS))}")
    if (name in _WITH_WORD) != bool(word) or (colon and not word):
        needs = "needs an argument after a colon" if name in _WITH_WORD else "takes no argument"
        raise ValueError(f"the filter {name} {needs}")
    return name, word
