"""Runs the preview server for `sorasync preview`."""

from __future__ import annotations

import json as json_text
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.preview.dialect_names import ROOTS

if TYPE_CHECKING:
    from sorasync.preview.settings import PreviewSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """What needs the packages of the extra `preview`: the server, and its settings' class."""

    serve: Callable[[PreviewSettings, str, int, Callable[[int], None]], None]
    settings: type[PreviewSettings]


def loaded() -> Parts:
    """The server's parts. Raises `SorasyncError` where its packages are not installed."""
    from sorasync.operations.in_process_preview import require_preview

    require_preview()
    from sorasync.preview.serve import serve
    from sorasync.preview.settings import PreviewSettings

    return Parts(serve, PreviewSettings)


def listen(
    parts: Parts, settings: PreviewSettings, host: str, port: int, ready: Callable[[int], None]
) -> None:
    """Serve until interrupted. Raises `SorasyncError` if the address is taken."""
    try:
        parts.serve(settings, host, port, ready)
    except KeyboardInterrupt:
        return
    except OSError as error:
        raise SorasyncError(
            f"cannot serve on {host}:{port} with {settings.data}: {error.strerror or error}",
            hint="--port 0 takes a free port, --data names another directory",
        ) from error


def base_url(host: str, port: int, dialect: str = "openai") -> str:
    """The address of the API in a dialect; a server that listens everywhere is reached on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    place = f"[{name}]" if ":" in name else name
    return f"http://{place}:{port}{ROOTS.get(dialect, '/v1')}"


def ready_text(host: str, port: int, dialect: str, data: Path, *, api_key_env: str | None, json: bool) -> str:
    """What is printed once the server listens: where it is, and what to write into `sorasync.toml`.

    The profile `preview` bills nothing and sends no key; with a key or another dialect, the profile of the
    family that is spoken is named.
    """
    url = base_url(host, port, dialect)
    profile = "preview" if dialect == "openai" and api_key_env is None else dialect
    if json:
        facts = {"format_version": 1, "base_url": url, "port": port, "dialect": dialect, "profile": profile}
        return json_text.dumps(facts | {"data": str(data)}, ensure_ascii=False)
    key = f'\n  api_key_env = "{api_key_env}"' if api_key_env else ""
    return (
        f"Serving the preview provider ({dialect}) on {url}, data in {data}. Ctrl-C stops it.\n\n"
        f'In sorasync.toml:\n  [provider]\n  profile = "{profile}"\n  base_url = "{url}"{key}'
    )
