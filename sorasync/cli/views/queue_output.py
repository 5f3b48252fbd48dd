"""What `sorasync queue` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

from sorasync.cli.app.failure import printable
from sorasync.cli.terminal.units import iso, moment
from sorasync.operations.queue_view import QueueView
from sorasync.state.job_queue import CancelledJobs, QueuedJob
from sorasync.text import counted


def queue_notice(*, quiet: bool) -> Callable[[str], None]:
    """Shows on standard error what becomes of work that is queued."""

    def tell(text: str) -> None:
        if not quiet:
            click.echo(printable(text), err=True)

    return tell


_WORDS = {"todo": "waiting", "doing": "running", "failed": "given up"}
_SHOWN = 3


def queue_text(view: QueueView, cancelled: CancelledJobs | None) -> Iterator[str]:
    """The jobs and the runners, for people."""
    if cancelled is not None:
        yield from (f"job {job} is cancelled" for job in cancelled.cancelled)
        yield from (f"job {job} is not cancelled: {why}" for job, why in cancelled.kept.items())
    if not view.jobs:
        yield "Nothing is queued."
    for one in view.jobs:
        yield printable(_job_line(one))
        if one.message:
            yield printable(f"     {one.message}")
    yield ""
    if not view.runners:
        yield "No runner is at work: start one with `sorasync run --queue NAME`."
    for runner in view.runners:
        yield printable(
            f"runner on {runner.host} ({runner.user}, process {runner.pid}) takes jobs from {runner.queue}"
        )


def _job_line(job: QueuedJob) -> str:
    labels = ", ".join(job.labels[:_SHOWN])
    more = f" and {len(job.labels) - _SHOWN} more" if len(job.labels) > _SHOWN else ""
    word = _WORDS.get(job.status, job.status)
    when = f", not before {moment(job.scheduled_at)}" if job.scheduled_at and job.status == "todo" else ""
    rank = f", priority {job.priority}" if job.priority else ""
    who = f"{job.owner}, {_what(job)} for {job.user}"
    return f"{job.id:>4} {job.queue}: {word}, {who}{rank}{when}: {labels}{more}"


def _what(job: QueuedJob) -> str:
    if job.kind == "cut":
        return "a cut"
    counts = {"render": "render", "check": "video"}
    what = counted(len(job.labels), counts.get(job.kind, job.kind))
    return f"check of {what}" if job.kind == "check" else what


def queue_json(view: QueueView, cancelled: CancelledJobs | None) -> dict[str, Any]:
    """The same as a contract; see docs/json.md."""
    return {
        "format_version": 1,
        "cancelled": [] if cancelled is None else cancelled.cancelled,
        "not_cancelled": []
        if cancelled is None
        else [{"id": job, "why": why} for job, why in cancelled.kept.items()],
        "jobs": [
            {
                "id": job.id,
                "queue": job.queue,
                "status": _WORDS.get(job.status, job.status),
                "library": job.owner,
                "kind": job.kind,
                "addresses": list(job.labels),
                "priority": job.priority,
                "attempts": job.attempts,
                "user": job.user,
                "not_before": iso(job.scheduled_at),
                "message": job.message,
            }
            for job in view.jobs
        ],
        "runners": [
            {
                "queue": runner.queue,
                "user": runner.user,
                "host": runner.host,
                "pid": runner.pid,
                "since": iso(runner.since),
            }
            for runner in view.runners
        ],
    }
