"""What can be read from a free prompt: its sentences, camera words, light and spoken lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sorasync.preview.animatic.colours import Swatch
from sorasync.preview.animatic.vocabulary import foreign_camera

_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"”')\]]))\s+")
_SHORT = re.compile(r"(?:^|\s)(?:mr|mrs|ms|dr|st|no|vs|approx|e\.g|i\.e)\.$", re.IGNORECASE)
_LINE_END = re.compile(r"[.!?…:;][\"”')\]]*$")
_PALETTE = re.compile(
    r"^(?:(?:colou?r )?palette|colou?rs)(?: anchors?)?\s*(?:(?:of|is|are|in)\b|[:=])\s*(?P<names>[^.!?\n]*)",
    re.IGNORECASE,
)
_CUT = re.compile(r"\b(?=(?:smash |hard |then )?cuts? to\b)", re.IGNORECASE)
_FRAMING = (
    r"(?:extreme |medium )?close[- ]?ups?|macro|establishing shot"
    r"|(?:(?:extreme|very|medium) )?(?:wide|long|full|medium|close)(?:[- ][a-z]+){0,2}[- ](?:shot|angle|view)"
    r"|two[- ]shot|over[- ]the[- ]shoulder|over (?:an? |the )?(?:his|her|their|[a-z]+['’]s) shoulder"
    r"|aerial|bird'?s[- ]eye|(?<!a )(?<!the )(?<!an )drone|drone (?:shot|view|footage|flies)"
    r"|(?:seen )?from behind"
    r"|away from (?:the )?camera|in profile"
    r"|back of(?= (?:\w+ )?(?:\w+['’]s )?head)"
    r"|profile(?: shot| view)?(?! picture| photo)"
    r"|portrait (?:shot|of)"
    r"|from (?:straight |directly )?above|insert"
    r"|(?:low|high|dutch)[- ]angle|top[- ]down|overhead|point[- ]of[- ]view|pov"
)
_MOVE = (
    r"(?:(?:slow|slowly|gentle|gently|fast|smooth) )?"
    r"(?:push(?:es|ing)?[- ]in|pull(?:s|ing)?[- ](?:out|back)|doll(?:y|ies|ying)(?: (?:in|out|back|forward))?"
    r"|zoom(?:s|ing)? (?:in|out)|pan(?:s|ning)?(?: (?:left|right))?|tilt(?:s|ing)?(?: (?:up|down))?"
    r"|crane(?:s|ing)?(?: (?:up|down))?|track(?:s|ing)(?: (?:left|right|shot))?|hand-?held|steadicam"
    r"|orbit(?:s|ing)?(?: (?:left|right|(?:counter-?)?clockwise))?|doll(?:y|ies)[- ]zoom|locked[- ]off|static"
    r"|whip[- ]pan(?: (?:left|right))?)"
    r"|camera (?:rises|lifts|descends|drops|sinks|follows|drifts|glides|circles|orbits|arcs|tracks|climbs"
    r"|pulls back|pushes in)(?: (?:left|right|(?:counter-?)?clockwise))?"
)
_CAMERA = re.compile(rf"\b(?:{_FRAMING}|{_MOVE})\b", re.IGNORECASE)
_FOCUS = re.compile(
    r"\b(?:(?:very )?(?:shallow|deep) (?:depth of field|focus)|rack focus|bokeh|tilt-shift|soft focus)\b",
    re.IGNORECASE,
)
_LIGHT = re.compile(
    r"\b(?:\w+[- ])?(?:(?:sun|day|moon|candle|lamp|back|fire)light|streetlights?|neon|light|lighting|lamps?"
    r"|lanterns?|sun|glow|golden hour|dusk|dawn|twilight|night|noon|overcast)\b",
    re.IGNORECASE,
)
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "a an the in on at of to by with through into under over from and or as its his her their is while",
    )
)
_SPOKEN = re.compile(
    r"(?:(?:(?P<speaker>[A-Z][\w'’-]{0,30})\s+)?\b(?:says?|asks?|whispers?|shouts?|replies|murmurs?|answers?|calls?)"
    r"(?:\s+\w+){0,3}\s*[:,]?\s*|(?P<label>[A-Z][\w'’-]{0,30}):\s*)[\"“](?P<line>[^\"”\n]{1,300})[\"”]"
)


def unwrap(text: str) -> str:
    """The text with each paragraph on one line, unless its lines are sentences of their own."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n".join(_flowing(paragraph) for paragraph in paragraphs)


def _flowing(paragraph: str) -> str:
    lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
    own = all(_stands_alone(line, after) for line, after in pairwise(lines))
    return ("\n" if own else " ").join(lines)


def _stands_alone(line: str, after: str) -> bool:
    """Whether a line is a sentence of its own, full stop or not."""
    if _LINE_END.search(line):
        return True
    last = re.findall(r"[\w'’]+$", line)
    return not (after[0].islower() or line[-1] in ",-–—(" or (last and last[0].lower() in _FILLERS))


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order, white space evened out, without one that only names a palette."""
    found: list[str] = []
    for line in unwrap(text).split("\n"):
        held = ""
        for piece in _END.split(line):
            held = f"{held} {piece}".strip()
            if not _SHORT.search(held):
                found.append(held)
                held = ""
        found.append(held)
    tidy = (" ".join(piece.split()) for piece in found)
    return tuple(
        piece
        for piece in tidy
        if any(sign.isalnum() or ord(sign) > 127 for sign in piece) and not _PALETTE.match(piece)
    )


def palette(text: str) -> tuple[str, ...]:
    """What a sentence that is nothing but a palette names ("Palette of coral, plum and amber."), in order."""
    pieces = (piece for line in unwrap(text[:16000]).split("\n") for piece in _END.split(line))
    match = next((match for piece in pieces if (match := _PALETTE.match(piece))), None)
    parts = re.split(r"[,;/]|\band\b", match["names"]) if match else []
    return tuple(" ".join(part.split()) for part in parts if part.strip())


def listed_colours(text: str, named: Sequence[Swatch]) -> tuple[str, ...]:
    """Colours that stand in a row, such as "teal, sand and rust": what somebody would call a palette."""
    names = "|".join(re.escape(colour.name) for colour in named if colour.name)
    row = (
        re.search(rf"(?:\b(?:{names})\b(?:\s*,\s*|\s+and\s+|,\s*and\s+)?){{3,}}", text, re.IGNORECASE)
        if names
        else None
    )
    return tuple(re.findall(rf"\b(?:{names})\b", row.group(), re.IGNORECASE)) if row else ()


def cuts(text: str) -> list[str]:
    """The text split before each "cut to"; always at least one part."""
    parts = [part for part in _CUT.split(text) if part.strip()]
    return parts or [text]


def camera(text: str) -> str:
    """Framing and camera moves named in the text."""
    found = _first_words(_CAMERA, text, 3)
    foreign = [match.group().lower() for match in foreign_camera().finditer(text[:16000])]
    return ", ".join(dict.fromkeys([*filter(None, [found]), *foreign[:3]]))


def focus(text: str) -> str:
    """Words about depth of field."""
    return _first_words(_FOCUS, text, 1)


def lighting(text: str) -> str:
    """Words about light, with what stands right before them."""
    return _first_words(_LIGHT, text, 2, _FILLERS)


def spoken(text: str) -> list[tuple[str, str]]:
    """Quoted lines that somebody says, with the speaker, who may be unknown ("")."""
    return [
        (match["speaker"] or match["label"] or "", match["line"].strip())
        for match in _SPOKEN.finditer(text[:16000])
    ]


def _first_words(
    pattern: re.Pattern[str], text: str, most: int, fillers: frozenset[str] = frozenset()
) -> str:
    found: dict[str, None] = {}
    for match in pattern.finditer(text[:16000]):
        words = match.group().lower().split()
        while words and words[0] in fillers:
            words.pop(0)
        found.setdefault(" ".join(words))
    return ", ".join(list(found)[:most])
