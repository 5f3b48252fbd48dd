"""`sorasync review`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand

_EXAMPLES = """\b
Examples:
  sorasync review
  sorasync review --no-browser --port 8791
  sorasync review --read-only
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Default: a free one.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option("--read-only", is_flag=True, help="Only look: no picks, no notes.")
def command(globals: Globals, port: int, no_browser: bool, read_only: bool) -> ExitCode:
    """Look at the library in the browser: compare takes, pick, leave notes. Until Ctrl-C.

    The page shows what manifests, state and assets hold, and follows changes while it is open. A pick goes
    into picks.toml, notes and rejections into review.toml among the manifests, for git. Nothing is rendered
    or billed. The page is reachable from this machine only, by the address that is printed.
    """
    from sorasync.cli.app.review_server import open_page, served

    served(globals, port, open_page if not no_browser else None, read_only=read_only)
    return ExitCode.DONE
