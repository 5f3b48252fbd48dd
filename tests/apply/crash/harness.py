"""Many libraries at once, of every mode, at servers on good and bad days; their ledgers are the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

from tests.apply.crash.doom import died_at
from tests.apply.crash.hosts import JOB_HOSTS, VIDEOS, Host
from tests.apply.crash.judge import bill
from tests.apply.crash.keeper import Told, keep
from tests.apply.crash.library import Library
from tests.apply.crash.server import BAD_DAY, PROCESSES, ledger, serving

# Libraries that live at the same time: they wait more than they work.
AT_ONCE = 12


@dataclass(frozen=True)
class Mode:
    """How libraries are rendered, and whether their server has a bad day."""

    batch: bool
    bad: bool
    # The class of lost answers, one of `JOB_HOSTS`; empty for the Videos API.
    lost: str = ""

    @property
    def name(self) -> str:
        """The mode in a word."""
        return (self.lost or ("batch" if self.batch else "direct")) + ("-bad" if self.bad else "")

    @property
    def host(self) -> Host:
        """Where it is rendered."""
        return JOB_HOSTS[self.lost] if self.lost else VIDEOS


MODES = tuple(Mode(batch, bad) for bad in (False, True) for batch in (False, True))
JOB_MODES = tuple(Mode(False, bad, lost) for bad in (False, True) for lost in JOB_HOSTS)


@dataclass
class Verdict:
    """What came of a mode: processes that were killed, or asked to end; libraries; the steps at which
    processes died; and what was found wrong, by library.
    """

    kills: int = 0
    signals: int = 0
    libraries: int = 0
    steps: frozenset[str] = frozenset()
    wrong: dict[str, list[str]] = field(default_factory=dict)
    jobs: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        """Take in what came of a library."""
        self.kills += told.kills
        self.signals += told.signals
        self.libraries += 1
        self.jobs[told.name] = told.jobs
        if told.wrong:
            self.wrong.setdefault(told.name, []).extend(told.wrong)


def crash(
    directory: Path,
    kills: int,
    *,
    seed: int,
    deaths: int = 1,
    modes: Sequence[Mode] = MODES,
    tell: Callable[[Mode, Told], None] = lambda mode, told: None,
) -> dict[Mode, Verdict]:
    """Kill at least that many processes, the same number in each mode, `deaths` of them at every step."""
    verdicts = {mode: Verdict() for mode in modes}
    with ExitStack() as stack:

        @cache
        def served(mode: tuple[str, bool], dialect: str) -> str:
            name, bad = mode
            data = directory / f"server-{name}-{dialect}-{bad}"
            return stack.enter_context(serving(data, BAD_DAY if bad else (), seed, dialect))

        urls: dict[Mode, tuple[str, ...]] = {}
        for mode in modes:
            dialects = [mode.host.dialect, *([mode.host.second.dialect] if mode.host.second else [])]
            urls[mode] = tuple(served((mode.lost, mode.bad), dialect) for dialect in dialects)
            (directory / mode.name).mkdir()
            (directory / mode.name / "claims").mkdir()
        pool = stack.enter_context(ProcessPoolExecutor(AT_ONCE, mp_context=PROCESSES))

        def begin(mode: Mode, number: int) -> Future[Told]:
            name = f"{mode.name}-{number}"
            root = directory / mode.name
            at, *second = urls[mode]
            library = Library(name, root / name, at, mode.batch, not mode.lost, mode.host, "".join(second))
            return pool.submit(keep, library, root / "claims", f"{seed}:{name}", deaths)

        for mode, told in _lives(begin, verdicts, -(-kills // len(modes))):
            verdicts[mode].add(told)
            tell(mode, told)
        for asked in set(urls.values()):
            _judge(asked, {mode: verdict for mode, verdict in verdicts.items() if urls[mode] == asked})
    for mode, verdict in verdicts.items():
        verdict.steps = died_at(directory / mode.name / "claims")
    return verdicts


def _lives(
    begin: Callable[[Mode, int], Future[Told]], verdicts: dict[Mode, Verdict], kills: int
) -> Iterator[tuple[Mode, Told]]:
    """Let libraries live, the same number of each mode at once, until enough processes were killed."""
    numbers = {mode: count() for mode in verdicts}
    first = [*verdicts] * max(1, AT_ONCE // len(verdicts))
    running = {begin(mode, next(numbers[mode])): mode for mode in first}
    while running:
        for done in wait(running, return_when=FIRST_COMPLETED).done:
            mode = running.pop(done)
            yield mode, done.result()
            if verdicts[mode].kills < kills:
                running[begin(mode, next(numbers[mode]))] = mode


def _judge(urls: Sequence[str], verdicts: dict[Mode, Verdict]) -> None:
    """Hold the ledgers of servers against what the states of their libraries know."""
    jobs = {name: held for verdict in verdicts.values() for name, held in verdict.jobs.items()}
    for name, found in bill([row for url in urls for row in ledger(url)], jobs).items():
        for mode, verdict in verdicts.items():
            if name in verdict.jobs or (name == "nobody" and (mode.batch or mode.lost)):
                verdict.wrong.setdefault(name, []).extend(found)
