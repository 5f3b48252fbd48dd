"""What the camera of one shot looks at: a backdrop larger than the frame, and the subject before it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from sorasync.preview.animatic import sets
from sorasync.preview.animatic.actors import Actor, DrawingTones, place_actors
from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.camera import Camera, Framing, Move, Pose, pose, read_camera
from sorasync.preview.animatic.canvas import Canvas, Planes, from_picture, scale_plane
from sorasync.preview.animatic.casting import Troupe, on_stage
from sorasync.preview.animatic.furniture import furnish
from sorasync.preview.animatic.light import read_light, shine, soften
from sorasync.preview.animatic.patch import lay
from sorasync.preview.animatic.script import Script
from sorasync.preview.animatic.seeds import seeded

# How much larger than the frame the backdrop is, in each direction.
_ROOM = 1.3


_NEAR = (Framing.MEDIUM, Framing.MEDIUM_CLOSE, Framing.CLOSE, Framing.EXTREME)
# Headroom in medium shots, in picture heights.
_LEAST_ABOVE = 0.015


@dataclass(frozen=True, slots=True)
class ShotStage:
    """One shot, ready to be filmed."""

    camera: Camera
    framing: Framing
    backdrop: Canvas
    actors: tuple[Actor, ...]
    beats: int

    @property
    def names(self) -> tuple[str, ...]:
        """The characters on stage."""
        return tuple(actor.name for actor in self.actors if actor.name)

    def film(self, picture: Planes, position: int, frames: int, rate: int) -> tuple[float, ...]:
        """Draw the shot's frame number `position` of `frames` over the whole picture.

        Gives where the named characters are, in picture widths.
        """
        progress = position / max(1, frames - 1)
        at = pose(self.camera, progress, position / rate)
        self._film_backdrop(picture, at)
        near = _settling(at, self.camera.move, progress) if self.framing in _NEAR else at
        step = _beat_offset(self.beats * position / frames)
        places = []
        for number, actor in enumerate(self.actors):
            x = actor.x + near.near_x + (step if actor.name else 0)
            self._film_actor(picture, actor, near, x, position / rate + number * 0.8)
            if actor.name:
                places.append(x)
        return tuple(places)

    def _film_backdrop(self, picture: Planes, at: Pose) -> None:
        world = self.backdrop
        width = round(world.width / at.zoom / 2) * 2
        height = round(world.height / at.zoom / 2) * 2
        seen = world.part(
            _slide(world.width - width, at.x), _slide(world.height - height, at.y), width, height
        )
        picture.y[:] = scale_plane(seen.y, picture.width, picture.height)
        picture.u[:] = scale_plane(seen.u, picture.width // 2, picture.height // 2)
        picture.v[:] = scale_plane(seen.v, picture.width // 2, picture.height // 2)

    def _film_actor(self, picture: Planes, actor: Actor, at: Pose, x: float, seconds: float) -> None:
        """The subject breathes, and bobs when the camera follows it."""
        patch = actor.at(seconds, at.near_zoom)
        y = actor.y + at.near_y + actor.swing * math.sin(seconds * 2.2)
        if actor.name and self.camera.move in (Move.TRACK_LEFT, Move.TRACK_RIGHT):
            y -= 0.02 * abs(math.sin(seconds * 5))
        top = y * picture.height - actor.hold * patch.height
        if actor.name and self.framing is Framing.MEDIUM and self.camera.move not in (Move.UP, Move.DOWN):
            top = max(top, _LEAST_ABOVE * picture.height)
        lay(picture, patch, round(x * picture.width - patch.width / 2), round(top))


def _settling(at: Pose, move: Move, progress: float) -> Pose:
    """A tilt or crane that ends on the subject, so that no near shot leaves its face."""
    if move not in (Move.UP, Move.DOWN):
        return at
    left = (1 - progress) ** 2
    return replace(at, near_y=(-0.34 if move is Move.UP else 0.34) * left)


def _beat_offset(beat: float) -> float:
    """How far aside the subject stands, in frame widths; it gets there in the first third of each beat."""
    number, part = int(beat), min(1.0, beat % 1 * 3)
    here, there = (0.02 * math.sin(max(0, count) * 2.1) for count in (number - 1, number))
    return here + (there - here) * part * part * (3 - 2 * part)


def _slide(spare: int, where: float) -> int:
    """The even offset for -1 (start) to 1 (end) of the spare length."""
    share = (min(1.0, max(-1.0, where)) + 1) / 2
    return round(spare * share / 2) * 2


@dataclass(frozen=True, slots=True)
class ShotLook:
    """What makes two drawings of one prompt differ, and what an extension takes over from its source.

    `first` counts the shots that came before; `place` and `framing` hold where the text says nothing of its
    own, and `troupe` says who there is to be shown.
    """

    seed: str
    take: int
    first: int = 0
    place: str | None = None
    framing: Framing | None = None
    troupe: Troupe = field(default_factory=Troupe)


def build(script: Script, number: int, look: ShotLook, size: tuple[int, int], beats: int) -> ShotStage:
    """Set up shot `number` for pictures of this size."""
    shot = script.shots[number]
    chance = seeded(look.seed, look.take, look.first + number)
    tones = sets.tones_of([colour.rgb for colour in shot.palette], look.first + number + look.take - 1)
    words = f"{shot.lighting} {script.style}"
    light = read_light(words, seeded(look.seed, look.take, look.first + number, "light"))
    place = place_for(script, number, look)
    world = _world_size(size[0]), _world_size(size[1])
    brush = Brush(*world, tones.air)
    sets.SETS[place](brush, tones, chance)
    backdrop = from_picture(brush.picture)
    soften(backdrop, _blur(shot.focus, min(world)))
    shine(backdrop, light)
    camera = read_camera(shot.camera)
    framing = camera.framing or look.framing or Framing.MEDIUM
    company = on_stage(shot, script.scene, look.troupe, framing)
    drawing = DrawingTones(tones, light, size)
    cast = place_actors(company, framing, drawing, chance.random())
    words = f"{' '.join(shot.beats)} {shot.camera}"
    return ShotStage(camera, framing, backdrop, furnish(words, cast, framing, drawing), beats)


def _world_size(length: int) -> int:
    return max(16, round(length * _ROOM / 2) * 2)


def _blur(focus: str, short: int) -> float:
    words = focus.lower()
    if any(word in words for word in ("shallow", "bokeh", "blur", "narrow", "f/1", "soft", "rack")):
        return short * 0.012
    return 0.8


def place_for(script: Script, number: int, look: ShotLook) -> str:
    """The kind of place of a shot: by its own words, else by the scene's, else by chance."""
    shot = script.shots[number]
    own = sets.place_of(" ".join(shot.beats))
    general = sets.place_of(f"{script.scene} {script.style}")
    found = own or general or look.place
    if found in sets.SETS:
        return found
    return seeded(look.seed, "place").choice(("hills", "forms", "city", "sea", "forms"))
