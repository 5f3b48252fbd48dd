"""A program that begins at once, for tests that start it by its name many times over.

A process that has imported sorasync once forks for each start; the script that stands for the program hands
arguments, environment, directory and streams over, and ends with the exit code.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from tests.apply.crash.child import Child, fork
from tests.apply.crash.server import PROCESSES

_SCRIPT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    socket.send_fds(asked, [b"."], [0, 1, 2])
    asked.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    asked.shutdown(socket.SHUT_WR)
    sys.exit(int(asked.recv(16) or b"70"))
"""


@contextmanager
def warm_program() -> Iterator[str]:
    """The text of a script that runs `sorasync`, while the process that it asks lives."""
    # An address of a socket may have about a hundred characters, which a test's own directory exceeds.
    directory = tempfile.mkdtemp(prefix="warm-")
    mine, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_serve, args=(f"{directory}/socket", theirs))
    process.start()
    try:
        mine.recv()
        yield _SCRIPT.format(python=sys.executable, address=f"{directory}/socket")
    finally:
        process.terminate()
        process.join(10)
        shutil.rmtree(directory)


def put_program(script: str, directory: Path) -> Path:
    """Put a script that runs `sorasync` under its name into a directory, for PATH."""
    directory.mkdir(exist_ok=True)
    path = directory / "sorasync"
    path.write_text(script)
    path.chmod(0o755)
    return path


def _serve(address: str, ready: Connection) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        ready.send(True)
        running: list[Child] = []
        while True:
            asked, _ = listening.accept()
            running = [one for one in running if one.wait(0) is None]
            running.append(fork(lambda asked=asked: _attend(asked)))  # type: ignore[misc]
            asked.close()


def _attend(asked: socket.socket) -> int:
    """Run the program for one start of the script, and kill it where the script is killed."""
    _, streams, _, _ = socket.recv_fds(asked, 1, 3)
    whole = b"".join(iter(lambda: asked.recv(1 << 16), b""))
    arguments, directory, environment = json.loads(whole)
    child = fork(lambda: _run(streams, arguments, directory, environment))
    for stream in streams:
        os.close(stream)
    while (code := child.wait(0.05)) is None:
        if select.select([asked], [], [], 0)[0] and _gone(asked):
            child.kill()
    asked.sendall(str(code if code >= 0 else 128 - code).encode())
    return 0


def _gone(asked: socket.socket) -> bool:
    """Whether the script has ended: it had said all before, so what can be read is its end."""
    poll = select.poll()
    poll.register(asked, select.POLLHUP)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def _run(streams: list[int], arguments: list[str], directory: str, environment: dict[str, str]) -> int:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = ["sorasync", *arguments]
    from sorasync.cli.main import main

    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0
