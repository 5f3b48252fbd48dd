"""The preview provider inside this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError

if TYPE_CHECKING:
    from httpx import AsyncBaseTransport

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
async def preview_transport(data: Path, clean: bool = False) -> AsyncIterator[AsyncBaseTransport]:
    """A transport that answers with a preview server over `data`, which is created if need be; `clean` draws
    no text.

    An interruption does not wait for drawings.
    """
    require_preview()
    from sorasync.preview.app import PreviewSettings, create_app
    from sorasync.provider.local import in_process

    app = create_app(PreviewSettings(data=data, clean=clean, expires_after=_KEPT))
    try:
        yield in_process(app)
        await app.state.server.aclose()
    except (asyncio.CancelledError, KeyboardInterrupt):
        app.state.server.abandon()
        raise
    finally:
        await app.state.server.aclose()
