"""The life of one library: its applies are killed again and again, then let live, chapter by chapter."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sorasync.errors import SorasyncError
from tests.apply.crash import judge
from tests.apply.crash.child import Child
from tests.apply.crash.doom import AnyOf, AtNewStep, AtNumbers, Doom
from tests.apply.crash.hosts import VIDEOS
from tests.apply.crash.library import Chapter, Library
from tests.apply.crash.server import ledger
from tests.apply.crash.victim import LOG, begin

# Runs that are let live at most until one ends well; a server without faults needs one.
RUNS = 6
# Seconds after which a run hangs.
LONGEST = 90.0
# Attempts of each kind on a chapter, in an order of chance. At a new step a process dies in all of them.
_BY_STEP, _BY_NUMBER, _BY_CLOCK, _BY_SIGNAL = 4, 2, 2, 1
# Steps up to two to this power are chosen from by number.
_FAR = 8.0
# Seconds within which an instant is chosen.
_SLOWEST = 1.2

_INTERRUPT, _TERMINATE = signal.SIGINT, signal.SIGTERM
_SIGNALS = ((_INTERRUPT,), (_TERMINATE,), (_INTERRUPT, _INTERRUPT))
# How a run may end that was sent a signal: 0 where it came when all was done.
#
# A shell shows -2 as 130 and -15 as 143.
_ENDS = {
    _INTERRUPT: frozenset({0, 130, -_INTERRUPT}),
    _TERMINATE: frozenset({0, 143, -_TERMINATE}),
}


@dataclass(frozen=True)
class Told:
    """What came of a library: how many of its processes were killed, and how many asked to end; the key of
    each of its jobs; and what was found wrong.
    """

    name: str
    kills: int
    signals: int
    jobs: dict[str, str]
    wrong: tuple[str, ...]


@dataclass
class Keeper:
    """Keeps a library: kills, lets live, looks. `claims` are the steps at which processes have died."""

    library: Library
    claims: Path
    chance: random.Random
    deaths: int = 1
    kills: int = 0
    signals: int = 0
    wrong: list[str] = field(default_factory=list)

    def live(self) -> Told:
        """Go through every chapter; the directory stays where something was found wrong."""
        try:
            self.library.write()
            for chapter in self.library.chapters:
                chapter.begin(self.library)
                self._struggle()
                if not self.wrong:
                    self._finish(chapter)
                if self.wrong:
                    break
        except Exception as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
        jobs = self._jobs()
        if not self.wrong:
            shutil.rmtree(self.library.root)
        return Told(self.library.name, self.kills, self.signals, jobs, tuple(self.wrong))

    def _jobs(self) -> dict[str, str]:
        try:
            return judge.held(self.library.project(), self.library.host)
        except SorasyncError as error:
            self.wrong.append(error.message)
            return {}

    def _struggle(self) -> None:
        """Be killed, until an apply comes through."""
        kinds: list[Callable[[], bool]] = [self._die_at_a_new_step] * _BY_STEP
        kinds += [self._die_at_a_number] * _BY_NUMBER + [self._die_at_an_instant] * _BY_CLOCK
        kinds += [self._be_asked_to_end] * _BY_SIGNAL
        self.chance.shuffle(kinds)
        for kind in kinds:
            ended_well = kind()
            self.wrong += judge.torn(self.library.project())
            if ended_well or self.wrong:
                return

    def _begin(self, doom: Doom | None = None) -> Child:
        new = AtNewStep(self.claims, self.deaths)
        return begin(self.library.root, new if doom is None else AnyOf((new, doom)))

    def _die_at_a_new_step(self) -> bool:
        return self._killed(self._begin(), LONGEST)

    def _die_at_a_number(self) -> bool:
        number = int(2 ** self.chance.uniform(0, _FAR))
        return self._killed(self._begin(AtNumbers([(number, signal.SIGKILL)])), LONGEST)

    def _die_at_an_instant(self) -> bool:
        return self._killed(self._begin(), self.chance.uniform(0.005, _SLOWEST), hangs=False)

    def _killed(self, child: Child, seconds: float, *, hangs: bool = True) -> bool:
        """Let it go on for that long, then kill it; whether it had ended, and well."""
        code = child.wait(seconds)
        if code is None:
            if hangs:
                self.wrong.append("apply hangs")
            child.kill()
            code = child.wait(LONGEST)
        if code == -signal.SIGKILL:
            self.kills += 1
        return code == 0

    def _be_asked_to_end(self) -> bool:
        """Ctrl-C, once or twice, or SIGTERM, at steps or at instants."""
        chosen = self.chance.choice(_SIGNALS)
        if self.chance.random() < 0.5:
            child = self._begin(AtNumbers(list(zip(self._numbers(), chosen, strict=False))))
        else:
            child = self._begin()
            for one in chosen:
                if child.wait(self.chance.uniform(0.0, _SLOWEST / 2)) is None:
                    child.kill(one)
        code = child.wait(LONGEST)
        if code == -signal.SIGKILL:
            self.kills += 1
            return False
        # A host that offers nothing to find a job by leaves a question, and no run with one ends with 0.
        asking = frozenset() if self.library.host == VIDEOS else frozenset({1, 4})
        if code not in _ENDS[chosen[0]] | asking:
            self.wrong.append(f"{' and '.join(one.name for one in chosen)} ended apply with {code}")
            child.kill()
            child.wait(LONGEST)
        self.signals += code != 0
        return code == 0

    def _numbers(self) -> Iterator[int]:
        number = 0
        while True:
            number += int(2 ** self.chance.uniform(0, _FAR - 1))
            yield number

    def _finish(self, chapter: Chapter) -> None:
        """Let runs live until one ends well; then everything must be there, and as if nothing had been."""
        codes: list[int | None] = []
        while not codes or (codes[-1] != 0 and len(codes) < RUNS):
            child = self._begin()
            code = child.wait(LONGEST)
            if code is None:
                child.kill()
                child.wait(LONGEST)
            if code == -signal.SIGKILL:
                self.kills += 1
                # It died at a new step, which ends; the runs before it were for the deaths before.
                codes.clear()
                self.wrong += judge.torn(self.library.project())
                if self.wrong:
                    return
            else:
                codes.append(code)
                self._answer_questions()
        if codes[-1] != 0:
            self.wrong.append(f"apply ended with {codes}")
        project = self.library.project()
        self.wrong += judge.look(project)
        self._compare("addresses", chapter.bound, judge.bound(project))
        self._compare("files", chapter.files, judge.files(project))
        if len(held := judge.held(project, self.library.host)) != chapter.billed:
            self.wrong.append(f"{len(held)} jobs are held, not {chapter.billed}")
        if "Traceback" in (text := (self.library.root / LOG).read_text()) or "bug in sorasync" in text:
            self.wrong.append(f"{LOG} holds a traceback")

    def _answer_questions(self) -> None:
        """Do what a person would who is asked about a request that was killed on its way again and again.

        Whether it really never arrived is for the ledger to say in the end.
        """
        library, project = self.library, self.library.project()
        if library.host == VIDEOS:
            answers: dict[str, str | None] = dict.fromkeys(judge.in_vain(project))
        else:
            urls = [library.url, library.second_url]
            rows = [row for url in urls if url for row in ledger(url)]
            answers = judge.questions(project, rows, library.host)
        for name, job in sorted(answers.items()):
            answer = ["--resend"] if job is None else ["--adopt", job]
            command = ["--library", str(library.root), "resolve", name, *answer]
            told = subprocess.run([sys.executable, "-m", "sorasync", *command], capture_output=True)
            if told.returncode:
                self.wrong.append(f"{' '.join(command[2:])}: {told.stderr.decode()}")

    def _compare(self, what: str, wanted: frozenset[str], found: frozenset[str]) -> None:
        if wanted != found:
            self.wrong.append(
                f"{what}: {sorted(wanted - found)} are missing, {sorted(found - wanted)} too many"
            )


def keep(library: Library, claims: Path, seed: str, deaths: int) -> Told:
    """The life of a library, for a process that keeps one after the other."""
    return Keeper(library, claims, random.Random(seed), deaths).live()
