"""The card along the lower edge: shot and camera, beats in turn, palette, light and sound."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from sorasync.preview.animatic.camera import Move, read_camera
from sorasync.preview.animatic.canvas import Planes, from_picture
from sorasync.preview.animatic.script import Shot
from sorasync.preview.animatic.text import Colour, fit, plain, wrap, write
from sorasync.preview.animatic.theme import CARD, DIM, FADED, INK, Theme, accent_of


@dataclass(frozen=True, slots=True)
class PanelStatus:
    """Which shot of how many is on, and which of its beats; `continued` if it only carries on the source."""

    shot: int
    shots: int
    beat: int
    continued: bool = False


@dataclass(frozen=True, slots=True)
class _Column:
    """An area of the card that is filled downwards."""

    draw: ImageDraw.ImageDraw
    theme: Theme
    left: int
    width: int
    top: int
    bottom: int


def panel_height(theme: Theme) -> int:
    """Pixels the card takes."""
    share = 0.235 if theme.upright else 0.205
    return (
        max(theme.px(150), round(theme.height * share)) // 2 * 2
        if min(theme.width, theme.height) >= 96
        else 0
    )


def draw_panel(theme: Theme, shot: Shot, beats: tuple[str, ...], status: PanelStatus) -> Planes | None:
    """The card for one beat of a shot, as wide as the frame; None on frames too small for one."""
    height = panel_height(theme)
    if not height:
        return None
    picture = Image.new("RGB", (theme.width, height), CARD[:3])
    draw = ImageDraw.Draw(picture)
    accent = accent_of(shot.palette)
    draw.rectangle((0, 0, theme.width, max(0, theme.px(3) - 1)), fill=accent)
    facts, action, look = _panel_columns(theme, draw, height)
    _draw_facts(facts, shot, status, accent)
    _draw_beats(action, beats, status.beat, accent)
    _draw_look(look, shot)
    return from_picture(picture)


def _panel_columns(theme: Theme, draw: ImageDraw.ImageDraw, height: int) -> tuple[_Column, _Column, _Column]:
    """Three columns side by side; on upright frames facts and look stand over the beats."""
    edge, top, bottom = theme.px(28), theme.px(18), height - theme.px(16)
    gap = theme.px(30)
    wide = theme.width - 2 * edge
    if theme.upright:
        half = (wide - gap) // 2
        split = top + round((bottom - top) * 0.5)
        right = edge + half + gap
        return (
            _Column(draw, theme, edge, half, top, split),
            _Column(draw, theme, edge, wide, split + theme.px(8), bottom),
            _Column(draw, theme, right, half, top, split),
        )
    sides = round(wide * 0.27)
    middle = wide - 2 * sides - 2 * gap
    first = edge + sides + gap
    return (
        _Column(draw, theme, edge, sides, top, bottom),
        _Column(draw, theme, first, middle, top, bottom),
        _Column(draw, theme, first + middle + gap, sides, top, bottom),
    )


def _draw_facts(column: _Column, shot: Shot, status: PanelStatus, accent: Colour) -> None:
    """Shot number, the camera's move as a sign and in words, depth of field."""
    theme, draw = column.theme, column.draw
    title = theme.face(30)
    sign = theme.px(26)
    heading = "Continued" if status.continued else f"Shot {status.shot + 1}/{status.shots}"
    write(draw, (column.left, column.top - theme.px(3)), heading, title, INK, bold=True)
    across = column.left + round(title.getlength(heading)) + theme.px(18)
    draw_sign(draw, (across, column.top + theme.px(2), sign), read_camera(shot.camera).move, accent)
    y = column.top + round(title.size * 1.3)
    y = _labelled(column, y, "", shot.camera, 3 if not shot.focus else 2, INK)
    _labelled(column, y, "Focus", shot.focus, 1, FADED)


def _draw_beats(column: _Column, beats: tuple[str, ...], current: int, accent: Colour) -> None:
    """The beats in their order, as many as fit, with the current one large and the next ones dim."""
    theme = column.theme
    large, small = theme.face(26), theme.face(20)
    indent = theme.px(24)
    y = float(column.top)
    for number in range(max(0, current - 1), len(beats)):
        on = number == current
        face = large if on else small
        room = int((column.bottom - y) // (face.size * 1.22))
        if room < 1:
            break
        most = min(room, 3 if on else 1)
        colour = INK if on else FADED if number > current else DIM
        dot, level = theme.px(5 if on else 3), y + face.size * 0.58
        x = column.left + theme.px(6)
        column.draw.ellipse((x - dot, level - dot, x + dot, level + dot), fill=accent if on else DIM)
        for line in wrap(beats[number], face, column.width - indent, most):
            write(column.draw, (column.left + indent, y), line, face, colour, bold=on)
            y += face.size * 1.22
        y += theme.px(5)


def _draw_look(column: _Column, shot: Shot) -> None:
    """Palette, light and sound."""
    y = _draw_swatches(column, shot) + column.theme.px(8)
    y = _labelled(column, y, "Light", shot.lighting, 2 if not shot.sound else 1, INK)
    _labelled(column, y, "Sound", shot.sound, 1, INK)


def _draw_swatches(column: _Column, shot: Shot) -> int:
    """Colour chips side by side with their names below; gives where the next line may start."""
    theme, draw = column.theme, column.draw
    count = max(1, len(shot.palette))
    gap = theme.px(8)
    width = max(2, min((column.width - gap * (count - 1)) // count, theme.px(110)))
    face = theme.face(17)
    if any(face.getlength(colour.name) > width for colour in shot.palette):
        face = theme.face(15)
    chip = theme.px(30)
    for number, colour in enumerate(shot.palette):
        left = column.left + number * (width + gap)
        box = (left, column.top, left + width, column.top + chip)
        draw.rounded_rectangle(box, theme.px(5), fill=(*colour.rgb, 255), outline=(255, 255, 255, 70))
        write(
            draw,
            (left, column.top + chip + theme.px(4)),
            fit(colour.name, face, width + gap // 2),
            face,
            FADED,
        )
    named = any(colour.name for colour in shot.palette)
    return column.top + chip + (round(face.size * 1.3) if named else 0) + theme.px(2)


def _labelled(column: _Column, y: float, label: str, text: str, most: int, colour: Colour) -> int:
    """A text after a dim label, wrapped, as far as there is room; gives where the next line may start."""
    face = column.theme.face(20)
    step = face.size * 1.24
    room = min(most, int((column.bottom - y + face.size * 0.3) // step))
    if not plain(text) or room < 1:
        return round(y)
    start = 0
    if label:
        write(column.draw, (column.left, y), label, face, DIM)
        start = round(face.getlength(label)) + column.theme.px(10)
    for line in wrap(text, face, max(8, column.width - start), room):
        write(column.draw, (column.left + start, y), line, face, colour)
        y += step
    return round(y + column.theme.px(3))


def draw_sign(draw: ImageDraw.ImageDraw, at: tuple[int, int, int], move: Move, colour: Colour) -> None:
    """A small frame with the camera's move: `at` is left, top and size."""
    left, top, size = at
    width = size * 1.5
    pen = max(1, size // 13)
    draw.rectangle((left, top, left + width, top + size), outline=colour, width=pen)
    x, y = left + width / 2, top + size / 2
    reach = size * 0.3
    for dx, dy, turned in _ARROWS[move]:
        tip = (x + dx * reach * 1.6, y + dy * reach)
        tail = (
            (x + dx * reach * 0.3, y + dy * reach * 0.3)
            if turned > 0
            else (x - dx * reach * 1.4, y - dy * reach)
        )
        if turned < 0:
            tip, tail = (x + dx * reach * 0.3, y + dy * reach * 0.3), (x + dx * reach * 1.6, y + dy * reach)
        _arrow(draw, tail, tip, size * 0.2, colour, pen)
    if move is Move.STATIC:
        dot = size * 0.12
        draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=colour)
    if move is Move.ORBIT:
        draw.arc((x - reach * 1.3, y - reach, x + reach * 1.3, y + reach), 40, 320, fill=colour, width=pen)


_CORNERS = ((-1, -1), (1, -1), (-1, 1), (1, 1))
# Directions of a sign's arrows; the third number is 1 for outwards, -1 for inwards, 0 for across.
_ARROWS: dict[Move, tuple[tuple[int, int, int], ...]] = {
    Move.STATIC: (),
    Move.ORBIT: (),
    Move.IN: tuple((x, y, -1) for x, y in _CORNERS),
    Move.OUT: tuple((x, y, 1) for x, y in _CORNERS),
    Move.LEFT: ((-1, 0, 0),),
    Move.RIGHT: ((1, 0, 0),),
    Move.UP: ((0, -1, 0),),
    Move.DOWN: ((0, 1, 0),),
    Move.TRACK_LEFT: ((-1, 0, 0),),
    Move.TRACK_RIGHT: ((1, 0, 0),),
}


def _arrow(
    draw: ImageDraw.ImageDraw,
    tail: tuple[float, float],
    tip: tuple[float, float],
    head: float,
    colour: Colour,
    pen: int,
) -> None:
    draw.line((*tail, *tip), fill=colour, width=pen)
    dx, dy = tip[0] - tail[0], tip[1] - tail[1]
    length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
    dx, dy = dx / length * head, dy / length * head
    wings = [
        (tip[0] - dx - dy * 0.8, tip[1] - dy + dx * 0.8),
        (tip[0] - dx + dy * 0.8, tip[1] - dy - dx * 0.8),
    ]
    draw.polygon([tip, *wings], fill=colour)
