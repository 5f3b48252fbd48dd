"""Warns about characters that no font here has: the animatics would show boxes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sorasync.operations.project import Project

_SHOWN = 8
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")


def boxes(project: Project, prompts: Iterable[str]) -> tuple[str, str] | None:
    """What cannot be written in the animatics of those prompts, and what to do about it; None if all can.

    Nothing is said of a provider that is not the embedded one, or that cannot draw at all.
    """
    found = unwritten(prompts) if project.profile.transport == "in-process" else None
    if found is None:
        return None
    signs, package = found
    return (
        f"no font here for {signs}: the animatics show boxes instead",
        f"install {package}, or your system's package of that font; the requests are not affected",
    )


def unwritten(texts: Iterable[str]) -> tuple[str, str] | None:
    """The characters that no font of this machine has, in words, and the package of one that has them.

    None where every one can be written, or nothing at all for want of Pillow.
    """
    signs = {sign for text in texts if not text.isascii() for sign in text if not sign.isascii()}
    if not signs:
        return None
    try:
        from sorasync.preview.animatic.text import unwritable
    except ImportError:
        return None
    missing = unwritable(signs)
    if not missing:
        return None
    more = f" and {len(missing) - _SHOWN} more characters" if len(missing) > _SHOWN else ""
    east = any(unicodedata.name(sign, "").startswith(_EAST_ASIAN) for sign in missing)
    return f"{''.join(missing[:_SHOWN])}{more}", "fonts-noto-cjk" if east else "fonts-noto"
