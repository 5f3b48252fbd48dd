"""Connected areas of a mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Islands:
    """Each pixel's area, counted from 1 (0 outside the mask), and how many there are."""

    labels: npt.NDArray[np.int32]
    count: int

    def largest(self) -> Mask:
        """The mask of the area with the most pixels; empty if there is none."""
        sizes = np.bincount(self.labels.reshape(-1), minlength=2)
        sizes[0] = 0
        whole: Mask = (self.labels == int(sizes.argmax())) & (self.labels > 0)
        return whole


def islands(mask: Mask) -> Islands:
    """Areas whose pixels touch at a side: runs of each row are joined with those above they overlap."""
    rows, starts, stops = _runs(mask)
    parents = list(range(len(rows)))
    above: range = range(0)
    first = 0
    while first < len(rows):
        last = first
        while last < len(rows) and rows[last] == rows[first]:
            last += 1
        if above and rows[above[0]] == rows[first] - 1:
            _join(parents, above, range(first, last), starts, stops)
        above, first = range(first, last), last
    roots = np.array([_root(parents, number) for number in range(len(rows))], np.int64)
    names, numbers = np.unique(roots, return_inverse=True)
    labels = np.zeros(mask.shape, np.int32)
    for row, start, stop, number in zip(rows, starts, stops, numbers.tolist(), strict=True):
        labels[row, start:stop] = number + 1
    return Islands(labels, len(names))


def _runs(mask: Mask) -> tuple[list[int], list[int], list[int]]:
    """Row, first and past-last column of every run of set pixels, in reading order."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    return rows.tolist(), starts.tolist(), stops.tolist()


def _join(parents: list[int], above: range, below: range, starts: list[int], stops: list[int]) -> None:
    """Unite the runs of two neighbouring rows that overlap; both rows are in order."""
    i, j = above.start, below.start
    while i < above.stop and j < below.stop:
        if starts[i] < stops[j] and starts[j] < stops[i]:
            parents[_root(parents, j)] = _root(parents, i)
        if stops[i] < stops[j]:
            i += 1
        else:
            j += 1


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number
