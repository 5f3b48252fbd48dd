"""Builds the cuts of one manifest from its validated tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from sorasync.manifest.cut_names import template_fault
from sorasync.manifest.cut_spec import AudioTrack, CutEvent, CutSpec, Marker, Transition
from sorasync.manifest.cut_time import frames_of, rate_of, seconds_text
from sorasync.manifest.declare import Declared
from sorasync.manifest.faults import Fault
from sorasync.manifest.files import FileFault, Look
from sorasync.manifest.library import Origin
from sorasync.manifest.matrix import canonical_name
from sorasync.manifest.schema import AudioModel, CutModel, EventModel
from sorasync.toml.positions import TomlPath

_BEGINNINGS = ("clip", "still", "gap", "transition")
_SHOWN = ("clip", "still")
_ONLY_WITH = {
    "take": _SHOWN,
    "in_": ("clip",),
    "out": ("clip",),
    "gain": ("clip",),
    "length": ("transition", "still"),
    "scene": _SHOWN,
    "shot": _SHOWN,
}


def build_cuts(declared: Declared, size: str | None, files: Look) -> tuple[list[CutSpec], list[Fault]]:
    """The cuts of a file, and the errors within each; `size` is that of the defaults."""
    cuts: list[CutSpec] = []
    faults: list[Fault] = []
    for name, model in declared.model.cuts.items():
        work = _CutBuilding(declared.file, name, model, files, partial=f"cut.{name}" in declared.partial)
        cuts.append(work.cut(size))
        faults += work.faults
    return cuts, faults


class _CutBuilding:
    """The work on one cut: `faults` grows as it is made."""

    def __init__(self, file: str, name: str, model: CutModel, files: Look, *, partial: bool) -> None:
        self.file = file
        self.name = name
        self.model = model
        self.files = files
        # Of a cut that has lost a faulty key, what is missing or does not fit says nothing.
        self.partial = partial
        self.path: TomlPath = ("cuts", name)
        self.rate: Fraction = rate_of(model.fps)
        self.faults: list[Fault] = []

    def cut(self, size: str | None) -> CutSpec:
        model = self.model
        events, out_of = self._events()
        longest = None if model.max_length is None else self._frames(model.max_length)
        if (wrong := template_fault(model.names)) is not None:
            self._fault("S104", wrong.message, (*self.path, "names"), wrong.expected)
        return CutSpec(
            name=self.name,
            origin=Origin(self.file, self.path),
            rate=self.rate,
            size=model.size or size,
            events=events,
            audio=tuple(self._audio()),
            markers=tuple(Marker(self._frames(one.at), one.name, one.color) for one in model.markers),
            out_of=Transition.FADE if out_of else None,
            out_of_frames=out_of,
            max_frames=longest,
            loudness=model.loudness,
            names=model.names,
            description=model.description,
        )

    def _events(self) -> tuple[tuple[CutEvent, ...], int]:
        """The clips and gaps with the transitions into them, and the frames of a fade at the end."""
        events: list[CutEvent] = []
        pending: tuple[Transition, int, TomlPath] | None = None
        scene = 1
        for index, model in enumerate(self.model.events):
            path: TomlPath = (*self.path, "events", index)
            kind = self._kind(model, path)
            if kind is None:
                continue
            if kind == "transition":
                if pending is not None:
                    self._fault("S118", "two transitions follow each other", path, on_key=True)
                pending = self._transition(model, path)
                continue
            scene = model.scene or scene
            event = replace(self._event(model, path), scene=scene)
            if pending is not None:
                into, frames, at = pending
                if not events and into is Transition.DISSOLVE:
                    message = "nothing comes before this dissolve: a cut can only begin with a fade"
                    self._fault("S118", message, at, fix='transition = "fade"', on_key=True)
                event = replace(event, into=into, into_frames=frames)
            events.append(event)
            pending = None
        if not any(event.shown for event in events) and not self.partial:
            self._fault("S112", "a cut needs a clip or still among its `events`", (*self.path, "events"))
        if pending is None:
            return tuple(events), 0
        if pending[0] is Transition.DISSOLVE:
            message = "nothing comes after this dissolve: a cut can only end with a fade"
            self._fault("S118", message, pending[2], fix='transition = "fade"', on_key=True)
        return tuple(events), pending[1]

    def _kind(self, model: EventModel, path: TomlPath) -> str | None:
        """Which kind an event is, None where it cannot be told."""
        given = [name for name in _BEGINNINGS if getattr(model, name) is not None]
        if not given:
            if not self.partial:
                message = "an event needs one of `clip`, `still`, `gap` and `transition`"
                self._fault("S112", message, path, on_key=True)
            return None
        if len(given) > 1:
            message = f"`{given[0]}` and `{given[1]}` cannot be combined: make them two events"
            self._fault("S111", message, (*path, given[1]), on_key=True)
            return None
        for name, owners in _ONLY_WITH.items():
            if getattr(model, name) is not None and given[0] not in owners:
                key = name.rstrip("_")
                named = " or ".join(f"`{owner}`" for owner in owners)
                message = f"`{key}` belongs to {named}, not to `{given[0]}`"
                self._fault("S111", message, (*path, key), on_key=True)
        return given[0]

    def _transition(self, model: EventModel, path: TomlPath) -> tuple[Transition, int, TomlPath]:
        if model.length is None and not self.partial:
            self._fault("S112", "a transition needs `length`", path, on_key=True)
        frames = 0 if model.length is None else self._frames(model.length)
        if model.length is not None and frames < 1:
            self._fault("S118", "a transition has at least one frame", (*path, "length"))
        return Transition(model.transition or "fade"), frames, path

    def _event(self, model: EventModel, path: TomlPath) -> CutEvent:
        origin = Origin(self.file, path)
        if model.gap is not None:
            frames = self._frames(model.gap)
            if frames < 1:
                self._fault("S118", "a gap has at least one frame", (*path, "gap"))
            return CutEvent(origin, stop=frames)
        if model.still is not None:
            still, frames = canonical_name(model.still), self._held(model, path)
            return CutEvent(origin, still=still, take=model.take, stop=frames, shot=model.shot)
        start, stop = self._range(model, path)
        return CutEvent(
            origin,
            clip=canonical_name(model.clip or ""),
            take=model.take,
            start=start,
            stop=stop,
            gain=model.gain or 0.0,
            shot=model.shot,
        )

    def _held(self, model: EventModel, path: TomlPath) -> int:
        """How many frames a still is held."""
        if model.length is None:
            if not self.partial:
                self._fault("S112", "a still needs `length`: how long it is held", path, on_key=True)
            return 1
        frames = self._frames(model.length)
        if frames < 1:
            self._fault("S118", "a still is held for at least one frame", (*path, "length"))
        return max(1, frames)

    def _range(self, model: EventModel | AudioModel, path: TomlPath) -> tuple[int, int | None]:
        start = 0 if model.in_ is None else self._frames(model.in_)
        stop = None if model.out is None else self._frames(model.out)
        if stop is not None and stop <= start:
            ends = "where" if stop == start else "before"
            message = f"`out` is {seconds_text(stop, self.rate)}, {ends} `in` begins"
            self._fault("S118", message, (*path, "out"), f"more than {seconds_text(start, self.rate)}")
            stop = start + 1
        return start, stop

    def _audio(self) -> Iterator[AudioTrack]:
        for index, model in enumerate(self.model.audio):
            path: TomlPath = (*self.path, "audio", index)
            try:
                file = self.files.resolve(model.file, self.file)
                digest = self.files.sha256(file)
            except FileFault as fault:
                self.faults.append(fault.at(self.file, (*path, "file"), f"cut.{self.name}"))
                continue
            start, stop = self._range(model, path)
            yield AudioTrack(
                origin=Origin(self.file, path),
                file=file,
                sha256=digest,
                at=0 if model.at is None else self._frames(model.at),
                start=start,
                stop=stop,
                gain=model.gain,
                fade_in=0 if model.fade_in is None else self._frames(model.fade_in),
                fade_out=0 if model.fade_out is None else self._frames(model.fade_out),
            )

    def _frames(self, time: object) -> int:
        return frames_of(time, self.rate)

    def _fault(
        self,
        code: str,
        message: str,
        path: TomlPath,
        expected: str | None = None,
        *,
        fix: str | None = None,
        on_key: bool = False,
    ) -> None:
        fault = Fault(code, message, self.file, path, expected, fix, f"cut.{self.name}", on_key=on_key)
        self.faults.append(fault)
