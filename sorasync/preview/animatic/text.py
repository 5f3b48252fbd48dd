"""Writing: what can be drawn, how wide it is, where it breaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from PIL import ImageDraw

from sorasync.preview.animatic import fonts

Colour = tuple[int, int, int, int]

_LONGEST = 700
# Other fonts are drawn a little smaller: their letters are larger than those of Pillow's own.
_SHARE = 0.92


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in re.findall(r"\S+", text))


_SIGNS = _pairs('×=x —=- –=- ‑=- •=· €=EUR →=> ←=< …=... ‚=\' „=" «=" »=" ′=\' ″="')
_LETTERS = _pairs("ß=ss ẞ=SS Ł=L ł=l ø=o Ø=O æ=ae Æ=AE œ=oe Œ=OE đ=d Đ=D ð=d Ð=D þ=th Þ=Th ı=i")


@dataclass(frozen=True, slots=True)
class Font:
    """One size of writing, in pixels, with the fonts beside Pillow's own."""

    size: int
    extra: tuple[Path, ...] = ()

    @property
    def main(self) -> fonts.Font:
        """Pillow's own font at this size."""
        found = fonts.load(None, self.size)
        if found is None:
            raise RuntimeError("Pillow has no built-in font")
        return found

    def getlength(self, text: str) -> float:
        """Pixels a line takes."""
        if text.isascii():
            return self.main.getlength(text)
        return sum(face.getlength(part) for part, face in self.runs(text))

    def runs(self, text: str) -> list[tuple[str, fonts.Font]]:
        """The text in pieces of one font each; a word is never set in two."""
        if text.isascii():
            return [(text, self.main)]
        pieces: list[tuple[str, fonts.Font]] = []
        for word in re.findall(r"\S+\s*|\s+", text):
            face = self._for(word.strip())
            if pieces and pieces[-1][1] is face:
                pieces[-1] = (pieces[-1][0] + word, face)
            else:
                pieces.append((word, face))
        return pieces

    def _for(self, word: str) -> fonts.Font:
        for path in (None, *self.extra):
            if all(sign.isascii() or fonts.has_glyph(path, sign) for sign in word):
                found = fonts.load(path, self.size if path is None else max(6, round(self.size * _SHARE)))
                if found is not None:
                    return found
        return self.main


def font(size: int) -> Font:
    """Writing of a size in pixels, in the fonts that hold now."""
    return Font(max(6, size), fonts.chosen_fonts())


@lru_cache(maxsize=8192)
def _sign(sign: str, extra: tuple[Path, ...]) -> str:
    """The replacement of one character: itself, its base letter, a lookalike, nothing for marks, or a box."""
    if sign.isascii():
        return sign if sign.isprintable() else " "
    if sign.isspace():
        return " "
    if sign in _SIGNS:
        return _SIGNS[sign]
    if unicodedata.category(sign) in ("Mn", "Me", "Cf", "Cc", "Cs"):
        return ""
    if any(fonts.has_glyph(path, sign) for path in (None, *extra)):
        return sign
    if sign in _LETTERS:
        return _LETTERS[sign]
    plain = "".join(part for part in normalize("NFKD", sign) if not unicodedata.combining(part))
    if plain and plain != sign:
        return "".join(_sign(part, extra) for part in plain)
    return "\uffff"


def plain(text: str) -> str:
    """A text made of what the fonts can draw, white space evened out; what they cannot draw becomes a box.

    Only the first 700 characters are kept: more never fits.
    """
    extra = fonts.chosen_fonts()
    whole = normalize("NFC", text[:_LONGEST])
    return " ".join("".join(_sign(sign, extra) for sign in whole).split())


def unwritable(signs: Iterable[str]) -> list[str]:
    """The signs that become boxes, sorted."""
    extra = fonts.chosen_fonts()
    return sorted(
        sign for sign in signs if "\uffff" in "".join(_sign(part, extra) for part in normalize("NFC", sign))
    )


def fit(text: str, face: Font, width: float) -> str:
    """The text on one line, cut with dots when it is too long."""
    return (wrap(text, face, width, 1) or [""])[0]


def wrap(text: str, face: Font, width: float, most: int) -> list[str]:
    """Break into `most` lines at most, each no wider than `width` pixels; dots stand for what is cut."""
    words = plain(text).split()
    lines: list[str] = []
    while words:
        line, words = _fill_line(words, face, width)
        if words and len(lines) + 1 == most:
            lines.append(_dotted(line, face, width))
            return lines
        lines.append(line)
    return lines


def _fill_line(words: list[str], face: Font, width: float) -> tuple[str, list[str]]:
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
    left, top = at[0], round(at[1])
    level = top + face.main.getmetrics()[0]
    for part, letters in face.runs(text):
        draw.text((round(left), level), part, font=letters, fill=colour, anchor="ls")
        if bold:
            draw.text(
                (round(left) + max(1, round(face.size / 26)), level),
                part,
                font=letters,
                fill=colour,
                anchor="ls",
            )
        left += letters.getlength(part)
