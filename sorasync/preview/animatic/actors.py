"""Positions and sizes of the figures on stage."""

from __future__ import annotations

from dataclasses import dataclass, field

from sorasync.preview.animatic import figure
from sorasync.preview.animatic.anatomy import Anatomy
from sorasync.preview.animatic.camera import Framing
from sorasync.preview.animatic.casting import Company
from sorasync.preview.animatic.light import Light
from sorasync.preview.animatic.patch import Patch
from sorasync.preview.animatic.sets import Tones
from sorasync.preview.animatic.sprite import SECONDS_A_FRAME, Sprite

_PLACES = {2: (0.3, 0.7), 3: (0.2, 0.5, 0.8)}
_THIRDS = (0.35, 0.5, 0.65)
_WIDEST = {1: 0.8, 2: 0.44, 3: 0.31}
_FLOORS = {Framing.FULL: 0.95, Framing.WIDE: 0.86, Framing.AERIAL: 0.68}
_TALL = {Framing.FULL: 0.74, Framing.WIDE: 0.42, Framing.AERIAL: 0.17}
_CARDS = {Framing.MEDIUM: 0.62, Framing.MEDIUM_CLOSE: 0.74, Framing.CLOSE: 0.84, Framing.EXTREME: 0.95}
_BUSTS = {Framing.MEDIUM: 1.0, Framing.MEDIUM_CLOSE: 1.4, Framing.CLOSE: 1.9, Framing.EXTREME: 2.6}
_HEADROOM = 0.13
_BUST = Anatomy(0.34, 0.17)
_MOST_KEPT = 6
# Figures larger than this many pixels are drawn smaller and enlarged.
_MOST_DRAWN = 600


@dataclass(slots=True)
class Actor:
    """A subject: its frames, shown in turn at `factor` times their size.

    The point `hold` (0 top to 1 bottom) of its middle line stands at x, y, in parts of the picture, and
    stays there when the camera comes nearer. `swing` is how far it moves up and down by itself.
    """

    frames: tuple[Patch, ...]
    factor: float
    x: float
    y: float
    hold: float
    swing: float = 0.004
    name: str = ""
    kept: dict[tuple[int, int], Patch] = field(default_factory=dict)

    def at(self, seconds: float, zoom: float) -> Patch:
        """The subject at a time, in the size for a zoom; the last few are kept for later."""
        number = _to_and_fro(int(seconds / SECONDS_A_FRAME), len(self.frames))
        size = round(self.factor * zoom * self.frames[number].height)
        key = number, size
        if key not in self.kept:
            if len(self.kept) >= _MOST_KEPT:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = self.frames[number].scaled(size / self.frames[number].height)
        return self.kept[key]


def _to_and_fro(number: int, count: int) -> int:
    """Frames forwards and backwards, so that they never jump."""
    if count == 1:
        return 0
    place = number % (2 * count - 2)
    return place if place < count else 2 * count - 2 - place


@dataclass(frozen=True, slots=True)
class DrawingTones:
    """What subjects are drawn with: the shot's tones and light, the picture's width and height."""

    tones: Tones
    light: Light
    size: tuple[int, int]


def place_actors(
    company: Company, framing: Framing, drawing: DrawingTones, chance: float
) -> tuple[Actor, ...]:
    """The subjects side by side, or one on a third of the picture that `chance` (0 to 1) picks."""
    third = 0.5 if framing is Framing.EXTREME else _THIRDS[min(2, int(chance * 3))]
    count = len(company.sprites) + company.others
    places = _PLACES.get(count, (third,))
    widest = _widest(max(1, count), framing, drawing.size)
    known = [
        _of_sprite(sprite, x, framing, drawing, widest)
        for sprite, x in zip(company.sprites, places, strict=False)
    ]
    others = [
        _of_figure(number, places[number], framing, drawing, widest) for number in range(len(known), count)
    ]
    return (*known, *others)


def _widest(count: int, framing: Framing, size: tuple[int, int]) -> float:
    """How wide a subject may be in picture widths, by how many stand side by side."""
    upright = size[1] > size[0]
    if framing in _FLOORS:
        return min(_WIDEST[count], {Framing.FULL: 0.6, Framing.WIDE: 0.34, Framing.AERIAL: 0.15}[framing])
    if count == 1 and framing in (Framing.CLOSE, Framing.EXTREME, Framing.MEDIUM_CLOSE):
        return 1.3
    return _WIDEST[count] * (1.2 if upright else 1)


def _of_sprite(sprite: Sprite, x: float, framing: Framing, drawing: DrawingTones, widest: float) -> Actor:
    width, height = drawing.size
    body = Anatomy(1.0, 0.5) if sprite.card else sprite.anatomy
    share = _CARDS.get(framing, 0) if sprite.card else _share(framing, body.head)
    tall = min((share or _TALL[framing]) * height, widest * width / sprite.shape)
    light = drawing.light
    gain = 0.5 + 0.5 * min(1.0, light.level)
    frames = tuple(patch.toned(gain, light.tint, 0.1) for patch in sprite.frames)
    y, hold = _hold(framing, tall / height, body)
    return Actor(frames, tall / sprite.frames[0].height, x, y, hold, name=sprite.name)


def _share(framing: Framing, head: float) -> float:
    """How tall the whole body is in picture heights; `head` is the head's part of it."""
    full, close = _TALL[Framing.FULL], 0.84 / head
    if framing in _TALL:
        return _TALL[framing]
    if framing is Framing.EXTREME:
        return close * 1.5
    nearer = {Framing.MEDIUM: 0.5, Framing.MEDIUM_CLOSE: 0.75, Framing.CLOSE: 1.0}[framing]
    return float(full * (close / full) ** nearer)


def _hold(framing: Framing, tall: float, body: Anatomy) -> tuple[float, float]:
    """Where a body is held, and by which point: by its feet if they are seen, else by its face."""
    if framing in _FLOORS:
        return _FLOORS[framing], 1.0
    if body.head == 1 or framing in (Framing.CLOSE, Framing.EXTREME):
        return 0.5, body.face
    # A body that the width keeps small stands on the floor and not on the lower edge.
    top = 0.9 - tall if tall < 0.75 else max(_HEADROOM, 1.01 - tall)
    return top + body.face * tall, body.face


def _of_figure(number: int, x: float, framing: Framing, drawing: DrawingTones, widest: float) -> Actor:
    """Somebody without a clip, as a figure against the light."""
    width, height = drawing.size
    share = _TALL.get(framing) or _BUSTS[framing]
    tall = min(share * height, 1.3 * widest * width if framing in _TALL else 1.25 * widest * width)
    drawn = min(round(tall), _MOST_DRAWN)
    patch = figure.person(drawn, drawing.tones, framing, drawing.light.x < 0.5, number)
    if framing in _TALL:
        return Actor((patch,), tall / drawn, x, _FLOORS[framing], 1.0)
    y, hold = _hold(framing, tall / height, _BUST)
    return Actor((patch,), tall / drawn, x, y, hold)
