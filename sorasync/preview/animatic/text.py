"""Text in the font that comes with Pillow: what can be drawn, how wide it is, where it breaks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont
Colour = tuple[int, int, int, int]

_LONGEST = 700
_ALIKE = dict(
    pair.split("=", 1)
    for pair in re.findall(
        r"\S+",
        '×=x —=- –=- ‑=- •=· €=EUR →=> ←=< …=... ‚=\' „=" «=" »=" ′=\' ″=" '
        "ß=ss ẞ=SS Ł=L ł=l ø=o Ø=O æ=ae Æ=AE œ=oe Œ=OE đ=d Đ=D ð=d Ð=D þ=th Þ=Th ı=i",
    )
)


@lru_cache(maxsize=64)
def font(size: int) -> Font:
    """Pillow's own scalable font at a size in pixels."""
    found = ImageFont.load_default(max(6, size))
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType, which the animatic needs for its text")
    return found


@lru_cache(maxsize=4096)
def _drawable(sign: str) -> bool:
    """Whether the font has a glyph of its own for a sign."""
    face = font(24)
    mask, missing = face.getmask(sign), face.getmask("\uffff")
    return mask.size != missing.size or bytes(mask) != bytes(missing)


@lru_cache(maxsize=4096)
def _sign(sign: str) -> str:
    """What stands for one sign: itself, its plain letter, a likeness, nothing for marks, or a box."""
    if sign.isascii():
        return sign if sign.isprintable() else " "
    if sign.isspace():
        return " "
    if sign in _ALIKE:
        return str(_ALIKE[sign])
    if unicodedata.category(sign) in ("Mn", "Me", "Cf", "Cc", "Cs"):
        return ""
    if _drawable(sign):
        return sign
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    if plain and plain != sign:
        return "".join(_sign(part) for part in plain)
    return "\uffff"


def plain(text: str) -> str:
    """A text made of what the font can draw, white space evened out; what it cannot draw becomes a box.

    Only the first 700 characters are kept: more never fits.
    """
    return " ".join("".join(_sign(sign) for sign in text[:_LONGEST]).split())


def width_of(text: str, face: Font) -> int:
    """Pixels a line takes."""
    return round(face.getlength(text))


def fit(text: str, face: Font, width: float) -> str:
    """The text on one line, cut with dots when it is too long."""
    return (wrap(text, face, width, 1) or [""])[0]


def wrap(text: str, face: Font, width: float, most: int) -> list[str]:
    """Break into `most` lines at most, each no wider than `width` pixels; dots stand for what is cut."""
    words = plain(text).split()
    lines: list[str] = []
    while words:
        line, words = _fill(words, face, width)
        if words and len(lines) + 1 == most:
            lines.append(_dotted(line, face, width))
            return lines
        lines.append(line)
    return lines


def _fill(words: list[str], face: Font, width: float) -> tuple[str, list[str]]:
    """One line of as many words as fit, and the rest; a word wider than the line is broken."""
    line, used = words[0], 1
    if face.getlength(line) > width:
        length = _prefix(line, face, width)
        return line[:length], [line[length:], *words[1:]] if length < len(line) else words[1:]
    for word in words[1:]:
        if face.getlength(f"{line} {word}") > width:
            break
        line, used = f"{line} {word}", used + 1
    return line, words[used:]


def _prefix(word: str, face: Font, width: float) -> int:
    """How many characters of a word fit, one at least."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if face.getlength(word[:middle]) <= width else (low, middle - 1)
    return low


def _dotted(line: str, face: Font, width: float) -> str:
    while line and face.getlength(f"{line}...") > width:
        line = line[:-1]
    return f"{line.rstrip()}..."


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    face: Font,
    colour: Colour,
    bold: bool = False,
) -> None:
    """Draw one line of already plain text with its upper left corner at a point."""
    left, top = round(at[0]), round(at[1])
    draw.text((left, top), text, font=face, fill=colour)
    if bold:
        draw.text((left + max(1, round(face.size / 26)), top), text, font=face, fill=colour)
