"""A preview server in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.request import urlopen

PROCESSES = multiprocessing.get_context("forkserver")
"""Processes are forked from one that has imported the program and done nothing else."""
PROCESSES.set_forkserver_preload(
    [
        "sorasync.cli.main",
        "sorasync.cli.commands.apply",
        "sorasync.operations.apply",
        "sorasync.manifest.load",
        "sorasync.provider.client",
        "sorasync.preview.serve",
        "sorasync.cli.report_text",
        "tests.apply.crash.victim",
    ]
)

Faults = Sequence[dict[str, Any]]


@contextmanager
def serving(data: Path, faults: Faults = (), seed: int = 0) -> Iterator[str]:
    """The address of a server over `data` that draws nothing, for the time of a `with` block."""
    plan = data.with_suffix(".json")
    data.parent.mkdir(parents=True, exist_ok=True)
    plan.write_text(json.dumps({"seed": seed, "rules": list(faults)}))
    mine, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_serve, args=(data, plan, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}"
    finally:
        process.terminate()
        process.join(10)


def ledger(url: str) -> list[dict[str, Any]]:
    """What the server billed, without the uploads of characters, which are free."""
    with urlopen(f"{url}/preview/ledger", timeout=60) as answer:
        rows: list[dict[str, Any]] = json.load(answer)["rows"]
    return [row for row in rows if row["kind"] != "character"]


def _serve(data: Path, plan: Path, tell: Connection) -> None:
    from sorasync.preview.serve import serve
    from sorasync.preview.settings import PreviewSettings

    serve(PreviewSettings(data, draw=False, faults=plan), "127.0.0.1", 0, tell.send)
