"""Carries out `sorasync review`: serves the page, exports it, takes notes in, compares two takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shlex import quote as quoted
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.failure import one_line
from sorasync.cli.app.library_options import Globals
from sorasync.errors import SorasyncError
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.review.serve import Listening, ReviewPage


def require_review() -> None:
    """Raises `SorasyncError` if a package of the page is not installed."""
    try:
        import av
        import PIL

        import sorasync.review.serve  # noqa: F401
    except ImportError as error:
        from sorasync.installed import install_command, missing_extra

        raise SorasyncError(
            missing_extra("the review page", "review"), hint=install_command("review")
        ) from error
    assert av and PIL


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the page is to listen and for whom, as it was typed."""

    port: int | None
    listen: str | None
    users: tuple[str, ...]
    user_header: str | None
    hosts: tuple[str, ...]

    def listening(self) -> Listening:
        """The same, checked. Raises `SorasyncError`."""
        from sorasync.review.serve import Listening, users_of

        host, port = "127.0.0.1", self.port or 0
        if self.listen is not None:
            host, _, typed = self.listen.rpartition(":") if ":" in self.listen else (self.listen, "", "")
            host = host.strip("[]")
            if typed and not typed.isdecimal():
                raise click.UsageError("--listen takes HOST or HOST:PORT")
            port = int(typed) if typed else port
        near = host in ("127.0.0.1", "localhost", "::1")
        if self.user_header and not near:
            raise SorasyncError(
                "anybody who reaches the page directly could set that header",
                hint="listen on 127.0.0.1 behind the proxy, or give each --user a token",
            )
        if not near and not self.users:
            raise SorasyncError(
                f"the page would be open to everybody who can reach {host}",
                hint="say who may see it: --user NAME:TOKEN, once for each",
            )
        users = users_of(self.users) or None
        return Listening(host, port, users, self.hosts, self.user_header)


def served(
    globals: Globals,
    wanted: Wanted,
    opened: Callable[[ReviewPage], None] | None,
    *,
    read_only: bool,
    allow_apply: bool,
) -> None:
    """Serve until interrupted. Raises `SorasyncError` where the port is taken."""
    from sorasync.review.app import PageOptions
    from sorasync.review.serve import serve

    project, listening = globals.project(), wanted.listening()

    def ready(page: ReviewPage) -> None:
        click.echo(_ready_text(page, project.name, read_only=read_only, json_wanted=globals.json))
        if opened is not None:
            opened(page)

    try:
        serve(project, listening, PageOptions(read_only=read_only, allow_apply=allow_apply), ready)
    except KeyboardInterrupt:
        return
    except OSError as error:
        raise SorasyncError(
            f"cannot serve on {listening.host}:{listening.port}: {error.strerror or error}",
            hint="leave the port out for a free one",
        ) from error


def export(globals: Globals, directory: Path, targets: tuple[str, ...], cut: str | None) -> None:
    """Write the page as files."""
    from sorasync.cli.terminal.units import size as in_bytes
    from sorasync.review.static_export import ExportOptions, export_page

    found = export_page(globals.project(), directory, ExportOptions(targets, cut))
    if globals.json:
        facts = {"format_version": 1, "page": str(found.page), "clips": found.clips, "videos": found.videos}
        click.echo(json.dumps(facts | {"bytes": found.size}, ensure_ascii=False))
        return
    videos = f"{counted(found.clips, 'clip')}, {counted(found.videos, 'video')}, {in_bytes(found.size)}"
    click.echo(f"{found.page}: {videos}. Open it, or send the directory as a whole.")


def read(globals: Globals, path: Path) -> None:
    """Take in the notes of an exported page."""
    from sorasync.review.choices import Choices
    from sorasync.review.notes_file import review_file
    from sorasync.review.returned_notes import read_returned

    project = globals.project()
    found = read_returned(path)
    new = Choices(globals.project).take_in(found.notes)
    if globals.json:
        facts = {"format_version": 1, "new": new, "picks": found.picks, "file": review_file(project)}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    if found.library != project.name:
        click.echo(f"Note: they are about {one_line(found.library)}, not {one_line(project.name)}.")
    click.echo(f"{counted(new, 'note or verdict', 'notes and verdicts')} new in {review_file(project)}.")
    for clip, take in found.picks.items():
        pick = f"sorasync pick {quoted(one_line(clip))} {take}"
        click.echo(f"Picked on the exported page, not written here: {pick}")


def compare(globals: Globals, addresses: tuple[str, str], out: Path) -> None:
    """Write two takes side by side."""
    from sorasync.review.side_by_side import compare as write

    project = globals.project()
    found = [_video_of(project, address) for address in addresses]
    assets = project.assets()
    (one, first), (other, second) = found
    length = write((assets.file_of(one), assets.file_of(other)), (first, second), assets.path, out)
    if globals.json:
        click.echo(json.dumps({"format_version": 1, "file": str(out), "seconds": round(length, 3)}))
    else:
        click.echo(f"{out}: {first} beside {second}, {length:.1f} s.")


def _video_of(project: Project, text: str) -> tuple[str, str]:
    """Digest and label of the video that an address means: a take, a step, or what a clip stands for."""
    from sorasync.operations.address_lookup import find
    from sorasync.operations.plan import PlanOptions, make_plan
    from sorasync.review.library_view import Snapshot
    from sorasync.review.notes_file import ReviewNotes

    planned = make_plan(project, PlanOptions(offline=True))
    found = find(text, planned.graph)
    node = planned.graph.clips.get(found.owner.removeprefix("clip."))
    address = node.final if found.whole and node is not None else found.renders[0]
    asset = Snapshot(project, planned, ReviewNotes()).asset_of(address or "")
    if asset is None:
        raise SorasyncError(
            f"there is no video of {text} here", hint="sorasync status shows what is rendered"
        )
    return asset, planned.graph.label(address or "")


def open_page(page: ReviewPage) -> None:
    """Open the page in the browser of whoever runs this, if there is one."""
    import webbrowser

    # The address of a started browser can be read by every user of this machine: it opens the page once.
    webbrowser.open(page.one_time_url)


def _ready_text(page: ReviewPage, library: str, *, read_only: bool, json_wanted: bool) -> str:
    if json_wanted:
        return json.dumps({"format_version": 1, "url": page.url, "port": page.port})
    may = "see everything, and write nothing" if read_only else "write picks and notes"
    warning = f"Anyone with this URL can {may}. Ctrl-C stops it."
    return f"Reviewing {library} on {page.url}\n{warning}"
