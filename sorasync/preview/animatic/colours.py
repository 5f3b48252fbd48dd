"""Colour names to colours, and colours in running text."""

from __future__ import annotations

import colorsys
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageColor

from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.paints import PAINTS

_SHIFTS: dict[str, tuple[RGB, float]] = {
    "dark": ((0, 0, 0), 0.45),
    "deep": ((0, 0, 0), 0.35),
    "burnt": ((40, 10, 0), 0.35),
    "light": ((255, 255, 255), 0.4),
    "pale": ((255, 255, 255), 0.55),
    "soft": ((255, 250, 245), 0.25),
    "bright": ((255, 255, 255), 0.12),
    "muted": ((128, 124, 120), 0.45),
    "dusty": ((150, 140, 130), 0.45),
    "faded": ((190, 185, 178), 0.45),
    "warm": ((255, 170, 90), 0.2),
    "cool": ((110, 160, 255), 0.2),
    "cold": ((110, 160, 255), 0.25),
}
_NOT_IN_PROSE = frozenset(
    {"fire", "water", "wood", "lead", "tea", "dusty", "acid", "iron", "shell", "leaf", "snow", "night"}
)
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour under the name it was asked for."""

    name: str
    rgb: RGB


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """`share` of the second colour in the first, 0 to 1."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


def brightness(colour: RGB) -> float:
    """How bright a colour looks, 0 (black) to 1 (white)."""
    return (0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]) / 255


@lru_cache(maxsize=1024)
def swatch(name: str) -> Swatch:
    """The colour of any name: CSS, a paint or material word with or without a shade before it, `#rrggbb`,
    and for unknown names one derived from the text, always the same."""
    shown = " ".join(name.split())[:40]
    return Swatch(shown, _known_colour(shown.lower()) or _invented(shown.lower()))


def _known_colour(name: str) -> RGB | None:
    if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", name):
        return _rgb(ImageColor.getrgb(name))
    words = _WORD.findall(name)
    if not words:
        return None
    whole = _named_colour("".join(words))
    if whole is not None:
        return whole
    for position in range(len(words) - 1, -1, -1):
        found = _named_colour(words[position])
        if found is not None:
            return _shaded(found, words[:position])
    return None


def _shaded(colour: RGB, words: list[str]) -> RGB:
    for word in words:
        if word in _SHIFTS:
            towards, share = _SHIFTS[word]
            colour = mix(colour, towards, share)
        elif (tint := _named_colour(word)) is not None:
            colour = mix(colour, tint, 0.3)
    return colour


def _named_colour(word: str) -> RGB | None:
    if word in PAINTS:
        value = PAINTS[word]
        return value >> 16, value >> 8 & 255, value & 255
    # Not the table's value: Pillow replaces a text by a tuple once anybody has asked for that name.
    return _rgb(ImageColor.getrgb(word)) if word in ImageColor.colormap else None


def _rgb(values: tuple[int, ...]) -> RGB:
    return values[0], values[1], values[2]


def _invented(name: str) -> RGB:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    r, g, b = colorsys.hsv_to_rgb(digest[0] / 256, 0.35 + digest[1] / 640, 0.5 + digest[2] / 640)
    return round(r * 255), round(g * 255), round(b * 255)


def palette_of_names(names: tuple[str, ...], most: int = 6) -> tuple[Swatch, ...]:
    """The colours of a list of names; where some are known, those that are not are no colours."""
    known = tuple(name for name in names if len(name.split()) < 4 and _known_colour(name.lower()) is not None)
    short = known or tuple(name for name in names if len(name.split()) < 3)
    return tuple(swatch(name) for name in dict.fromkeys(short))[:most]


def colours_in(text: str, most: int = 5) -> tuple[Swatch, ...]:
    """The colours named in running text, in order, each once; a shade word before a colour goes with it."""
    words = _WORD.findall(text[:8000].lower())
    found: dict[str, Swatch] = {}
    for before, word in zip(["", *words], words, strict=False):
        if word in _NOT_IN_PROSE or _named_colour(word) is None:
            continue
        name = f"{before} {word}" if before in _SHIFTS else word
        found.setdefault(name, swatch(name))
        if len(found) == most:
            break
    return tuple(found.values())
