"""Arranges what a shot shows in the picture: how large, where, how far away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sorasync.preview.animatic import figure
from sorasync.preview.animatic.camera import Camera, Framing, Move, View
from sorasync.preview.animatic.entities import CROWD, Entity
from sorasync.preview.animatic.layers import Aim, Layer
from sorasync.preview.animatic.pictograms import draw_pictogram
from sorasync.preview.animatic.shot_reading import Reading
from sorasync.preview.animatic.sprite import Sprite
from sorasync.preview.animatic.subjects import (
    FIGURES,
    FLOOR,
    NEAR,
    PERSON,
    PERSON_TALL,
    Group,
    Look,
    crowd_layers,
    dressing_layers,
    layer_of,
    picture_of,
    shoulder_layer,
    table_layers,
)
from sorasync.preview.animatic.vocabulary import words_of

# How much of the picture's height a thing takes that is the subject.
_THING_TALL = 0.52
_LARGEST, _SMALLEST = 0.9, 0.075
# Things larger than this part of the picture stand behind the lead.
_BEHIND = 0.62
_SEATS = words_of("seats")
# What is this many times as high as what is on it is where that is, rather than what it sits on.
_PERCH = 6
_BOX = 1.1
_THIRDS = (0.36, 0.5, 0.64)
_HEADS = {Framing.MEDIUM: 0.34, Framing.MEDIUM_CLOSE: 0.4, Framing.CLOSE: 0.46, Framing.EXTREME: 0.48}
_FEET = {Framing.FULL: FLOOR, Framing.WIDE: 0.84, Framing.AERIAL: 0.74}
# A thing is seen from not as far as somebody, to be known.
_THING_AERIAL = 0.45
_THING_NEAR = {
    Framing.EXTREME: 1.9, Framing.CLOSE: 1.4, Framing.MEDIUM_CLOSE: 1.25, Framing.MEDIUM: 1.1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Composition:
    """The layers of a shot, farthest first, and what the camera is aimed at."""

    layers: tuple[Layer, ...]
    aim: Aim


def framing_of(reading: Reading, camera: Camera) -> Framing:
    """The framing of a shot whose words may leave it open."""
    if camera.framing is not None:
        return camera.framing
    if not reading.entities:
        return Framing.WIDE
    people = [one for one in reading.entities if one.kind in ("person", "cast")]
    count = sum(one.count for one in people)
    quiet = not any(one.path or one.pose for one in people) and len(people) == len(reading.entities)
    return Framing.MEDIUM if people and count <= 2 and quiet else Framing.FULL


def compose(
    reading: Reading, camera: Camera, sprites: dict[str, Sprite], look: Look, horizon: float
) -> Composition:
    """Arrange what a reading names for a camera."""
    framing = framing_of(reading, camera)
    groups = [_measured(entity, sprites) for entity in reading.entities if not _in_stands(entity, reading)]
    if not groups:
        near = 0.9 if framing in (Framing.WIDE, Framing.AERIAL) else 1.0
        return Composition(
            tuple(dressing_layers(reading, look, horizon, ())), Aim(0.5, horizon, 0.5, horizon, near)
        )
    lead = _lead(groups, framing, camera)
    if camera.view is View.TOP_DOWN:
        return _from_above(groups, lead, look)
    shown = _shown(groups, lead, framing, camera)
    for group in shown:
        below = next((one for one in shown if one.entity.label == group.entity.upon), None)
        if group.entity.kind == "box" and below is not None and below.entity.thing is not None:
            # Nobody knows how large it is, but it lies on that.
            group.metres = min(group.metres, 0.5 * below.metres)
        elif group.entity.kind == "box" and group is not lead and group.entity.scale == 1.0:
            group.metres = min(group.metres, lead.metres * (0.4 if lead.alive else 1.0))
    metres = _metres(lead, look) * _crowding(shown, lead, look)
    for group in shown:
        for base in shown:
            if _sits_on(group, base):
                metres = max(metres, (base.metres + group.metres) / 0.84)
    _place(shown, lead, look, metres)
    layers: list[Layer] = list(dressing_layers(reading, look, horizon, (one.entity for one in shown)))
    own: list[Layer] = []
    for group in shown:
        drawn = list(_layers_of(group, lead, framing, camera, look, (metres, horizon)))
        own = drawn if group is lead else own
        layers += drawn
    _stack(shown, layers)
    if not lead.alive and lead.entity.thing is not None and lead.entity.thing.on == "table":
        layers += table_layers(reading, look)
    layers.sort(key=lambda layer: (not layer.held, -layer.depth))
    if camera.view is View.OVER_SHOULDER:
        layers.append(shoulder_layer(look))
    aim = _aim(lead, framing, own, look.aspect)
    return Composition(
        tuple(layers), _on_all(aim, shown, own[0].tall, look.aspect) if framing in NEAR else aim
    )


def _in_stands(entity: Entity, reading: Reading) -> bool:
    """Whether the set shows a crowd already: that of a stadium sits around the field."""
    crowd = entity.kind == "person" and entity.count >= CROWD
    return crowd and reading.place is not None and reading.place.set == "pitch"


def _measured(entity: Entity, sprites: dict[str, Sprite]) -> Group:
    if entity.kind == "cast" and entity.label in sprites:
        sprite = sprites[entity.label]
        return Group(
            entity, PERSON if sprite.anatomy.head < 0.3 or sprite.card else 1.3, sprite.shape, sprite
        )
    if entity.kind in ("person", "cast"):
        return Group(entity, 1.15 if entity.small else PERSON, 0.42)
    if entity.thing is not None:
        if entity.thing.pictogram in FIGURES:
            return Group(entity, entity.thing.height * entity.scale, 0.42)
        picture = draw_pictogram(entity.thing.pictogram, 64, entity.thing.tint)
        shape = picture.width / picture.height if picture is not None else 1.4
        return Group(entity, entity.thing.height * entity.scale, shape)
    scale = {1.9: 3.2, 0.6: 0.3}.get(entity.scale, 1.0)
    return Group(entity, _BOX * scale, 1.25)


def _lead(groups: list[Group], framing: Framing, camera: Camera) -> Group:
    """Whom or what the shot is about: in a close shot what is named first, in a macro a thing."""
    people = [group for group in groups if group.alive]
    things = [group for group in groups if not group.alive]
    if framing is Framing.EXTREME and things:
        return things[0]
    if framing in (Framing.CLOSE, Framing.MEDIUM_CLOSE) and camera.view is View.FRONT:
        return groups[0]
    if people:
        return people[0]
    # A thing on the ground is easier to frame than one in the sky.
    return next(
        (one for one in things if one.entity.thing is None or one.entity.thing.on != "sky"), things[0]
    )


def _shown(groups: list[Group], lead: Group, framing: Framing, camera: Camera) -> list[Group]:
    """Those that are in the picture: near shots hold the lead, small things before it and what is behind."""
    if framing not in NEAR:
        return groups
    if not lead.alive:
        # A macro shows what the thing is with: the ring in a hand, the sunflower below the bees.
        beside = framing is not Framing.EXTREME
        return [
            one
            for one in groups
            if one is lead
            or (not one.alive and (beside or one.entity.label == lead.entity.upon or _lies_by(one, lead)))
        ]
    several = camera.two_shot or framing is Framing.MEDIUM
    people = [one for one in groups if one.alive]
    kept = people[:3] if several else [lead]
    things = (
        [one for one in groups if not one.alive] if framing in (Framing.MEDIUM, Framing.MEDIUM_CLOSE) else []
    )
    return [*kept, *things]


def _sits_on(group: Group, base: Group) -> bool:
    """Whether one group is drawn on top of another: on a bridge somebody is seen before it instead."""
    return base.entity.label == group.entity.upon != "" and base.metres <= _PERCH * group.metres


def _lies_by(group: Group, lead: Group) -> bool:
    """Whether something is no larger than the thing that a near shot is about, or hardly so."""
    return group.entity.where == "" and group.metres <= 2.5 * lead.metres


def _metres(lead: Group, look: Look) -> float:
    """Metres of a full shot's height at the subject."""
    if lead.alive:
        return lead.metres / PERSON_TALL
    extent = max(lead.metres, lead.metres * lead.shape / look.aspect * 0.85)
    return extent / _THING_TALL


def _crowding(shown: list[Group], lead: Group, look: Look) -> float:
    """How many times more has to be seen than the lead needs, so that all find room side by side."""
    unit = _metres(lead, look)
    wide = 0.0
    for group in shown:
        if group.entity.count >= CROWD or (group.entity.thing is not None and group.entity.thing.on == "sky"):
            continue
        tall = min(group.metres / unit, 0.62 if group is not lead else 1.0)
        if group is not lead and not group.alive and group.metres / unit > _BEHIND:
            # It stands behind, and may be hidden in part.
            tall *= 0.3
        wide += tall * group.shape / look.aspect * min(group.entity.count, 8)
    return max(1.0, wide / 0.84)


def _place(shown: list[Group], lead: Group, look: Look, metres: float) -> None:
    """Give each group its place across the picture and its depth."""
    standing = [
        one for one in shown if one.entity.thing is None or one.entity.thing.on not in ("sky", "ceiling")
    ]
    count = len(standing)
    spots = {
        1: (look.chance.choice(_THIRDS),),
        2: (0.32, 0.7),
        3: (0.2, 0.5, 0.8),
        4: (0.14, 0.38, 0.62, 0.86),
    }.get(count, tuple(0.1 + 0.8 * number / max(1, count - 1) for number in range(count)))
    for spot, group in zip(spots, standing, strict=True):
        group.x = spot
    for group in shown:
        where = group.entity.where
        if group not in standing and group is not lead:
            taken = [one.x for one in standing] or [0.5]
            group.x = max((0.2, 0.5, 0.8), key=lambda spot: min(abs(spot - x) for x in taken))
        if where in ("left", "right"):
            group.x = 0.22 if where == "left" else 0.78
        tall = group.metres / metres
        group.depth = 2.2 if where == "behind" else 0.8 if where == "front" else 1.0
        if group is not lead and not group.alive and tall / group.depth > 0.62:
            group.depth = min(2.6, max(1.5, tall / 0.62))
        elif group is not lead and not group.alive and where != "front":
            group.depth = max(group.depth, 1.0 + 0.12 * look.chance.random())
    if lead.entity.count > 3:
        lead.x = 0.5


def _on_all(aim: Aim, shown: list[Group], tall: float, aspect: float) -> Aim:
    """A near shot of several people holds all of them."""
    people = [group for group in shown if group.alive and group.entity.count < CROWD]
    if not any(group.alive for group in shown):
        people = [group for group in shown if not group.entity.where]
        if len({group.x for group in people}) < 2:
            return aim
    if len(people) < 2:
        return aim
    left, right = min(group.x for group in people), max(group.x for group in people)
    wide = right - left + max(tall * group.shape / aspect for group in people)
    return replace(aim, x=(left + right) / 2, to_x=0.5, near=min(aim.near, max(0.8, 0.98 / wide)))


def _stack(shown: list[Group], layers: list[Layer]) -> None:
    """Put what is said to be on something there."""
    for group in shown:
        base = next((one for one in layers if one.name and one.name == group.entity.upon), None)
        below = next((one for one in shown if one.entity.label == group.entity.upon), None)
        if base is None or below is None or group.entity.path is not None or not _sits_on(group, below):
            continue
        sign = below.entity.thing.pictogram if below.entity.thing is not None else ""
        height = base.tall * (0.42 if sign in _SEATS else 0.94)
        least = 0.2 * base.tall if group.entity.kind == "thing" else 0.0
        group.x = base.x
        for number, layer in enumerate(one for one in layers if one.name == group.entity.label):
            layer.tall = max(least, layer.tall * layer.depth / base.depth)
            layer.x, layer.foot, layer.depth = base.x + 0.05 * number, base.foot - height, base.depth - 0.01


def _aim(lead: Group, framing: Framing, own: list[Layer], aspect: float) -> Aim:
    """The camera on its subject: a face on its line, a thing in the middle, feet on the floor."""
    foot, tall = own[0].foot, own[0].tall
    if framing in _FEET:
        near = framing.value
        if not lead.alive and framing is Framing.AERIAL:
            near = _THING_AERIAL
        if not lead.alive and lead.entity.thing is not None and lead.entity.thing.on != "ground":
            return Aim(lead.x, 0.5, lead.x if near >= 1 else 0.5, 0.5, near)
        return Aim(lead.x, FLOOR, lead.x if near >= 1 else 0.5, _FEET[framing], near)
    if lead.alive:
        head = lead.sprite.anatomy if lead.sprite is not None and not lead.sprite.card else None
        part = figure.Looks(small=lead.entity.small).standing_head
        face = head.face if head is not None else 0.5 if lead.sprite is not None else 0.6 * part
        near = framing.value * PERSON_TALL / tall * figure.STANDING_HEAD / part
        if head is not None or lead.sprite is not None:
            part = head.head if head is not None else 1.0
            near = 1 + (near - 1) * min(1.0, max(0.12, 0.15 / part))
        near = min(near, max(1.0, 3.2 * aspect)) if lead.entity.count > 1 else near
        to_x = 0.5 if framing is Framing.EXTREME else lead.x
        return Aim(lead.x, foot - tall * (1 - face), to_x, _HEADS[framing], near)
    return Aim(lead.x, foot - tall / 2, 0.5, 0.5, _THING_NEAR[framing] * _THING_TALL / max(tall, 0.2))


def _layers_of(
    group: Group, lead: Group, framing: Framing, camera: Camera, look: Look, scale: tuple[float, float]
) -> Iterator[Layer]:
    """The layers of one group, as many as it counts; a crowd stands in rows."""
    metres, horizon = scale
    count = min(group.entity.count, 40)
    if group.alive and count >= CROWD:
        yield from crowd_layers(group, look, scale)
        return
    if group is not lead and framing in NEAR and group.alive:
        count = min(count, 2)
    picture = picture_of(group, 0, framing, camera, look)
    tall = group.metres / metres / group.depth
    if group.entity.thing is not None and group.entity.thing.on == "sky":
        tall = 0.55 if group is lead else 0.26
    elif group is not lead and group.entity.kind == "thing":
        both_small = group.entity.thing is not None and group.entity.thing.on == "table" and not lead.alive
        least = 0.2 if both_small else _SMALLEST
        tall = min(_LARGEST if group.depth < 1.5 else 0.62, max(least, tall))
    foot = _foot(group, lead, tall, horizon, look)
    wide = tall * picture.width / picture.height / look.aspect
    step = min(wide * 1.12, 0.86 / max(1, count)) if count > 1 else 0.0
    for number in range(count):
        if number and group.alive:
            picture = picture_of(group, number, framing, camera, look)
        x = group.x + step * (number - (count - 1) / 2)
        depth = group.depth + (0.06 * (number % 3) if count > 1 else 0.0)
        share = tall * group.depth / depth
        if count * wide > 0.95 and count > 1:
            share *= max(0.4, 0.95 / (count * wide))
        path = group.entity.path
        if path is not None and count > 1:
            path = replace(path)
        yield layer_of(group, picture, look, (x, foot - 0.012 * (number % 3), share, depth), path)


def _foot(group: Group, lead: Group, tall: float, horizon: float, look: Look) -> float:
    """Where the lower edge of a group stands in the full shot."""
    on = group.entity.thing.on if group.entity.thing is not None else "ground"
    ground = horizon + (FLOOR - horizon) / group.depth
    if group.entity.where == "above" and on not in ("ceiling", "sky"):
        on = "air"
    if on == "air":
        return max(0.42, 0.36 + tall / 2) if group is not lead else 0.5 + tall / 2
    if on == "sky":
        return 0.06 + tall if group is not lead else 0.5 + tall / 2
    if on == "ceiling":
        return 0.06 + tall if group is not lead else 0.5 + tall / 2
    if on == "water":
        return ground + 0.02 - (0.1 if group.depth == 1.0 else 0.0)
    if on == "table" and group is not lead and lead.alive:
        # In somebody's hands, or at least as high.
        aside = min(0.26, 0.195 / look.aspect)
        group.x = lead.x + aside if group.x >= lead.x else lead.x - aside
        group.depth = 0.98
        return FLOOR - PERSON_TALL * 0.5 + tall / 2
    if on == "table" and group is lead:
        return 0.5 + tall / 2
    if on == "table":
        return 0.76
    return ground


def _from_above(groups: list[Group], lead: Group, look: Look) -> Composition:
    """Everything as seen from straight above, side by side on the ground."""
    members = [(group, number) for group in groups for number in range(min(group.entity.count, 12))]
    columns = max(1, round((len(members) * look.aspect) ** 0.5 + 0.4))
    rows = -(-len(members) // columns)
    layers = []
    for place, (group, number) in enumerate(members):
        row, column = divmod(place, columns)
        width = columns if row < rows - 1 else len(members) - columns * (rows - 1)
        tall = min(0.5, 0.78 / rows) * (1.0 if group is lead or group.metres * 2 > lead.metres else 0.6)
        if group.alive and group.sprite is None:
            picture = figure.from_above(300, number + len(group.entity.label))
        else:
            picture = picture_of(group, number, Framing.FULL, Camera(Move.STATIC, None, False), look)
        middle = (row + 0.5) / rows
        layers.append(
            layer_of(
                group,
                picture,
                look,
                ((column + 0.5) / width, middle + tall / 2, tall, 1.0),
                group.entity.path,
            )
        )
    return Composition(tuple(layers), Aim())
