"""Extra output for CI services: job summary, outputs, annotations.

All of it happens only where the service asks for it by its environment variables. Annotations go to standard
error, so that standard output stays what was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sorasync.cli.app.library_options import Globals
    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.plan.plan import Plan


def add_summary(markdown: str) -> None:
    """Append to the job summary, if there is one."""
    _append("GITHUB_STEP_SUMMARY", f"{markdown}\n\n")


def add_plan(plan: Plan, failed: Callable[[], Sequence[str]] = tuple) -> None:
    """Tell the service of a plan: outputs, annotations of its warnings, and the summary.

    `failed` gives lines about the videos that fail a check.
    """
    if os.environ.get("GITHUB_OUTPUT"):
        from sorasync.cli.views.plan.plan_json import usd

        cost = "" if plan.cost.unknown else usd(plan.cost.known_usd)
        names = len(plan.relinks)
        _outputs(
            {
                "token": plan.token,
                "changes": str(len(plan.changes) + names),
                "names": str(names),
                "cost_usd": cost,
            }
        )
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from sorasync.cli.views.plan.plan_markdown import plan_summary

        add_summary(plan_summary(plan, failed=failed()))


@contextmanager
def annotating(globals: Globals) -> Iterator[None]:
    """Annotate the faults of manifests that end the block."""
    from sorasync.manifest.diagnostic import ManifestError

    try:
        yield
    except ManifestError as error:
        annotate(globals, error.diagnostics)
        raise


def annotate(globals: Globals, diagnostics: Iterable[Diagnostic]) -> None:
    """Show diagnostics beside the lines of a pull request."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from sorasync.cli.views.diagnostics.diagnostic_github import diagnostics_github
    from sorasync.cli.views.diagnostics.diagnostic_paths import repository_prefix
    from sorasync.library_file import find_library

    prefix = repository_prefix(find_library(globals.library or Path.cwd()))
    for line in diagnostics_github(diagnostics, prefix):
        click.echo(line, err=True)


def _outputs(values: Mapping[str, str]) -> None:
    _append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in values.items()))


def _append(variable: str, text: str) -> None:
    """Add to a file of the service. That it cannot be written is no reason to fail a plan or an apply."""
    path = os.environ.get(variable)
    if path:
        with suppress(OSError), Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
