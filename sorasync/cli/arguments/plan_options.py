"""The options that decide what is planned, for every command that plans."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from sorasync.cli.arguments.address_argument import PATTERN

if TYPE_CHECKING:
    from sorasync.operations.plan import PlanOptions

target_option = click.option(
    "--target",
    "-t",
    multiple=True,
    type=PATTERN,
    metavar="ADDRESS",
    help="Plan only this and what it needs. Takes * and ?, tag:NAME, and lost. May be repeated.",
)
exclude_option = click.option(
    "--exclude",
    multiple=True,
    type=PATTERN,
    metavar="ADDRESS",
    help="Leave out this and what needs it. Takes the same patterns.",
)
_OPTIONS = (
    target_option,
    exclude_option,
    click.option(
        "--replace",
        multiple=True,
        type=PATTERN,
        metavar="ADDRESS",
        help="Render this again although unchanged, with everything made from it. Also takes `lost`, "
        "and `failing`: what fails a check, within [retake].",
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
    click.option(
        "--sample",
        type=click.IntRange(min=1),
        metavar="N",
        help="For each clip with rows or a matrix, plan only the first N variants that cost something.",
    ),
    click.option("--offline", is_flag=True, help="Do not ask the provider."),
    click.option(
        "--refresh",
        is_flag=True,
        help="Check the files here and all videos at the provider first, not only what the plan needs.",
    ),
)


def deciding_options(planning: PlanOptions) -> list[str]:
    """The options given that decide which changes a plan has."""
    given = {
        "--target": planning.selection.target,
        "--exclude": planning.selection.exclude,
        "--replace": planning.replace,
        "--retry": planning.retry,
        "--batch": planning.batch is True,
        "--direct": planning.batch is False,
        "--sample": planning.sample,
    }
    return [option for option, value in given.items() if value]


def plan_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add all of them to a command, which gets them as one `PlanOptions` named `planning`."""

    @wraps(function)
    def command(*args: object, target: tuple[str, ...], exclude: tuple[str, ...], **options: Any) -> object:
        from sorasync.operations.plan import PlanOptions
        from sorasync.plan.selection import Selection

        names = ("replace", "retry", "batch", "sample", "offline", "refresh")
        chosen = {name: options.pop(name) for name in names}
        planning = PlanOptions(selection=Selection(target, exclude), lint=True, **chosen)
        return function(*args, planning=planning, **options)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command
