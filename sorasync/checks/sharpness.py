"""Sudden cuts and blur, as FFmpeg's filters see them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import av.filter

from sorasync.checks.check_result import CheckResult, Verdict, passed, place, skipped
from sorasync.checks.picture import Picture, filter_graph
from sorasync.manifest.check_schema import BlurCheckModel, SceneCutsCheckModel

# Blur is looked at this often, at this width: edges of a smaller picture say nothing about focus.
_BLUR_EVERY = 0.5
_BLUR_WIDTH = 640


@dataclass(slots=True)
class SceneCutMeter:
    """The pictures at which a new scene begins."""

    settings: SceneCutsCheckModel
    _cuts: list[tuple[float, int]] = field(default_factory=list)
    _highest: float = 0.0

    def see(self, picture: Picture) -> None:
        """See `PictureMeter`."""
        score = float(picture.facts.get("lavfi.scd.score", 0.0))
        self._highest = max(self._highest, score)
        if score >= self.settings.score:
            self._cuts.append((picture.time, picture.number))

    def results(self, end: float) -> Iterator[CheckResult]:
        """See `PictureMeter`."""
        most, count = self.settings.most, len(self._cuts)
        if count <= most:
            yield passed(
                "scene_cuts", f"sudden cuts: {count}, the highest score {self._highest:.1f}", count, most
            )
            return
        at, frame = self._cuts[most]
        places = ", ".join(place(*cut) for cut in self._cuts[:3])
        message = f"sudden cuts: {count}, at {places}{' …' if count > 3 else ''}; at most {most} allowed"
        yield CheckResult("scene_cuts", Verdict.FAILED, message, count, most, at, at, frame)


@dataclass(slots=True)
class BlurMeter:
    """How wide edges are, in some pictures of every second."""

    settings: BlurCheckModel
    _found: list[tuple[float, float, int]] = field(default_factory=list)
    _next: float = 0.0
    _graph: av.filter.Graph | None = None

    def see(self, picture: Picture) -> None:
        """See `PictureMeter`."""
        if picture.time + 1e-6 < self._next:
            return
        self._next = picture.time + _BLUR_EVERY
        if (value := self._blur(picture.frame)) is not None:
            self._found.append((value, picture.time, picture.number))

    def _blur(self, frame: av.VideoFrame) -> float | None:
        if self._graph is None:
            width = min(_BLUR_WIDTH, frame.width)
            steps = ("scale", f"{width}:-2:flags=area"), ("format", "gray"), ("blurdetect", "")
            self._graph = filter_graph(frame, *steps)
        self._graph.push(frame)
        value = self._graph.pull().metadata.get("lavfi.blur")
        return None if value is None else float(value)

    def results(self, end: float) -> Iterator[CheckResult]:
        """See `PictureMeter`."""
        # A picture without any edge has no blur either.
        found = [one for one in self._found if one[0] > 0]
        if not found:
            yield skipped("blur", "no edges to measure")
            return
        most, median = self.settings.most, statistics.median(value for value, _, _ in found)
        if median <= most:
            yield passed("blur", f"blur {median:.1f}", median, most)
            return
        worst, at, frame = max(found)
        message = f"blur {median:.1f}, {worst:.1f} at {place(at, frame)}; at most {most:g} is allowed"
        yield CheckResult("blur", Verdict.FAILED, message, median, most, at, at, frame)
