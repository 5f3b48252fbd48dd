"""What the camera of one shot looks at: a backdrop larger than the frame, and the subject before it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sorasync.preview.animatic import sets
from sorasync.preview.animatic.actors import Actor, Drawing, people_in, place_actors
from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.camera import Camera, Framing, Pose, pose, read_camera
from sorasync.preview.animatic.canvas import Canvas, from_picture, scale_plane
from sorasync.preview.animatic.light import read_light, shine, soften
from sorasync.preview.animatic.patch import lay
from sorasync.preview.animatic.script import Script
from sorasync.preview.animatic.seeds import seeded

_ROOM = 1.3
"""How much larger than the frame the backdrop is, in each direction."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One shot, ready to be filmed."""

    camera: Camera
    backdrop: Canvas
    actors: tuple[Actor, ...]
    beats: int

    def film(self, canvas: Canvas, position: int, frames: int, rate: int) -> None:
        """Draw the shot's frame number `position` of `frames` over the whole canvas."""
        at = pose(self.camera, position / max(1, frames - 1), position / rate)
        self._film_backdrop(canvas, at)
        step = _step(self.beats * position / frames)
        for number, actor in enumerate(self.actors):
            self._film_actor(canvas, actor, at, position / rate + number * 0.8, 0 if number else step)

    def _film_backdrop(self, canvas: Canvas, at: Pose) -> None:
        world = self.backdrop
        width = round(world.width / at.zoom / 2) * 2
        height = round(world.height / at.zoom / 2) * 2
        left = _slide(world.width - width, at.x)
        top = _slide(world.height - height, at.y)
        seen = world.y[top : top + height, left : left + width]
        canvas.y[:] = scale_plane(seen, canvas.width, canvas.height)
        half = (slice(top // 2, (top + height) // 2), slice(left // 2, (left + width) // 2))
        canvas.u[:] = scale_plane(world.u[half], canvas.width // 2, canvas.height // 2)
        canvas.v[:] = scale_plane(world.v[half], canvas.width // 2, canvas.height // 2)

    def _film_actor(self, canvas: Canvas, actor: Actor, at: Pose, seconds: float, step: float) -> None:
        """The subject breathes, and takes a step with each beat."""
        patch = actor.at(at.near_zoom)
        x = actor.x + at.near_x + step
        y = actor.floor + at.near_y + 0.004 * math.sin(seconds * 2.2)
        lay(canvas, patch, round(x * canvas.width - patch.width / 2), round(y * canvas.height - patch.height))


def _step(beat: float) -> float:
    """How far aside the subject stands, in frame widths; it gets there in the first third of each beat."""
    number, part = int(beat), min(1.0, beat % 1 * 3)
    here, there = (0.035 * math.sin(max(0, count) * 2.1) for count in (number - 1, number))
    return here + (there - here) * part * part * (3 - 2 * part)


def _slide(spare: int, where: float) -> int:
    """The even offset for -1 (start) to 1 (end) of the spare length."""
    share = (min(1.0, max(-1.0, where)) + 1) / 2
    return round(spare * share / 2) * 2


@dataclass(frozen=True, slots=True)
class Look:
    """What makes two drawings of one prompt differ, and what an extension takes over from its source.

    `first` counts the shots that came before; `place`, `people` and `framing` hold where the text says
    nothing of its own.
    """

    seed: str
    take: int
    first: int = 0
    place: str | None = None
    people: int = 0
    framing: Framing | None = None


def build(script: Script, number: int, look: Look, size: tuple[int, int], beats: int) -> Stage:
    """Set up shot `number` for frames of this size."""
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
    people = max(look.people, people_in(script.scene, shot))
    actors = place_actors(people, framing, Drawing(tones, light.x < 0.5, size), chance.random())
    return Stage(camera, backdrop, actors, beats)


def _world_size(length: int) -> int:
    return max(16, round(length * _ROOM / 2) * 2)


def _blur(focus: str, short: int) -> float:
    words = focus.lower()
    if any(word in words for word in ("shallow", "bokeh", "blur", "narrow", "f/1", "soft", "rack")):
        return short * 0.012
    return 0.8


def place_for(script: Script, number: int, look: Look) -> str:
    """The kind of place of a shot: by its own words, else by the scene's, else by chance."""
    shot = script.shots[number]
    own = sets.place_of(" ".join(shot.beats))
    general = sets.place_of(f"{script.scene} {script.style}")
    found = own or general or look.place
    if found in sets.SETS:
        return found
    return seeded(look.seed, "place").choice(("hills", "forms", "city", "sea", "forms"))
