"""The description of a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class BadMedia(ValueError):
    """An uploaded clip, image or source video that cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A character as uploaded: its name and the clip that shows it."""

    name: str
    video: Path


@dataclass(frozen=True, slots=True)
class Scene:
    """One render to draw. Sizes are in pixels, `seconds` is the length asked for.

    `image` is the first frame (PNG, JPEG or WebP), `last_image` the last one. `label` is the address shown on
    the slate; the number after its `#` is the take, which varies the composition. `clean` leaves out text.
    """

    prompt: str
    model: str
    width: int
    height: int
    seconds: int
    characters: tuple[Cast, ...] = ()
    image: Path | None = None
    last_image: Path | None = None
    label: str | None = None
    clean: bool = False
