"""A video beside the one it was made from: an extension goes on where that ends, an edit keeps its lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from sorasync.checks.check_result import CheckResult, Verdict, passed, place, skipped
from sorasync.checks.picture import HEIGHT, WIDTH
from sorasync.manifest.check_schema import SameAsCheckModel

_SMALL = npt.NDArray[np.float32]
# SSIM is measured in windows of this size, with the constants of its authors.
_WINDOW = 6
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
# What a window without any structure counts.
_LEAST_WEIGHT = 0.05
# How far a picture may have moved, down and across, in pixels of the small one.
_SHIFTS = 2, 5
# Moments at which an edit is compared with its source, and how much their outlines may be apart.
_MOMENTS = 6
_SOFTER = 4
# The first new picture of an extension is one of so many after its source.
_NEXT_FRAMES = 2


def check_same_as(video: Path, source: Path | None, kind: str, settings: SameAsCheckModel) -> CheckResult:
    """An extension or edit against its source. Raises what PyAV raises, and `ValueError` for no picture."""
    if source is None or not source.is_file():
        return skipped("same_as", "its source is not here")
    before, after = list(_pictures(source)), list(_pictures(video))
    if not before or not after:
        raise ValueError("it has no pictures")
    return _extended(before, after, settings) if kind == "extend" else _edited(before, after, settings)


def _extended(
    before: list[tuple[float, _SMALL]], after: list[tuple[float, _SMALL]], settings: SameAsCheckModel
) -> CheckResult:
    """Some hosts return the source with the extension, some the new part alone."""
    end = before[-1][0]
    first = next((number for number, (time, _) in enumerate(after) if time > end + 1e-6), 0)
    likest, number = max(
        (_shifted_ssim(before[-1][1], after[at][1]), at)
        for at in range(first, min(first + _NEXT_FRAMES, len(after)))
    )
    where = place(after[number][0], number)
    if likest >= settings.extend:
        return passed(
            "same_as", f"continues its source at {where}: SSIM {likest:.2f}", likest, settings.extend
        )
    message = f"does not continue its source at {where}: SSIM {likest:.2f}; at least {settings.extend:g}"
    at = after[number][0]
    return CheckResult("same_as", Verdict.FAILED, message, likest, settings.extend, at, at, number)


def _edited(
    before: list[tuple[float, _SMALL]], after: list[tuple[float, _SMALL]], settings: SameAsCheckModel
) -> CheckResult:
    found = []
    for moment in range(_MOMENTS):
        share = (moment + 0.5) / _MOMENTS
        source, number = before[int(share * len(before))], int(share * len(after))
        found.append((_outline_likeness(source[1], after[number][1]), after[number][0], number))
    middle = sorted(found)[_MOMENTS // 2][0]
    if middle >= settings.edit:
        return passed("same_as", f"keeps the outlines of its source: {middle:.2f}", middle, settings.edit)
    worst, at, number = min(found)
    message = (
        f"does not keep the outlines of its source: similarity {middle:.2f}, {worst:.2f} at "
        f"{place(at, number)}; at least {settings.edit:g}"
    )
    return CheckResult("same_as", Verdict.FAILED, message, middle, settings.edit, at, at, number)


def _pictures(path: Path) -> Iterator[tuple[float, _SMALL]]:
    """Every picture, small and as brightness, with its time from the first one."""
    with av.open(str(path)) as container:
        first: float | None = None
        for frame in container.decode(video=0):
            time = float(frame.time or 0.0)
            first = time if first is None else first
            small = frame.reformat(width=WIDTH // 2, height=HEIGHT // 2, format="gray")
            yield time - first, small.to_ndarray().astype(np.float32)


def _shifted_ssim(one: _SMALL, other: _SMALL) -> float:
    """The highest SSIM with a shift that the camera may have made from one picture to the next."""
    down, across = _SHIFTS
    rows, columns = one.shape
    inner = one[down : rows - down, across : columns - across]
    return max(
        _ssim(inner, other[down + y : rows - down + y, across + x : columns - across + x])
        for y in range(-down, down + 1)
        for x in range(-across, across + 1)
    )


def _ssim(one: _SMALL, other: _SMALL) -> float:
    """The structural similarity (Wang et al. 2004) in windows side by side: 1 for the same picture.

    Windows count by what is in them: an even sky is as like another one as noise lets it be.
    """
    a, b = _windows(one), _windows(other)
    mean_a, mean_b = a.mean(axis=-1), b.mean(axis=-1)
    both = (a * b).mean(axis=-1) - mean_a * mean_b
    spread = a.var(axis=-1) + b.var(axis=-1)
    top = (2 * mean_a * mean_b + _C1) * (2 * both + _C2)
    bottom = (mean_a**2 + mean_b**2 + _C1) * (spread + _C2)
    weight = np.log1p(spread / _C2) + _LEAST_WEIGHT
    return float((top / bottom * weight).sum() / weight.sum())


def _windows(picture: _SMALL) -> _SMALL:
    rows, columns = (side // _WINDOW for side in picture.shape)
    cut = picture[: rows * _WINDOW, : columns * _WINDOW]
    tiles = cut.reshape(rows, _WINDOW, columns, _WINDOW).swapaxes(1, 2)
    return tiles.reshape(rows, columns, _WINDOW * _WINDOW)


def _outline_likeness(one: _SMALL, other: _SMALL) -> float:
    """How well edges lie over each other, whatever their colours: -1 to 1."""
    a, b = _outlines(one), _outlines(other)
    spread = float(a.std() * b.std())
    if spread < 1e-6:
        return 1.0 if float(abs(a.std() - b.std())) < 1e-3 else 0.0
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread


def _outlines(picture: _SMALL) -> _SMALL:
    """The strength of edges, evened out so that strong ones do not decide alone, a little softened."""
    down, across = np.gradient(picture)
    strength = np.log1p(np.hypot(down, across))
    rows, columns = (side // _SOFTER for side in strength.shape)
    tiles = strength[: rows * _SOFTER, : columns * _SOFTER].reshape(rows, _SOFTER, columns, _SOFTER)
    found: _SMALL = tiles.mean(axis=(1, 3)).astype(np.float32)
    return found
