"""The options that plan and apply share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sorasync.cli.address_argument import PATTERN

if TYPE_CHECKING:
    from sorasync.operations.plan import PlanOptions

F = TypeVar("F", bound=Callable[..., Any])


def plan_options(function: F) -> F:
    """Add the options that decide what is planned."""
    options = (
        click.option(
            "--target",
            "-t",
            multiple=True,
            type=PATTERN,
            metavar="ADDRESS",
            help="Plan only this and what it needs. Takes * and ?, and tag:NAME. May be repeated.",
        ),
        click.option(
            "--exclude",
            multiple=True,
            type=PATTERN,
            metavar="ADDRESS",
            help="Leave this and what needs it out. Takes the same patterns.",
        ),
        click.option(
            "--replace",
            multiple=True,
            type=PATTERN,
            metavar="ADDRESS",
            help="Render this again although nothing changed, and all that comes from it.",
        ),
        click.option(
            "--retry",
            multiple=True,
            type=PATTERN,
            metavar="ADDRESS",
            help="Try this again although the provider refused it or it failed too often.",
        ),
        click.option(
            "--batch/--direct",
            default=None,
            help="Create by batch (cheaper, within 24 hours), or one by one. Default: [apply] mode.",
        ),
        click.option("--offline", is_flag=True, help="Ask the provider nothing."),
        click.option(
            "--refresh",
            is_flag=True,
            help="Check the files here and all videos at the provider first, not only what the plan needs.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def planning(
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
    offline: bool,
    refresh: bool = False,
    batch: bool | None = None,
    retry: tuple[str, ...] = (),
) -> PlanOptions:
    """The options as the planner takes them."""
    from sorasync.operations.plan import PlanOptions
    from sorasync.plan.selection import Selection

    return PlanOptions(
        selection=Selection(target, exclude),
        replace=replace,
        retry=retry,
        offline=offline,
        refresh=refresh,
        batch=batch,
        lint=True,
    )
