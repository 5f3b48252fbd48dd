"""One shot, ready to be filmed: its backdrop, the layers before it, weather and camera."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from sorasync.preview.animatic import places as sets
from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.air import paint_air
from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.camera import Camera, Framing, Move, Pose, View, pose, read_camera
from sorasync.preview.animatic.canvas import RGB, Canvas, Plane, Planes, from_picture, scale_plane
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.composition import Composition, compose, framing_of
from sorasync.preview.animatic.entity import Entity
from sorasync.preview.animatic.grade import Grade, palette_grade
from sorasync.preview.animatic.layers import Layer, lay_layers
from sorasync.preview.animatic.light import Light, read_light, shine, soften
from sorasync.preview.animatic.script import Script, Shot
from sorasync.preview.animatic.seeds import seeded
from sorasync.preview.animatic.shot_reading import Reading, read_shot
from sorasync.preview.animatic.subjects import Look
from sorasync.preview.animatic.text import Font
from sorasync.preview.animatic.tones import natural_tones
from sorasync.preview.animatic.troupe import Troupe
from sorasync.preview.animatic.weather import Weather, make_weather

# How much larger than the frame the backdrop is, across and down; a whip pan needs more.
_ROOM, _WHIP_ROOM = 1.45, 2.6
# How far away backdrops are, for the camera's moves.
_WALLS, _FAR, _ENDLESS = 3.2, 9.0, 60.0
_SLANT = 9
_COMING_TALL = 0.3
# How far a given picture moves aside at most, in widths, and how soon.
_GIVEN_REACH, _GIVEN_EASE = 0.1, 0.12
_KEPT_BACKDROP, _KEPT_LAYERS, _KEPT_CAST = 0.45, 0.65, 0.9
_SNOW: RGB = (232, 238, 245)
# From straight above these show a table or floor, and no open ground.
_FLAT = frozenset({"room", "hall", "tabletop", "sweep", "stage", "shelves", "carriage", "module"})
_HORIZON = 0.5
_HIGH_HORIZON = 0.24


@dataclass(slots=True)
class _KeptBackdrop:
    """The part of the backdrop seen last, at the size of the picture: a still camera sees it again."""

    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    planes: Planes | None = None


@dataclass(frozen=True, slots=True)
class ShotStage:
    """One shot, ready to be filmed. `given` says that the backdrop is a picture given as the first frame."""

    camera: Camera
    framing: Framing
    reading: Reading
    backdrop: Canvas
    room: tuple[float, float]
    depth: float
    composition: Composition
    weather: Weather
    given: bool = False
    kept: _KeptBackdrop = field(default_factory=_KeptBackdrop)

    def film(
        self, picture: Planes, position: int, frames: int, rate: int
    ) -> tuple[tuple[str, float, float], ...]:
        """Draw the shot's frame number `position` of `frames` over the whole picture.

        Gives what has a name: the name, its middle and its foot, in picture widths and heights.
        """
        progress, seconds = position / max(1, frames - 1), position / rate
        at = pose(self.camera, progress, seconds)
        if self.given:
            at = self._from_start(at, seconds)
        self._film_backdrop(picture, at)
        places = lay_layers(picture, self.composition.layers, self.composition.aim, at, progress, seconds)
        self.weather.fall(picture, seconds)
        if self.camera.dutch:
            _slant(picture)
        return places

    def _from_start(self, at: Pose, seconds: float) -> Pose:
        """The same move, begun with the whole of a given picture."""
        first = pose(self.camera, 0.0, 0.0)
        return Pose(
            at.near / first.near, at.lens / first.lens, at.pan - first.pan, at.tilt - first.tilt,
            at.track - first.track, at.lift - first.lift, at.turn - first.turn,
        )  # fmt: skip

    def _film_backdrop(self, picture: Planes, at: Pose) -> None:
        aim, world = self.composition.aim, self.backdrop
        away = 1 / max(0.05, aim.near * at.near) + self.depth - 1
        scale = at.lens * self.depth / max(0.2, away)
        if self.given:
            # A flat picture has no depth, and it moves aside only as far as it is shown larger: a little, and
            # as long as the camera moves.
            moved = abs(at.pan) + abs(at.tilt) + abs(at.track)
            share = _GIVEN_REACH / (moved + _GIVEN_EASE)
            at = replace(at, pan=at.pan * share, tilt=at.tilt * share, track=at.track * share)
            scale = max(1.0, at.lens * at.near) * (1 + 2 * moved * share)
        shift = (
            at.pan
            + at.track * scale / self.depth
            + at.turn * (1 / self.depth - 1) * (0.6 if self.given else 1)
        )
        left = aim.x + (shift - aim.to_x) / scale
        top = aim.y - (aim.to_y + at.tilt + at.lift * scale / self.depth) / scale
        width, height = 1 / scale / self.room[0], 1 / scale / self.room[1]
        across = 0.5 + (left - 0.5) / self.room[0]
        down = 0.5 + (top - 0.5) / self.room[1]
        wide = min(world.width, round(world.width * width / 2) * 2)
        high = min(world.height, round(world.height * height / 2) * 2)
        x = min(world.width - wide, max(0, round(world.width * across / 2) * 2))
        y = min(world.height - high, max(0, round(world.height * down / 2) * 2))
        if (x, y, wide, high) != self.kept.box or self.kept.planes is None:
            seen = world.part(x, y, wide, high)
            self.kept.box = x, y, wide, high
            self.kept.planes = Planes(
                scale_plane(seen.y, picture.width, picture.height).copy(),
                scale_plane(seen.u, picture.width // 2, picture.height // 2).copy(),
                scale_plane(seen.v, picture.width // 2, picture.height // 2).copy(),
            )
        picture.put(self.kept.planes)


def _slant(picture: Planes) -> None:
    """Turn the whole picture by some degrees, enlarged so that no corner is empty."""
    for plane in (picture.y, picture.u, picture.v):
        plane[:] = _turned(plane)


def _turned(plane: Plane) -> Plane:
    height, width = plane.shape
    turn = np.deg2rad(_SLANT)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    scale = 1 / (cos + sin * max(width / height, height / width))
    a, b = cos * scale, sin * scale
    x, y = width / 2, height / 2
    matrix = (a, b, x - a * x - b * y, -b, a, y + b * x - a * y)
    image = Image.fromarray(np.ascontiguousarray(plane))
    turned = image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(turned)


@dataclass(frozen=True, slots=True)
class ShotLook:
    """What makes two drawings of one prompt differ, and what an extension takes over from its source.

    `first` counts the shots that came before; `place`, `time` and `framing` hold where the text says nothing
    of its own, and `troupe` says who there is to be shown. `opening` is the picture given as the first frame.
    `clean` leaves out all text.
    """

    seed: str
    take: int
    first: int = 0
    place: str | None = None
    framing: Framing | None = None
    troupe: Troupe = field(default_factory=Troupe)
    opening: Image.Image | None = None
    clean: bool = False


def reading_for(script: Script, number: int, look: ShotLook) -> Reading:
    """What a shot shows by its own words, else by what came before."""
    shot = script.shots[number]
    cast = tuple(sprite.name for sprite in look.troupe.cast)
    beats = shot.beats or ("",)
    said = (line.speaker for one in script.shots for line in one.lines if line.speaker)
    speakers = tuple(name for name in dict.fromkeys(said) if name not in cast)
    reading = read_shot(
        beats, script.scene, f"{shot.lighting} {script.style}", cast, shot.camera, speakers=speakers
    )
    if reading.place is None and not reading.unknown_place and look.place in vocabulary.places():
        reading = replace(reading, place=vocabulary.places()[look.place])
    return replace(reading, entities=_with_cast(reading, shot, look.troupe))


def _with_cast(reading: Reading, shot: Shot, troupe: Troupe) -> tuple[Entity, ...]:
    """The entities with the characters that the shot lists; speakers, or all, when it speaks of nobody,
    and enough for a two-shot."""
    seen = list(reading.entities)
    present = {entity.label.lower() for entity in seen if entity.kind == "cast"}
    known = {sprite.name.lower(): sprite.name for sprite in troupe.cast}
    named, two_shot = shot.characters, read_camera(shot.camera).two_shot
    wanted = [name for name in named if name.lower() not in present]
    if not present and not named and not any(entity.kind == "person" for entity in seen):
        wanted = [known.get(line.speaker.lower(), line.speaker) for line in shot.lines if line.speaker]
        wanted = wanted or [sprite.name for sprite in troupe.unnamed]
        if not wanted and not seen and troupe.others:
            seen.append(Entity("person", "", troupe.others))
    if two_shot and len(present) + len(wanted) < 2 and not any(one.kind == "person" for one in seen):
        company = [known.get(line.speaker.lower(), line.speaker) for line in shot.lines if line.speaker]
        company += [sprite.name for sprite in troupe.cast]
        others = [name for name in dict.fromkeys(company) if name.lower() not in present]
        wanted = [*wanted, *others][: 2 - len(present)]
    for name in dict.fromkeys(wanted):
        kind = "cast" if name.lower() in known else "person"
        seen.append(Entity(kind, known.get(name.lower(), name)))
    return tuple(seen)


def build(
    script: Script, number: int, look: ShotLook, size: tuple[int, int], face: Font | None = None
) -> ShotStage:
    """Set up shot `number` for pictures of this size; boxes carry their names in the font."""
    shot = script.shots[number]
    chance = seeded(look.seed, look.take, look.first + number)
    reading = reading_for(script, number, look)
    camera = read_camera(shot.camera)
    if camera.framing is None and look.framing is not None:
        camera = replace(camera, framing=look.framing)
    framing = framing_of(reading, camera)
    light = _light(reading, f"{shot.lighting} {script.style}", look, number)
    drawn = Look(size, chance, None if look.clean else face, _gain(light), light.tint)
    horizon = _HIGH_HORIZON if framing is Framing.AERIAL and reading.outside else _HORIZON
    sprites = {sprite.name: sprite for sprite in look.troupe.cast}
    given = look.opening is not None and number == 0
    grade = palette_grade(shot.palette, _KEPT_BACKDROP) if shot.graded else None
    if look.opening is not None and given:
        composition = _before_picture(compose(reading, camera, sprites, drawn, horizon), reading)
        backdrop, room, depth = from_picture(look.opening), (1.0, 1.0), 1.0
        weather = Weather()
    else:
        composition = compose(reading, camera, sprites, drawn, horizon)
        room = (_WHIP_ROOM if camera.move in (Move.WHIP_LEFT, Move.WHIP_RIGHT) else _ROOM, _ROOM)
        backdrop = _painted(reading, camera, room, size, (horizon, chance, drawn))
        soften(backdrop, _blur(shot.focus, min(size), framing))
        shine(backdrop, light)
        depth = _depth(reading)
        kinds = reading.weather if reading.outside else frozenset[str]()
        weather = make_weather(kinds, size, reading.time == "night", chance)
        if grade is not None:
            grade.apply(backdrop)
            composition = replace(
                composition, layers=tuple(_graded(layer, grade, sprites) for layer in composition.layers)
            )
    return ShotStage(camera, framing, reading, backdrop, room, depth, composition, weather, given)


def _before_picture(composition: Composition, reading: Reading) -> Composition:
    """What comes into a given picture; what stands in it already is seen there.

    How far away things are there nobody knows: they are drawn small enough to leave the picture in sight.
    """
    people = {entity.label for entity in reading.entities if entity.kind in ("person", "cast")}
    coming = tuple(
        replace(one, tall=one.tall if one.name in people else min(one.tall, _COMING_TALL), kept={})
        for one in composition.layers
        if one.path is not None and one.path.way == "enters"
    )
    return replace(composition, layers=coming)


def _graded(layer: Layer, grade: Grade, sprites: dict[str, object] | dict) -> Layer:  # type: ignore[type-arg]
    kept = _KEPT_CAST if layer.name in sprites else _KEPT_LAYERS
    own = replace(grade, kept=kept)
    return replace(
        layer,
        frames=tuple(frame.graded(own) for frame in layer.frames),
        mirrored=tuple(frame.graded(own) for frame in layer.mirrored),
        kept={},
    )


def _painted(
    reading: Reading,
    camera: Camera,
    room: tuple[float, float],
    size: tuple[int, int],
    how: tuple[float, object, Look],
) -> Canvas:
    """The set of a place, larger than the frame."""
    horizon, _, look = how
    place = reading.place
    ground: RGB = (150, 152, 154) if place is None else place.ground
    wall: RGB = ground if place is None else place.wall
    if (
        reading.snow
        and reading.outside
        and place is not None
        and place.set not in ("sea", "city", "sky", "platform")
    ):
        ground = mix(ground, _SNOW, 0.8)
    time = "dark" if place is not None and place.dark_sky else reading.time
    if time == "night" and place is not None:
        ground = mix(ground, (8, 10, 20), 0.62)
        wall = mix(wall, (16, 14, 24), 0.25 if not reading.outside else 0.6)
    elif time in ("dusk", "dawn", "blue") and reading.outside:
        dim: RGB = (34, 42, 74) if time == "blue" else (80, 58, 70)
        ground = mix(ground, dim, {"dusk": 0.35, "dawn": 0.2, "blue": 0.55}[time])
    grey = bool(reading.weather & {"rain", "storm", "fog", "overcast", "snow", "dust"})
    level = 0.5 + (horizon - 0.5) / room[1]
    covered = bool(reading.weather & {"rain", "storm", "overcast", "snow", "dust"})
    tones = natural_tones(ground, wall, time, grey, level, covered)
    if place is not None:
        lit = tones.lit or ((255, 226, 170) if place.lamps else None)
        if reading.unlit and not place.lamps:
            lit = None
        tones = replace(tones, awnings=place.awnings, lit=lit)
    width, height = (max(16, round(length * share / 2) * 2) for length, share in zip(size, room, strict=True))
    brush = Brush(width, height, tones.sky)
    name = "neutral" if place is None else place.set
    if camera.view is View.TOP_DOWN:
        name = "surface" if place is not None and place.set in _FLAT else "above"
    sets.SETS[name](brush, tones, look.chance)
    if camera.view is not View.TOP_DOWN:
        paint_air(brush, tones, look.chance, reading)
    return from_picture(brush.picture)


def _depth(reading: Reading) -> float:
    if reading.place is None or not reading.outside:
        return (
            _WALLS if reading.place is None or reading.place.set not in ("space", "underwater") else _ENDLESS
        )
    return _ENDLESS if reading.place.set == "sky" else _FAR


def _light(reading: Reading, words: str, look: ShotLook, number: int) -> Light:
    """The light that the words describe, as bright as the time of day allows."""
    light = read_light(words, seeded(look.seed, look.take, look.first + number, "light"))
    inside = not reading.outside
    level = {"day": 1.0, "dawn": 0.88, "dusk": 0.8, "blue": 0.78, "night": 0.8 if inside else 0.7}[
        reading.time
    ]
    tint = light.tint
    if reading.time == "night" and tint is None and not inside:
        tint = (96, 130, 220)
    if reading.time == "blue" and tint is None:
        tint = (110, 140, 220)
    if reading.time in ("dusk", "dawn") and tint is None:
        tint = (255, 150, 90) if reading.time == "dusk" else (255, 186, 140)
    return replace(light, level=level * light.level, tint=tint)


def _gain(light: Light) -> float:
    """How bright things are that stand before the set."""
    return min(1.05, 0.1 + 0.95 * light.level) if light.level > 0.75 else 0.66 * light.level + 0.18


def _blur(focus: str, short: int, framing: Framing) -> float:
    words = focus.lower()
    if any(word in words for word in ("shallow", "bokeh", "blur", "narrow", "f/1", "soft", "rack")):
        return short * 0.012
    if framing in (Framing.CLOSE, Framing.EXTREME):
        return short * 0.008
    return 0.8
