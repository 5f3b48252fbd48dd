"""One subject of a shot: a thing, a person or a box, and where it moves."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.vocabulary import Thing

# From this many people on, a crowd is drawn.
CROWD = 14


@dataclass(frozen=True, slots=True)
class MovePath:
    """Where something goes and when: `way` is a key of the table of paths, times are parts of the shot."""

    way: str
    start: float
    stop: float
    side: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """Something to draw: a thing, somebody (`person`), a character (`cast`), or a box for anything else.

    `small` is a child, and `long_hair` and `grey` say how people are told apart.
    `scale` is how much larger than usual it is said to be, `where` its place in the picture, `upon` the label
    of what it is on. `ring` says that they form a circle.
    """

    kind: str
    label: str
    count: int = 1
    thing: Thing | None = None
    scale: float = 1.0
    tint: RGB | None = None
    where: str = ""
    first: int = 0
    small: bool = False
    long_hair: bool = False
    grey: bool = False
    helmet: bool = False
    pose: str = ""
    path: MovePath | None = None
    upon: str = ""
    ring: bool = False
