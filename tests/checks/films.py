"""Small videos made for a test, frame by frame, and their checks."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from sorasync.checks.check_result import CheckResult
from sorasync.checks.measure import check_video
from sorasync.checks.measure_request import VideoToCheck
from sorasync.manifest.check_schema import ChecksModel, active_checks

WIDTH, HEIGHT, RATE = 320, 180, 24

Levels = npt.NDArray[np.uint8]
# The brightness of the picture with that number.
Shot = Callable[[int], Levels]


def flat(level: int) -> Levels:
    """A picture of one brightness, 0 to 255."""
    return np.full((HEIGHT, WIDTH), level, np.uint8)


def moving(number: int, step: int = 4) -> Levels:
    """A checkered wall that passes by."""
    across = (np.arange(WIDTH) + number * step) // 20 % 2
    down = np.arange(HEIGHT)[:, None] // 20 % 2
    return (70 + 110 * (across ^ down)).astype(np.uint8)


def film(path: Path, shot: Shot, frames: int, *, rate: int = RATE, sound: float | None = None) -> Path:
    """Write a video of those pictures; `sound` is how much of its length is loud, None for no track."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate, options={"crf": "12", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="stereo") if sound is not None else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.stack([shot(number)] * 3, axis=-1), format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            at = np.arange(round(frames / rate * 48_000)) / 48_000
            tone = (0.1 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)
            tone[round(at.size * sound) :] = 0
            for start in range(0, at.size, 1024):
                part = np.ascontiguousarray(np.stack([tone[start : start + 1024]] * 2))
                heard = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
                heard.sample_rate, heard.pts, heard.time_base = 48_000, start, Fraction(1, 48_000)
                container.mux(audio.encode(heard))
            container.mux(audio.encode(None))
    return path


def checked(
    path: Path, checks: dict[str, object], *, size: str | None = None, seconds: float | None = None
) -> dict[str, CheckResult]:
    """The results of some checks of a video."""
    model = ChecksModel.model_validate(
        dict.fromkeys(("size", "seconds", "black", "frozen", "strobing", "flash"), False) | checks
    )
    asked = VideoToCheck(path, model, tuple(active_checks(model)), size, seconds)
    return {result.check: result for result in check_video(asked)}
