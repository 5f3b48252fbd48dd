"""Commands to paste: what carries out exactly the plan that was shown, and what picks a take."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sorasync.cli.app.library_options import Globals

if TYPE_CHECKING:
    from sorasync.operations.plan import PlanOptions
    from sorasync.plan.plan import Plan


def apply_command(globals: Globals, planning: PlanOptions, plan: Plan) -> str | None:
    """The command as it can be pasted into a shell; None where an apply would refuse or do nothing."""
    if plan.refusals or plan.idle:
        return None
    return shlex.join(
        [*_program(globals), "apply", *_env(globals), *_planning(planning), "--expect", plan.token]
    )


def apply_file_command(globals: Globals, plan: Plan, file: str) -> str | None:
    """The same for a plan that was saved."""
    if plan.refusals or plan.idle:
        return None
    return shlex.join([*_program(globals), "apply", *_env(globals), file])


def _program(globals: Globals) -> list[str]:
    """The program's name, with its --library option."""
    return ["sorasync"] if globals.library is None else ["sorasync", "--library", str(globals.library)]


def _env(globals: Globals) -> list[str]:
    return ["--env", globals.env] if globals.env else []


def _planning(planning: PlanOptions) -> Iterator[str]:
    """The options that decide what is in the plan; `--offline` does not."""
    selection = planning.selection
    for option, values in (
        ("--target", selection.target),
        ("--exclude", selection.exclude),
        ("--replace", planning.replace),
        ("--retry", planning.retry),
    ):
        for value in values:
            yield from (option, value)
    if planning.sample is not None:
        yield from ("--sample", str(planning.sample))
    if planning.batch is not None:
        yield "--batch" if planning.batch else "--direct"
    if planning.refresh:
        yield "--refresh"


def pick_command(name: str, takes: int) -> str:
    """The command that picks one of the takes of a clip or still."""
    return f"sorasync pick {shlex.quote(name)} {'1' if takes == 1 else f'1..{takes}'}"
