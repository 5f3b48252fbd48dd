"""One decoded picture as meters see it: small, as brightness, with its place in the video."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import av
import av.filter
import numpy as np
import numpy.typing as npt

from sorasync.checks.check_result import CheckResult

# Every picture is measured at this size, whatever its shape: cost does not grow with the video's.
WIDTH, HEIGHT = 320, 180
# The blocks that movement and flashes are looked for in: 10 by 10 of those pixels each.
ACROSS, DOWN = 32, 18

Levels = npt.NDArray[np.uint8]
Blocks = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Picture:
    """`levels` are brightness from 16 (black) to 235 (white), `blocks` its averages in a grid.

    `time` counts seconds from the first picture. `facts` is what FFmpeg's filters noted; `frame` is the
    decoded frame itself.
    """

    number: int
    time: float
    levels: Levels
    blocks: Blocks
    facts: Mapping[str, str]
    frame: av.VideoFrame

    @property
    def brightness(self) -> float:
        """The average, 0 for black and 1 for white."""
        return (float(self.blocks.mean()) - 16) / 219


class PictureMeter(Protocol):
    """Looks at every picture of one video, in order, and then says what it found."""

    def see(self, picture: Picture) -> None:
        """Take the next picture in."""
        ...

    def results(self, end: float) -> Iterator[CheckResult]:
        """What was found; `end` is when the last picture ends."""
        ...


def levels_of(small: av.VideoFrame) -> Levels:
    """The brightness of a picture that a filter has scaled."""
    plane = small.planes[0]
    rows: Levels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: small.height, : small.width]


def blocks_of(levels: Levels) -> Blocks:
    """The average of each block."""
    tall, wide = HEIGHT // DOWN, WIDTH // ACROSS
    grid: Blocks = levels.reshape(DOWN, tall, ACROSS, wide).mean(axis=(1, 3), dtype=np.float32)
    return grid


def filter_graph(frame: av.VideoFrame, *steps: tuple[str, str]) -> av.filter.Graph:
    """FFmpeg's filters one after another, each with its arguments, for pictures like that one."""
    graph = av.filter.Graph()
    last = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    for name, arguments in (*steps, ("buffersink", "")):
        step = graph.add(name, arguments) if arguments else graph.add(name)
        last.link_to(step)
        last = step
    graph.configure()
    return graph
