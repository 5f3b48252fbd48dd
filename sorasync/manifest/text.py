"""Normalises prompt text for sending and hashing: removes an editor's layout."""

from __future__ import annotations

import re

_RUNS = re.compile(r"[ \t\n]*\n[ \t\n]*|[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")


def normalise(text: str) -> str:
    """The text without its layout.

    Line feeds only, no blanks at either end of a line, one space for a run of blanks inside it, no blank
    lines around it and one for several. Blanks are spaces and tabs. Indentation goes too, whatever its depth,
    so that indenting a block never changes what is asked for. Doing it twice changes nothing.
    """
    if "\n" not in text and "  " not in text and "\t" not in text and "\r" not in text:
        return text.strip(" ")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")
    return _RUNS.sub(_collapse_run, lines)


def one_line(text: str) -> str:
    """The text on one line, each run of white space as one space."""
    return " ".join(text.split())


def control_character(text: str) -> str | None:
    """The first character that no prompt may contain, as `U+001B`, or None."""
    found = _CONTROL.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def _collapse_run(match: re.Match[str]) -> str:
    breaks = match[0].count("\n")
    return "\n\n" if breaks > 1 else "\n" if breaks else " "
