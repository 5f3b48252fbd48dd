"""The output of `sorasync pull`."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.units import size
from sorasync.operations.local_videos import Pulled
from sorasync.text import counted


def pull_text(pulled: Pulled, *, quiet: bool) -> Iterator[str]:
    """What came, what did not, and what is here now."""
    if not quiet:
        for file in pulled.fetched:
            yield f"↓ {file.label}  {size(file.bytes)}"
    for label, why in pulled.failed.items():
        yield f"! {label}: {one_line(why)}"
    fetched = pulled.fetched
    here = len(pulled.files) - len(fetched)
    if fetched or pulled.failed:
        also = f"; {here} already here" if here else ""
        yield f"Fetched {counted(len(fetched), 'file')}, {size(sum(file.bytes for file in fetched))}{also}."
    elif here:
        yield f"Nothing to fetch: {counted(here, 'file')} here already."
    else:
        yield "Nothing is stored yet."
    if pulled.dropped:
        yield f"Evicted {size(pulled.dropped)} of least recently used copies: [assets] cache_gb is reached."


def pull_json(pulled: Pulled) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "fetched": [
            {"address": file.label, "sha256": file.sha256, "bytes": file.bytes} for file in pulled.fetched
        ],
        "here": len(pulled.files) - len(pulled.fetched),
        "failed": [{"address": label, "message": why} for label, why in pulled.failed.items()],
        "dropped_bytes": pulled.dropped,
    }
