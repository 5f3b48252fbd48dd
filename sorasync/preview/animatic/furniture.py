"""Positions of the things in a shot."""

from __future__ import annotations

from sorasync.preview.animatic.actors import Actor, DrawingTones
from sorasync.preview.animatic.camera import Framing
from sorasync.preview.animatic.props import ROWING, Prop, Where, paint, props_in

_ZOOMS = {
    Framing.AERIAL: 0.3,
    Framing.WIDE: 0.62,
    Framing.FULL: 0.85,
    Framing.MEDIUM: 1.05,
    Framing.MEDIUM_CLOSE: 1.25,
    Framing.CLOSE: 1.45,
    Framing.EXTREME: 1.9,
}
# Framings that leave room for things beside people.
_ROOM = frozenset({Framing.AERIAL, Framing.WIDE, Framing.FULL})
_LARGEST = 0.98
_SIDES = (0.34, 0.72, 0.52)


def furnish(
    words: str, cast: tuple[Actor, ...], framing: Framing, drawing: DrawingTones
) -> tuple[Actor, ...]:
    """The cast among the things that a shot's words name, in the order they are painted.

    Near shots of people show no things; whoever is in a shot with a boat sits in it.
    """
    if cast and framing not in _ROOM:
        return cast
    found = props_in(words, 3 if framing in _ROOM else 1)
    aboard = bool(cast) and any(prop.where is Where.WATER for prop in found)
    ashore = [prop for prop in found if not (aboard and prop.where is Where.WATER)]
    if cast:
        ashore = [prop for prop in ashore if prop.where not in (Where.HAND, Where.ROPE)]
    places = _free_sides(cast)
    things = [
        _placed(prop, places[number % len(places)], framing, drawing) for number, prop in enumerate(ashore)
    ]
    front = [_boat_under(cast, drawing)] if aboard else []
    return (*things, *cast, *front)


def _free_sides(cast: tuple[Actor, ...]) -> tuple[float, ...]:
    """Places across the picture, those farthest from the cast first."""
    if not cast:
        return _SIDES
    spots = (0.14, 0.3, 0.7, 0.86)
    return tuple(sorted(spots, key=lambda spot: -min(abs(spot - actor.x) for actor in cast)))


def _placed(prop: Prop, x: float, framing: Framing, drawing: DrawingTones) -> Actor:
    patch = paint(prop, drawing.tones)
    light = drawing.light
    patch = patch.toned(0.45 + 0.5 * min(1.0, light.level), light.tint, 0.12)
    width, height = drawing.size
    tall = min(prop.size * _ZOOMS[framing], _LARGEST) * min(height, width * 1.2)
    factor = tall / patch.height
    if prop.where is Where.ROPE:
        return Actor((patch,), factor, x, 0.0, 0.02, swing=0.006)
    if prop.where is Where.AIR:
        return Actor((patch,), factor, x, 0.34, 0.5, swing=0.03)
    if prop.where is Where.HAND:
        return Actor((patch,), factor, 0.5 if framing not in _ROOM else x, 0.53, 0.5, swing=0.002)
    if prop.where is Where.WATER:
        return Actor((patch,), factor, x, 0.84, 0.88, swing=0.012)
    return Actor((patch,), factor, x, 0.9 if framing in _ROOM else 1.0, 1.0, swing=0.0)


def _boat_under(cast: tuple[Actor, ...], drawing: DrawingTones) -> Actor:
    """A boat that hides the lower part of those in it."""
    patch = paint(ROWING, drawing.tones)
    width = drawing.size[0]
    middle = sum(actor.x for actor in cast) / len(cast)
    spread = max(actor.x for actor in cast) - min(actor.x for actor in cast)
    broad = max(actor.factor * actor.frames[0].width for actor in cast) * 1.75 + spread * width
    factor = min(broad, width * 0.9) / patch.width
    floor = max(actor.y for actor in cast)
    # The hull takes the square's rows from 0.6 to 0.88 and its lower edge comes just below the feet.
    return Actor((patch,), factor, middle, floor + 0.02, 0.86, swing=0.004)
