"""What is spoken when: the dialogue of storyboards, at the times at which the animatics show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sorasync.cuts.timeline import Timeline
from sorasync.graph.render import Kind, Render


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line, from `start` to `stop` in seconds."""

    start: Fraction
    stop: Fraction
    speaker: str
    text: str


def film_dialogue(timeline: Timeline, renders: Mapping[str, Render]) -> Iterator[Spoken]:
    """Every line that is heard in a cut, in its time; a line is cut off where its event is."""
    rate = timeline.rate
    for one in timeline.events:
        if one.render is None or one.render.kind is Kind.STILL:
            continue
        first = Fraction(one.source) / rate
        begins, ends = Fraction(one.start) / rate, Fraction(one.stop) / rate
        for line in clip_dialogue(one.render, renders):
            start = max(begins, begins + line.start - first)
            stop = min(ends, begins + line.stop - first)
            if start < stop:
                yield Spoken(start, stop, line.speaker, line.text)


def clip_dialogue(render: Render, renders: Mapping[str, Render]) -> Iterator[Spoken]:
    """The lines of a render, after those of what it extends; an edit has its source's."""
    source = renders[render.source] if render.source is not None else None
    if source is not None:
        yield from clip_dialogue(source, renders)
    if render.kind is Kind.EDIT:
        return
    before = source.seconds if source is not None else 0
    for line in _lines(render.prompt, render.seconds - before):
        yield Spoken(before + line.start, before + line.stop, line.speaker, line.text)


def _lines(prompt: str, seconds: int) -> Iterator[Spoken]:
    from sorasync.preview.animatic import FPS
    from sorasync.preview.animatic.script import read_script
    from sorasync.preview.animatic.timeline import lay_out, spoken_spans

    script = read_script(prompt)
    for span in lay_out(script, seconds * FPS):
        lines = script.shots[span.shot].lines
        for line, (start, stop) in zip(lines, spoken_spans(lines, span.frames), strict=True):
            first, last = Fraction(span.start + start, FPS), Fraction(span.start + stop, FPS)
            yield Spoken(first, last, line.speaker, line.text)


def subtitles(lines: Iterator[Spoken]) -> Iterator[str]:
    """Lines as SubRip text."""
    for number, line in enumerate(sorted(lines, key=lambda one: (one.start, one.stop)), 1):
        yield f"{number}\n{_clock(line.start)} --> {_clock(line.stop)}\n{' '.join(line.text.split())}\n\n"


def _clock(seconds: Fraction) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"
