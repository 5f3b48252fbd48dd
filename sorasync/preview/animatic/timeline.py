"""Which shot, beat and spoken line each frame belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sorasync.preview.animatic.script import Script, SpokenLine
from sorasync.preview.animatic.video import FPS

# Nobody can read a beat in less time.
_BEAT_FRAMES = 6
_SYLLABLES_A_SECOND = 4.5
# The breath before a line.
_SECONDS_A_LINE = 0.4


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
    """Share the frames among the shots.

    A shot that asks for seconds gets them, as far as a frame is left for each of the others; the others share
    the rest in proportion to their beats or spoken lines, whichever are more. If all ask, they are scaled to
    fill the whole. Every shot gets a frame as long as there are enough; with more shots than frames some are
    left out.
    """
    edges = _edges(script, frames)
    spans = (ShotSpan(shot, edges[shot], edges[shot + 1]) for shot in range(len(script.shots)))
    return tuple(span for span in spans if span.frames)


def _edges(script: Script, frames: int) -> list[int]:
    weights: Sequence[float] = [max(1, len(shot.beats), len(shot.lines)) for shot in script.shots]
    if len(weights) > frames:
        return [round(frames * part) for part in _parts(weights)]
    asked = [shot.seconds for shot in script.shots]
    if any(asked):
        weights = _weights_with_seconds(weights, asked, frames)
    spare = frames - len(weights)
    return [index + round(spare * part) for index, part in enumerate(_parts(weights))]


def _weights_with_seconds(weights: Sequence[float], asked: Sequence[float], frames: int) -> list[float]:
    """Weights that give each shot the frames that it asks for, one of which every shot has anyhow."""
    wanted = [max(0.0, seconds * FPS - 1) for seconds in asked]
    rest = frames - len(weights) - sum(wanted)
    open_weight = sum(weight for weight, seconds in zip(weights, asked, strict=True) if not seconds)
    if not open_weight or rest <= 0:
        return (
            [want if seconds else 0.0 for want, seconds in zip(wanted, asked, strict=True)]
            if sum(wanted)
            else list(weights)
        )
    return [
        want if seconds else rest * weight / open_weight
        for weight, want, seconds in zip(weights, wanted, asked, strict=True)
    ]


def _parts(weights: Sequence[float]) -> list[float]:
    """Where each shot begins, and the end, as parts of the whole."""
    total, sums = sum(weights), [0.0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    return [value / total for value in sums]


def spoken_spans(lines: Sequence[SpokenLine], frames: int) -> tuple[tuple[int, int], ...]:
    """When each line of a shot is spoken, in frames of the shot: one after the other, as long as it takes to
    say them, with equal pauses around; all faster where the shot is too short."""
    if not lines:
        return ()
    needed = [max(1.0, _SECONDS_A_LINE + _syllables(line.text) / _SYLLABLES_A_SECOND) * FPS for line in lines]
    share = min(1.0, frames / sum(needed))
    pause = max(0.0, frames - sum(needed)) / (len(lines) + 1)
    spans, at = [], 0.0
    for length in needed:
        start = at + pause
        at = start + length * share
        spans.append((round(start), max(round(start) + 1, round(at))))
    return tuple(spans)


def spoken_at(spans: Sequence[tuple[int, int]], position: int) -> int:
    """Which line is spoken at a position; -1 if none is."""
    return next((number for number, (start, stop) in enumerate(spans) if start <= position < stop), -1)


def _syllables(text: str) -> int:
    """About how many syllables a line has: groups of vowels, and each sign of a script without letters."""
    return len(re.findall(r"[aeiouyäöüáéíóúàèìòùâêîôûæœøåаеёиоуыэюя]+|[^\W\d_a-zà-ÿ]", text.lower()))


def readable(beats: tuple[str, ...], frames: int) -> tuple[str, ...]:
    """The beats there is time to read; the last one says how many are left out."""
    most = max(1, frames // _BEAT_FRAMES)
    if len(beats) <= most:
        return beats
    return (*beats[: most - 1], f"... {len(beats) - most + 1} more")


def turn(count: int, position: int, frames: int) -> int:
    """Which of `count` things that share the time evenly is on at a position; -1 if there is none."""
    return min(count - 1, position * count // frames) if count else -1
