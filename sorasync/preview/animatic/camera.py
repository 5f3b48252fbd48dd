"""How the camera of a shot stands and moves, read from its words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from enum import Enum

from sorasync.preview.animatic.vocabulary import data


class Move(Enum):
    """A camera move; the value is a name for it."""

    STATIC = "static"
    IN = "dolly in"
    OUT = "dolly out"
    ZOOM_IN = "zoom in"
    ZOOM_OUT = "zoom out"
    DOLLY_ZOOM = "dolly zoom"
    LEFT = "pan left"
    RIGHT = "pan right"
    WHIP_LEFT = "whip pan left"
    WHIP_RIGHT = "whip pan right"
    UP = "tilt up"
    DOWN = "tilt down"
    CRANE_UP = "crane up"
    CRANE_DOWN = "crane down"
    TRACK_LEFT = "track left"
    TRACK_RIGHT = "track right"
    ORBIT_LEFT = "orbit left"
    ORBIT_RIGHT = "orbit right"
    DRONE = "drone forward"


class Framing(Enum):
    """How much of the subject is seen; the value is how near the camera is, 1 for a full shot."""

    EXTREME = 7.6
    CLOSE = 4.2
    MEDIUM_CLOSE = 2.9
    MEDIUM = 1.95
    FULL = 1.0
    WIDE = 0.48
    AERIAL = 0.24


class View(Enum):
    """From where the subject is seen."""

    FRONT = "front"
    PROFILE = "profile"
    BACK = "back"
    OVER_SHOULDER = "over the shoulder"
    TOP_DOWN = "top-down"


@dataclass(frozen=True, slots=True)
class Camera:
    """A move, the framing if the words give one, the view, and whether the picture sways or is slanted."""

    move: Move
    framing: Framing | None
    sway: bool
    view: View = View.FRONT
    dutch: bool = False
    two_shot: bool = False


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera is: how near by moving (`near`) and by its lens (`lens`), 1 at rest.

    `pan` and `tilt` shift the whole picture, in frame widths and heights. `track`, `lift` and `turn` move the
    camera itself, so that near things shift more than far ones.
    """

    near: float = 1.0
    lens: float = 1.0
    pan: float = 0.0
    tilt: float = 0.0
    track: float = 0.0
    lift: float = 0.0
    turn: float = 0.0


def read_camera(words: str) -> Camera:
    """Understand camera words in any order; unknown words mean a camera that stands still."""
    text = words.lower()
    known = data()["camera"]
    move, framing, view = (_first(known[table], text) for table in ("moves", "framings", "views"))
    return Camera(
        Move[move] if move else Move.STATIC,
        Framing[framing] if framing else None,
        re.search(known["handheld"], text) is not None,
        View[view] if view else View.FRONT,
        re.search(known["dutch"], text) is not None,
        re.search(known["two_shot"], text) is not None,
    )


def _first(rows: list[list[str]], text: str) -> str | None:
    return next((name for name, pattern in rows if re.search(pattern, text)), None)


def pose(camera: Camera, progress: float, seconds: float) -> Pose:
    """The camera at `progress` (0 to 1) of a shot, `seconds` after the shot began."""
    eased = progress * progress * (3 - 2 * progress)
    found = _moved(camera.move, 2 * (0.25 * progress + 0.75 * eased) - 1, progress)
    if not camera.sway:
        return found
    pan = 0.014 * math.sin(seconds * 2.3) + 0.007 * math.sin(seconds * 5.1 + 1)
    tilt = 0.014 * math.sin(seconds * 1.7 + 2) + 0.007 * math.sin(seconds * 4.3)
    return replace(found, pan=found.pan + pan, tilt=found.tilt + tilt)


def _moved(move: Move, sweep: float, progress: float) -> Pose:
    """The pose for a sweep from -1 (start of the shot) to 1 (its end)."""
    side = -1.0 if move in _LEFTWARDS else 1.0
    match move:
        case Move.IN | Move.OUT | Move.DRONE:
            way = -sweep if move is Move.OUT else sweep
            lift = 0.05 * (1 - sweep) if move is Move.DRONE else 0.0
            return Pose(near=1 + 0.24 * way, lift=lift)
        case Move.ZOOM_IN | Move.ZOOM_OUT:
            return Pose(lens=1.16 + 0.16 * (sweep if move is Move.ZOOM_IN else -sweep))
        case Move.DOLLY_ZOOM:
            # The camera goes in while its lens goes out: the subject keeps its size, what is behind shrinks.
            near = 1.03 + 0.17 * sweep
            return Pose(near=near, lens=1.19 / near)
        case Move.LEFT | Move.RIGHT:
            return Pose(pan=0.17 * sweep * side)
        case Move.WHIP_LEFT | Move.WHIP_RIGHT:
            return Pose(pan=side * 0.9 * (min(1.0, max(0.0, (progress - 0.38) / 0.16)) - 1))
        case Move.UP | Move.DOWN:
            return Pose(tilt=0.15 * (sweep - 1) * (1.0 if move is Move.UP else -1.0))
        case Move.CRANE_UP | Move.CRANE_DOWN:
            return Pose(lift=0.2 * sweep * (1.0 if move is Move.CRANE_UP else -1.0))
        case Move.TRACK_LEFT | Move.TRACK_RIGHT:
            return Pose(track=0.3 * sweep * side)
        case Move.ORBIT_LEFT | Move.ORBIT_RIGHT:
            return Pose(near=1 + 0.03 * sweep * sweep, turn=0.3 * sweep * side)
        case _:
            return Pose()


_LEFTWARDS = frozenset({Move.LEFT, Move.WHIP_LEFT, Move.TRACK_LEFT, Move.ORBIT_LEFT})
