"""The options that put renders into a queue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from datetime import datetime

    from sorasync.operations.project import Project
    from sorasync.state.job_queue import Placing

F = TypeVar("F", bound=Callable[..., Any])


def queue_name(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Check the name of a queue."""
    if value is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value):
        raise click.BadParameter("a name has letters, digits, _ . and -, 64 at most")
    return value


def local_time(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """Read a moment, in local time unless it names another."""
    from datetime import datetime

    if value is None:
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        example = "2026-12-01T22:00"
        raise click.BadParameter(f"{value!r} is not a date and time such as {example}") from None


def queue_options(function: F) -> F:
    """Add `--queue`, `--here`, `--priority` and `--not-before`."""
    for option in (
        click.option(
            "--not-before",
            callback=local_time,
            metavar="TIME",
            help="In a queue: when runners may start, such as 2026-12-01T22:00 in local time.",
        ),
        click.option(
            "--priority",
            type=int,
            default=0,
            metavar="N",
            help="In a queue: jobs with a higher number go first. Default: 0.",
        ),
        click.option("--here", is_flag=True, help="Render on this machine, even if [apply] queue is set."),
        click.option(
            "--queue",
            metavar="NAME",
            callback=queue_name,
            help="Let runners render it: see `sorasync run`. Default: [apply] queue.",
        ),
    ):
        function = option(function)
    return function


def media_queue_option(function: F) -> F:
    """Add `--queue` to a command that costs nothing but processor time."""
    return click.option(
        "--queue",
        metavar="NAME",
        callback=queue_name,
        help="Let a runner do it, and wait for it: see `sorasync run`.",
    )(function)


def placing_of(
    project: Project, queue: str | None, here: bool, priority: int, not_before: datetime | None
) -> Placing | None:
    """Where the options say that renders go, None where they say nothing."""
    from sorasync.state.job_queue import Placing

    if here and queue is not None:
        raise click.UsageError("--here and --queue cannot be combined")
    wanted = bool(priority) or not_before is not None
    name = queue or (project.config.apply.queue if wanted and not here else None)
    if name is None:
        if wanted:
            raise click.UsageError("--priority and --not-before need a queue")
        return None
    return Placing(name, priority, None if not_before is None else not_before.astimezone())
