"""Flat pictures at their depths, which the camera looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sorasync.preview.animatic.camera import Pose
from sorasync.preview.animatic.canvas import Planes
from sorasync.preview.animatic.entity import MovePath
from sorasync.preview.animatic.patch import Patch, lay
from sorasync.preview.animatic.sprite import SECONDS_A_FRAME

_MOST_KEPT = 6
_NEAREST = 0.12
_GROUND = 0.93
_THINNEST = 0.4


@dataclass(frozen=True, slots=True)
class Aim:
    """What the camera of a shot is aimed at: the point (x, y) of the full shot stands at (to_x, to_y) of the
    picture, `near` times as near as in the full shot."""

    x: float = 0.5
    y: float = 0.5
    to_x: float = 0.5
    to_y: float = 0.5
    near: float = 1.0


@dataclass(slots=True)
class Layer:
    """A picture that stands in a full shot with its foot at (x, foot), `tall` high, in parts of the frame.

    `depth` is its distance, 1 for the subject's. `mirrored` are its frames turned round, for what turns.
    `swing` is how far it moves up and down by itself, `heading` the side it goes to where no words say so.
    `held` keeps it in its place of the picture.
    """

    frames: tuple[Patch, ...]
    x: float
    foot: float
    tall: float
    depth: float = 1.0
    swing: float = 0.0
    name: str = ""
    path: MovePath | None = None
    mirrored: tuple[Patch, ...] = ()
    held: bool = False
    looks: str = "left"
    heading: str = ""
    kept: dict[tuple[int, int, int, bool], Patch] = field(default_factory=dict)

    def patch(self, seconds: float, height: int, narrow: float, turned: bool) -> Patch:
        """The picture at a time, in a height; the last few are kept for later."""
        number = _to_and_fro(int(seconds / SECONDS_A_FRAME), len(self.frames))
        frame = (self.mirrored if turned and self.mirrored else self.frames)[number]
        width = max(2, round(height * frame.width / frame.height * narrow / 2) * 2)
        height = max(2, round(height / 2) * 2)
        key = number, height, width, turned
        if key not in self.kept:
            if len(self.kept) >= _MOST_KEPT:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = frame.sized(width, height)
        return self.kept[key]


def _to_and_fro(number: int, count: int) -> int:
    """Frames forwards and backwards, so that they never jump."""
    if count == 1:
        return 0
    place = number % (2 * count - 2)
    return place if place < count else 2 * count - 2 - place


@dataclass(frozen=True, slots=True)
class Where:
    """Where something is at one moment: its middle and foot, its height, how narrow, and which way round."""

    x: float
    foot: float
    tall: float
    narrow: float = 1.0
    turned: bool = False


def seen_at(layer: Layer, aim: Aim, at: Pose, progress: float, seconds: float) -> Where | None:
    """Where a layer is in the picture; None when the camera has passed it."""
    here = _on_path(layer, progress)
    if layer.held:
        return here
    away = 1 / max(0.05, aim.near * at.near) + layer.depth - 1
    if away < _NEAREST:
        return None
    scale = at.lens * layer.depth / away
    shift = at.track * scale / layer.depth + at.turn * (1 / layer.depth - 1)
    x = aim.to_x + (here.x - aim.x) * scale - at.pan - shift
    lift = at.lift * scale / layer.depth + layer.swing * math.sin(seconds * 2.2 + layer.x * 9)
    foot = aim.to_y + (here.foot - aim.y) * scale + at.tilt + lift
    narrow = here.narrow * (1 - 0.25 * abs(at.turn) if layer.name and at.turn else 1)
    return Where(x, foot, here.tall * scale, narrow, here.turned)


def _on_path(layer: Layer, progress: float) -> Where:
    """Where a layer stands in the full shot, with what it does by then."""
    rest = Where(layer.x, layer.foot, layer.tall)
    path = layer.path
    if path is None:
        return rest
    done = min(1.0, max(0.0, (progress - path.start) / max(0.01, path.stop - path.start)))
    eased = done * done * (3 - 2 * done)
    side = path.side or layer.heading or ("right" if layer.x >= 0.5 else "left")
    away = 1.0 if side == "right" else -1.0
    round_ = _towards(layer, path, away)
    match path.way:
        case "enters":
            # Whoever enters to the left comes from the right.
            come = -away if path.side else away
            return replace(rest, x=layer.x + come * _way_out(layer, come) * (1 - done) ** 2, turned=round_)
        case "leaves":
            return replace(rest, x=layer.x + away * _way_out(layer, away) * done * done, turned=round_)
        case "passes":
            reach = 0.34 if not path.side else 0.5
            return replace(rest, x=layer.x + away * reach * (2 * done - 1), turned=round_)
        case "rises":
            # What flies comes up from the ground; what stands goes up from where it is.
            start = max(layer.foot, _GROUND) if layer.foot < _GROUND - 0.1 else layer.foot
            return replace(rest, foot=start + (min(layer.foot, start - 0.3) - start) * eased)
        case "falls":
            return replace(rest, foot=layer.foot - 0.5 * (1 - eased))
        case "turns":
            angle = math.cos(math.pi * 2 * eased)
            # A box has no sides to show; from the side nothing is as thin as a sheet of paper.
            narrow = max(_THINNEST, abs(angle)) if layer.mirrored else 1.0
            return replace(rest, narrow=narrow, turned=angle < 0)
        case _:
            return replace(rest, foot=layer.foot + 0.06 * eased, tall=layer.tall * (0.75 + 0.6 * eased))


def _way_out(layer: Layer, side: float) -> float:
    """How far it is from a layer's place out of the picture."""
    return (1 - layer.x if side > 0 else layer.x) + layer.tall * 0.6


def _towards(layer: Layer, path: MovePath, away: float) -> bool:
    """Whether the picture has to be turned round to look where it goes."""
    going = away if path.way in ("leaves", "passes") or path.side else -away
    return (going > 0) == (layer.looks == "left")


def lay_layers(
    picture: Planes, layers: Sequence[Layer], aim: Aim, at: Pose, progress: float, seconds: float
) -> tuple[tuple[str, float, float], ...]:
    """Draw the layers, the farthest first; where those with names are: name, middle and foot."""
    places = []
    for layer in layers:
        where = seen_at(layer, aim, at, progress, seconds)
        if where is None or where.tall * picture.height < 3:
            continue
        patch = layer.patch(seconds, round(where.tall * picture.height), where.narrow, where.turned)
        left = round(where.x * picture.width - patch.width / 2)
        lay(picture, patch, left, round(where.foot * picture.height) - patch.height)
        if layer.name and 0 < where.x < 1:
            places.append((layer.name, where.x, where.foot))
    return tuple(places)
