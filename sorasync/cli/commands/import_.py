"""`sorasync import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.cli.terminal.units import length

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.graph.render import Render
    from sorasync.operations.import_all import Gathered
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync import clip.market video_68e5
  sorasync import 'clip.market#2/1' video_68e6 --force
  sorasync import character.mossy char_12
  sorasync import --remote --since 7d
  sorasync import --remote --out manifests/found.toml --dry-run
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", required=False, type=ADDRESS, metavar="[ADDRESS")
@click.argument("remote_id", required=False, metavar="ID]")
@click.option("--remote", is_flag=True, help="Import every finished video that is not declared here.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The manifest that --remote writes. Default: imported.toml in the manifests directory.",
)
@click.option(
    "--since",
    callback=length,
    metavar="LENGTH",
    help="With --remote: only videos made within this time, e.g. 7d.",
)
@click.option(
    "--force", is_flag=True, help="Bind a video although it differs, or the render has one already."
)
@click.option("--dry-run", is_flag=True, help="With --remote: only show what would be imported.")
@lock_option
def command(
    globals: Globals,
    address: str | None,
    remote_id: str | None,
    remote: bool,
    out: Path | None,
    since: float | None,
    force: bool,
    dry_run: bool,
    lock_timeout: float,
) -> ExitCode:
    """Bind existing videos at the provider to clips.

    With ADDRESS and ID, binds one declared render to one video, once prompt, model, size and length agree.
    With --remote, writes a manifest that declares all finished videos not declared here yet, and binds them.
    Either way the next apply downloads them; nothing is rendered or paid.
    """
    if remote:
        if address is not None or force:
            raise click.UsageError("--remote takes no ADDRESS, ID or --force")
        return _remote(globals, globals.project(), out, since, lock_timeout, dry_run=dry_run)
    if address is None or remote_id is None:
        raise click.UsageError("give an ADDRESS and an ID, or --remote")
    if out is not None or since is not None or dry_run:
        raise click.UsageError("--out, --since and --dry-run go with --remote")
    return _one(globals, globals.project(), address, remote_id, lock_timeout, force=force)


def _one(
    globals: Globals, project: Project, address: str, remote_id: str, timeout: float, *, force: bool
) -> ExitCode:
    from sorasync.cli.app.invocation import changing
    from sorasync.cli.views.import_output import imported_json, imported_text
    from sorasync.operations.import_one import bind

    graph = project.graph(project.library())
    render = _declared_render(address, graph)
    project.require_provider()
    with changing(project, timeout) as session:
        found = bind(project, session, graph, render, remote_id, force=force)
    if globals.json:
        print_json(imported_json(found))
    else:
        print_lines(imported_text(found))
    return ExitCode.DONE


def _declared_render(address: str, graph: Graph) -> Render:
    from sorasync.errors import SorasyncError
    from sorasync.operations.address_lookup import find

    found = find(address, graph)
    if not found.declared or len(found.renders) != 1:
        labels = ", ".join(graph.label(render) for render in found.renders)
        raise SorasyncError(f"{address} means several renders: {labels}", hint="name one of them")
    return graph.renders[found.renders[0]]


def _remote(
    globals: Globals,
    project: Project,
    out: Path | None,
    since: float | None,
    timeout: float,
    *,
    dry_run: bool,
) -> ExitCode:
    from sorasync.cli.app.invocation import changing
    from sorasync.cli.views.import_output import gathered_json, gathered_text
    from sorasync.errors import SorasyncError
    from sorasync.operations.import_all import carry_out, free_name, gather
    from sorasync.operations.provider_jobs import sweep

    named = _manifest_path(project, out) if out else None
    manifests = project.root / project.config.library.manifests
    after = None if since is None else project.clock.now() - since
    swept = sweep(project, after)
    if not swept.listed:
        raise SorasyncError(
            f"{project.profile.provider_name} has no list of videos",
            hint="sorasync import ADDRESS ID binds a video by its id",
        )
    if dry_run:
        with project.synced_store() as store:
            graph, path = project.graph(project.library()), named or free_name(manifests)
            found: Gathered = gather(project, graph, swept, store.remote_ids(), path, after)
    else:
        with changing(project, timeout) as session:
            graph, path = project.graph(project.library()), named or free_name(manifests)
            found = gather(project, graph, swept, session.store.remote_ids(), path, after)
            if found.clips:
                carry_out(project, session, found)
    if globals.json:
        print_json(gathered_json(found, project, done=not dry_run))
    else:
        print_lines(gathered_text(found, project, done=not dry_run))
    return ExitCode.DONE


def _manifest_path(project: Project, out: Path) -> Path:
    """The path of a manifest: it must be one that the library reads."""
    from sorasync.errors import SorasyncError

    manifests = (project.root / project.config.library.manifests).resolve()
    path = (Path.cwd() / out).resolve()
    if not path.is_relative_to(manifests):
        path = (project.root / out).resolve()
    if not path.is_relative_to(manifests) or path.suffix != ".toml":
        raise SorasyncError(
            f"{out} is not a manifest of this library",
            hint=f"name a .toml file in {project.config.library.manifests}/",
        )
    return path
