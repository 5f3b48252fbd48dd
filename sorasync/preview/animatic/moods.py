"""Palettes for texts that name no colours: by time of day and place, else by the text itself."""

from __future__ import annotations

import colorsys
import re

from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import Swatch, swatch
from sorasync.preview.animatic.seeds import seeded

_MOODS: tuple[tuple[str, str], ...] = (
    (r"neon|cyberpunk|synthwave|arcade", "midnight, violet, cerise, electric, cyan"),
    (r"golden hour|sunset|sundown", "sunset, honey, plum, terracotta, cream"),
    (r"dusk|twilight|evening|lantern", "dusk, coral, midnight, lamp, plum"),
    (r"dawn|sunrise|morning", "peach, sky, lilac, butter, slate"),
    (r"night|moon\w*|midnight|stars|starry", "night, prussian, moonlight, slate, lamp"),
    (r"rain\w*|storm\w*|fog\w*|mist\w*|overcast", "storm, slate, fog, petrol, steel"),
    (r"snow\w*|ice|icy|arctic|winter|glacier\w*", "frost, glacier, denim, snow, slate"),
    (r"desert|dune\w*|canyon|sahara", "sand, terracotta, sky, sandstone, umber"),
    (r"ocean|sea|beach|underwater|wave\w*|harbou?r|coast\w*", "ocean, seafoam, sand, teal, navy"),
    (r"forest|jungle|wood\w*|garden|meadow|moss\w*|leaves", "forest, moss, straw, fern, bark"),
    (r"kitchen|cafe|bakery|restaurant|coffee|diner", "amber, cream, walnut, copper, sage"),
    (r"office|lab\w*|hospital|studio|factory", "porcelain, steel, teal, graphite, mint"),
    (r"city|street|rooftop\w*|subway|train|station", "asphalt, brick, sky, mustard, concrete"),
    (r"space|planet|rocket|galaxy|orbit\w*", "obsidian, indigo, iris, ember, moon"),
    (r"fire|flame\w*|volcano|forge", "soot, ember, marigold, oxblood, ash"),
)


def palette_for(text: str) -> tuple[Swatch, ...]:
    """Five colours that suit a text, without names since nobody named them; the same for the same text."""
    lowered = text[:4000].lower()
    for pattern, names in _MOODS:
        if re.search(rf"\b(?:{pattern})\b", lowered):
            return tuple(Swatch("", swatch(name).rgb) for name in names.split(", "))
    return _harmony(text)


def _harmony(text: str) -> tuple[Swatch, ...]:
    """Neighbouring hues and one from across the wheel, from the text alone."""
    base = seeded("palette", text).random()
    steps = ((0.0, 0.55, 0.45), (0.07, 0.45, 0.75), (0.5, 0.6, 0.85), (-0.07, 0.5, 0.3), (0.1, 0.18, 0.95))
    return tuple(Swatch("", _hsv(base + turn, saturation, value)) for turn, saturation, value in steps)


def _hsv(hue: float, saturation: float, value: float) -> RGB:
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(r * 255), round(g * 255), round(b * 255)
