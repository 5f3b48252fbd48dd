"""Names and values in messages: the nearest right spelling, lists, values on one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sorasync.text import and_more

# What other tools and APIs of the field call the same thing: spelling alone would lead to another key.
_SYNONYMS = {
    "duration": "seconds",
    "length": "seconds",
    "resolution": "size",
    "dimensions": "size",
    "text": "prompt",
    "n": "takes",
    "count": "takes",
    "variations": "takes",
    "first_frame": "image",
    "start_image": "image",
    "input_reference": "image",
    "extends": "from",
    "source": "from",
    "version": "revision",
    "notes": "description",
    "comment": "description",
    "labels": "tags",
    "parameters": "params",
    "extra_body": "params",
    "selected": "pick",
    "locked": "protect",
}


def nearest_key(wrong: str, known: Iterable[str]) -> str | None:
    """The key that is meant: by what other tools call it, else by its spelling; None if none is near."""
    names = list(known)
    meant = _SYNONYMS.get(_comparable_name(wrong))
    return meant if meant in names else nearest(wrong, names)


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """The name in `right` that `wrong` most likely means, or None if none is near.

    Case, `-` and `_` do not count. A long list is first cut down to names of about the same length.
    """
    import difflib

    candidates = sorted(name for name in right if abs(len(name) - len(wrong)) <= 4)
    plain = {_comparable_name(name): name for name in reversed(candidates)}
    if (same := plain.get(_comparable_name(wrong))) is not None:
        return same
    found = difflib.get_close_matches(_comparable_name(wrong), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


class Speller:
    """Suggestions for one load; limited, since each one compares every name."""

    def __init__(self, most: int = 100) -> None:
        self._left = most

    def nearest(self, wrong: str, right: Callable[[], Iterable[str]]) -> str | None:
        """Like the function of that name, and None once the suggestions are used up."""
        return nearest(wrong, right()) if self._may() else None

    def nearest_key(self, wrong: str, known: Iterable[str]) -> str | None:
        """The same for a key."""
        return nearest_key(wrong, known) if self._may() else None

    def _may(self) -> bool:
        self._left -= 1
        return self._left >= 0


def listed(names: Iterable[str], most: int = 12) -> str:
    """The names in order as a sentence part, cut after `most`."""
    return and_more(sorted(names), most)


def shown(value: object) -> str:
    """A value for a message: as TOML writes it, on one line, cut after 60 characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    text = str(value)
    if isinstance(value, str):
        text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:61])
        text = f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'
    return text if len(text) <= 70 else text[:60] + "…"


def _comparable_name(name: str) -> str:
    return name.casefold().replace("-", "_")
