"""One frame in the making, as YUV 4:2:0 planes (BT.709, limited range).

Everything is drawn straight into these planes, so that no frame as a whole is ever converted.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from PIL import Image

Plane = npt.NDArray[np.uint8]
RGB = tuple[int, int, int]

_MOST_SCALERS = 24


class _Scalers(threading.local):
    """Scaling contexts of one thread, by sizes.

    Setting one up costs as much as using it, and threads may not share one.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, ...], VideoReformatter] = OrderedDict()

    def between(self, *sizes: int) -> VideoReformatter:
        """The context for these source and target sizes; the one longest unused makes room."""
        found = self._known.pop(sizes, None) or VideoReformatter()
        self._known[sizes] = found
        if len(self._known) > _MOST_SCALERS:
            self._known.popitem(last=False)
        return found


_SCALERS = _Scalers()


def even(length: int) -> int:
    """The nearest smaller even number, never below 16: the codec takes no odd sizes."""
    return max(16, length - length % 2)


def yuv(colour: RGB) -> tuple[int, int, int]:
    """An RGB colour (0-255) as limited range BT.709."""
    r, g, b = (channel / 255 for channel in colour)
    luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (b - luma) / 1.8556),
        round(128 + 224 * (r - luma) / 1.5748),
    )


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture, or a part of one: brightness, and the two colour planes in half the size."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.y.shape[0])

    def part(self, left: int, top: int, width: int, height: int) -> Planes:
        """A part over the same memory, cut off where the picture ends; all lengths must be even."""
        full = (slice(top, top + height), slice(left, left + width))
        half = (slice(top // 2, (top + height) // 2), slice(left // 2, (left + width) // 2))
        return Planes(self.y[full], self.u[half], self.v[half])

    def put(self, other: Planes) -> None:
        """Take over a picture of the same size."""
        self.y[:], self.u[:], self.v[:] = other.y, other.u, other.v

    def copy(self) -> Planes:
        """The same picture in memory of its own."""
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())


@dataclass(frozen=True, slots=True)
class Canvas(Planes):
    """A whole frame, whose planes are views into `data`."""

    data: Plane

    def frame(self) -> av.VideoFrame:
        """The picture as a frame over the same memory, which must not change while the frame is in use."""
        if self.height % 4:
            # PyAV counts whole rows of the array for the colour planes, which end in the middle of one.
            return av.VideoFrame.from_ndarray(self.data, format="yuv420p")
        return av.VideoFrame.from_numpy_buffer(self.data, format="yuv420p")


def blend(canvas: Planes, other: Planes, share: float) -> None:
    """Mix a picture of the same size in by `share` (0 keeps the canvas, 1 replaces it)."""
    weight = round(256 * min(1.0, max(0.0, share)))
    for plane, add in ((canvas.y, other.y), (canvas.u, other.u), (canvas.v, other.v)):
        mixed = plane.astype(np.uint16) * (256 - weight) + add.astype(np.uint16) * weight
        plane[:] = mixed >> 8


def wrap_planes(data: Plane) -> Canvas:
    """A canvas over a `(height * 3 // 2, width)` array, without copying."""
    width = data.shape[1]
    height = data.shape[0] * 2 // 3
    luma, chroma = width * height, width * height // 4
    flat = data.reshape(-1)
    half = (height // 2, width // 2)
    u = flat[luma : luma + chroma].reshape(half)
    v = flat[luma + chroma :].reshape(half)
    return Canvas(data[:height], u, v, data)


def blank(width: int, height: int, colour: RGB = (0, 0, 0)) -> Canvas:
    """A canvas of one colour; both lengths must be even."""
    canvas = wrap_planes(np.empty((height * 3 // 2, width), np.uint8))
    canvas.y[:], canvas.u[:], canvas.v[:] = yuv(colour)
    return canvas


def from_picture(picture: Image.Image) -> Canvas:
    """The planes of an RGB picture of even size."""
    frame = av.VideoFrame.from_ndarray(np.asarray(picture.convert("RGB")), format="rgb24")
    return from_frame(frame, picture.width, picture.height)


def from_frame(frame: av.VideoFrame, width: int, height: int) -> Canvas:
    """A decoded frame of any size and format, scaled to this size."""
    if (frame.width, frame.height) == (width, height) and _is_own(frame):
        return _copied(frame)
    scaled = frame.reformat(
        width, height, "yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1
    )
    return wrap_planes(np.ascontiguousarray(scaled.to_ndarray()).astype(np.uint8, copy=False))


def _is_own(frame: av.VideoFrame) -> bool:
    """Whether a frame's samples mean what a canvas' do."""
    marked = frame.colorspace == Colorspace.ITU709 and frame.color_range == ColorRange.MPEG
    return frame.format.name == "yuv420p" and marked


def _copied(frame: av.VideoFrame) -> Canvas:
    """The frame's planes as they are, without the room at the end of its rows."""
    canvas = wrap_planes(np.empty((frame.height * 3 // 2, frame.width), np.uint8))
    for plane, own in zip(frame.planes, (canvas.y, canvas.u, canvas.v), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(own.shape[0], -1)
        own[:] = rows[:, : own.shape[1]]
    return canvas


def to_picture(canvas: Canvas) -> Image.Image:
    """The canvas as an RGB picture."""
    frame = canvas.frame()
    rgb = frame.reformat(
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        threads=1,
    )
    return Image.fromarray(rgb.to_ndarray())


def scale_plane(plane: Plane, width: int, height: int) -> Plane:
    """One plane (any row stride) scaled bilinearly; the result may be a view into a frame's own memory."""
    if plane.shape == (height, width):
        return plane
    source = av.VideoFrame.from_numpy_buffer(plane, format="gray")
    scaler = _SCALERS.between(*plane.shape, height, width)
    # One thread: starting more for each plane takes longer than the scaling.
    scaled = scaler.reformat(source, width, height, "gray", interpolation=Interpolation.BILINEAR, threads=1)
    rows: Plane = np.frombuffer(memoryview(scaled.planes[0]), np.uint8).reshape(height, -1)
    return rows[:, :width]
