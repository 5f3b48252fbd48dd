"""`sorasync run`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.arguments.queue_options import queue_name
from sorasync.errors import SorasyncError, blame_option

_EXAMPLES = """\b
Examples:
  sorasync run --queue night --bucket s3://films
  sorasync run --queue night --database postgresql://film@db.example/film \\
      --bucket s3://films --allow videos.example=VIDEOS_API_KEY
  sorasync run --queue night --until-empty
"""


@subcommand(formats=("text",), epilog=_EXAMPLES)
@click.option(
    "--queue", required=True, metavar="NAME", callback=queue_name, help="Take jobs from this queue."
)
@click.option(
    "--database",
    metavar="URL",
    help="The PostgreSQL database. Default: that of this library.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, help="Jobs at a time. Default: 2.")
@click.option(
    "--allow",
    multiple=True,
    metavar="HOST[=VARIABLE]",
    help="A host that jobs may use, and the variable with its API key. Built-in profiles need none.",
)
@click.option(
    "--bucket",
    multiple=True,
    metavar="URL",
    help="A bucket in which jobs may store videos. Default without --database: that of this library.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to unpack libraries. Default: ~/.cache/sorasync/runner.",
)
@click.option("--until-empty", is_flag=True, help="Exit when the queue is empty.")
def command(
    globals: Globals,
    queue: str,
    database: str | None,
    jobs: int,
    allow: tuple[str, ...],
    bucket: tuple[str, ...],
    work: Path | None,
    until_empty: bool,
) -> ExitCode:
    """Run the jobs that `sorasync apply --queue` has queued.

    Start it on any number of machines: each takes jobs of any library in the database, and nothing is paid
    for twice. Needs no checkout, only the database, the bucket, and the hosts' API keys in the environment.
    On SIGTERM and Ctrl-C it sends nothing more and leaves what was sent to other runners.
    """
    from sorasync.cli.views.runner_lines import RunnerLines
    from sorasync.operations.queue_database import database_of
    from sorasync.operations.runner import Runner, RunnerOptions
    from sorasync.operations.runner_trust import RunnerTrust

    if database is None:
        config = globals.project().config
        url = database_of(config.state.url)
        if not bucket and config.assets.url is not None:
            bucket = (config.assets.url,)
    else:
        url = database_of(database)
    if not bucket:
        raise SorasyncError(
            "this runner would give up every job: it may store no videos",
            hint="name the bucket of the libraries with --bucket URL",
        )
    trust = RunnerTrust.parse(allow, bucket)
    work = work or _cache() / "sorasync" / "runner"
    options = RunnerOptions(url, queue, work, trust, jobs, until_empty)
    runner = Runner(options, RunnerLines(quiet=globals.quiet))
    try:
        runner.run()
    except SorasyncError as error:
        if database is not None:
            blame_option(error, "--database")
        raise
    click.echo(f"{runner.totals.jobs} jobs, {runner.totals.renders} renders done", err=True)
    return ExitCode.DONE


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
