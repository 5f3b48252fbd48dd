"""`python -m bench.team`: what a state in PostgreSQL costs, printed as a table, on a server of its own."""

from __future__ import annotations

import argparse
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

from bench.generate import fill_state, write_library
from bench.provider import child, host, library, rendering
from bench.silent import Silent
from bench.table import held, row
from sorasync.cli.app.exit_code import ExitCode
from sorasync.operations.apply import ApplyOptions, apply
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.operations.state_command import move_state
from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings
from sorasync.state.lock import LockWait
from sorasync.state.postgres_database import PostgresDatabase
from sorasync.text import counted
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


def under_way(server: PostgresServer, clips: int, in_flight: int, seconds: float) -> None:
    """Slow renders: how far an apply is from the lower bound, with the database near and far away."""
    bound = math.ceil(clips / in_flight) * seconds
    row("", "sorasync", "lower bound", "target")
    near = _apply_over(server.url("under_way"), clips, in_flight, seconds)
    start = _apply_over(server.url("start"), 1, in_flight, seconds)
    ratio, own = near["wall"] / bound, (near["cpu"] - start["cpu"]) / clips * 1000
    row(f"{clips} clips of {seconds:.0f} s", f"{near['wall']:.1f} s", f"{bound:.0f} s")
    row("wall / lower bound", f"{ratio:.3f}", "", held(ratio, 1.05, "1.05"))
    row("CPU a clip", f"{own:.1f} ms", "", held(own, 8, "8 ms"))
    with distant(server.port, 0.010) as port:
        far = _apply_over(server.url("far", port=port), clips, in_flight, seconds)
    ratio = far["wall"] / bound
    row("wall / lower bound, 10 ms away", f"{ratio:.3f}", "", held(ratio, 1.10, "1.10"))


def _apply_over(state: str, clips: int, in_flight: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "library"
        with rendering(Path(name) / "provider", in_flight, seconds) as url:
            library(root, url, clips, in_flight, pictures=False)
            with (root / "sorasync.toml").open("a") as config:
                config.write(f'\n[library]\nname = "bench"\n[state]\nurl = "{state}"\n')
            return child("apply", "--root", str(root), "--at-once", str(in_flight * 2))


def runners(server: PostgresServer, clips: int) -> None:
    """Instant renders, by one runner and by four: speed, CPU and round trips."""
    one = _by_runners(server, clips, 1)
    four = _by_runners(server, clips, 4)
    row("", "four runners", "one", "target")
    row(f"{clips} clips, ready at once", f"{four.wall:.0f} s", f"{one.wall:.0f} s")
    cores = os.cpu_count() or 1
    times = one.wall / four.wall
    target = "3.0, where cores allow" if cores < _CORES else held(-times, -3, "3.0")
    row(f"times as fast, on {counted(cores, 'core')}", f"{times:.2f}", "", target)
    row("CPU of the runners a clip", f"{four.cpu / clips * 1000:.1f} ms", f"{one.cpu / clips * 1000:.1f} ms")
    trips = four.round_trips / clips
    row("round trips a clip", f"{trips:.1f}", f"{one.round_trips / clips:.1f}", held(trips, 6, "6"))
    row("statements a clip", f"{four.statements / clips:.1f}", f"{one.statements / clips:.1f}")


# As many as there are runners, and one each for the provider and the database.
_CORES = 6
_QUEUES = "query ~ 'procrastinate|endings|bundles|INTO runners|FROM runners'"


def _by_runners(server: PostgresServer, clips: int, count: int) -> Figures:
    """What some runners take for all of a queue; the queue's statements wait for an answer each."""
    with tempfile.TemporaryDirectory() as name, rendering(Path(name) / "provider", 1000, 0) as url:
        root, bucket, queue = Path(name) / "library", Path(name) / "bucket", f"by-{count}"
        bucket.mkdir()
        library(root, url, clips, 1000, pictures=False)
        with (root / "sorasync.toml").open("a") as config:
            config.write(
                f'\n[library]\nname = "bench"\n[state]\nurl = "{server.url(f"by_{count}")}"\n'
                f'[assets]\nurl = "{bucket.as_uri()}"\n'
            )
        command = [sys.executable, "-m", "sorasync", "--library", str(root), "apply", "--yes", "--detach"]
        environment = os.environ | {"OPENAI_API_KEY": "k"}
        done = subprocess.run([*command, "--queue", queue], env=environment, stdout=subprocess.DEVNULL)
        assert done.returncode == ExitCode.PENDING, done
        server.run_sql("SELECT pg_stat_statements_reset()")
        given = ["--url", server.url("").partition("?")[0], "--queue", queue, "--bucket", bucket.as_uri()]
        given += ["--allow", f"{urlsplit(url).netloc}=OPENAI_API_KEY"]
        began = time.perf_counter()
        with ThreadPoolExecutor(count) as threads:
            works = [str(Path(name) / f"work-{number}") for number in range(count)]
            used = list(threads.map(lambda work: child("run", *given, "--root", work), works))
        wall = time.perf_counter() - began
    assert sum(one["renders"] for one in used) == clips, used
    statements = _calls(server, "true")
    trips = sum(int(one["round_trips"]) for one in used) + _calls(server, _QUEUES)
    return Figures(wall, sum(one["cpu"] for one in used), statements, trips)


def _calls(server: PostgresServer, which: str) -> int:
    """How many statements the server has carried out."""
    import psycopg

    with psycopg.connect(server.url("").partition("?")[0]) as connection:
        found = connection.execute(
            f"SELECT sum(calls)::bigint FROM pg_stat_statements WHERE {which}".encode()
        )
        row = found.fetchone()
    return 0 if row is None else int(row[0] or 0)


def renders(server: PostgresServer, clips: int) -> None:
    """Statements for each clip and time of an apply, with a provider that takes no time."""
    row("", "PostgreSQL", "SQLite", "target")
    few, many = measured(clips // 4, server.url("few")), measured(clips, server.url("many"))
    extra = (clips - clips // 4) * 1.2  # every fifth clip has an extension
    trips = (many.round_trips - few.round_trips) / extra
    row("round trips a render", f"{trips:.1f}", "", held(trips, 6, "6"))
    said = (many.statements - few.statements) / extra
    row("statements a render", f"{said:.1f}", "", held(said, 6, "6"))
    file = measured(clips, "sqlite:state/sorasync.db")
    ratio = many.wall / file.wall
    row(
        f"{clips} clips, ready at once", f"{many.wall:.1f} s", f"{file.wall:.1f} s", held(ratio, 1.05, "1.05")
    )
    own = (many.cpu - few.cpu) / extra * 1000
    row("CPU a render, the provider's too", f"{own:.1f} ms", f"{file.cpu / clips / 1.2 * 1000:.1f} ms")
    with distant(server.port, 0.010) as port:
        far = measured(clips, server.url("ready_far", port=port))
    row("the same, 10 ms away", f"{far.wall:.1f} s")


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
        times, cpu = {}, {}
        for name, url in (("shared", server.url("large")), ("file", "sqlite:state/sorasync.db")):
            config.write_text(config.read_text().partition("[state]")[0] + f'[state]\nurl = "{url}"\n')
            plans = [_plan(root) for _ in range(4)]
            times[name] = statistics.median(plan.wall for plan in plans)
            cpu[name] = min(plan.cpu for plan in plans)
    row(
        f"plan of {clips} clips, no changes",
        f"{times['shared']:.2f} s",
        f"{times['file']:.2f} s",
        held(times["shared"], 2, "2 s"),
    )
    row("CPU of it", f"{cpu['shared']:.2f} s", f"{cpu['file']:.2f} s")


def _plan(root: Path) -> Figures:
    began, cpu = time.perf_counter(), time.process_time()
    project = Project.open(root, cached=True)
    with project.synced_store() as store:
        assert not make_plan(project, PlanOptions(offline=True), store).plan.changes
    return Figures(time.perf_counter() - began, time.process_time() - cpu)


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
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0, help="simulated time of one render")
    parser.add_argument("--queued", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    options = parser.parse_args()
    with running_server(shared_preload_libraries="pg_stat_statements") as server:
        server.run_sql("CREATE EXTENSION pg_stat_statements")
        under_way(server, options.clips, options.in_flight, options.seconds)
        runners(server, options.queued)
        count_what_is_said()
        renders(server, options.clips)
        plans(server, options.large)
    large_video(options.bytes)


if __name__ == "__main__":
    main()
