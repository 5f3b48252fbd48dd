"""Times of a cut: seconds, frames and timecodes in manifests, whole frames everywhere else."""

from __future__ import annotations

import math
from fractions import Fraction


def rate_of(fps: object) -> Fraction:
    """Frames a second as a fraction: 23.976 means 24000/1001."""
    written = Fraction(str(fps))
    return written if written.denominator == 1 else Fraction(round(written) * 1000, 1001)


def frames_of(time: object, rate: Fraction) -> int:
    """A time of a manifest in whole frames. Seconds become the nearest frame."""
    if isinstance(time, str):
        if time.endswith("f"):
            return int(time[:-1])
        if ":" in time:
            hours, minutes, seconds, frames = map(int, time.split(":"))
            return (hours * 3600 + minutes * 60 + seconds) * round(rate) + frames
    return math.floor(Fraction(str(time).removesuffix("s")) * rate + Fraction(1, 2))


def timecode(frames: int, rate: Fraction) -> str:
    """Frames as `HH:MM:SS:FF`, without dropped frames."""
    whole, rest = divmod(frames, round(rate))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{rest:02}"


def seconds_text(frames: int, rate: Fraction) -> str:
    """Frames as seconds for people: `12.5 s`."""
    return f"{float(frames / rate):.2f}".rstrip("0").rstrip(".") + " s"
