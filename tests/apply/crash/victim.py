"""The program as its user runs it, in a process that may be told to die."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from sorasync.cli.app.exit_code import ExitCode
from tests.apply.crash.child import Child, fork, fork_elsewhere
from tests.apply.crash.doom import Doom, signal_myself
from tests.apply.crash.steps import watch

LOG, STEPS = "run.log", "steps.log"


def begin(
    library: Path,
    doom: Doom | None = None,
    *arguments: str,
    told: Callable[[int], None] = lambda number: None,
    after: Callable[[], object] = lambda: None,
    output: int | None = None,
) -> Child:
    """Begin `sorasync apply --yes` on a library, in a process of its own.

    It waits for `after`, and calls `told` with the number of each step. What it prints goes to the
    descriptor `output`, else into run.log; the steps it passed are in steps.log.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    try:
        return fork(lambda: _apply(library, doom, arguments, told, after, output))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_elsewhere(library: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Child:
    """As `begin`, for a library with a bucket, with more in the environment."""
    return fork_elsewhere(_apply_to_the_end, library, arguments, environment or {})


def _apply_to_the_end(library: Path, arguments: tuple[str, ...], environment: Mapping[str, str]) -> int:
    os.environ.update(environment)
    return _apply(library, None, arguments, lambda number: None, lambda: None, None)


# Signals that wait until the program begins.
_HELD_BACK = (signal.SIGINT, signal.SIGTERM)


def _apply(
    library: Path,
    doom: Doom | None,
    arguments: tuple[str, ...],
    told: Callable[[int], None],
    after: Callable[[], object],
    output: int | None,
) -> int:
    log = os.open(library / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if output is None else output
    steps = os.open(library / STEPS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    number = 0

    def step(name: str) -> None:
        nonlocal number
        number += 1
        os.write(steps, f"{os.getpid()} {name}\n".encode())
        told(number)
        if doom is not None and (sent := doom.at(name, number)) is not None:
            signal_myself(sent)

    after()
    # Where this runs in the background of a shell, SIGINT may be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    trust_few(library)
    watch(library, step)
    sys.argv = ["sorasync", "--library", str(library), "apply", "--yes", *arguments]
    from sorasync.cli.main import main

    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED  # as an interpreter that has not come to the program yet
    try:
        main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        return int(end.code or 0)
    return 0


def trust_few(directory: Path) -> None:
    """Let this process know one certificate: loading them all takes longer than the rest of a small apply.

    Without any, the client of buckets does not begin.
    """
    import certifi

    first = certifi.contents().partition("-----END CERTIFICATE-----")
    file = directory / "trusted.pem"
    file.write_text(f"{first[0]}{first[1]}\n")
    os.environ["SSL_CERT_FILE"], os.environ["SSL_CERT_DIR"] = str(file), str(directory)
