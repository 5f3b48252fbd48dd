"""The program in a process of its own, which a request to the bucket may kill."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.apply.crash.server import PROCESSES
from tests.bucket.fault_proxy import FaultProxy

# Seconds after which a run hangs.
_LONGEST = 120.0


def apply_killed_at(root: Path, proxy: FaultProxy, number: int, *, carried_out: bool) -> bool:
    """Apply, and kill the program at that request to the bucket; whether there were so many.

    `carried_out`: the store still does what the request asks for.
    """
    process = PROCESSES.Process(target=_apply, args=(root, dict(os.environ)))
    seen = 0
    died = False

    def kill(method: str, path: str) -> None:
        nonlocal seen, died
        seen += 1
        if seen == number:
            died = True
            process.kill()
            process.join(_LONGEST)
        if died and not carried_out:
            raise ConnectionAbortedError

    proxy.before = kill
    process.start()
    process.join(_LONGEST)
    assert process.exitcode is not None, "it hangs"
    proxy.before = lambda method, path: None
    return died


def _apply(root: Path, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        from sorasync.cli.main import run

        os._exit(run(["--library", str(root), "apply", "--yes"]))
