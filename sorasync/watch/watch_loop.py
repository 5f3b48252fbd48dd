"""Watch mode: plans on every save, and applies what is shown when told to.

One thread owns the plan and what is shown; saves, keys and the events of an apply reach it through one queue.
It never spends by itself unless it was started so.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from sorasync.apply.events import ChangeEvent
from sorasync.errors import SorasyncError
from sorasync.manifest.diagnostic import Diagnostic, ManifestError
from sorasync.operations.engine import changed_clips
from sorasync.operations.plan import Planned, PlanOptions, make_plan
from sorasync.plan.plan import Plan
from sorasync.plan.selection import Selection
from sorasync.watch.apply_thread import Work, WorkKind, free_part
from sorasync.watch.saves import Noticing, directories_of, must_poll, places_of
from sorasync.watch.warm import Caches, WarmProject, state_stamp

if TYPE_CHECKING:
    from pathlib import Path

    from sorasync.manifest.library import ClipSpec, Library
    from sorasync.operations.project import Project

# Seconds between two checks of the state, which other commands may change.
TICK = 1.0


class Auto(StrEnum):
    """What is applied without being asked for, after a save."""

    NOTHING = "nothing"
    FREE = "free"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class View:
    """What is shown: the last good plan, and the present errors.

    With `error` the plan, if there is one, is older than the manifests. `edited` are the names of the clips
    that the latest edits changed, and `before` their prompts as they were until then. `seconds` is how long
    planning took; `online` whether the provider was asked.
    """

    planned: Planned | None = None
    error: SorasyncError | None = None
    edited: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    online: bool = False

    @property
    def plan(self) -> Plan | None:
        """The plan to show."""
        return self.planned.plan if self.planned else None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All errors and warnings of the present manifests."""
        if isinstance(self.error, ManifestError):
            return tuple(self.error.diagnostics)
        return () if self.error or self.plan is None else self.plan.diagnostics


class Face(Protocol):
    """Shows what happens, to people or programs."""

    def planned(self, view: View) -> None:
        """Take a new plan, or a new fault that keeps one from being made."""
        ...

    def began(self, work: Work) -> None:
        """Take note that something is being carried out."""
        ...

    def progress(self, event: ChangeEvent) -> None:
        """Take one event of it."""
        ...

    def ended(self, work: Work, error: SorasyncError | None) -> None:
        """Take its end: it has a report, or there was an error, or there was nothing to report."""
        ...

    def said(self, text: str) -> None:
        """Take a sentence."""
        ...

    def leaving(self) -> None:
        """Note that the running apply is being stopped, and that watch mode then ends."""
        ...

    def heard(self, message: object, watch: Watch) -> None:
        """Act on a message that the face itself has put into the queue."""
        ...


@dataclass(frozen=True, slots=True)
class Saved:
    """Files may have changed."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The program is to end, with that exit code."""

    code: int = 0


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How to watch. `open` gives the library as its configuration is now."""

    open: Callable[[], Project]
    planning: PlanOptions = field(default_factory=PlanOptions)
    auto: Auto = Auto.NOTHING
    poll: bool = False
    command: str = "sorasync watch"


class Watch:
    """One run of watch mode."""

    def __init__(self, settings: WatchSettings, face: Face, queue: SimpleQueue[object]) -> None:
        self.settings = settings
        self.face = face
        self.queue = queue
        self.view = View()
        self.work: Work | None = None
        self._caches = Caches()
        self.project: Project | None = None
        self._library: Library | None = None
        self._directories: frozenset[Path] = frozenset()
        self._seen: tuple[object, ...] | None = None
        self._stamp: tuple[object, ...] = ()
        self._due = False
        self._leaving: Leave | None = None

    def run(self) -> int:
        """Watch until told to quit; the exit code. Raises `SorasyncError` if there is no library."""
        project = self.settings.open()
        poll = self.settings.poll or must_poll(project)
        noticing = Noticing(project.root, lambda _paths: self.queue.put(Saved()), self.queue.put, poll=poll)
        noticing.watch(places_of(project))
        try:
            self._plan()
            # What is remembered stays: to scan it for garbage at every save would take longer than a plan.
            gc.collect()
            gc.freeze()
            while self._leaving is None or self.work is not None:
                self._watch_places(noticing)
                self._handle(self._next())
            return self._leaving.code
        finally:
            gc.unfreeze()
            noticing.close()
            self._caches.close()

    def refresh(self) -> None:
        """Plan again, and ask the provider what became of what the plan depends on."""
        self._plan(online=True, always=True)

    def start(self, kind: WorkKind, token: str | None = None) -> None:
        """Apply what is shown, or its free part, or draw drafts of it.

        With `token`, only if the shown plan still has it. Says why if it cannot.
        """
        if (why := self._obstacle(kind, token)) is not None:
            self.face.said(why)
            return
        assert self.view.planned is not None
        targets = self._targets() if kind is WorkKind.DRAFTS else ()
        self._begin(kind, self.view.planned, self._planning(), targets)

    def narrowed(self, address: str) -> Planned | None:
        """The plan of that clip or character alone, with what it has to wait for. Says why there is none."""
        if (why := self._obstacle(WorkKind.ALL, None)) is not None:
            self.face.said(why)
            return None
        try:
            return make_plan(self.settings.open(), self._planning(address))
        except SorasyncError as error:
            self.face.said(error.message)
            return None

    def start_narrowed(self, planned: Planned, address: str) -> None:
        """Carry out a plan that `narrowed` gave."""
        if (why := self._obstacle(WorkKind.ALL, None)) is not None:
            self.face.said(why)
            return
        self._begin(WorkKind.ALL, planned, self._planning(address), ())

    def pick(self, clip: str, take: int) -> None:
        """Pick a take of the clip of that name, as `sorasync pick` does; the plan shows what follows."""
        from sorasync.operations.pick import pick

        if self.project is None or self.view.planned is None or self.view.error is not None:
            self.face.said("cannot pick: fix the error above first")
            return
        try:
            picked = pick(self.project, self.view.planned.library, clip, take)
        except SorasyncError as error:
            self.face.said(error.message)
            return
        self._plan(always=True)
        self.face.said(f"picked take {take} of clip.{clip} ({picked.file})")

    def _planning(self, address: str | None = None) -> PlanOptions:
        options = replace(self.settings.planning, offline=not self.view.online)
        return options if address is None else replace(options, selection=Selection((address,)))

    def _begin(
        self, kind: WorkKind, planned: Planned, options: PlanOptions, targets: tuple[str, ...]
    ) -> None:
        try:
            # Not the one that the plan was made with: its configuration may be older than what was saved.
            project = self.settings.open()
        except SorasyncError as error:
            self.face.said(f"nothing was sent: {error.message}")
            return
        self.work = Work(kind, project, planned, options, targets, self.queue)
        self.face.began(self.work)
        self.work.start(self.settings.command)

    def leave(self, code: int = 0) -> None:
        """End, after stopping a running apply: renders continue at the provider."""
        if self.work is not None:
            self.work.stop.press()
            self.face.leaving()
        self._leaving = self._leaving or Leave(code)

    def _obstacle(self, kind: WorkKind, token: str | None) -> str | None:
        view = self.view
        if self._leaving is not None:
            return "leaving"
        if self.work is not None:
            return f"{self.work.kind.doing} is in progress: wait until it ends"
        if view.plan is None or view.error is not None:
            return f"cannot {'draw' if kind is WorkKind.DRAFTS else 'apply'}: fix the error above first"
        if token is not None and token != view.plan.token:
            return f"the plan has changed: its token is {view.plan.token}, not {token}; nothing was sent"
        if kind is WorkKind.ALL and view.plan.empty:
            return "there is nothing to do"
        if kind is WorkKind.FREE and free_part(view.plan).empty:
            return "there is nothing to move, download or retire, which is all that free applies"
        if kind is WorkKind.DRAFTS and not self._targets():
            return "there is nothing to draw"
        return None

    def _targets(self) -> tuple[str, ...]:
        """The clips to draw: those just edited, else all that the plan renders."""
        plan = self.view.plan
        assert plan is not None
        rendered = {c.address.partition("#")[0]: None for c in plan.changes if c.action.renders}
        clips = [address for address in rendered if address.startswith("clip.")]
        edited = [address for address in clips if address.removeprefix("clip.") in self.view.edited]
        return tuple(edited or clips)

    def _next(self) -> object:
        try:
            return self.queue.get(timeout=TICK)
        except Empty:
            return None

    def _handle(self, message: object) -> None:
        match message:
            case None:
                self._look_at_state()
            case Saved():
                self._plan()
            case ChangeEvent():
                self.face.progress(message)
            case str():
                self.face.said(message)
            case Leave():
                self.leave(message.code)
            case Work():
                self._end(message)
            case _:
                self.face.heard(message, self)

    def _end(self, work: Work) -> None:
        self.work = None
        error = work.error
        if error is not None and not isinstance(error, SorasyncError):
            raise error
        self.face.ended(work, error)
        if self._leaving is None:
            self._plan(always=True)

    def _look_at_state(self) -> None:
        """Plan again when the state or the assets have changed. Our own apply is waited for."""
        if self.work is not None or self.project is None:
            return
        if state_stamp(self.project) != self._stamp or self._caches.assets_moved():
            self._plan()

    def _watch_places(self, noticing: Noticing) -> None:
        """Watch the present directories of the library's files."""
        if self.project is None:
            return
        if noticing.watch(places_of(self.project, self._directories)):
            self.queue.put(Saved())

    def _plan(self, *, online: bool = False, always: bool = False) -> None:
        """Plan, and show the result if it has changed (`always`: in any case)."""
        started = time.perf_counter()
        planned, error = None, None
        try:
            planned = self._make(online)
        except SorasyncError as found:
            error = found
        basis = (self.project.config, self.project.hosts) if self.project else ()
        if online and error is not None and not isinstance(error, ManifestError):
            self.face.said(f"the provider could not be asked: {error.message}")
            return
        seen = (self._caches.version, *basis, _error_words(error), online)
        if seen == self._seen and not always:
            return
        self._seen = seen
        before = self.view.planned
        self.view = self._viewed(planned, error, time.perf_counter() - started, online)
        self.face.planned(self.view)
        if planned is not None:
            self._due |= before is not None and planned.graph.keys != before.graph.keys
        if self.work is None:
            self._apply_by_itself()

    def _make(self, online: bool) -> Planned:
        project = self.settings.open()
        self._stamp = state_stamp(project)
        self.project = project
        options = replace(self.settings.planning, offline=not online)
        planned = make_plan(WarmProject.over(project, self._caches), options)
        self._directories = directories_of(project.root, planned.library.files)
        return planned

    def _viewed(
        self, planned: Planned | None, error: SorasyncError | None, seconds: float, online: bool
    ) -> View:
        if planned is None:
            return replace(self.view, error=error, seconds=seconds)
        edited, before = self.view.edited, self.view.before
        if self._library is not None:
            found = list(changed_clips(self._library, planned.library))
            if found:
                edited = tuple(name for name, _, _ in found)
                before = {name: prompts(was) for name, was, _ in found if was is not None}
        self._library = planned.library
        return View(planned, None, edited, before, seconds, online)

    def _apply_by_itself(self) -> None:
        auto, plan = self.settings.auto, self.view.plan
        if not self._due or plan is None or self.view.error is not None:
            return
        self._due = False
        if auto is Auto.ALL and not plan.empty:
            self.start(WorkKind.ALL)
        elif auto is Auto.FREE and not free_part(plan).empty:
            self.start(WorkKind.FREE)


def prompts(spec: ClipSpec) -> str:
    """Every prompt of a clip, one a line."""
    return "\n".join([*([spec.prompt] if spec.prompt else []), *(step.prompt for step in spec.steps)])


def step_cost(plan: Plan, names: tuple[str, ...]) -> Plan:
    """The part of a plan that renders those clips."""
    owned = (change for name in names for change in plan.by_owner.get(f"clip.{name}", ()))
    kept = tuple(change for change in owned if change.action.renders)
    return replace(plan, changes=kept)


def _error_words(error: SorasyncError | None) -> object:
    if isinstance(error, ManifestError):
        return tuple(error.diagnostics)
    return None if error is None else (error.message, error.hint)
