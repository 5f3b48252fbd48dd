"""Many libraries at once, of every mode, at servers on good and bad days; their ledgers are the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.apply.crash.doom import died_at
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

    @property
    def name(self) -> str:
        """The mode in a word."""
        return ("batch" if self.batch else "direct") + ("-bad" if self.bad else "")


MODES = tuple(Mode(batch, bad) for bad in (False, True) for batch in (False, True))


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
    tell: Callable[[Mode, Told], None] = lambda mode, told: None,
) -> dict[Mode, Verdict]:
    """Kill at least that many processes, the same number in each mode, `deaths` of them at every step."""
    verdicts = {mode: Verdict() for mode in MODES}
    with ExitStack() as stack:
        urls = {
            bad: stack.enter_context(serving(directory / f"server-{bad}", BAD_DAY if bad else (), seed))
            for bad in (False, True)
        }
        for mode in MODES:
            (directory / mode.name).mkdir()
            (directory / mode.name / "claims").mkdir()
        pool = stack.enter_context(ProcessPoolExecutor(AT_ONCE, mp_context=PROCESSES))

        def begin(mode: Mode, number: int) -> Future[Told]:
            name = f"{mode.name}-{number}"
            root = directory / mode.name
            library = Library(name, root / name, urls[mode.bad], mode.batch)
            return pool.submit(keep, library, root / "claims", f"{seed}:{name}", deaths)

        for mode, told in _lives(begin, verdicts, -(-kills // len(MODES))):
            verdicts[mode].add(told)
            tell(mode, told)
        for bad, url in urls.items():
            _judge(url, {mode: verdict for mode, verdict in verdicts.items() if mode.bad is bad})
    for mode, verdict in verdicts.items():
        verdict.steps = died_at(directory / mode.name / "claims")
    return verdicts


def _lives(
    begin: Callable[[Mode, int], Future[Told]], verdicts: dict[Mode, Verdict], kills: int
) -> Iterator[tuple[Mode, Told]]:
    """Let libraries live, the same number of each mode at once, until enough processes were killed."""
    numbers = {mode: count() for mode in MODES}
    running = {begin(mode, next(numbers[mode])): mode for mode in MODES * (AT_ONCE // len(MODES))}
    while running:
        for done in wait(running, return_when=FIRST_COMPLETED).done:
            mode = running.pop(done)
            yield mode, done.result()
            if verdicts[mode].kills < kills:
                running[begin(mode, next(numbers[mode]))] = mode


def _judge(url: str, verdicts: dict[Mode, Verdict]) -> None:
    """Hold the ledger of a server against what the states of its libraries know."""
    jobs = {name: held for verdict in verdicts.values() for name, held in verdict.jobs.items()}
    for name, found in bill(ledger(url), jobs).items():
        for mode, verdict in verdicts.items():
            if name in verdict.jobs or (name == "nobody" and mode.batch):
                verdict.wrong.setdefault(name, []).extend(found)
