"""Pictures that are black, stand still or repeat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sorasync.checks.check_result import CheckResult, Verdict, passed, place
from sorasync.checks.picture import Blocks, Picture
from sorasync.manifest.check_schema import BlackCheckModel, FrozenCheckModel

# Pictures before and after one that tell whether anything moves.
_AROUND = 3
# A picture without any brighter part is black.
_DARK = 25.0


@dataclass(slots=True)
class Stretch:
    """A part of a video, from one picture to the begin of another."""

    at: float
    frame: int
    until: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.until - self.at


@dataclass(slots=True)
class _Longest:
    """The longest stretch of pictures in a row for which something holds."""

    found: Stretch | None = None
    _open: Stretch | None = None

    def note(self, picture: Picture, holds: bool, since: Picture | None = None) -> None:
        """Take the next picture in; a stretch that begins now begins with `since` if that is given."""
        self.close(picture.time)
        if not holds:
            self._open = None
        elif self._open is None:
            first = since or picture
            self._open = Stretch(first.time, first.number, picture.time)

    def close(self, end: float) -> None:
        """The stretch that is open lasts until now at least."""
        if self._open is None:
            return
        self._open.until = end
        if self.found is None or self._open.seconds > self.found.seconds:
            self.found = Stretch(self._open.at, self._open.frame, end)
        elif self.found.at == self._open.at:
            self.found.until = end


@dataclass(slots=True)
class BlackMeter:
    """The longest time of black."""

    settings: BlackCheckModel
    _longest: _Longest = field(default_factory=_Longest)

    def see(self, picture: Picture) -> None:
        """See `PictureMeter`."""
        highest = 16 + 219 * self.settings.level
        share = int(np.count_nonzero(picture.levels <= highest)) / picture.levels.size
        self._longest.note(picture, 100 * share >= self.settings.area_pct)

    def results(self, end: float) -> Iterator[CheckResult]:
        """See `PictureMeter`."""
        self._longest.close(end)
        yield _judged("black", "black", self._longest.found, self.settings.seconds)


@dataclass(slots=True)
class FrozenMeter:
    """The longest standstill, and how many pictures repeat the one before.

    A standstill is measured against its first picture, so that the slowest movement ends it. Black is no
    standstill: that is another check.
    """

    settings: FrozenCheckModel
    _longest: _Longest = field(default_factory=_Longest)
    _first: tuple[Picture, Blocks] | None = None
    _before: Blocks | None = None
    # By how much each picture differs from the one before it.
    _changes: list[float] = field(default_factory=list)

    def see(self, picture: Picture) -> None:
        """See `PictureMeter`."""
        if self._before is not None:
            self._changes.append(_difference(picture.blocks, self._before))
        self._before = picture.blocks
        if self._first is None:
            self._first = picture, picture.blocks
            return
        dark = float(picture.blocks.max()) <= _DARK
        still = not dark and _difference(picture.blocks, self._first[1]) < self.settings.step
        self._longest.note(picture, still, self._first[0])
        if not still:
            self._first = picture, picture.blocks

    def results(self, end: float) -> Iterator[CheckResult]:
        """See `PictureMeter`."""
        self._longest.close(end)
        judged = _judged("frozen", "stands still", self._longest.found, self.settings.seconds)
        repeats = 100 * self._repeats() / max(1, len(self._changes))
        most = self.settings.repeats_pct
        if judged.verdict is Verdict.PASSED and repeats > most:
            message = f"{repeats:.0f}% of its frames repeat the one before; at most {most}% may"
            judged = CheckResult("frozen", Verdict.FAILED, message, repeats, most)
        yield judged

    def _repeats(self) -> int:
        """How many pictures repeat the one before, while those around them move on.

        Where all change little nothing is repeated: that is a calm scene, or a standstill.
        """
        step, found = self.settings.step, 0
        for number, change in enumerate(self._changes):
            around = max(self._changes[max(0, number - _AROUND) : number + _AROUND + 1])
            found += change < 2 * step and around >= max(2 * step, 8 * change)
        return found


def _difference(one: Blocks, other: Blocks) -> float:
    return float(np.abs(one - other).max())


def _judged(check: str, what: str, found: Stretch | None, allowed: float) -> CheckResult:
    longest = found.seconds if found else 0.0
    # A tenth of a millisecond: times are sums of fractions.
    if found is None or longest <= allowed + 1e-4:
        return passed(check, f"{what} for {longest:.2f} s at most", longest, allowed)
    message = (
        f"{what} for {longest:.2f} s from {place(found.at, found.frame)}; at most {allowed:g} s is allowed"
    )
    return CheckResult(check, Verdict.FAILED, message, longest, allowed, found.at, found.until, found.frame)
