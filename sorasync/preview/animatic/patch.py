"""Pictures with transparency that are laid over a canvas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from sorasync.preview.animatic.canvas import RGB, Plane, Planes, from_picture, scale_plane, yuv
from sorasync.preview.animatic.grade import Grade


@dataclass(frozen=True, slots=True)
class Patch:
    """Planes multiplied by their own opacity, with what they let through (255 = all) in two sizes."""

    y: Plane
    u: Plane
    v: Plane
    through: Plane
    through_half: Plane

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.y.shape[0])

    def sized(self, width: int, height: int) -> Patch:
        """The patch in another size; both lengths must be even."""
        half = (width // 2, height // 2)
        if (self.width, self.height) == (width, height):
            return self
        return Patch(
            scale_plane(self.y, width, height),
            scale_plane(self.u, *half),
            scale_plane(self.v, *half),
            scale_plane(self.through, width, height),
            scale_plane(self.through_half, *half),
        )

    def graded(self, grade: Grade) -> Patch:
        """The patch with its colours moved towards those of a grade."""
        solid = 255 - self.through.astype(np.uint16)
        own = (self.y[::2, ::2].astype(np.uint16) * 255 // np.maximum(solid[::2, ::2], 1)).clip(16, 235)
        half = (255 - self.through_half.astype(np.float32)) / 255
        kept = grade.kept
        u, v = (
            (plane * kept + table[own] * half * (1 - kept)).astype(np.uint8)
            for plane, table in ((self.u, grade.u), (self.v, grade.v))
        )
        return Patch(self.y, u, v, self.through, self.through_half)

    def toned(self, gain: float, tint: RGB | None, share: float) -> Patch:
        """The patch under another light: its brightness times `gain`, its hue `share` towards `tint`."""
        solid = 255 - self.through.astype(np.float32)
        half = 255 - self.through_half.astype(np.float32)
        black = solid * (16 / 255)
        y = np.minimum(black + (self.y - black) * gain, solid * (235 / 255))
        _, u, v = yuv(tint or (128, 128, 128))
        share = share if tint else 0.0
        return Patch(
            y.astype(np.uint8),
            (self.u * (1 - share) + half * (u / 255 * share)).astype(np.uint8),
            (self.v * (1 - share) + half * (v / 255 * share)).astype(np.uint8),
            self.through,
            self.through_half,
        )


def turned_round(patch: Patch) -> Patch:
    """The patch as in a mirror."""
    planes = (patch.y, patch.u, patch.v, patch.through, patch.through_half)
    return Patch(*(np.ascontiguousarray(plane[:, ::-1]) for plane in planes))


def make_patch(picture: Image.Image) -> Patch:
    """A patch from an RGBA picture, which is widened to even lengths when needed."""
    width, height = picture.width + picture.width % 2, picture.height + picture.height % 2
    if (width, height) != picture.size:
        picture = picture.crop((0, 0, width, height))
    alpha = picture.getchannel("A")
    solid = np.asarray(alpha)
    half = np.asarray(alpha.reduce(2))
    planes = from_picture(picture.convert("RGB"))
    return Patch(
        _multiply(planes.y, solid),
        _multiply(planes.u, half),
        _multiply(planes.v, half),
        255 - solid,
        255 - half,
    )


def _multiply(plane: Plane, share: Plane) -> Plane:
    product = plane.astype(np.uint16) * share
    return ((product + 127) // 255).astype(np.uint8)


def lay(canvas: Planes, patch: Patch, left: int, top: int) -> None:
    """Lay a patch over the canvas with its corner at (left, top), rounded to even; overhang is cut off."""
    left, top = left // 2 * 2, top // 2 * 2
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(canvas.width, left + patch.width), min(canvas.height, top + patch.height)
    if x1 <= x0 or y1 <= y0:
        return
    seen = (slice(y0, y1), slice(x0, x1))
    own = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    _over(canvas.y[seen], patch.y[own], patch.through[own])
    seen, own = _halved(seen), _halved(own)
    _over(canvas.u[seen], patch.u[own], patch.through_half[own])
    _over(canvas.v[seen], patch.v[own], patch.through_half[own])


def _halved(area: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = area
    return slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)


def _over(under: Plane, add: Plane, through: Plane) -> None:
    """Blend in place; x * 257 >> 16 stands for x / 255, exact enough and free of overflow in 16 bits."""
    kept = under.astype(np.uint16) * through
    kept += 128
    kept += kept >> 8
    kept >>= 8
    under[:] = kept
    under += add
