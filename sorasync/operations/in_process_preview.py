"""The preview provider inside this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError

if TYPE_CHECKING:
    from httpx import AsyncBaseTransport

    from sorasync.operations.project import Project

# Seconds for which its videos are kept: for good, on this machine.
_KEPT = 10 * 365 * 86400.0


def require_preview() -> None:
    """Raises `SorasyncError` if a package of the preview provider is not installed."""
    try:
        import sorasync.preview.serve  # noqa: F401

        # Loaded where a video is drawn; an install with another extra may have the server and lack them.
        if not all(map(find_spec, ("av", "numpy", "PIL"))):
            raise ImportError
    except ImportError as error:
        from sorasync.installed import install_command, missing_extra

        raise SorasyncError(
            missing_extra("the preview provider", "preview"), hint=install_command("preview")
        ) from error


@asynccontextmanager
async def preview_transport(project: Project) -> AsyncIterator[AsyncBaseTransport]:
    """A transport that answers with a preview server over the library's data for it, made if need be.

    An interruption does not wait for drawings.
    """
    require_preview()
    from sorasync.preview.app import PreviewSettings, create_app
    from sorasync.provider.local import in_process

    settings = PreviewSettings(
        data=project.preview_data,
        clean=project.config.preview.clean,
        expires_after=_KEPT,
        find_character=_character_finder(project),
    )
    app = create_app(settings)
    try:
        yield in_process(app)
        await app.state.server.aclose()
    except (asyncio.CancelledError, KeyboardInterrupt):
        app.state.server.abandon()
        raise
    finally:
        await app.state.server.aclose()


def _character_finder(project: Project) -> Callable[[str], tuple[str, Path] | None]:
    """Finds name and clip of a character that was uploaded to the preview server of another machine."""

    def find(character_id: str) -> tuple[str, Path] | None:
        from sorasync.graph.render import Kind
        from sorasync.manifest.load import load

        with project.store() as store:
            records = store.records_of_job(character_id)
        sent = [json.loads(record.inputs) for record in records if record.kind == Kind.CHARACTER]
        for spec in load(project.root, project.config).characters.values() if sent else ():
            if any((one["name"], one["video"]) == (spec.name, spec.video_sha256) for one in sent):
                return spec.name, project.root / spec.video
        return None

    return find
