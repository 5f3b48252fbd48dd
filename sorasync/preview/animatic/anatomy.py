"""Finds the head of a cut-out subject by its outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sorasync.preview.animatic.canvas import Plane

# A neck is narrower than this part of what is above and below it.
_NECK = 0.72


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The head's part of the height, and where the middle of the face is, both in heights from the top."""

    head: float
    face: float


def read_outline(solid: Plane) -> Anatomy:
    """The anatomy of a subject by its opacity (0 to 255): a head ends at a neck, and a ball is all face."""
    widths = _longest_runs(solid > 127)
    height = len(widths)
    neck = _neck(widths)
    if neck is not None:
        return Anatomy(neck / height, 0.55 * neck / height)
    shape = solid.shape[1] / height
    if shape > 0.7:
        return Anatomy(0.62, 0.54)
    head = min(0.5, max(0.16, 0.62 * shape))
    return Anatomy(head, head / 2)


def _neck(widths: npt.NDArray[np.float64]) -> int | None:
    """The row of the clearest neck, or None."""
    height = len(widths)
    above = np.maximum.accumulate(widths)
    below = np.maximum.accumulate(widths[::-1])[::-1]
    ratio = widths / np.maximum(1, np.minimum(above, below))
    ratio[above < 0.3 * widths.max()] = 1
    first, last = height // 12, height * 2 // 3
    if last - first < 4:
        return None
    row = first + int(ratio[first:last].argmin())
    return row if ratio[row] < _NECK else None


def _longest_runs(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The longest run of set pixels of each row, smoothed over some rows."""
    run = np.zeros(mask.shape[0], np.int32)
    longest = run.copy()
    for column in mask.T:
        run = (run + 1) * column
        longest = np.maximum(longest, run)
    span = max(1, len(longest) // 24)
    padded = np.pad(longest.astype(np.float64), span // 2, mode="edge")
    smooth: npt.NDArray[np.float64] = np.convolve(padded, np.ones(span) / span, "valid")[: len(longest)]
    return smooth
