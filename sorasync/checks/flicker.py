"""Brightness that goes up and down too often: flicker of any strength, and flashes that are dangerous."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sorasync.checks.check_result import CheckResult, Verdict, passed, place
from sorasync.checks.picture import ACROSS, DOWN, Blocks, Picture
from sorasync.manifest.check_schema import FlashCheckModel, StrobingCheckModel
from sorasync.text import counted

# ITU-R BT.1702 speaks of 20 cd/m2 on a screen of 200, and of dark pictures up to 160.
_LEAST_CHANGE, _BRIGHTEST_DARK = 0.1, 0.8
_GAMMA = 2.4
_WINDOW = 1.0
# Flashes are looked for in cells of the picture: stripes that pass by are even inside of one.
_CELLS = 6, 8
# In pictures darker than this a step is as large as in one of this brightness.
_DIM = 0.2


@dataclass(slots=True)
class _Busiest:
    """The second with the most events."""

    count: int = 0
    at: float = 0.0
    frame: int = 0
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, picture: Picture) -> None:
        """One more event, now."""
        self._recent.append((picture.time, picture.number))
        while picture.time - self._recent[0][0] > _WINDOW - 1e-6:
            self._recent.popleft()
        if len(self._recent) > self.count:
            self.count = len(self._recent)
            self.at, self.frame = self._recent[0]


@dataclass(slots=True)
class StrobingMeter:
    """How often average brightness turns within a second."""

    settings: StrobingCheckModel
    _busiest: _Busiest = field(default_factory=_Busiest)
    _low: float = 1.0
    _high: float = 0.0
    _direction: int = 0

    def see(self, picture: Picture) -> None:
        """See `PictureMeter`."""
        now = picture.brightness
        step = self.settings.step_pct / 100 * max(now, _DIM)
        self._low, self._high = min(self._low, now), max(self._high, now)
        if self._direction <= 0 and now - self._low >= step:
            self._turn(1, now, picture)
        elif self._direction >= 0 and self._high - now >= step:
            self._turn(-1, now, picture)

    def _turn(self, direction: int, now: float, picture: Picture) -> None:
        if self._direction:
            self._busiest.note(picture)
        self._direction, self._low, self._high = direction, now, now

    def results(self, end: float) -> Iterator[CheckResult]:
        """See `PictureMeter`."""
        most, found = self.settings.per_second, self._busiest
        if found.count <= most:
            turns = f"brightness reverses at most {counted(found.count, 'time')} a second"
            yield passed("strobing", turns, found.count, most)
            return
        turns, where = counted(found.count, "time"), place(found.at, found.frame)
        message = f"brightness reverses {turns} within a second from {where}; at most {most} allowed"
        yield CheckResult(
            "strobing", Verdict.FAILED, message, found.count, most, found.at, found.at + _WINDOW, found.frame
        )


@dataclass(slots=True)
class FlashMeter:
    """How many flashes there are in a second: pairs of opposite changes in a large part of the picture."""

    settings: FlashCheckModel
    _busiest: _Busiest = field(default_factory=_Busiest)
    _low: Blocks | None = None
    _high: Blocks | None = None
    _direction: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(_CELLS, np.int8))
    _last: int = 0

    def see(self, picture: Picture) -> None:
        """See `PictureMeter`."""
        now = _luminance(picture.blocks)
        if self._low is None or self._high is None:
            self._low, self._high = now, now.copy()
            return
        np.minimum(self._low, now, out=self._low)
        np.maximum(self._high, now, out=self._high)
        dark = np.minimum(self._low, now) < _BRIGHTEST_DARK
        up = (now - self._low >= _LEAST_CHANGE) & (self._direction <= 0) & dark
        down = (self._high - now >= _LEAST_CHANGE) & (self._direction >= 0) & (now < _BRIGHTEST_DARK)
        down &= ~up
        # Where something striped passes by, as much gets darker as gets brighter: that is no flash.
        together = 100 * (int(np.count_nonzero(up)) - int(np.count_nonzero(down))) / up.size
        for sign, turned in ((1, up), (-1, down)):
            self._direction[turned] = sign
            self._low[turned] = now[turned]
            self._high[turned] = now[turned]
            if sign * together >= self.settings.area_pct and sign != self._last:
                self._last = sign
                self._busiest.note(picture)

    def results(self, end: float) -> Iterator[CheckResult]:
        """See `PictureMeter`."""
        most, found = self.settings.per_second, self._busiest
        flashes = found.count // 2
        if flashes <= most:
            yield passed(
                "flash", f"{counted(flashes, 'flash', 'flashes')} in any second at most", flashes, most
            )
            return
        where, words = place(found.at, found.frame), counted(flashes, "flash", "flashes")
        message = f"{words} within a second from {where}; at most {most} allowed"
        yield CheckResult(
            "flash", Verdict.FAILED, message, flashes, most, found.at, found.at + _WINDOW, found.frame
        )


def _luminance(blocks: Blocks) -> Blocks:
    """Light from 0 to 1, averaged over each cell."""
    light = np.power(np.clip((blocks - 16) / 219, 0, 1), _GAMMA, dtype=np.float32)
    rows, columns = _CELLS
    cells: Blocks = light.reshape(rows, DOWN // rows, columns, ACROSS // columns).mean(axis=(1, 3))
    return cells
