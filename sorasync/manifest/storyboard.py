"""Writes a storyboard as the prompt that is sent: blocks separated by blank lines.

The preview server reads this text back to draw the shots, so its form is fixed:
a `Style:` line, the scene, then for each shot `Shot N` and one line or list for each field that is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sorasync.manifest.schema import ShotModel
from sorasync.manifest.text import normalise, one_line


def storyboard_text(style: str | None, scene: str | None, shots: Sequence[ShotModel]) -> str:
    """The prompt of a storyboard; missing fields have no line."""
    blocks: list[str] = []
    if style:
        blocks.append(f"Style: {one_line(style)}")
    if scene:
        blocks.append(normalise(scene))
    blocks += ["\n".join(_shot_blocks(number, shot)) for number, shot in enumerate(shots, 1)]
    return "\n\n".join(blocks)


def _shot_blocks(number: int, shot: ShotModel) -> Iterator[str]:
    yield f"Shot {number}"
    if shot.seconds:
        yield f"Seconds: {shot.seconds:g}"
    if shot.characters:
        yield f"Characters: {', '.join(one_line(name) for name in shot.characters)}"
    if shot.camera:
        yield f"Camera: {one_line(shot.camera)}"
    if shot.depth_of_field:
        yield f"Depth of field: {one_line(shot.depth_of_field)}"
    if shot.action:
        yield "Action:"
        yield from (f"- {one_line(beat)}" for beat in shot.action)
    if shot.lighting:
        yield f"Lighting: {one_line(shot.lighting)}"
    if shot.palette:
        yield f"Palette: {', '.join(one_line(colour) for colour in shot.palette)}"
    if shot.sound:
        yield f"Sound: {one_line(shot.sound)}"
    if shot.dialogue:
        yield "Dialogue:"
        yield from (f'- {one_line(said.speaker)}: "{one_line(said.line)}"' for said in shot.dialogue)
