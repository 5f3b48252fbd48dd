"""Loudness and silence of a video's sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import av
import av.filter
import numpy as np

from sorasync.checks.check_result import CheckResult, Verdict, passed, skipped
from sorasync.manifest.check_schema import LoudnessCheckModel, SilenceCheckModel

# ebur128 calls silence this loud.
_NOTHING = -70.0


class SoundMeter(Protocol):
    """Hears all sound of one video, in order, and then says what it found."""

    def hear(self, frame: av.AudioFrame, time: float) -> None:
        """Take the next samples in; `time` counts seconds from the first picture."""
        ...

    def results(self, end: float, heard: bool) -> Iterator[CheckResult]:
        """What was found; `heard` is whether there is sound at all, `end` when the video ends."""
        ...


@dataclass(slots=True)
class LoudnessMeter:
    """Integrated loudness and true peak."""

    settings: LoudnessCheckModel
    _graph: av.filter.Graph | None = None
    _loudness: float = _NOTHING
    _peak: float = 0.0

    def hear(self, frame: av.AudioFrame, time: float) -> None:
        """See `SoundMeter`."""
        if self._graph is None:
            self._graph = _meter_graph(frame)
        self._graph.push(frame)
        self._drain(self._graph)

    def _drain(self, graph: av.filter.Graph) -> None:
        while True:
            try:
                facts = graph.pull().metadata
            except (av.BlockingIOError, av.EOFError):
                return
            self._loudness = float(facts.get("lavfi.r128.I", self._loudness))
            self._peak = max(self._peak, float(facts.get("lavfi.r128.true_peak", 0.0)))

    def results(self, end: float, heard: bool) -> Iterator[CheckResult]:
        """See `SoundMeter`."""
        if self._graph is None:
            yield skipped("loudness", "there is no sound")
            return
        self._graph.push(None)
        self._drain(self._graph)
        settings, loudness = self.settings, self._loudness
        peak = 20 * float(np.log10(self._peak)) if self._peak > 0 else -120.0
        if loudness <= _NOTHING:
            yield skipped("loudness", "there is nothing to hear")
        elif loudness < settings.least:
            message = f"loudness {loudness:.1f} LUFS; at least {settings.least:g} is required"
            yield CheckResult("loudness", Verdict.FAILED, message, loudness, settings.least)
        elif loudness > settings.most:
            message = f"loudness {loudness:.1f} LUFS; at most {settings.most:g} is allowed"
            yield CheckResult("loudness", Verdict.FAILED, message, loudness, settings.most)
        elif settings.peak is not None and peak > settings.peak:
            message = f"true peak {peak:.1f} dBTP; at most {settings.peak:g} is allowed"
            yield CheckResult("loudness", Verdict.FAILED, message, peak, settings.peak)
        else:
            yield passed("loudness", f"loudness {loudness:.1f} LUFS, true peak {peak:.1f} dBTP", loudness)


def _meter_graph(frame: av.AudioFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        format=frame.format.name,
        sample_rate=frame.sample_rate,
        layout=frame.layout.name,
        time_base=frame.time_base,
    )
    meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


@dataclass(slots=True)
class SilenceMeter:
    """The longest time in which no sample is louder than the level."""

    settings: SilenceCheckModel
    _loud_until: float = 0.0
    _gap: tuple[float, float] = (0.0, 0.0)
    _resampler: av.AudioResampler = field(default_factory=lambda: av.AudioResampler(format="fltp"))

    def hear(self, frame: av.AudioFrame, time: float) -> None:
        """See `SoundMeter`."""
        least = 10 ** (self.settings.level / 20)
        for part in self._resampler.resample(frame):
            loud = np.flatnonzero(np.abs(part.to_ndarray()).max(axis=0) > least)
            if loud.size:
                rate = part.sample_rate
                self._silent(self._loud_until, time + int(loud[0]) / rate)
                inside = np.diff(loud)
                if inside.size:
                    widest = int(inside.argmax())
                    self._silent(time + int(loud[widest]) / rate, time + int(loud[widest + 1]) / rate)
                self._loud_until = time + int(loud[-1]) / rate

    def _silent(self, at: float, until: float) -> None:
        if until - at > self._gap[1] - self._gap[0]:
            self._gap = at, until

    def results(self, end: float, heard: bool) -> Iterator[CheckResult]:
        """See `SoundMeter`."""
        most = self.settings.seconds
        if not heard:
            message = f"there is no sound for {end:.2f} s; silence of at most {most:g} s is allowed"
            yield CheckResult("silence", Verdict.FAILED, message, end, most, 0.0, end, 0)
            return
        self._silent(self._loud_until, end)
        at, until = self._gap
        if until - at <= most:
            yield passed("silence", f"silent for {until - at:.2f} s at most", until - at, most)
            return
        message = f"silent for {until - at:.2f} s from {at:.2f} s; at most {most:g} s is allowed"
        yield CheckResult("silence", Verdict.FAILED, message, until - at, most, at, until)
