"""The nearest right spelling of a wrong name."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """The name of `right` that `wrong` most likely stands for, or None if none is near.

    Case, `-` and `_` do not count. A long list is first cut down to names of about the same length.
    """
    import difflib

    candidates = sorted(name for name in right if abs(len(name) - len(wrong)) <= 4)
    plain = {_plain(name): name for name in reversed(candidates)}
    if (same := plain.get(_plain(wrong))) is not None:
        return same
    found = difflib.get_close_matches(_plain(wrong), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def listed(names: Iterable[str], most: int = 12) -> str:
    """The names in order as a sentence part, cut after `most`."""
    ordered = sorted(names)
    shown = ", ".join(ordered[:most])
    return f"{shown} and {len(ordered) - most} more" if len(ordered) > most else shown


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")
