"""Runners in processes of their own take what is queued, and are killed, stopped and cut off meanwhile."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from sorasync.state.record import Status
from tests.apply.crash import judge
from tests.apply.crash.child import Child, fork_elsewhere
from tests.apply.crash.library import Library
from tests.apply.crash.server import ledger, serving
from tests.apply.crash.victim import begin_elsewhere, trust_few
from tests.postgres_server import PostgresServer
from tests.team.legal_history import History, illegal, read_history
from tests.team.two_people import clone

# Seconds after which a run hangs.
LONGEST = 60.0
# Seconds that leases of runners live beyond a heartbeat.
LIFE = 10.0


@dataclass
class Runner:
    """A runner: `lines` says what it has done so far."""

    child: Child
    log: Path

    def lines(self) -> int:
        """How many lines it has printed."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def said(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def reaches(self, lines: int, within: float = LONGEST) -> bool:
        """Wait until it has printed as many lines; False if it has ended, or does not within that time."""
        until = time.monotonic() + within
        while self.lines() < lines:
            if self.child.wait(0) is not None or time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True


@dataclass
class Crew:
    """A library whose renders are queued, and the runners that carry them out."""

    directory: Path
    library: Library
    url: str
    server: PostgresServer
    queue: str
    schema: str
    # Where the videos are kept.
    bucket: str
    # What runners and applies have in their environment besides.
    environment: Mapping[str, str] = field(default_factory=dict)
    # Whether every runner draws in its own process, and nobody asks the host.
    built_in: bool = False
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    runners: list[Runner] = field(default_factory=list)
    _made: int = 0

    def runner(self, *arguments: str, port: int = 0, allow: str | None = None) -> Runner:
        """Start one more runner."""
        self._made += 1
        log = self.directory / f"runner-{self._made}.log"
        work = self.directory / f"work-{self._made}"
        address = self.server.url("", port=port).partition("?")[0]
        given = ["--queue", self.queue, "--database", address, "--work", str(work)]
        given += ["--bucket", self.bucket, "--allow", allow or self.url.removeprefix("http://"), *arguments]
        made = Runner(fork_elsewhere(_run, given, log, self.environment), log)
        self.runners.append(made)
        return made

    def begin_apply(self, *arguments: str) -> Child:
        """Begin an apply that queues what it plans, unless it is told otherwise."""
        return begin_elsewhere(self.library.root, *arguments, environment=self.environment)

    def apply(self, *arguments: str) -> int | None:
        """The exit code of an apply that follows what it has queued."""
        return self.begin_apply(*arguments).wait(LONGEST)

    def end(self) -> None:
        """Stop all runners."""
        for runner in self.runners:
            runner.child.kill(signal.SIGTERM)
        for runner in self.runners:
            runner.child.wait(LONGEST)
        self.bury()

    def bury(self) -> None:
        """Forget the runners that have ended, and note those that ended badly."""
        living = [runner for runner in self.runners if runner.child.wait(0) is None]
        for runner in self.runners:
            if runner not in living:
                self.wrong += _bad_end(runner)
        self.runners = living

    def most_at_once(self) -> int:
        """The most renders that the host had at the same time."""
        with closing(sqlite3.connect(self.directory / "server" / "preview.db")) as database:
            rows = database.execute("SELECT created, completed FROM jobs").fetchall()
        times = [(float(begun), float(ended)) for begun, ended in rows]
        return max(sum(begun <= at < ended for begun, ended in times) for at, _ in times)

    def most_in_a_minute(self) -> int:
        """The most creates that the host was sent within a minute."""
        times = sorted(float(row["time"]) for row in ledger(self.url))
        return max(sum(at <= other < at + 60 for other in times) for at in times)

    def look(self, jobs: int) -> None:
        """Each key was billed once, nothing is left to do, and nothing is queued."""
        project = self.library.project()
        held = judge.held(project)
        if self.built_in:
            # The jobs of drawings that were begun again are held as well.
            with project.store() as store:
                stored = [one for one in store.every_record() if one.status is Status.STORED]
            if len(stored) != jobs:
                self.wrong.append(f"{len(stored)} renders are stored, not {jobs}")
            self.wrong += illegal(self._drawn())
        else:
            if len(held) != jobs:
                self.wrong.append(f"{len(held)} jobs are held, not {jobs}")
            for found in judge.bill(ledger(self.url), {self.library.name: held}).values():
                self.wrong += found
            self.wrong += illegal(read_history(self.server.url(self.schema), ledger(self.url)))
        billed = len(self._drawn().charges)
        if (code := self.apply("--here", "--max-cost", "0")) != 0:
            self.wrong.append(f"an apply afterwards ended with {code}")
        if len(ledger(self.url)) != (0 if self.built_in else jobs) or len(self._drawn().charges) != billed:
            self.wrong.append("an apply afterwards paid")

    def _drawn(self) -> History:
        """The history with all that was drawn in processes, as far as the state was told of it.

        A drawing whose runner was killed before it could tell is nobody's.
        """
        rows: list[dict[str, object]] = []
        for path in self.directory.glob("*/**/state/preview/preview.db"):
            # A runner may have been killed before its tables were made.
            with closing(sqlite3.connect(path)) as database, suppress(sqlite3.OperationalError):
                found = database.execute("SELECT time, job, label FROM ledger WHERE void = 0").fetchall()
                rows += [dict(zip(("time", "job", "label"), row, strict=True)) for row in found]
        history = read_history(self.server.url(self.schema), rows)
        told = {step.data.get("remote_id") for step in history.steps}
        return replace(history, charges=[charge for charge in history.charges if charge.job in told])


@contextmanager
def crew(
    directory: Path,
    server: PostgresServer,
    schema: str,
    *,
    rate: str = "",
    render_seconds: float = 0,
    bucket: str = "",
    environment: Mapping[str, str] | None = None,
    built_in: bool = False,
) -> Iterator[Crew]:
    """A library at a server, its bucket, and no runner yet. `rate` is what the host takes.

    With `built_in` the host is the preview provider inside each process.
    """
    (directory / "bucket").mkdir(parents=True)
    bucket = bucket or f"file://{directory / 'bucket'}"
    with serving(directory / "server", render_seconds=render_seconds) as url:
        library = clone(directory / "library", url, server.url(schema))
        made = Crew(directory, library, url, server, f"queue-{schema}", schema, bucket, environment or {})
        made.built_in = built_in
        config = library.root / "sorasync.toml"
        text = config.read_text().replace("[assets]\n", f'[assets]\nurl = "{made.bucket}"\n')
        text = text.replace("[apply]\n", f'[apply]\nqueue = "{made.queue}"\n')
        text = re.sub("^base_url = .*\n", "", text, flags=re.MULTILINE) if built_in else text
        (library.root / "host.toml").write_text(f'extends = "preview"\nname = "limited"\n[rate]\n{rate}\n')
        config.write_text(text.replace('"preview"', '"host.toml"') if rate else text)
        try:
            yield made
        finally:
            for runner in made.runners:
                runner.child.kill()


def clips(round_: int, count: int) -> str:
    """That many clips, new ones in each round, the last with a step; `count` + 1 renders."""
    found = [f'[clips.c{round_}-{n}]\nprompt = "Round {round_}, scene {n}."\n' for n in range(count)]
    return "".join(found) + f'[[clips.c{round_}-{count - 1}.steps]]\nextend = "On."\nseconds = 4\n'


def _bad_end(runner: Runner) -> list[str]:
    """What was wrong with the end of a runner."""
    code, said = runner.child.wait(0), runner.said()
    fine = {0, 128 + signal.SIGTERM, -signal.SIGKILL}
    if "the connection to" in said or "cannot be reached" in said:
        # One that finds no database as it begins says so and ends.
        fine.add(1)
    if runner.lines() == 0 or "stopping:" in said:
        # Stopped before it came to the program, or by a second signal, which ends it at once.
        fine.add(-signal.SIGTERM)
    wrong = [] if code in fine else [f"a runner ended with {code}: {said[-500:]}"]
    if "Traceback" in said or "bug in sorasync" in said:
        wrong.append(f"{runner.log} holds a traceback: {said[-2000:]}")
    return wrong


def _run(arguments: list[str], log: Path, environment: Mapping[str, str]) -> int:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout = sys.stderr = os.fdopen(descriptor, "w", buffering=1)
    _in_a_hurry()
    os.environ.update(environment)
    work = log.with_suffix(".d")
    work.mkdir()
    trust_few(work)
    sys.argv = ["sorasync", "run", *arguments]
    from sorasync.cli.main import main

    try:
        main()
    except SystemExit as end:
        sys.stderr.flush()
        return int(end.code or 0)
    return 0


def _in_a_hurry() -> None:
    """Let leases, heartbeats and pauses be short: here the dead are dead at once."""
    from sorasync.operations import runner
    from sorasync.state import host_limits, leases, postgres_database, queue_worker

    leases.LIFE, leases.MARGIN = LIFE, LIFE / 4
    leases.RunLeases.keep_beating.__defaults__ = (LIFE / 5,)
    # As in life, nobody else waits long enough for a lost machine's transaction to lose leases over it.
    postgres_database.IDLE_IN_TRANSACTION, postgres_database.LOCK_TIMEOUT = LIFE / 3, LIFE / 2
    host_limits.KEPT = 6.0
    queue_worker._BEAT = queue_worker._POLL = 0.3
    vars(queue_worker)["GONE"] = 8.0
    runner._ELSEWHERE = runner._FIRST_PAUSE = 1
    runner._LONGEST_PAUSE = 2
