"""`sorasync preview`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.preview.dialect_names import NAMES

_EXAMPLES = """\b
Examples:
  sorasync preview
  sorasync preview --port 0 --data /tmp/preview --no-draw
  sorasync preview --faults faults.toml --render-seconds 20
  sorasync preview --dialect vllm-omni
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8790, show_default=True, help="0 takes a free port."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where jobs and videos are kept. Default: state/preview of the library, else ./preview-data.",
)
@click.option(
    "--dialect",
    type=click.Choice(NAMES),
    default="openai",
    show_default=True,
    metavar="FAMILY",
    help=f"The family of servers to imitate: {', '.join(NAMES)}.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Inject the faults defined in this file.",
)
@click.option("--render-seconds", type=click.FloatRange(0), metavar="N", help="How long a render takes.")
@click.option("--no-draw", is_flag=True, help="Give every render a tiny video at once instead of drawing it.")
@click.option("--clean", is_flag=True, help="Draw without text, the picture over the whole frame.")
@click.option("--api-key-env", metavar="NAME", help="Refuse requests without the key in this variable.")
def command(
    globals: Globals,
    host: str,
    port: int,
    data: Path | None,
    dialect: str,
    faults: Path | None,
    render_seconds: float | None,
    no_draw: bool,
    clean: bool,
    api_key_env: str | None,
) -> ExitCode:
    """Serve the preview provider on a port, until Ctrl-C.

    A Videos API server that draws animatics on this machine and bills nothing, for this program or any
    other. Needs no library.
    """
    from sorasync.cli.app.preview_server import listen, loaded, ready_text

    parts = loaded()
    settings = parts.settings(
        data=data or _default_data(globals),
        draw=not no_draw,
        clean=clean,
        render_seconds=render_seconds or 0,
        dialect=dialect,
        faults=faults,
        api_key=_preview_api_key(api_key_env),
    )

    def ready(taken: int) -> None:
        text = ready_text(host, taken, dialect, settings.data, api_key_env=api_key_env, json=globals.json)
        click.echo(text)

    listen(parts, settings, host, port, ready)
    return ExitCode.DONE


def _default_data(globals: Globals) -> Path:
    """The library's own place if there is a library around here, else one in this directory."""
    from sorasync.errors import SorasyncError
    from sorasync.library_file import find_library

    if globals.library is not None or globals.env is not None:
        return globals.project().preview_data
    try:
        find_library(Path.cwd())
    except SorasyncError:
        return Path("preview-data")
    return globals.project().preview_data


def _preview_api_key(variable: str | None) -> str | None:
    from sorasync.errors import SorasyncError

    if variable is None:
        return None
    key = os.environ.get(variable)
    if not key:
        raise SorasyncError(
            f"the variable {variable} is not set", hint="--api-key-env takes the name of a variable"
        )
    return key
