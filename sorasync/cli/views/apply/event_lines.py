"""An apply as a stream of JSON lines for programs: its plan, each event, and its report at the end."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from sorasync.apply.events import ChangeEvent
from sorasync.cli.terminal.json_text import json_text

if TYPE_CHECKING:
    from sorasync.apply.report import Report
    from sorasync.plan.plan import Plan


def event_line(kind: str, data: Mapping[str, object]) -> str:
    """One line of the stream; `type` says what it holds."""
    return json_text({"type": kind, **data}, None)


def plan_line(plan: Plan) -> str:
    """The plan that is about to be applied, as `sorasync plan --format json` prints it."""
    from sorasync.cli.views.plan.plan_json import plan_json

    return event_line("plan", plan_json(plan))


def report_line(plan: Plan, report: Report) -> str:
    """The last line: the report of `sorasync apply --format json`, without the plan."""
    from sorasync.cli.views.apply.report_json import report_json

    data = report_json(plan, report)
    del data["plan"]
    return event_line("report", data)


class EventLines:
    """Prints every event as it comes, on standard output.

    A reader that goes away does not disturb the run.
    """

    def __init__(self) -> None:
        self._unread = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def event(self, event: ChangeEvent) -> None:
        """Print an event of a change."""
        data = {
            "address": event.label,
            "moment": event.moment.value,
            "detail": event.detail or None,
            "progress": event.progress,
        }
        self._print(event_line("event", data))

    def notice(self, text: str) -> None:
        """Print a sentence about the run as a whole."""
        self._print(event_line("notice", {"text": text}))

    def _print(self, line: str) -> None:
        if not self._unread:
            try:
                click.echo(line)
            except (OSError, ValueError):
                self._unread = True
