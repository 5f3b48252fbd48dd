"""What can be read from a free prompt: its sentences, camera words, light and spoken lines."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^.!?\n…]+(?:[.!?…]+[\"”')\]]*|\n|$)")
_CUT = re.compile(r"\b(?=(?:smash |hard |then )?cuts? to\b)", re.IGNORECASE)
_FRAMING = (
    r"(?:extreme |medium )?close[- ]?ups?|macro|(?:extreme )?wide[- ](?:shot|angle)|establishing shot"
    r"|(?:medium|long|full|two)[- ]shot|over[- ]the[- ]shoulder|aerial|bird'?s[- ]eye|drone"
    r"|(?:low|high|dutch)[- ]angle|top[- ]down|overhead|point[- ]of[- ]view|pov"
)
_MOVE = (
    r"(?:(?:slow|slowly|gentle|gently|fast|smooth) )?"
    r"(?:push(?:es|ing)?[- ]in|pull(?:s|ing)?[- ](?:out|back)|doll(?:y|ies|ying)(?: (?:in|out|back|forward))?"
    r"|zoom(?:s|ing)? (?:in|out)|pan(?:s|ning)?(?: (?:left|right))?|tilt(?:s|ing)?(?: (?:up|down))?"
    r"|crane(?:s|ing)?(?: (?:up|down))?|track(?:s|ing)(?: (?:left|right|shot))?|hand-?held|steadicam"
    r"|orbit(?:s|ing)?|circles?|arc(?:s|ing)?|locked[- ]off|static|whip[- ]pan)"
    r"|camera (?:rises|lifts|descends|drops|sinks|follows|drifts(?: (?:left|right))?|glides|circles|orbits"
    r"|climbs|pulls back|pushes in)"
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
        r"\w+", "a an the in on at of to by with through into under over from and or as its his her their is"
    )
)
_SPOKEN = re.compile(
    r"(?:(?:(?P<speaker>[A-Z][\w'’-]{0,30})\s+)?\b(?:says?|asks?|whispers?|shouts?|replies|murmurs?|answers?|calls?)"
    r"(?:\s+\w+){0,3}\s*[:,]?\s*|(?P<label>[A-Z][\w'’-]{0,30}):\s*)[\"“](?P<line>[^\"”\n]{1,300})[\"”]"
)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order, white space evened out."""
    found = (" ".join(piece.split()) for piece in _SENTENCE.findall(text))
    return tuple(piece for piece in found if any(sign.isalnum() or ord(sign) > 127 for sign in piece))


def cuts(text: str) -> list[str]:
    """The text split before each "cut to"; always at least one part."""
    parts = [part for part in _CUT.split(text) if part.strip()]
    return parts or [text]


def camera(text: str) -> str:
    """Framing and camera moves named in the text."""
    return _listed(_CAMERA, text, 3)


def focus(text: str) -> str:
    """Words about depth of field."""
    return _listed(_FOCUS, text, 1)


def lighting(text: str) -> str:
    """Words about light, with what stands right before them."""
    return _listed(_LIGHT, text, 2, _FILLERS)


def spoken(text: str) -> list[tuple[str, str]]:
    """Quoted lines that somebody says, with the speaker, who may be unknown ("")."""
    return [
        (match["speaker"] or match["label"] or "", match["line"].strip())
        for match in _SPOKEN.finditer(text[:16000])
    ]


def _listed(pattern: re.Pattern[str], text: str, most: int, fillers: frozenset[str] = frozenset()) -> str:
    found: dict[str, None] = {}
    for match in pattern.finditer(text[:16000]):
        words = match.group().lower().split()
        while words and words[0] in fillers:
            words.pop(0)
        found.setdefault(" ".join(words))
    return ", ".join(list(found)[:most])
