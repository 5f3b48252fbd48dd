"""Make the media of the example library: two character clips, one first frame and the music of its cut.

Run by hand, from the root of the repository, when a drawing is to change: what it writes is in git.
The same versions of PyAV, Pillow and numpy give the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from example_media.fennel import fennel, fox_backdrop
from example_media.kitchen import kitchen
from example_media.mossy import moss_backdrop, mossy
from example_media.pen import HEIGHT, OVERSAMPLE, SECONDS, WIDTH
from example_media.theme import RATE, theme
from PIL import Image

FPS = 24
OUT = Path(__file__).resolve().parent.parent / "manifests" / "refs"


def write_clip(path: Path, backdrop: Image.Image, figure: Callable[[Image.Image, float], None]) -> None:
    """Write the figure before its backdrop as an H.264 MP4 of `SECONDS` at the common size."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"crf": "26", "preset": "veryslow", "threads": "1"}
        stream.thread_count = 1
        for number in range(FPS * SECONDS):
            picture = backdrop.copy()
            figure(picture, number / FPS)
            frame = av.VideoFrame.from_ndarray(np.asarray(picture.reduce(OVERSAMPLE)), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_theme(path: Path) -> None:
    """Write the music as AAC, small enough for git."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = theme()[None, :]
    with av.open(str(path), "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        stream.bit_rate = 32_000
        for start in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> int:
    """Write all four files."""
    OUT.mkdir(parents=True, exist_ok=True)
    write_clip(OUT / "mossy.mp4", moss_backdrop(), mossy)
    write_clip(OUT / "fennel.mp4", fox_backdrop(), fennel)
    kitchen().reduce(OVERSAMPLE).save(OUT / "kitchen.webp", quality=88, method=6)
    write_theme(OUT.parent / "sound" / "theme.m4a")
    return 0


if __name__ == "__main__":
    sys.exit(main())
