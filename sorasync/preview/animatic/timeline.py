"""Which shot, beat and spoken line each frame belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.animatic.script import Script

# Nobody can read a beat in less time.
_BEAT_FRAMES = 4


@dataclass(frozen=True, slots=True)
class ShotSpan:
    """A shot's frames, from `start` up to but without `stop`."""

    shot: int
    start: int
    stop: int

    @property
    def frames(self) -> int:
        """How many frames the shot has, one at least."""
        return self.stop - self.start


def lay_out(script: Script, frames: int) -> tuple[ShotSpan, ...]:
    """Share the frames among the shots in proportion to their beats.

    Every shot gets a frame as long as there are enough; with more shots than frames some are left out.
    """
    weights = [max(1, len(shot.beats), len(shot.lines)) for shot in script.shots]
    if len(weights) <= frames:
        spare = frames - len(weights)
        edges = [index + round(spare * part) for index, part in enumerate(_parts(weights))]
    else:
        edges = [round(frames * part) for part in _parts(weights)]
    spans = (ShotSpan(shot, edges[shot], edges[shot + 1]) for shot in range(len(weights)))
    return tuple(span for span in spans if span.frames)


def _parts(weights: list[int]) -> list[float]:
    """Where each shot begins, and the end, as parts of the whole."""
    total, sums = sum(weights), [0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    return [value / total for value in sums]


def readable(beats: tuple[str, ...], frames: int) -> tuple[str, ...]:
    """The beats there is time to read; the last one says how many are left out."""
    most = max(1, frames // _BEAT_FRAMES)
    if len(beats) <= most:
        return beats
    return (*beats[: most - 1], f"... {len(beats) - most + 1} more")


def turn(count: int, position: int, frames: int) -> int:
    """Which of `count` things that share the time evenly is on at a position; -1 if there is none."""
    return min(count - 1, position * count // frames) if count else -1
