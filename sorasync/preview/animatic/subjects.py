"""Draws what stands in a shot: things, people, crowds, and what belongs to a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from PIL import Image

from sorasync.preview.animatic import figure, vocabulary
from sorasync.preview.animatic.camera import Camera, Framing, View
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.entity import Entity, MovePath
from sorasync.preview.animatic.layers import Layer
from sorasync.preview.animatic.patch import make_patch, turned_round
from sorasync.preview.animatic.pictograms import draw_box, draw_pictogram
from sorasync.preview.animatic.shot_reading import AUTUMN, AUTUMNAL, INSIDE, Reading
from sorasync.preview.animatic.sprite import Sprite
from sorasync.preview.animatic.text import Font, plain

DRAWN = 460
FIGURES = vocabulary.words_of("figures")
_GLOWING = vocabulary.words_of("glowing")
PERSON_TALL = 0.72
PERSON = 1.7
# Where feet stand in a full shot, in picture heights.
FLOOR = 0.93
NEAR = frozenset({Framing.MEDIUM, Framing.MEDIUM_CLOSE, Framing.CLOSE, Framing.EXTREME})


@dataclass(frozen=True, slots=True)
class Look:
    """What layers are drawn with: the picture's size, chance, a font for boxes (None: no text), and the light
    as a gain and a tint. `hands` are the places beside somebody that things have taken."""

    size: tuple[int, int]
    chance: Random
    face: Font | None
    gain: float
    tint: RGB | None
    hands: set[tuple[bool, int]] = field(default_factory=set)

    @property
    def aspect(self) -> float:
        """Width through height."""
        return self.size[0] / self.size[1]


@dataclass(slots=True)
class Group:
    """One entity with its measures: the picture's shape (width through height) and its height in metres."""

    entity: Entity
    metres: float
    shape: float
    sprite: Sprite | None = None
    x: float = 0.5
    depth: float = 1.0

    @property
    def alive(self) -> bool:
        """Whether it is somebody."""
        return self.entity.kind in ("person", "cast")


def picture_of(group: Group, number: int, framing: Framing, camera: Camera, look: Look) -> Image.Image:
    """One member of a group as a picture of its whole height."""
    entity = group.entity
    if group.sprite is not None:
        patch = group.sprite.frames[0]
        return Image.new("RGBA", (patch.width, patch.height))
    if entity.thing is not None:
        tint = entity.tint or entity.thing.tint
        if entity.thing.pictogram in FIGURES:
            return _with_head(entity.thing.pictogram, tint)
        drawn = draw_pictogram(entity.thing.pictogram, DRAWN, tint)
        if drawn is not None:
            return (
                drawn.rotate(45, Image.Resampling.BICUBIC, expand=True)
                if entity.thing.pictogram == "🚀"
                else drawn
            )
    if not group.alive:
        face = Font(46, look.face.extra).main if look.face is not None else None
        return draw_box(300, 375, plain(entity.label), face)
    index = sum(map(ord, entity.label)) + number
    looks = figure.Looks(entity.tint, entity.long_hair, entity.grey, entity.small, entity.helmet)
    far = framing not in NEAR
    if entity.pose and far and camera.view is View.FRONT and not entity.helmet:
        posed = draw_pictogram(
            entity.pose, DRAWN, (236, 214, 190), ink=entity.tint or figure.COATS[index % len(figure.COATS)]
        )
        if posed is not None:
            return posed
    view = {View.PROFILE: "left", View.BACK: "back"}.get(camera.view, "front")
    if (
        entity.path is not None
        and entity.path.way in ("enters", "leaves", "passes")
        and far
        and view == "front"
    ):
        view = "left"
    if camera.two_shot and view == "front":
        view = "right" if number % 2 == 0 and group.x < 0.5 else "left"
    tall = DRAWN if far else 1400 if framing in (Framing.CLOSE, Framing.EXTREME) else 900
    return _whole(
        figure.person(tall, index, bust=False, view=view, looks=looks),
        not far,
        tall,
        index,
        view,
        looks,
    )


def _with_head(sign: str, tint: RGB) -> Image.Image:
    """A figure whose head is a pictogram."""
    body = figure.person(DRAWN, 0, looks=figure.Looks(tint)).copy()
    head = draw_pictogram(sign, round(DRAWN * 0.2), tint)
    if head is not None:
        body.alpha_composite(head, ((body.width - head.width) // 2, 0))
    return body


def _whole(
    standing: Image.Image, near: bool, tall: int, index: int, view: str, looks: figure.Looks
) -> Image.Image:
    """For near shots the upper part is the finer drawing of head and shoulders, at the same scale."""
    if not near:
        return standing
    high = round(tall * looks.standing_head / figure.BUST_HEAD * 1.02)
    bust = figure.person(high, index, bust=True, view=view, looks=looks)
    wide = max(standing.width, bust.width)
    picture = Image.new("RGBA", (wide, tall), (*standing.getpixel((standing.width // 2, tall // 2))[:3], 0))  # type: ignore[index]
    hip = round(tall * looks.hip)
    lower = standing.crop((0, hip, standing.width, tall))
    wide_body = round(high * (0.45 if view in ("left", "right") else 0.675))
    shoulders = Image.new("RGBA", (wide_body, 2), bust.getpixel((bust.width // 2, high - 2)))
    picture.paste(lower, ((wide - standing.width) // 2, hip))
    body = shoulders.resize((wide_body, hip - high + 2))
    picture.paste(body, ((wide - wide_body) // 2, high - 1))
    picture.paste(bust, ((wide - bust.width) // 2, 0))
    return picture


def layer_of(
    group: Group,
    picture: Image.Image,
    look: Look,
    at: tuple[float, float, float, float],
    path: MovePath | None,
) -> Layer:
    """A layer of one member: `at` is its middle, foot, height and depth."""
    x, foot, tall, depth = at
    entity = group.entity
    glowing = entity.thing is not None and entity.thing.pictogram in _GLOWING
    gain = max(0.95, look.gain) if glowing else look.gain
    if group.sprite is not None:
        frames = tuple(
            patch.toned(0.5 + 0.5 * min(1.0, gain), look.tint, 0.1) for patch in group.sprite.frames
        )
    else:
        frames = (make_patch(picture).toned(gain, None if glowing else look.tint, 0.25),)
    sky = entity.thing is not None and entity.thing.on == "sky"
    swing = {"air": 0.018, "water": 0.01}.get(entity.thing.on if entity.thing else "", 0.0)
    mirrored = (
        tuple(turned_round(frame) for frame in frames) if path is not None and entity.kind != "box" else ()
    )
    return Layer(
        frames, x, foot, tall, 40.0 if sky else depth, swing + (0.004 if group.alive else 0.0),
        entity.label, path, mirrored,
    )  # fmt: skip


def crowd_layers(group: Group, look: Look, scale: tuple[float, float], view: str) -> Iterator[Layer]:
    """Rows of people seen from one side, each row one picture."""
    metres, horizon = scale
    looks = figure.Looks(group.entity.tint)
    for row, depth in enumerate((3.0, 2.1, 1.45)):
        tall = group.metres / metres / depth
        heads = max(6, round(1.25 / (tall * 0.36 / look.aspect)))
        high = max(24, min(280, round(tall * look.size[1] * 1.3)))
        wide = round(high * 0.36)
        picture = Image.new("RGBA", (wide * heads, round(high * 1.08)), (60, 60, 70, 0))
        for number in range(heads):
            index = row * 7 + number * 3 + look.chance.randrange(4)
            one = figure.person(high, index, view=view, looks=looks)
            picture.alpha_composite(
                one, (max(0, number * wide - wide // 8), look.chance.randrange(round(high * 0.08)))
            )
        frames = (make_patch(picture).toned(look.gain, look.tint, 0.25),)
        foot = horizon + (FLOOR + 0.02 - horizon) / depth
        name = group.entity.label if row == 2 else ""
        yield Layer(frames, 0.5 + 0.01 * row, foot, tall * 1.08, depth, 0.003, name)


def shoulder_layer(look: Look) -> Layer:
    """Whoever the camera looks past: a dark, large back of a head and a shoulder at one side."""
    figure_picture = figure.person(700, 2, bust=True, view="back", looks=figure.Looks((46, 46, 54)))
    dark = Image.new("RGBA", figure_picture.size, (26, 26, 32, 255))
    shaded = Image.blend(figure_picture, dark, 0.55)
    shaded.putalpha(figure_picture.getchannel("A"))
    return Layer((make_patch(shaded),), 0.14, 1.16, 0.98, 0.6, held=True)


def dressing_layers(reading: Reading, look: Look, horizon: float, seen: Iterable[Entity]) -> Iterator[Layer]:
    """What stands in a place without being named, at the back."""
    place = reading.place
    if place is None:
        return
    named = {entity.thing.pictogram for entity in seen if entity.thing is not None}
    signs = [sign for sign in place.dress if sign not in named and sign in vocabulary.things()]
    known = [vocabulary.things()[sign] for sign in signs]
    low = [thing for thing in known if thing.on == "table"]
    high = [thing for thing in known if thing.on != "table"]
    depth = 2.3
    foot = horizon + (FLOOR - horizon) / depth + (0.02 if place.set in INSIDE else 0.0)
    unit = PERSON_TALL / PERSON / depth * 1.35
    if low:
        counter = Image.new("RGBA", (600, 90), (*(round(channel * 0.72) for channel in place.ground), 255))
        counter.paste((*(round(channel * 1.12) for channel in place.ground), 255), (0, 0, 600, 16))
        yield Layer(
            (make_patch(counter).toned(look.gain, look.tint, 0.2),), 0.5, foot, 0.9 * unit, depth + 0.02
        )
    spots = [0.12, 0.88, 0.3, 0.7] if not low else [0.36, 0.5, 0.64, 0.44]
    for thing, x in zip(
        (*low, *high), (*spots[: len(low)], *((0.1, 0.9, 0.26) if low else spots)), strict=False
    ):
        autumn = reading.autumn and thing.pictogram in AUTUMNAL
        picture = draw_pictogram(thing.pictogram, 240, AUTUMN if autumn else thing.tint)
        if picture is None:
            continue
        tall = min(0.55, max(thing.height, 0.32 if thing.on == "table" else 0.5) * unit)
        on_counter = 0.9 * unit if thing.on == "table" else 0.0
        at = 0.03 + tall if thing.on == "ceiling" else foot - on_counter + (0.004 if on_counter else 0.0)
        frames = (make_patch(picture).toned(look.gain, look.tint, 0.25),)
        yield Layer(frames, x, at, tall, depth)


def table_layers(reading: Reading, look: Look) -> Iterator[Layer]:
    """What small things lie on, unless the set shows it."""
    place = reading.place
    if place is not None and place.set not in INSIDE:
        return
    if place is not None and place.set in ("tabletop", "sweep", "space", "underwater"):
        return
    grey = place is None
    top, side = ((146, 148, 150), (120, 122, 124)) if grey else ((150, 118, 84), (112, 86, 60))
    picture = Image.new("RGBA", (640, 200), (*side, 255))
    picture.paste((*top, 255), (0, 0, 640, 110))
    yield Layer((make_patch(picture).toned(look.gain, look.tint, 0.2),), 0.5, 1.3, 0.6, 1.02)
