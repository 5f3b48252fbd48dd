"""Watch mode for programs: one line of JSON per event, one line per command."""

from __future__ import annotations

import os
import stat
import sys
import threading
from dataclasses import dataclass
from decimal import Decimal
from queue import SimpleQueue

import click

from sorasync.apply.events import ChangeEvent
from sorasync.cli.app.exit_code import of_error
from sorasync.cli.terminal.json_text import json_text
from sorasync.cli.views.apply.report_json import report_json
from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json
from sorasync.cli.views.plan.plan_json import FORMAT_VERSION, change_json, plan_json, usd
from sorasync.errors import SorasyncError
from sorasync.plan.change import Change
from sorasync.plan.plan import Plan
from sorasync.watch.apply_thread import Work, WorkKind
from sorasync.watch.watch_loop import Leave, View, Watch

COMMANDS = "apply TOKEN, free [TOKEN], drafts, refresh, quit"


@dataclass(frozen=True, slots=True)
class StdinCommand:
    """A command on standard input."""

    text: str


class JsonLines:
    """Prints each event as it comes, flushed."""

    def __init__(self) -> None:
        self._written: dict[int, tuple[Change, str]] = {}

    def planned(self, view: View) -> None:
        """See `Face.planned`."""
        if view.error is None and view.plan is not None:
            facts: dict[str, object] = {"edited": [f"clip.{name}" for name in view.edited]}
            facts |= {"online": view.online, "milliseconds": round(view.seconds * 1000)}
            facts["plan"] = plan_json(view.plan, changes=False)
            self._print("plan", facts, changes=self._encoded(view.plan))
            return
        assert view.error is not None
        self._print(
            "diagnostics",
            {
                "message": view.error.message,
                "hint": view.error.hint,
                "diagnostics": [diagnostic_json(found) for found in view.diagnostics],
                "last_good_token": view.plan.token if view.plan else None,
            },
        )

    def began(self, work: Work) -> None:
        """See `Face.began`."""
        plan = work.plan
        cost = None if plan.cost.unknown else usd(plan.cost.known_usd)
        facts = {"token": plan.token, "changes": len(plan.changes), "cost_usd": cost}
        if work.kind is WorkKind.DRAFTS:
            # The plan stays as it is: what is drawn of it costs nothing.
            facts |= {"changes": len(work.targets), "cost_usd": usd(Decimal(0))}
        self._print("apply", {"moment": "began", "kind": work.kind.value, **facts})

    def progress(self, event: ChangeEvent) -> None:
        """See `Face.progress`."""
        facts: dict[str, object] = {"address": event.label, "state": event.moment.value}
        self._print("progress", facts | {"detail": event.detail or None, "progress": event.progress})

    def ended(self, work: Work, error: SorasyncError | None) -> None:
        """See `Face.ended`."""
        failure = None
        if error is not None:
            failure = {"code": int(of_error(error)), "message": error.message, "hint": error.hint}
        report = report_json(work.plan, work.report) if work.report else None
        facts = {"report": report, "error": failure, "files": [str(path) for path in work.drawn()]}
        self._print("apply", {"moment": "ended", "kind": work.kind.value, **facts})

    def said(self, text: str) -> None:
        """See `Face.said`."""
        self._print("notice", {"text": text})

    def leaving(self) -> None:
        """See `Face.leaving`; the end of the apply is still reported."""

    def heard(self, message: object, watch: Watch) -> None:
        """Carry a command out."""
        if not isinstance(message, StdinCommand):
            return
        match message.text.split():
            case ["apply", token]:
                watch.start(WorkKind.ALL, token)
            case ["free"]:
                watch.start(WorkKind.FREE)
            case ["free", token]:
                watch.start(WorkKind.FREE, token)
            case ["drafts"]:
                watch.start(WorkKind.DRAFTS)
            case ["refresh"]:
                watch.refresh()
            case ["quit"]:
                watch.leave()
            case []:
                pass
            case _:
                self.said(f"{message.text!r} is not a command; use one of: {COMMANDS}")

    def _encoded(self, plan: Plan) -> str:
        """The plan's changes as JSON; unchanged ones are reused from the previous plan."""
        before, self._written = self._written, {}
        for change in plan.changes:
            kept = before.get(id(change))
            self._written[id(change)] = kept or (change, _required_text(change_json(change)))
        return ", ".join(text for _, text in self._written.values())

    def _print(self, event: str, facts: dict[str, object], *, changes: str = "") -> None:
        line = _required_text({"format_version": FORMAT_VERSION, "event": event, **facts})
        if changes:
            # Inside of a string the quotes would be escaped: this is the key itself.
            line = line.replace('"changes": []', f'"changes": [{changes}]', 1)
        click.echo(line)
        sys.stdout.flush()


def _required_text(value: object) -> str:
    return json_text(value, indent=None)


def read_commands(queue: SimpleQueue[object]) -> None:
    """Put lines of standard input into the queue, from a thread; its end ends watching.

    Only a pipe is read: at a terminal somebody may type something else.
    """
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=_read_commands, args=(queue,), daemon=True).start()


def _read_commands(queue: SimpleQueue[object]) -> None:
    # Not through `sys.stdin`: a thread that holds its buffer at exit aborts the program.
    with os.fdopen(os.dup(0), encoding="utf-8", errors="replace") as stream:
        for line in stream:
            queue.put(StdinCommand(line.strip()))
    queue.put(Leave())
