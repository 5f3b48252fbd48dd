"""Chooses the quotes of a string."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\\(.)", re.DOTALL)


def quoted(text: str) -> str:
    """A one-line string in basic quotes, or in literal ones where these spare it every escape.

    Only the way it is written changes. Escapes other than `\\"` and `\\\\` stay, and the quotes with them.
    """
    inner = text[1:-1]
    if text[0] == "'":
        return text if '"' in inner or "\\" in inner else f'"{inner}"'
    if "\\" not in inner or "'" in inner:
        return text
    if any(escaped not in '"\\' for escaped in _ESCAPES.findall(inner)):
        return text
    return "'" + _ESCAPES.sub(r"\1", inner) + "'"
