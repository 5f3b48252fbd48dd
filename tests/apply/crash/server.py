"""A preview server in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

if TYPE_CHECKING:
    from sorasync.preview.settings import PreviewSettings

# Processes are forked from one that has imported the program and done next to nothing else.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.apply.crash.warm"])

Faults = Sequence[dict[str, Any]]

_PAID = ["create", "extend", "edit*", "batch"]
BAD_DAY: Faults = [
    {"route": _PAID, "do": "cut_after", "probability": 0.1},
    {"route": _PAID, "do": "cut_before", "probability": 0.05},
    {"route": _PAID, "do": "error", "probability": 0.05},
    {"route": _PAID, "do": "delay", "delay": 0.3, "probability": 0.1},
    {"route": ["create", "batch"], "do": "rate_limit", "retry_after": 0.2, "probability": 0.1},
    {"route": ["list", "get", "files", "batch_list", "batch_get"], "do": "error", "probability": 0.1},
    {"route": ["content", "files_content"], "do": "cut_body", "probability": 0.1},
    {"route": "content", "do": "truncate", "probability": 0.1},
]


@contextmanager
def serving(
    data: Path,
    faults: Faults = (),
    seed: int = 0,
    dialect: str = "openai",
    *,
    render_seconds: float = 0,
) -> Iterator[str]:
    """The address of a server over `data` that draws nothing, for the time of a `with` block."""
    from sorasync.preview.settings import PreviewSettings

    plan = data.with_suffix(".json")
    data.parent.mkdir(parents=True, exist_ok=True)
    plan.write_text(json.dumps({"seed": seed, "rules": list(faults)}))
    mine, theirs = PROCESSES.Pipe()
    settings = PreviewSettings(
        data,
        draw=False,
        faults=plan,
        dialect=dialect,
        poll_after_ms=20,
        render_seconds=render_seconds,
    )
    process = PROCESSES.Process(target=_serve, args=(settings, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}"
    finally:
        process.terminate()
        process.join(10)


def ledger(url: str) -> list[dict[str, Any]]:
    """What the server billed, without the uploads of characters, which are free."""
    with urlopen(f"{url}/preview/ledger", timeout=120) as answer:
        rows: list[dict[str, Any]] = json.load(answer)["rows"]
    return [row for row in rows if row["kind"] != "character"]


def _serve(settings: PreviewSettings, tell: Connection) -> None:
    from sorasync.preview.serve import serve

    serve(settings, "127.0.0.1", 0, tell.send)
