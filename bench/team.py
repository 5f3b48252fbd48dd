"""`python -m bench.team`: what a state in PostgreSQL costs, printed as a table, on a server of its own."""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from bench.generate import fill_state, write_library
from bench.provider import child, host, library
from bench.silent import Silent
from bench.table import held, row
from sorasync.operations.apply import ApplyOptions, apply
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.operations.state_command import move_state
from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings
from sorasync.state.lock import LockWait
from sorasync.state.postgres_database import PostgresDatabase
from tests.moto_server import CREDENTIALS, running_moto
from tests.postgres_server import PostgresServer, running_server


@dataclass
class Figures:
    """What one apply took: seconds, seconds of CPU with those of the provider, and what was said."""

    wall: float
    cpu: float
    statements: int = 0
    round_trips: int = 0


def measured(clips: int, state: str, *, at_once: int = 50) -> Figures:
    """Apply a library whose renders are ready at once."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        with running(PreviewSettings(root / "provider", draw=False)) as server:
            write_library(root / "library", clips)
            config = root / "library" / "sorasync.toml"
            config.write_text(
                config.read_text().replace('"preview"', f'"preview"\nbase_url = "{server.url}"')
                + f'[library]\nname = "bench"\n[state]\nurl = "{state}"\nlock_file = false\n'
            )
            before, wall, cpu = _said(), time.perf_counter(), time.process_time()
            options = ApplyOptions(parallelism=at_once)
            report = apply(Project.open(root / "library"), options, Silent(), lambda planned: True)
            assert report is not None
            assert report.word == "done", report
            found = Figures(time.perf_counter() - wall, time.process_time() - cpu)
    after = _said()
    found.statements, found.round_trips = after[0] - before[0], after[1] - before[1]
    return found


_CLOSED = [0, 0]


def _said() -> tuple[int, int]:
    return _CLOSED[0], _CLOSED[1]


def count_what_is_said() -> None:
    """Add up what every connection has said, when it is closed."""
    close = PostgresDatabase.close

    def counted(database: PostgresDatabase) -> None:
        _CLOSED[0] += database.statements
        _CLOSED[1] += database.round_trips
        close(database)

    PostgresDatabase.close = counted  # type: ignore[method-assign]


@contextmanager
def distant(port: int, seconds: float) -> Iterator[int]:
    """The port of a proxy to a server; an answer takes that many seconds longer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def receive(source: socket.socket, line: SimpleQueue[tuple[float, bytes]]) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 18):
                line.put((time.monotonic() + seconds / 2, data))
        line.put((0.0, b""))

    def send(line: SimpleQueue[tuple[float, bytes]], sink: socket.socket) -> None:
        with suppress(OSError):
            while (said := line.get())[1]:
                time.sleep(max(0.0, said[0] - time.monotonic()))
                sink.sendall(said[1])
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                for source, sink in ((client, server), (server, client)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    line: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
                    threading.Thread(target=receive, args=(source, line), daemon=True).start()
                    threading.Thread(target=send, args=(line, sink), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()


def renders(server: PostgresServer, clips: int) -> None:
    """What an apply says for each clip, and how long it takes."""
    row("", "PostgreSQL", "SQLite", "target")
    few, many = measured(clips // 4, server.url("few")), measured(clips, server.url("many"))
    extra = (clips - clips // 4) * 1.2  # every fifth clip has an extension
    trips = (many.round_trips - few.round_trips) / extra
    row("round trips a render", f"{trips:.1f}", "", held(trips, 6, "6"))
    row("statements a render", f"{(many.statements - few.statements) / extra:.1f}")
    file = measured(clips, "sqlite:state/sorasync.db")
    ratio = many.wall / file.wall
    row(
        f"{clips} clips, ready at once", f"{many.wall:.1f} s", f"{file.wall:.1f} s", held(ratio, 1.05, "1.05")
    )
    own = (many.cpu - few.cpu) / extra * 1000
    row("CPU a render, the provider's too", f"{own:.1f} ms", f"{file.cpu / clips / 1.2 * 1000:.1f} ms")
    for seconds, target in ((0.010, 1.10), (0.200, None)):
        with distant(server.port, seconds) as port:
            far = measured(clips, server.url(f"far_{seconds * 1000:.0f}", port=port))
        kept = "" if target is None else held(far.wall / file.wall, target, f"{target:.2f}")
        row(f"the same, {seconds * 1000:.0f} ms away", f"{far.wall:.1f} s", "", kept)


def plans(server: PostgresServer, clips: int) -> None:
    """A plan without changes over a large state, reading included."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "library"
        write_library(root, clips)
        fill_state(root)
        config = root / "sorasync.toml"
        config.write_text(config.read_text() + '[library]\nname = "large"\n')
        project, began = Project.open(root), time.perf_counter()
        move_state(project, server.url("large"), LockWait("move"))
        row(f"state move, {clips} clips", f"{time.perf_counter() - began:.1f} s")
        times = {}
        for name, url in (("shared", server.url("large")), ("file", "sqlite:state/sorasync.db")):
            config.write_text(config.read_text().partition("[state]")[0] + f'[state]\nurl = "{url}"\n')
            times[name] = statistics.median(_plan(root) for _ in range(4))
    row(
        f"plan of {clips} clips, no changes",
        f"{times['shared']:.2f} s",
        f"{times['file']:.2f} s",
        held(times["shared"], 2, "2 s"),
    )


def _plan(root: Path) -> float:
    began = time.perf_counter()
    project = Project.open(root, cached=True)
    with project.synced_store() as store:
        assert not make_plan(project, PlanOptions(offline=True), store).plan.changes
    return time.perf_counter() - began


def large_video(size: int) -> None:
    """One large video, from its provider into a bucket."""
    with (
        tempfile.TemporaryDirectory() as name,
        running_moto() as moto,
        host("file", "--bytes", str(size)) as url,
    ):
        root = Path(name) / "library"
        library(root, url, 1, 1, pictures=False)
        bucket = moto.url("large", "film")
        with (root / "sorasync.toml").open("a") as config:
            config.write(f'\n[library]\nname = "large"\n[assets]\nurl = "{bucket}"\n')
        os.environ.update(CREDENTIALS)
        used = child("apply", "--root", str(root), "--at-once", "1")
    row(f"{size / 1e9:.1f} GB into a bucket", f"{used['wall']:.1f} s")
    row("memory of the apply, all in all", f"{used['mib']:.0f} MiB", "", held(used["mib"], 200, "200 MiB"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.team")
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    options = parser.parse_args()
    large_video(options.bytes)
    count_what_is_said()
    with running_server() as server:
        renders(server, options.clips)
        plans(server, options.large)


if __name__ == "__main__":
    main()
