"""Runs the applies of watch mode, in a thread."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sorasync.apply.events import ChangeEvent
from sorasync.operations.cancellation import StopButton
from sorasync.plan.action import Action
from sorasync.plan.plan import Plan
from sorasync.plan.selection import Selection

if TYPE_CHECKING:
    from sorasync.apply.report import Report
    from sorasync.operations.plan import Planned, PlanOptions
    from sorasync.operations.project import Project

_FREE = frozenset({Action.MOVE, Action.DOWNLOAD, Action.RETIRE})


class WorkKind(StrEnum):
    """What to apply: the whole plan, its free part, or drafts of it."""

    ALL = "all"
    FREE = "free"
    DRAFTS = "drafts"

    @property
    def doing(self) -> str:
        """The work in words."""
        return {"all": "an apply", "free": "an apply of what is free", "drafts": "drawing"}[self.value]


def free_part(plan: Plan) -> Plan:
    """The changes that cost nothing, send nothing and wait for nothing that does."""
    kept = tuple(c for c in plan.changes if c.action in _FREE and not c.paid and not c.depends_on)
    return replace(plan, changes=kept, left_out=plan.left_out + len(plan.changes) - len(kept))


class Work:
    """One apply. When it has ended, it puts itself into the queue with a report or an error."""

    def __init__(
        self,
        kind: WorkKind,
        project: Project,
        planned: Planned,
        planning: PlanOptions,
        targets: tuple[str, ...],
        queue: SimpleQueue[object],
    ) -> None:
        self.kind = kind
        self.project = project
        self.plan = planned.plan
        self.targets = targets
        self.stop = StopButton()
        self.report: Report | None = None
        self.error: Exception | None = None
        self._planning = planning
        self._queue = queue
        if kind is WorkKind.FREE:
            self.plan = free_part(self.plan)
        elif kind is WorkKind.DRAFTS:
            from sorasync.watch.drafts import MOST_DRAFTS, draft_project

            self.targets = targets[:MOST_DRAFTS]
            self.project = draft_project(project)

    def start(self, command: str) -> None:
        """Begin, in a thread."""
        threading.Thread(target=self._run, args=(command,), daemon=True).start()

    def drawn(self) -> list[Path]:
        """The videos that were drawn, of a work that drew."""
        from sorasync.watch.drafts import video_of

        if self.kind is not WorkKind.DRAFTS:
            return []
        found = (video_of(self.project, target.removeprefix("clip.")) for target in self.targets)
        return [path for path in found if path is not None]

    def event(self, event: ChangeEvent) -> None:
        """Take one event of the apply."""
        self._queue.put(event)

    def notice(self, text: str) -> None:
        """Take one sentence of the apply."""
        self._queue.put(text)

    def _run(self, command: str) -> None:
        try:
            self.report = self._apply(f"{command}: {self.kind.value}")
        except Exception as error:
            self.error = error
        self._queue.put(self)

    def _apply(self, command: str) -> Report | None:
        from sorasync.operations.apply import ApplyOptions, apply
        from sorasync.operations.plan import PlanOptions

        options = ApplyOptions(planning=self._planning, stop=self.stop)
        if self.kind is WorkKind.ALL:
            options = replace(options, expect=self.plan.token)
            return apply(self.project, options, self, self._confirmed, command)
        if self.kind is WorkKind.DRAFTS:
            planning = PlanOptions(selection=Selection(self.targets), batch=False)
            return apply(self.project, replace(options, planning=planning), self, self._confirmed, command)
        with tempfile.TemporaryDirectory(prefix="sorasync-") as directory:
            from sorasync.plan.planfile import encode

            file = Path(directory) / "plan.json"
            file.write_bytes(b"".join(encode(self.plan)))
            return apply(self.project, replace(options, plan_file=file), self, self._confirmed, command)

    def _confirmed(self, planned: Planned) -> bool:
        """Nothing is asked here: whoever started it has agreed to the plan with that token."""
        self.plan = planned.plan
        return True
