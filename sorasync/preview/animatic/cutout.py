"""Cutting the subject of a reference clip out of its background.

What the left, right and upper borders show is taken for the background, row by row. The one thing in the
middle that differs from it is the subject. Where that gives no clear shape, there is no cut-out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from sorasync.preview.animatic.islands import Islands, islands

_Mask = npt.NDArray[np.bool_]
_Values = npt.NDArray[np.float32]

# Masks are found at this width: finer costs more and shows nothing more.
_WIDTH = 208
_BANDS = 20
# How many rows above and below a band lend it their border colours.
_REACH = 3
_SAMPLES = 56
_TINIEST, _LARGEST = 0.03, 0.75
_MOST_STRAY = 0.08


@dataclass(frozen=True, slots=True)
class CutOut:
    """Frames of a subject with their background made transparent, all cut to one box."""

    frames: tuple[Image.Image, ...]


def cut_out(frames: Sequence[Image.Image]) -> CutOut | None:
    """The subject of RGB frames of one size, or None when no clean shape is found in each of them."""
    masks = []
    for frame in frames:
        mask = _subject(frame)
        if mask is None:
            return None
        masks.append(mask)
    box = _box_of(np.logical_or.reduce(masks), frames[0].size)
    return CutOut(
        tuple(_cut_box(frame, mask, box) for frame, mask in zip(frames, masks, strict=True)) if box else ()
    )


def _subject(frame: Image.Image) -> _Mask | None:
    """Where the subject is, at the working width; None when that is not clear."""
    height = max(8, round(frame.height * _WIDTH / frame.width))
    small = frame.resize((_WIDTH, height), Image.Resampling.BOX).convert("YCbCr")
    far = _distance(np.asarray(small, np.float32))
    calm = _calm(far)
    core = islands(_smoothed(far > np.clip(1.6 * calm + 7, 13, 46))).largest()
    weak = np.clip(1.6 * calm + 2, 6, 40)
    parts = islands(_smoothed(far > weak))
    whole = _joined(parts, core)
    stray = np.count_nonzero((parts.labels > 0) & ~whole) / whole.size
    return _without_holes(whole, far, weak) if core.any() and _is_clear(whole, stray) else None


def _calm(far: _Values) -> _Values:
    """How much the background differs from its own borders, for each row, as a column."""
    height = far.shape[0]
    rim = max(4, _WIDTH // 12)
    beside = np.concatenate([far[:, rim : 2 * rim], far[:, -2 * rim : -rim]], axis=1)
    step = max(1, height // _BANDS)
    rows = [
        float(np.percentile(beside[max(0, row - step) : row + 2 * step], 85))
        for row in range(0, height, step)
    ]
    column: _Values = np.repeat(np.array(rows, np.float32), step)[:height, None]
    return column


def _joined(parts: Islands, core: _Mask) -> _Mask:
    """The areas that hold the core, and those of some size that nearly touch them."""
    whole = np.isin(parts.labels, np.unique(parts.labels[core])) & (parts.labels > 0) | core
    near = np.asarray(Image.fromarray(whole.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(4))) > 0
    sizes = np.bincount(parts.labels.reshape(-1), minlength=parts.count + 1)
    close = [
        number for number in np.unique(parts.labels[near]) if number and sizes[number] > core.size // 900
    ]
    joined: _Mask = whole | np.isin(parts.labels, close)
    return joined


def _distance(picture: _Values) -> _Values:
    """How far each pixel's colour is from the nearest border colour of about its height."""
    height, width, _ = picture.shape
    colours = picture * np.array([0.62, 1.25, 1.25], np.float32)
    edge = max(3, width // 14)
    far = np.empty((height, width), np.float32)
    cuts = np.linspace(0, height, _BANDS + 1).astype(int)
    for band in range(_BANDS):
        top, bottom = cuts[band], cuts[band + 1]
        if bottom <= top:
            continue
        rows = slice(max(0, top - _REACH), bottom + _REACH)
        around = np.concatenate([colours[rows, :edge].reshape(-1, 3), colours[rows, -edge:].reshape(-1, 3)])
        far[top:bottom] = _nearest(colours[top:bottom].reshape(-1, 3), around).reshape(bottom - top, width)
    return far


def _nearest(colours: _Values, samples: _Values) -> _Values:
    """The distance of each colour to the nearest of some samples."""
    samples = samples[:: max(1, len(samples) // _SAMPLES)]
    squares = (colours**2).sum(1)[:, None] + (samples**2).sum(1)[None] - 2 * colours @ samples.T
    nearest: _Values = np.sqrt(np.maximum(squares.min(1), 0))
    return nearest


def _smoothed(mask: _Mask) -> _Mask:
    """The mask without specks and nicks."""
    picture = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(1.2))
    smooth: _Mask = np.asarray(picture) > 127
    return smooth


def _is_clear(mask: _Mask, stray: float) -> bool:
    """Whether a shape may be a subject: no speck, not everything, off the sides, little beside it."""
    share = np.count_nonzero(mask) / mask.size
    if not _TINIEST < share < _LARGEST or stray > max(_MOST_STRAY, share * 0.3):
        return False
    sides = max(mask[:, :2].mean(), mask[:, -2:].mean(), mask[:2].mean())
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    return bool(sides < 0.2 and np.count_nonzero(mask) / box > 0.3)


def _without_holes(mask: _Mask, far: _Values, limit: _Values) -> _Mask:
    """The mask with what it encloses, but for large gaps that clearly show the background."""
    open_air = islands(~mask)
    filled = mask.copy()
    for number in range(1, open_air.count + 1):
        part = open_air.labels == number
        on_border = part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any()
        gap = part.mean() > 0.004 and (far / limit)[part].mean() < 0.4
        if not on_border and not gap:
            filled |= part
    return filled


def _box_of(mask: _Mask, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The box around a mask in pixels of the frame, with a little room; None for an empty mask."""
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    scale = size[0] / mask.shape[1], size[1] / mask.shape[0]
    left, right = max(0, columns[0] - 1), min(mask.shape[1], columns[-1] + 2)
    top, bottom = max(0, rows[0] - 1), min(mask.shape[0], rows[-1] + 2)
    return round(left * scale[0]), round(top * scale[1]), round(right * scale[0]), round(bottom * scale[1])


def _cut_box(frame: Image.Image, mask: _Mask, box: tuple[int, int, int, int]) -> Image.Image:
    """The box of a frame, opaque where the mask is, with a soft edge just inside it."""
    alpha = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(1.1))
    scale = mask.shape[1] / frame.width, mask.shape[0] / frame.height
    part = (box[0] * scale[0], box[1] * scale[1], box[2] * scale[0], box[3] * scale[1])
    size = (box[2] - box[0], box[3] - box[1])
    wide = alpha.resize(size, Image.Resampling.BICUBIC, box=part)
    picture = _spread(frame.crop(box).convert("RGB"), wide)
    picture.putalpha(wide.point([min(255, max(0, round((level - 120) * 3.4))) for level in range(256)]))
    return picture


def _spread(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    """The picture with its inner colours spread over its rim, where the background shines in."""
    core = alpha.point([min(255, max(0, (level - 205) * 6)) for level in range(256)])
    size = max(1, picture.width // 4), max(1, picture.height // 4)
    weight = core.resize(size, Image.Resampling.BOX)
    inner = Image.composite(
        picture.resize(size, Image.Resampling.BOX), Image.new("RGB", size), weight
    ).filter(ImageFilter.BoxBlur(3))
    shares = np.asarray(weight.filter(ImageFilter.BoxBlur(3)), np.float32)[..., None]
    colours = np.asarray(inner, np.float32) * 255 / np.maximum(shares, 1)
    rim = Image.fromarray(np.minimum(colours, 255).astype(np.uint8)).resize(picture.size)
    return Image.composite(picture, rim, core)
