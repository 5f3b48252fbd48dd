"""Arranges what a shot shows in the picture: how large, where, how far away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image

from sorasync.preview.animatic import figure
from sorasync.preview.animatic.camera import Camera, Framing, Move, View
from sorasync.preview.animatic.entity import CROWD, Entity
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
_SCATTERED, _CLUSTERED = words_of("scattered"), words_of("clustered")
_MANY = 16
_RAISED, _PLUMES = words_of("raised"), words_of("plumes")
# What is this many times as high as what is on it is where that is, rather than what it sits on.
_PERCH = 6
_BOX = 1.1
_THIRDS = (0.36, 0.5, 0.64)
_HEADS = {Framing.MEDIUM: 0.34, Framing.MEDIUM_CLOSE: 0.4, Framing.CLOSE: 0.46, Framing.EXTREME: 0.48}
# How high things are held, so that a near shot shows them.
_HANDS = {Framing.MEDIUM: 0.56, Framing.MEDIUM_CLOSE: 0.7, Framing.CLOSE: 0.78}
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
    if camera.view is View.OVER_SHOULDER:
        groups = [group for group in groups if group.entity.where != "shoulder"]
    if not groups:
        near = 0.9 if framing in (Framing.WIDE, Framing.AERIAL) else 1.0
        dressing = list(dressing_layers(reading, look, horizon, ()))
        if camera.view is View.OVER_SHOULDER:
            dressing.append(shoulder_layer(look))
        return Composition(tuple(dressing), Aim(0.5, horizon, 0.5, horizon, near))
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
    for group in shown:
        if _sign_of(group) in _PLUMES and group is not lead and not lead.alive:
            # As large as what smokes or burns.
            group.metres = max(group.metres, 0.5 * lead.metres)
    metres = _metres(lead, look) * _crowding(shown, lead, look)
    for group in shown:
        for base in shown:
            if _sits_on(group, base):
                metres = max(metres, (base.metres + group.metres) / 0.84)
    _place(shown, lead, look, metres)
    layers: list[Layer] = list(dressing_layers(reading, look, horizon, (one.entity for one in shown)))
    own: list[Layer] = []
    # A near shot of a child and its mother has room for both heads.
    tallest = max(shown, key=lambda one: one.metres if one.alive and one.entity.count < CROWD else 0.0)
    tallest = tallest if tallest.alive and framing is Framing.MEDIUM and lead.alive else lead
    highest: list[Layer] = []
    for group in shown:
        drawn = list(_layers_of(group, lead, framing, camera, look, (metres, horizon)))
        own = drawn if group is lead else own
        if group is tallest:
            highest = drawn
        layers += drawn
    _stack(shown, layers)
    if not lead.alive and own:
        _rise(shown, lead, own[0], layers)
    if not lead.alive and lead.entity.thing is not None and lead.entity.thing.on == "table":
        layers += table_layers(reading, look)
    layers.sort(key=lambda layer: (not layer.held, -layer.depth))
    if camera.view is View.OVER_SHOULDER:
        layers.append(shoulder_layer(look))
    aim = _aim(tallest, framing, highest, look.aspect)
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
    return next((one for one in things if not _hangs(one)), things[0])


def _is_held(group: Group, lead: Group) -> bool:
    """Whether it is in somebody's hands, or before them."""
    thing = group.entity.thing
    return group is not lead and lead.alive and thing is not None and thing.on == "table"


def _hangs(group: Group) -> bool:
    """Whether it is in the sky or below a ceiling."""
    return group.entity.thing is not None and group.entity.thing.on in ("sky", "ceiling")


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
    """Whether something is no larger than the thing that a near shot is about, or lies on a table as well."""
    things = [one.entity.thing for one in (group, lead)]
    if all(thing is not None and thing.on == "table" for thing in things):
        return True
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
        if group.entity.count >= CROWD or _hangs(group) or _is_scattered(group):
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
    # What is said to be left or right leaves the other side to the others.
    sides = {"left": 0, "right": 2}
    standing.sort(key=lambda one: sides.get(one.entity.where, 1))
    standing = [one for one in standing if one is lead or not _is_scattered(one)]
    count = len(standing)
    spots = {
        1: (look.chance.choice(_THIRDS),),
        2: (0.32, 0.7),
        3: (0.2, 0.5, 0.8),
        4: (0.14, 0.38, 0.62, 0.86),
    }.get(count, tuple(0.1 + 0.8 * number / max(1, count - 1) for number in range(count)))
    for spot, group in zip(spots, standing, strict=True):
        group.x = spot
    hung: list[Group] = []
    for group in shown:
        where = group.entity.where
        if group not in standing and group is not lead:
            taken = [one.x for one in (*standing, *hung)] or [0.5]
            group.x = max((0.2, 0.5, 0.8), key=lambda spot: min(abs(spot - x) for x in taken))
            hung.append(group)
        if where in ("left", "right"):
            group.x = 0.22 if where == "left" else 0.78
            same = [one for one in standing if one.entity.where == where]
            if group in same and len(same) > 1:
                # Several at one side share it.
                start = 0.12 if where == "left" else 0.6
                group.x = start + 0.28 * same.index(group) / (len(same) - 1)
        tall = group.metres / metres
        group.depth = 2.2 if where == "behind" else 0.8 if where == "front" else 1.0
        if (
            group is not lead
            and not group.alive
            and _sign_of(group) not in FIGURES
            and tall / group.depth > 0.62
        ):
            group.depth = min(2.6, max(1.5, tall / 0.62))
        elif group is not lead and not group.alive and where != "front":
            group.depth = max(group.depth, 1.0 + 0.12 * look.chance.random())
    if lead.entity.count > 3:
        lead.x = 0.5


def _is_scattered(group: Group) -> bool:
    """Whether it fills the air: falling leaves, confetti."""
    thing, words = group.entity.thing, group.entity.label.split()
    if thing is None or not words:
        return False
    return words[-1] in _CLUSTERED or (thing.pictogram in _SCATTERED and words[-1].endswith("s"))


def _scattered_layers(group: Group, picture: Image.Image, look: Look) -> Iterator[Layer]:
    """Many small ones all over the picture."""
    for number in range(_MANY):
        x, foot = (number + look.chance.random()) / _MANY, look.chance.uniform(0.08, 0.98)
        at = x, foot, look.chance.uniform(0.045, 0.075), look.chance.uniform(0.95, 1.5)
        yield replace(layer_of(group, picture, look, at, None), swing=0.03)


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
    """Put what is said to be on something there, side by side."""
    loads = {group.entity.upon: 0.0 for group in shown}
    placed = dict(loads)
    for group in shown:
        loads[group.entity.upon] += min(group.entity.count, 12)
    for group in shown:
        base = next((one for one in layers if one.name and one.name == group.entity.upon), None)
        below = next((one for one in shown if one.entity.label == group.entity.upon), None)
        if base is None or below is None or not _sits_on(group, below):
            continue
        path = group.entity.path
        if path not in (None, below.entity.path) and path is not None and path.way != "turns":
            continue
        sign = below.entity.thing.pictogram if below.entity.thing is not None else ""
        height = base.tall * (0.42 if sign in _SEATS else 0.94)
        least = 0.2 * base.tall if group.entity.kind == "thing" else 0.0
        group.x = base.x
        for layer in (one for one in layers if one.name == group.entity.label):
            layer.tall = max(least, layer.tall * layer.depth / base.depth)
            step = min(0.05, 0.5 * base.tall / max(1.0, loads[group.entity.upon] - 1))
            place = placed[group.entity.upon] - (loads[group.entity.upon] - 1) / 2
            placed[group.entity.upon] += 1
            layer.x, layer.foot, layer.depth = base.x + step * place, base.foot - height, base.depth - 0.01
            layer.heading = base.heading


def _sign_of(group: Group) -> str:
    """The pictogram of a thing."""
    return group.entity.thing.pictogram if group.entity.thing is not None else ""


def _rise(shown: list[Group], lead: Group, base: Layer, layers: list[Layer]) -> None:
    """Put smoke over the thing that it comes from, and behind it; that of a rocket comes out below."""
    for group in shown:
        if _sign_of(group) != "smoke" or group is lead or group.entity.where or group.entity.upon:
            continue
        below = _sign_of(lead) == "🚀"
        for layer in (one for one in layers if one.name == group.entity.label):
            layer.x, layer.depth, layer.path = base.x, base.depth + 0.02, None if below else base.path
            layer.foot = FLOOR if below else base.foot - 0.8 * base.tall


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
        yield from crowd_layers(group, look, scale, "back" if camera.view is View.BACK else "front")
        return
    if group is not lead and framing in NEAR and group.alive:
        count = min(count, 2)
    picture = picture_of(group, 0, framing, camera, look)
    tall = group.metres / metres / group.depth
    if _is_scattered(group):
        yield from _scattered_layers(group, picture, look)
        return
    if group.entity.thing is not None and group.entity.thing.on == "sky":
        tall = 0.55 if group is lead else 0.26
        if group.entity.where == "below":
            # A planet below: its upper rim over the lower half of the picture.
            group.x, tall = 0.5, 1.1 * look.aspect
    elif group is not lead and group.entity.kind == "thing":
        both_small = group.entity.thing is not None and group.entity.thing.on == "table" and not lead.alive
        # Lamps are seen by their light from afar.
        least = 0.2 if both_small or _hangs(group) else _SMALLEST
        tall = min(_LARGEST if group.depth < 1.5 else 0.62, max(least, tall))
    foot = _foot(
        group, lead, tall, horizon, look, (lead.metres / metres / PERSON_TALL, _HANDS.get(framing, 0.5))
    )
    wide = tall * picture.width / picture.height / look.aspect
    step = min(wide * 1.12, 0.86 / max(1, count)) if count > 1 else 0.0
    if count > 2 and framing in _HANDS and _is_held(group, lead):
        # In front of whoever holds them, inside the frame of the close shot.
        group.x, step = lead.x, min(step, 0.9 / framing.value / count)
    for number in range(count):
        if number and group.alive:
            picture = picture_of(group, number, framing, camera, look)
        x = group.x + step * (number - (count - 1) / 2)
        depth = group.depth + (0.06 * (number % 3) if count > 1 and not _is_held(group, lead) else 0.0)
        share = tall * group.depth / depth
        room = 0.95 / framing.value if framing in _HANDS and _is_held(group, lead) else 0.95
        if count * wide > room and count > 1:
            share *= max(0.2, room / (count * wide))
        path = group.entity.path
        if path is not None and count > 1:
            path = replace(path)
        layer = layer_of(group, picture, look, (x, foot - 0.012 * (number % 3), share, depth), path)
        # Several go one way.
        layer.heading = "right" if group.x >= 0.5 else "left"
        yield layer


def _foot(
    group: Group, lead: Group, tall: float, horizon: float, look: Look, hands: tuple[float, float]
) -> float:
    """Where the lower edge of a group stands in the full shot; `hands` says how much of its usual
    height the lead has, and how high it holds things up."""
    share, held = hands
    on = group.entity.thing.on if group.entity.thing is not None else "ground"
    ground = horizon + (FLOOR - horizon) / group.depth
    if _sign_of(group) in _RAISED and lead.alive and lead.entity.count > 2:
        # Over the heads of those who carry them.
        return horizon + 0.06
    if group.entity.where == "above" and on not in ("ceiling", "sky"):
        on = "air"
    if on == "air":
        return max(0.42, 0.36 + tall / 2) if group is not lead else 0.5 + tall / 2
    if on == "sky" and group.entity.where == "below":
        return 0.55 + tall
    if on == "sky":
        return 0.06 + tall if group is not lead else 0.5 + tall / 2
    if on == "ceiling":
        return 0.06 + tall if group is not lead else 0.5 + tall / 2
    if on == "water":
        return ground + 0.02 - (0.1 if group.depth == 1.0 else 0.0)
    if on == "table" and group is not lead and lead.alive:
        # In somebody's hands, or at least as high.
        aside = min(0.26, 0.195 / look.aspect) * share
        right = group.x >= lead.x
        # Of several things each has a place of its own: the other hand, then farther out.
        right, far = next(
            (side, far) for far in range(9) for side in (right, not right) if (side, far) not in look.hands
        )
        look.hands.add((right, far))
        group.x = lead.x + (aside if right else -aside) * (1 + 0.8 * far)
        group.depth = 0.98
        return FLOOR - PERSON_TALL * held * share + tall / 2
    if on == "table" and group is lead:
        return 0.5 + tall / 2
    if on == "table":
        return 0.76
    return ground


def _from_above(groups: list[Group], lead: Group, look: Look) -> Composition:
    """Everything as seen from straight above, side by side on the ground."""
    riders = {
        one.entity.label: one
        for one in groups
        if one.alive and any(one.entity.upon == base.entity.label for base in groups)
    }
    groups = [one for one in groups if riders.get(one.entity.label) is not one or not one.entity.upon]
    members = [(group, number) for group in groups for number in range(min(group.entity.count, 12))]
    ring = any(group.entity.ring for group in groups) and len(members) > 2
    columns = max(1, round((len(members) * look.aspect) ** 0.5 + 0.4))
    rows = -(-len(members) // columns)
    layers = []
    for place, (group, number) in enumerate(members):
        row, column = divmod(place, columns)
        width = columns if row < rows - 1 else len(members) - columns * (rows - 1)
        tall = min(0.5, 0.78 / rows) * (1.0 if group is lead or group.metres * 2 > lead.metres else 0.6)
        if group.alive and group.sprite is None:
            picture = figure.from_above(300, number + len(group.entity.label), group.entity.tint)
        else:
            picture = picture_of(group, number, Framing.FULL, Camera(Move.STATIC, None, False), look)
        x, middle = (column + 0.5) / width, (row + 0.5) / rows
        if ring:
            turn, reach = math.tau * place / len(members), 0.34
            tall = min(tall, 0.3)
            x = 0.5 + reach * math.sin(turn) * min(1.0, 1 / look.aspect)
            middle = 0.5 - reach * math.cos(turn) * min(1.0, look.aspect)
        path = group.entity.path
        layers.append(layer_of(group, picture, look, (x, middle + tall / 2, tall, 1.0), path))
        for rider in riders.values():
            if rider.entity.upon == group.entity.label and rider.alive and number == 0:
                above = figure.from_above(300, len(rider.entity.label), rider.entity.tint)
                at = x, middle + 0.2 * tall, 0.45 * tall, 0.99
                layers.append(layer_of(rider, above, look, at, path))
    return Composition(tuple(layers), Aim())
