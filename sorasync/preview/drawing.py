"""One render as work for a thread: what is drawn, from what, to where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sorasync.preview.animatic import Scene


class DrawingStoppedError(Exception):
    """The server is closing: the drawing was given up and will be done again."""


@dataclass(frozen=True, slots=True)
class DrawingJob:
    """All a thread needs. `cast` are names and clips; `source` is the video that is continued or changed.
    `part` is where the file grows before it is moved to `out`; no other drawing has the same. `damage` is
    what is done to the finished video.
    """

    kind: str
    prompt: str
    model: str
    width: int
    height: int
    seconds: int
    out: Path
    part: Path
    label: str | None = None
    cast: tuple[tuple[str, Path], ...] = ()
    image: Path | None = None
    last_image: Path | None = None
    source: Path | None = None
    damage: tuple[tuple[str, float], ...] = ()
    clean: bool = False


def carry_out(drawing: DrawingJob, progress: Callable[[float], None]) -> None:
    """Draw to `part` and move it into place. Raises what the drawing raises."""
    from sorasync.preview import animatic

    part = drawing.part
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        if drawing.source is None:
            animatic.draw(_scene(drawing), part, progress=progress)
        elif drawing.kind == "extend":
            animatic.extend(drawing.source, _scene(drawing), part, progress=progress)
        else:
            animatic.edit(drawing.source, drawing.prompt, part, label=drawing.label, progress=progress)
        _spoil(drawing)
        part.replace(drawing.out)
    finally:
        part.unlink(missing_ok=True)


def _spoil(drawing: DrawingJob) -> None:
    if not drawing.damage:
        return
    from sorasync.preview.animatic.damage import damage

    spoiled = drawing.part.with_suffix(".spoiled.mp4")
    try:
        for kind, at in drawing.damage:
            damage(drawing.part, kind, at, spoiled)
            spoiled.replace(drawing.part)
    finally:
        spoiled.unlink(missing_ok=True)


def _scene(drawing: DrawingJob) -> Scene:
    from sorasync.preview.animatic import Cast, Scene

    return Scene(
        prompt=drawing.prompt,
        model=drawing.model,
        width=drawing.width,
        height=drawing.height,
        seconds=drawing.seconds,
        characters=tuple(Cast(name, video) for name, video in drawing.cast),
        image=drawing.image,
        last_image=drawing.last_image,
        label=drawing.label,
        clean=drawing.clean,
    )
