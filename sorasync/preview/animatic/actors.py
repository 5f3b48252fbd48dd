"""Who stands before the backdrop of a shot, how large and where."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.animatic import figure
from sorasync.preview.animatic.camera import Framing
from sorasync.preview.animatic.patch import Patch
from sorasync.preview.animatic.script import Shot
from sorasync.preview.animatic.sets import Tones

_MOST = 3
_PLACES = {2: (0.34, 0.67), 3: (0.24, 0.5, 0.77)}
_THIRDS = (0.35, 0.5, 0.65)
_WIDEST = {1: 1.15, 2: 0.72, 3: 0.55}
"""How tall a figure may be in frame widths, by how many stand side by side."""


@dataclass(slots=True)
class Actor:
    """A subject, and where its middle and its lower edge stand, in parts of the frame."""

    patch: Patch
    x: float
    floor: float
    scaled: tuple[float, Patch] | None = None

    def at(self, factor: float) -> Patch:
        """The patch at a size; the last one is kept, since most shots need only one."""
        if abs(factor - 1) < 0.004:
            return self.patch
        if self.scaled is None or abs(self.scaled[0] - factor) > 0.004:
            self.scaled = (factor, self.patch.scaled(factor))
        return self.scaled[1]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What figures are drawn with: the shot's tones, the side of its light, the frame's width and height."""

    tones: Tones
    lit_from_left: bool
    size: tuple[int, int]


def people_in(scene: str, shot: Shot) -> int:
    """How many people a shot's own words call for."""
    speakers = {line.speaker for line in shot.lines if line.speaker}
    return max(len(speakers), 1 if figure.has_people(f"{scene} {' '.join(shot.beats)}") else 0)


def place_actors(people: int, framing: Framing, drawing: Drawing, chance: float) -> tuple[Actor, ...]:
    """The subjects on the thirds of the frame; none from the air, and a plain form when there are no people.

    `chance` (0 to 1) picks the third.
    """
    third = _THIRDS[min(2, int(chance * 3))]
    if framing is Framing.AERIAL:
        return ()
    if not people:
        return (_place_form(framing, drawing, third),)
    count = min(_MOST, people)
    width, height = drawing.size
    floor = _floor(framing, height > width)
    tall = round(min(height * min(1.35, framing.value), width * _WIDEST[count]))
    return tuple(
        Actor(figure.person(tall, drawing.tones, framing, drawing.lit_from_left, index), x, floor)
        for index, x in enumerate(_PLACES.get(count, (third,)))
    )


def _floor(framing: Framing, upright: bool) -> float:
    """Where figures end; nearer framings cut them off below the panel's upper edge."""
    if framing in (Framing.FULL, Framing.WIDE):
        return {Framing.FULL: 0.84, Framing.WIDE: 0.74}[framing] - (0.06 if upright else 0)
    if upright:
        return 0.84
    return 1.02 if framing.value < Framing.CLOSE.value else 0.2 + min(1.35, framing.value) * 0.8


def _place_form(framing: Framing, drawing: Drawing, x: float) -> Actor:
    height = drawing.size[1]
    size = round(min(height * 0.75, height * framing.value * 0.62, drawing.size[0] * 0.8))
    return Actor(figure.form(size, drawing.tones, drawing.lit_from_left), x, 0.42 + size / height * 0.4)
