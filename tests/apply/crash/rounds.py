"""Rounds in which two processes apply one library at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.apply.crash import judge
from tests.apply.crash.child import Child
from tests.apply.crash.doom import AtNumbers
from tests.apply.crash.judge import bill
from tests.apply.crash.library import Library
from tests.apply.crash.server import PROCESSES, ledger, serving
from tests.apply.crash.victim import LOG, begin

LOCKED = 6
# Seconds after which a run hangs.
LONGEST = 90.0
# Rounds on a library; the first begins without a state.
_A_LIBRARY = 8
# Parts of the rounds in which both wait for the lock, and in which the first is killed.
_WAITING, _KILLED = 0.15, 0.15
# The second begins with the first, or at one of so many of its steps.
_STEPS = 60
# The step from which on a process may hold the lock.
_LOCKED_AT = 8
# Libraries that are played on at the same time.
AT_ONCE = 8


@dataclass
class Rounds:
    """What came of rounds: how often the two processes ended how, how often they waited for the lock, and
    how often one took over the lock of a dead one; the jobs by library, and what was found wrong.
    """

    ends: Counter[str] = field(default_factory=Counter)
    waited: int = 0
    broken: int = 0
    jobs: dict[str, dict[str, str]] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of rounds."""
        return self.ends.total()

    def add(self, others: Rounds) -> None:
        """Take in what came of other libraries."""
        self.ends += others.ends
        self.waited += others.waited
        self.broken += others.broken
        self.jobs |= others.jobs
        self.wrong |= others.wrong


@dataclass
class _Pair:
    """Applies a library by two processes at once, round after round."""

    library: Library
    chance: random.Random
    told: Rounds = field(default_factory=Rounds)

    def play(self, rounds: int) -> Rounds:
        """Play that many rounds, each with one take more; the first begins without a state."""
        library, told, wrong = self.library, self.told, list[str]()
        library.write()
        for takes in range(1, rounds + 1):
            library.clips(f'[clips.a]\nprompt = "A round, {library.name}."\ntakes = {takes}\n')
            wrong += self._round()
            wrong += self._look(takes)
            if wrong:
                break
        log = (library.root / LOG).read_text()
        told.broken += log.count("was taken over")
        if "Traceback" in log or "bug in sorasync" in log:
            wrong.append(f"{LOG} holds a traceback")
        if wrong:
            told.wrong[library.name] = wrong
        else:
            shutil.rmtree(library.root)
        return told

    def _look(self, takes: int) -> list[str]:
        project = self.library.project()
        self.told.jobs[self.library.name] = jobs = judge.held(project)
        found = judge.look(project)
        return found if len(jobs) == takes else [*found, f"{len(jobs)} jobs are held, not {takes}"]

    def _round(self) -> list[str]:
        """Two at once; where the first was killed, another one after them."""
        chance, root = self.chance, self.library.root
        waits, killed = chance.random() < _WAITING, chance.random() < _KILLED
        doom = AtNumbers([(chance.randint(_LOCKED_AT, _STEPS), signal.SIGKILL)]) if killed else None
        patience = ("--lock-timeout", "60") if waits else ()
        self.told.waited += waits
        first, second = _together(root, doom, patience, chance.choice((0, chance.randint(1, _STEPS))))
        codes = (_end(first), _end(second))
        self.told.ends[f"{codes[0]} and {codes[1]}"] += 1
        wanted = {0} if waits else {0, LOCKED}
        firsts = wanted | {-signal.SIGKILL} if killed else wanted
        wrong = []
        if codes[0] not in firsts or codes[1] not in wanted:
            wrong.append(f"the two ended with {codes}")
        if -signal.SIGKILL in codes:
            if (code := _end(begin(root))) != 0:
                wrong.append(f"after {codes} the next ended with {code}")
        elif 0 not in codes:
            wrong.append(f"neither came to the end: {codes}")
        return wrong


def _end(child: Child) -> int | None:
    """How a process ended; None for one that hangs, which is killed."""
    code = child.wait(LONGEST)
    if code is None:
        child.kill()
        child.wait(LONGEST)
    return code


def _together(
    library: Path, doom: AtNumbers | None, arguments: tuple[str, ...], number: int
) -> tuple[Child, Child]:
    """Two applies: the second begins when the first is at its step of that number, or has ended."""
    waiting, telling = os.pipe()

    def tell(passed: int) -> None:
        if passed == number:
            os.write(telling, b".")

    def until_told() -> None:
        os.close(telling)
        if number:
            os.read(waiting, 1)

    second = begin(library, None, *arguments, after=until_told)
    first = begin(library, doom, *arguments, told=tell)
    os.close(telling)
    os.close(waiting)
    return first, second


def play(directory: Path, rounds: int, *, seed: int) -> Rounds:
    """Play that many rounds, several libraries at once at one server, whose ledger is the judge."""
    all_told = Rounds()
    with (
        serving(directory / "server") as url,
        ProcessPoolExecutor(AT_ONCE, mp_context=PROCESSES) as pool,
    ):
        begun = [
            pool.submit(_library, directory, url, f"r{first}", min(_A_LIBRARY, rounds - first), seed)
            for first in range(0, rounds, _A_LIBRARY)
        ]
        for future in begun:
            all_told.add(future.result())
        for name, found in bill(ledger(url), all_told.jobs).items():
            all_told.wrong.setdefault(name, []).extend(found)
    return all_told


def _library(directory: Path, url: str, name: str, rounds: int, seed: int) -> Rounds:
    """Some rounds on one library, for a process that plays one library after the other."""
    library = Library(name, directory / name, url, pictures=False)
    return _Pair(library, random.Random(f"{seed}:{name}")).play(rounds)
