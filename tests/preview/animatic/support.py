"""Clips, boards and readings shared by the tests of the animatic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from sorasync.preview.animatic import Scene

Pixels = npt.NDArray[np.uint8]

BOARD = """Style: 16mm documentary, natural grain

A cramped restaurant kitchen after closing.

Shot 1
Camera: medium close-up, slow push-in
Depth of field: shallow
Action:
- lifts the lid
- steam fogs the lens
Lighting: soft window light, warm lamp fill
Palette: crimson, red, scarlet
Sound: a kettle ticking
Dialogue:
- Chef: "One more minute."

Shot 2
Camera: wide shot, static
Action:
- the street lies empty
Palette: green, emerald, grass

Shot 3
Camera: aerial, crane up
Action:
- the sea
Palette: blue, cobalt, navy
"""


def scene(prompt: str = BOARD, **changes: object) -> Scene:
    """A small scene; keywords replace its fields."""
    fields: dict[str, object] = {"model": "sora-2", "width": 320, "height": 180, "seconds": 2, **changes}
    return Scene(prompt, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Every frame of a file as RGB, and when each shows."""

    frames: list[Pixels]
    times: list[float]
    length: float


def decode(video: Path) -> Decoded:
    """Read a file with PyAV alone."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        frames, times = [], []
        for frame in container.decode(stream):
            frames.append(np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8))
            times.append(float(frame.time or 0))
        assert stream.duration is not None and stream.time_base is not None
        return Decoded(frames, times, float(stream.duration * stream.time_base))


def difference(first: Pixels, second: Pixels) -> float:
    """The mean distance of two pictures' pixels, 0 to 255."""
    return float(np.abs(first.astype(np.int16) - second.astype(np.int16)).mean())


def make_clip(path: Path, colour: tuple[int, int, int], rate: int = 24, frames: int = 48) -> Path:
    """A clip of one colour made by something else than the animatic, 160 x 120."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        picture = np.full((120, 160, 3), colour, np.uint8)
        for _ in range(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def subject_picture(colour: tuple[int, int, int], shift: int = 0) -> Image.Image:
    """A figure of one colour, with a head and a body, before a pale wall and a floor, 320 x 240."""
    picture = Image.new("RGB", (320, 240), (214, 216, 220))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 200, 320, 240), fill=(120, 118, 112))
    draw.ellipse((125 + shift, 30, 195 + shift, 100), fill=colour)
    draw.rectangle((145 + shift, 95, 175 + shift, 115), fill=colour)
    draw.rounded_rectangle((110 + shift, 110, 210 + shift, 225), 20, fill=colour)
    return picture


def make_subject(path: Path, colour: tuple[int, int, int]) -> Path:
    """A clip in which a figure of one colour sways a little."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(15):
            picture = np.asarray(subject_picture(colour, number % 5))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def share_of(frame: Pixels, colour: tuple[int, int, int]) -> float:
    """How much of a picture has about this colour, however bright, 0 to 1."""
    asked = np.array(colour, np.float64) / sum(colour)
    total = frame.astype(np.float64).sum(axis=2)
    hues = frame / np.maximum(total, 1)[..., None]
    return float(((np.abs(hues - asked).max(axis=2) < 0.14) & (total > 90)).mean())
