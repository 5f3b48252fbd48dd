"""A cut as loaded: its events, tracks and markers, every time in whole frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from sorasync.manifest.library import Origin


class Transition(StrEnum):
    """How one event goes over into the next."""

    DISSOLVE = "dissolve"
    FADE = "fade"


@dataclass(frozen=True, slots=True)
class CutEvent:
    """A clip from frame `start` up to but without `stop`, a still or gap of `stop` frames.

    `clip` and `still` are names. `take` is None for the picked one, `stop` None for the
    clip's end. `into` is the transition that leads into the event, `into_frames` its length; `scene` and
    `shot` name it, `shot` None if none is declared.
    """

    origin: Origin = field(compare=False)
    clip: str | None = None
    still: str | None = None
    take: int | None = None
    start: int = 0
    stop: int | None = None
    gain: float = 0.0
    into: Transition | None = None
    into_frames: int = 0
    scene: int = 1
    shot: int | None = None

    @property
    def shown(self) -> str | None:
        """The address of the clip or still that is seen, None for a gap."""
        if self.clip is not None:
            return f"clip.{self.clip}"
        return None if self.still is None else f"still.{self.still}"


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """A sound file of the library (POSIX, relative to it), from `start` to `stop` of its own frames."""

    origin: Origin = field(compare=False)
    file: str
    sha256: str
    at: int = 0
    start: int = 0
    stop: int | None = None
    gain: float = 0.0
    fade_in: int = 0
    fade_out: int = 0


@dataclass(frozen=True, slots=True)
class Marker:
    """A named frame."""

    at: int
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class CutSpec:
    """One cut. `out_of` is the transition at its end: only a fade, of `out_of_frames`."""

    name: str
    origin: Origin = field(compare=False)
    rate: Fraction
    size: str | None
    events: tuple[CutEvent, ...]
    audio: tuple[AudioTrack, ...] = ()
    markers: tuple[Marker, ...] = ()
    out_of: Transition | None = None
    out_of_frames: int = 0
    max_frames: int | None = None
    loudness: float = -14.0
    names: str = "{clip}"
    description: str | None = None
