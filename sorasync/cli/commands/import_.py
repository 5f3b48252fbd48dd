"""`sorasync import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS
from sorasync.cli.arguments.completed_values import hosts
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.cli.terminal.units import length

if TYPE_CHECKING:
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync import clip.market video_68e5
  sorasync import 'clip.market#2/1' video_68e6 --force
  sorasync import clip.market video_68e5 --provider fal
  sorasync import character.mossy char_12
  sorasync import 'still.quay#2' ~/Pictures/quay.png
  sorasync import --remote --since 7d
  sorasync import --remote --out manifests/found.toml --dry-run
  sorasync import --workflow ComfyUI_00042_.png --out wan.api.json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", required=False, type=ADDRESS, metavar="[ADDRESS")
@click.argument("remote_id", required=False, metavar="ID|FILE]")
@click.option("--remote", is_flag=True, help="Import every finished video that is not declared here.")
@click.option(
    "--workflow",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the workflow that ComfyUI embedded in this PNG or video, to render it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The manifest that --remote writes (default: imported.toml in the manifests directory), or the "
    "workflow (default: FILE's name with .api.json, in the library).",
)
@click.option(
    "--since",
    callback=length,
    metavar="LENGTH",
    help="With --remote: only videos made within this time, e.g. 7d.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Bind a video although it differs, or the render has one already; overwrite a workflow.",
)
@click.option(
    "--provider",
    metavar="NAME",
    shell_complete=hosts,
    help="The host that has the video. Default: the one that renders ADDRESS, or all of its route; with "
    "--remote that of [provider].",
)
@click.option("--dry-run", is_flag=True, help="With --remote: only show what would be imported.")
@lock_option
def command(
    globals: Globals,
    address: str | None,
    remote_id: str | None,
    remote: bool,
    workflow: Path | None,
    out: Path | None,
    since: float | None,
    force: bool,
    provider: str | None,
    dry_run: bool,
    lock_timeout: float,
) -> ExitCode:
    """Bind existing videos at the provider to clips, and pictures to stills.

    With ADDRESS and ID, binds one declared render to one video, if prompt, model, size and length agree. The
    address of a clip with one take means that take, not its steps.
    With the address of a still and a FILE, copies a PNG, WebP or JPEG of the right size as that take.
    With --remote, writes a manifest that declares all finished videos not declared here yet, and binds them.
    The next apply downloads videos; nothing is rendered or paid.
    With --workflow, writes the workflow that ComfyUI embeds in the files it saves.
    """
    if workflow is not None:
        if address is not None or remote or since is not None or dry_run or provider is not None:
            raise click.UsageError("--workflow takes no other option than --out and --force")
        return _workflow(globals, globals.project(), workflow, out, force=force)
    if remote:
        if address is not None or force:
            raise click.UsageError("--remote takes no ADDRESS, ID or --force")
        return _remote(
            globals, globals.project(), out, since, lock_timeout, dry_run=dry_run, provider=provider
        )
    if address is None or remote_id is None:
        raise click.UsageError("give an ADDRESS and an ID or FILE, or --remote")
    if out is not None or since is not None or dry_run:
        raise click.UsageError("--out, --since and --dry-run need --remote")
    project = globals.project()
    return _one(globals, project, address, remote_id, lock_timeout, force=force, provider=provider)


def _workflow(globals: Globals, project: Project, source: Path, out: Path | None, *, force: bool) -> ExitCode:
    from sorasync.cli.views.import_output import workflow_json, workflow_text
    from sorasync.operations.import_workflow import import_workflow

    found = import_workflow(source, out or project.root / f"{source.stem}.api.json", force=force)
    if globals.json:
        print_json(workflow_json(found, project))
    else:
        print_lines(workflow_text(found, project))
    return ExitCode.DONE


def _one(
    globals: Globals,
    project: Project,
    address: str,
    remote_id: str,
    timeout: float,
    *,
    force: bool,
    provider: str | None,
) -> ExitCode:
    from sorasync.cli.app.invocation import waiting
    from sorasync.cli.views.import_output import imported_json, imported_text
    from sorasync.operations.import_one import import_render

    found = import_render(project, address, remote_id, waiting(timeout), force=force, provider=provider)
    if globals.json:
        print_json(imported_json(found))
    else:
        print_lines(imported_text(found))
    return ExitCode.DONE


def _remote(
    globals: Globals,
    project: Project,
    out: Path | None,
    since: float | None,
    timeout: float,
    *,
    dry_run: bool,
    provider: str | None,
) -> ExitCode:
    from sorasync.cli.app.invocation import waiting
    from sorasync.cli.views.import_output import gathered_json, gathered_text
    from sorasync.operations.import_all import import_remote

    after = None if since is None else project.clock.now() - since
    found = import_remote(project, waiting(timeout), out=out, since=after, dry_run=dry_run, provider=provider)
    if globals.json:
        print_json(gathered_json(found, project, done=not dry_run))
    else:
        print_lines(gathered_text(found, project, done=not dry_run))
    return ExitCode.DONE
