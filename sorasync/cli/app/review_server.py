"""Runs the page of `sorasync review`, and says where it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.library_options import Globals
from sorasync.errors import SorasyncError

if TYPE_CHECKING:
    from sorasync.review.serve import ReviewPage


def require_review() -> None:
    """Raises `SorasyncError` if a package of the page is not installed."""
    try:
        import av
        import PIL

        import sorasync.review.serve  # noqa: F401
    except ImportError as error:
        from sorasync.installed import install_command

        raise SorasyncError(
            f"the review page needs packages that are not installed ({error.name})",
            hint=install_command("review"),
        ) from error
    assert av and PIL


def served(
    globals: Globals, port: int, opened: Callable[[ReviewPage], None] | None, *, read_only: bool
) -> None:
    """Serve until interrupted. Raises `SorasyncError` where the port is taken."""
    require_review()
    from sorasync.review.app import PageOptions
    from sorasync.review.serve import Listening, serve

    project = globals.project()

    def ready(page: ReviewPage) -> None:
        click.echo(_ready_text(page, project.name, json_wanted=globals.json))
        if opened is not None:
            opened(page)

    try:
        serve(project, Listening(port=port), PageOptions(read_only=read_only), ready)
    except KeyboardInterrupt:
        return
    except OSError as error:
        raise SorasyncError(
            f"cannot serve on port {port}: {error.strerror or error}", hint="leave --port out for a free one"
        ) from error


def open_page(page: ReviewPage) -> None:
    """Open the page in the browser of whoever runs this, if there is one."""
    import webbrowser

    # The address of a started browser can be read by every user of this machine: it opens the page once.
    webbrowser.open(page.one_time_url)


def _ready_text(page: ReviewPage, library: str, *, json_wanted: bool) -> str:
    if json_wanted:
        return json.dumps({"format_version": 1, "url": page.url, "port": page.port})
    warning = "Whoever has this address can write picks and notes. Ctrl-C stops it."
    return f"Reviewing {library} on {page.url}\n{warning}"
