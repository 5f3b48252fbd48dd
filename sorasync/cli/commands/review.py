"""`sorasync review`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.arguments.address_argument import ADDRESS, PATTERN

_EXAMPLES = """\b
Examples:
  sorasync review
  sorasync review --no-browser --port 8791
  sorasync review --html out --target 'act1-*'     # a page to send
  sorasync review --read review-notes.json         # notes that came back
  sorasync review --compare 'market#1' 'market#2' --out both.mp4
  sorasync review --listen 0.0.0.0:8791 --user Ann:TOKEN     # for a team
"""
_FILE = click.Path(path_type=Path, dir_okay=False)


@subcommand(epilog=_EXAMPLES)
@click.option("--port", type=click.IntRange(0, 65_535), default=None, help="The port. Default: a free one.")
@click.option("--no-browser", is_flag=True, help="Print the URL and open nothing.")
@click.option("--read-only", is_flag=True, help="Allow no picks and no notes.")
@click.option("--allow-apply", is_flag=True, help="Allow applying the plan from the page.")
@click.option(
    "--listen",
    metavar="HOST[:PORT]",
    help="Listen at this address, for a team; needs --user or --user-header.",
)
@click.option(
    "--user",
    "users",
    multiple=True,
    metavar="NAME:TOKEN",
    envvar="SORASYNC_REVIEW_USERS",
    help="A user who may open the page. Also $SORASYNC_REVIEW_USERS, separated by spaces.",
)
@click.option(
    "--user-header", metavar="NAME", help="The header in which a proxy on this machine passes the user."
)
@click.option(
    "--host-name",
    "hosts",
    multiple=True,
    metavar="HOST[:PORT]",
    help="A host name under which the page is reached.",
)
@click.option(
    "--html",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the page as files instead, to send or keep.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    type=PATTERN,
    metavar="ADDRESS",
    help="With --html: only these clips.",
)
@click.option("--cut", metavar="NAME", help="With --html: only the clips of this cut.")
@click.option("--read", "returned", type=_FILE, metavar="FILE", help="Add the notes of an exported page.")
@click.option(
    "--compare", nargs=2, type=ADDRESS, metavar="A B", help="Write two takes side by side as a video."
)
@click.option("--out", type=_FILE, metavar="FILE", help="With --compare: the video to write.")
def command(
    globals: Globals,
    port: int | None,
    no_browser: bool,
    read_only: bool,
    allow_apply: bool,
    listen: str | None,
    users: tuple[str, ...],
    user_header: str | None,
    hosts: tuple[str, ...],
    directory: Path | None,
    targets: tuple[str, ...],
    cut: str | None,
    returned: Path | None,
    compare: tuple[str, str] | None,
    out: Path | None,
) -> ExitCode:
    """Review the library in the browser: compare takes, pick, leave notes. Runs until Ctrl-C.

    The page shows manifests, state and assets, and follows changes while it is open. Picks go into
    picks.toml, notes and rejections into review.toml among the manifests, for git. Nothing is rendered or
    billed unless the command was started with --allow-apply. Only this machine can reach the page, at the
    URL that is printed.
    """
    from sorasync.cli.app import review_server as server

    if sum(given is not None for given in (directory, returned, compare)) > 1:
        raise click.UsageError("--html, --read and --compare cannot be combined")
    if (targets or cut) and directory is None:
        raise click.UsageError("--target and --cut go with --html")
    if (out is None) is not (compare is None):
        raise click.UsageError("--compare and --out go together")
    if read_only and allow_apply:
        raise click.UsageError("--read-only and --allow-apply cannot be combined")
    server.require_review()
    if directory is not None:
        server.export(globals, directory, targets, cut)
    elif returned is not None:
        server.read(globals, returned)
    elif compare is not None and out is not None:
        server.compare(globals, compare, out)
    else:
        wanted = server.Wanted(port, listen, users, user_header, hosts)
        opened = None if no_browser or listen else server.open_page
        server.served(globals, wanted, opened, read_only=read_only, allow_apply=allow_apply)
    return ExitCode.DONE
