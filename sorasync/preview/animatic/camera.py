"""How the camera of a shot moves, read from its words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum


class Move(Enum):
    """A camera move; the value is the sign shown for it: where the frame goes."""

    STATIC = "static"
    IN = "in"
    OUT = "out"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TRACK_LEFT = "track left"
    TRACK_RIGHT = "track right"
    ORBIT = "orbit"


class Framing(Enum):
    """How much of the subject is seen; the value is the subject's height in frames."""

    EXTREME = 2.1
    CLOSE = 1.35
    MEDIUM_CLOSE = 1.05
    MEDIUM = 0.85
    FULL = 0.6
    WIDE = 0.36
    AERIAL = 0.2


_MOVES: tuple[tuple[str, Move], ...] = (
    (r"push|doll(?:y|ies|ying) (?:in|forward)|zoom\w*[ -]in|moves? in|creep|approach", Move.IN),
    (r"pull|doll(?:y|ies|ying) (?:out|back)|zoom\w*[ -]out|retreat|backs? away", Move.OUT),
    (r"(?:track|truck|slid|crab|doll|travel|follow)\w*.{0,12}\bleft", Move.TRACK_LEFT),
    (r"track|truck|slid(?:e|es|er|ing)\b|crab|follow|travelling|steadicam|glide", Move.TRACK_RIGHT),
    (r"orbit|circl|\barc\b|arcs|arcing|around|revolv|rotat", Move.ORBIT),
    (r"\b(?:pan|whip|drift|sweep)\w*.{0,12}\bleft|right to left", Move.LEFT),
    (r"\bpan(?!el|or|ic)\w*|whip|drift|sweep|left to right", Move.RIGHT),
    (
        r"tilt\w*[ -]down|descend|\bdrops?\b|sink|lower|crane\w*[ -]down|(?:boom|jib|pedestal)\w*[ -]down",
        Move.DOWN,
    ),
    (
        r"\btilt(?!-shift)|\bris(?:e|es|ing)\b|crane|\bboom|\bjib|pedestal|lifts?\b|ascend|climb"
        r"|\b(?:moves?|goes|looks?|floats?) up\b",
        Move.UP,
    ),
    (r"dolly", Move.IN),
    (r"zoom", Move.IN),
)
_FRAMINGS: tuple[tuple[str, Framing], ...] = (
    (r"aerial|bird.?s|drone|overhead|top[ -]down|satellite", Framing.AERIAL),
    (r"extreme close|macro|insert|detail|\becu\b", Framing.EXTREME),
    (r"medium close|\bmcu\b|head and shoulders", Framing.MEDIUM_CLOSE),
    (r"close|\bcu\b|portrait|tight", Framing.CLOSE),
    (r"extreme wide|establish|very wide|landscape|panoram", Framing.AERIAL),
    (r"medium wide|full|cowboy|long shot|knee", Framing.FULL),
    (r"wide|\bws\b|\bmaster\b", Framing.WIDE),
    (r"medium|\bms\b|waist|over[ -]the[ -]shoulder|two[ -]shot|pov", Framing.MEDIUM),
)


@dataclass(frozen=True, slots=True)
class Camera:
    """A move, the framing if the words give one, and whether the picture sways as if hand-held."""

    move: Move
    framing: Framing | None
    sway: bool


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera is: `zoom` 1 shows the whole backdrop; x and y go from -1 to 1 over what is left free.

    `near_x` and `near_y` move the subject against the frame, in frame widths and heights; `near_zoom`
    scales it.
    """

    zoom: float
    x: float
    y: float
    near_x: float
    near_y: float
    near_zoom: float


def read_camera(words: str) -> Camera:
    """Understand camera words in any order; unknown words mean a camera that stands still."""
    text = words.lower()
    move = next((move for pattern, move in _MOVES if re.search(pattern, text)), Move.STATIC)
    framing = next((framing for pattern, framing in _FRAMINGS if re.search(pattern, text)), None)
    sway = re.search(r"hand-?\s?held|shak|documentary|\bsway", text) is not None
    return Camera(move, framing, sway)


def pose(camera: Camera, progress: float, seconds: float) -> Pose:
    """The camera at `progress` (0 to 1) of a shot, `seconds` after the shot began."""
    eased = progress * progress * (3 - 2 * progress)
    sweep = 2 * (0.25 * progress + 0.75 * eased) - 1
    found = _moved(camera.move, sweep)
    if not camera.sway:
        return found
    x = 0.16 * math.sin(seconds * 2.3) + 0.07 * math.sin(seconds * 5.1 + 1)
    y = 0.14 * math.sin(seconds * 1.7 + 2) + 0.06 * math.sin(seconds * 4.3)
    zoom = max(1.12, found.zoom)
    return Pose(
        zoom, found.x + x, found.y + y, found.near_x - x * 0.05, found.near_y - y * 0.05, found.near_zoom
    )


def _moved(move: Move, sweep: float) -> Pose:
    """The pose for a sweep from -1 (start of the shot) to 1 (its end)."""
    if move in (Move.IN, Move.OUT):
        near = sweep if move is Move.IN else -sweep
        return Pose(1.2 + 0.17 * near, 0, 0, 0, 0.02 * near, 1 + 0.2 * near)
    if move in (Move.LEFT, Move.RIGHT):
        way = sweep if move is Move.RIGHT else -sweep
        return Pose(1.22, 0.9 * way, 0, -0.2 * way, 0, 1)
    if move in (Move.UP, Move.DOWN):
        way = sweep if move is Move.DOWN else -sweep
        return Pose(1.22, 0, 0.95 * way, 0, -0.16 * way, 1)
    if move in (Move.TRACK_LEFT, Move.TRACK_RIGHT):
        way = sweep if move is Move.TRACK_RIGHT else -sweep
        return Pose(1.22, 0.95 * way, 0, 0.03 * way, 0, 1)
    if move is Move.ORBIT:
        return Pose(1.2 + 0.05 * sweep * sweep, 0.9 * sweep, 0, 0.1 * sweep, 0, 1.06 - 0.08 * sweep * sweep)
    return Pose(1.13, 0, 0, 0, 0, 1)
