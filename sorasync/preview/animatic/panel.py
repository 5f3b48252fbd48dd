"""The panel below the picture: shot and camera, beats in turn, and what is being said."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from sorasync.preview.animatic.camera import Move, read_camera
from sorasync.preview.animatic.canvas import Planes, from_picture
from sorasync.preview.animatic.script import Shot, SpokenLine
from sorasync.preview.animatic.text import Colour, plain, wrap, write
from sorasync.preview.animatic.theme import CARD, DIM, FADED, INK, Theme, accent_of


@dataclass(frozen=True, slots=True)
class PanelStatus:
    """Which shot of how many is on, which of its beats, and the line that is being said."""

    shot: int
    shots: int
    beat: int
    line: SpokenLine | None = None


@dataclass(frozen=True, slots=True)
class _Column:
    """An area of the panel that is filled downwards."""

    draw: ImageDraw.ImageDraw
    theme: Theme
    left: int
    width: int
    top: int
    bottom: int


def draw_panel(
    theme: Theme, shot: Shot, beats: tuple[str, ...], status: PanelStatus, size: tuple[int, int]
) -> Planes:
    """The panel for one beat or spoken line of a shot."""
    picture = Image.new("RGB", size, CARD[:3])
    draw = ImageDraw.Draw(picture)
    accent = accent_of(shot.palette)
    draw.rectangle((0, 0, size[0], max(0, theme.px(3) - 1)), fill=accent)
    facts, action, speech = _panel_columns(theme, draw, size, bool(shot.lines))
    _draw_facts(facts, shot, status, accent)
    _draw_beats(action, beats, status.beat, accent)
    if status.line is not None:
        _draw_line(speech, status.line, accent)
    return from_picture(picture)


def _panel_columns(
    theme: Theme, draw: ImageDraw.ImageDraw, size: tuple[int, int], spoken: bool
) -> tuple[_Column, _Column, _Column]:
    """Facts, beats and speech side by side; on upright frames one below the other."""
    edge, top, bottom = theme.px(20), theme.px(12), size[1] - theme.px(14)
    wide = size[0] - 2 * edge
    if theme.upright:
        first, second = (top + round((bottom - top) * share) for share in (0.3, 0.64 if spoken else 1.0))
        return (
            _Column(draw, theme, edge, wide, top, first),
            _Column(draw, theme, edge, wide, first, second),
            _Column(draw, theme, edge, wide, second, bottom),
        )
    gap = theme.px(24)
    facts = round(wide * 0.25)
    action = round(wide * (0.36 if spoken else 0.75)) - gap
    middle, last = edge + facts + gap, edge + facts + action + 2 * gap
    return (
        _Column(draw, theme, edge, facts, top, bottom),
        _Column(draw, theme, middle, action, top, bottom),
        _Column(draw, theme, last, max(8, size[0] - edge - last), top, bottom),
    )


def _draw_facts(column: _Column, shot: Shot, status: PanelStatus, accent: Colour) -> None:
    """Shot number, the camera's move as a sign and in words, depth of field."""
    theme, draw = column.theme, column.draw
    title = theme.face(28)
    sign = theme.px(24)
    heading = f"Shot {status.shot + 1}/{status.shots}"
    write(draw, (column.left, column.top - theme.px(3)), heading, title, INK, bold=True)
    across = column.left + round(title.getlength(heading)) + theme.px(18)
    draw_sign(draw, (across, column.top + theme.px(2), sign), read_camera(shot.camera).move, accent)
    y = column.top + round(title.size * 1.3)
    y = _labelled(column, y, "", shot.camera, INK)
    _labelled(column, y, "Focus", shot.focus, FADED)


def _draw_line(column: _Column, line: SpokenLine, accent: Colour) -> None:
    """A spoken line under its speaker's name, in the largest writing in which all of it fits."""
    theme = column.theme
    for size in (28, 24, 20, 17):
        face = theme.face(size)
        rows = wrap(line.text, face, column.width, 99)
        if (len(rows) + bool(line.speaker)) * face.size * 1.2 <= column.bottom - column.top:
            break
    y = float(column.top)
    if plain(line.speaker):
        write(column.draw, (column.left, y), plain(line.speaker), theme.face(18), accent, bold=True)
        y += theme.face(18).size * 1.25
    for row in wrap(line.text, face, column.width, max(1, int((column.bottom - y) // (face.size * 1.2)))):
        write(column.draw, (column.left, y), row, face, INK)
        y += face.size * 1.2


def _draw_beats(column: _Column, beats: tuple[str, ...], current: int, accent: Colour) -> None:
    """The beats in their order, as many as fit, with the current one large and the next ones dim."""
    theme = column.theme
    large, small = theme.face(24), theme.face(19)
    indent = theme.px(22)
    y = float(column.top)
    for number in range(max(0, current - 1), len(beats)):
        on = number == current
        face = large if on else small
        room = int((column.bottom - y) // (face.size * 1.22))
        if room < 1:
            break
        colour = INK if on else FADED if number > current else DIM
        dot, level = theme.px(5 if on else 3), y + face.size * 0.58
        x = column.left + theme.px(6)
        column.draw.ellipse((x - dot, level - dot, x + dot, level + dot), fill=accent if on else DIM)
        for line in wrap(beats[number], face, column.width - indent, room if on else 1):
            write(column.draw, (column.left + indent, y), line, face, colour, bold=on)
            y += face.size * 1.22
        y += theme.px(5)


def _labelled(column: _Column, y: float, label: str, text: str, colour: Colour) -> int:
    """A text after a dim label, wrapped, as far as there is room; gives where the next line may start."""
    face = column.theme.face(18)
    step = face.size * 1.22
    room = int((column.bottom - y + face.size * 0.3) // step)
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
    if move in (Move.ORBIT_LEFT, Move.ORBIT_RIGHT):
        draw.arc((x - reach * 1.3, y - reach, x + reach * 1.3, y + reach), 40, 320, fill=colour, width=pen)


_CORNERS = ((-1, -1), (1, -1), (-1, 1), (1, 1))
# Directions of a sign's arrows; the third number is 1 for outwards, -1 for inwards, 0 for across.
_ARROWS: dict[Move, tuple[tuple[int, int, int], ...]] = {
    Move.STATIC: (),
    Move.ORBIT_LEFT: ((-1, 0, 1),),
    Move.ORBIT_RIGHT: ((1, 0, 1),),
    Move.IN: tuple((x, y, -1) for x, y in _CORNERS),
    Move.OUT: tuple((x, y, 1) for x, y in _CORNERS),
    Move.ZOOM_IN: ((-1, 0, -1), (1, 0, -1)),
    Move.ZOOM_OUT: ((-1, 0, 1), (1, 0, 1)),
    Move.DOLLY_ZOOM: (*((x, y, -1) for x, y in _CORNERS), (-1, 0, 1), (1, 0, 1)),
    Move.LEFT: ((-1, 0, 0),),
    Move.RIGHT: ((1, 0, 0),),
    Move.WHIP_LEFT: ((-1, 0, 0), (-1, 0, 1)),
    Move.WHIP_RIGHT: ((1, 0, 0), (1, 0, 1)),
    Move.UP: ((0, -1, 0),),
    Move.DOWN: ((0, 1, 0),),
    Move.CRANE_UP: ((0, -1, 0), (0, -1, 1)),
    Move.CRANE_DOWN: ((0, 1, 0), (0, 1, 1)),
    Move.TRACK_LEFT: ((-1, 0, 0),),
    Move.TRACK_RIGHT: ((1, 0, 0),),
    Move.DRONE: ((0, -1, 1), (0, 1, -1)),
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
