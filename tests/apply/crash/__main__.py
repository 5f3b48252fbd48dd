"""`python -m tests.apply.crash --kills 2000 --rounds 2000`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.apply.crash.harness import JOB_MODES, MODES, Mode, Verdict, crash
from tests.apply.crash.keeper import Told
from tests.apply.crash.rounds import play


def main() -> int:
    """Kill that many processes over all modes, let two apply at once that often; 1 where something is wrong.

    The libraries that went wrong are left in the directory, with what the processes printed (run.log) and
    the steps they passed (steps.log).
    """
    asked = _asked()
    directory = (asked.directory or Path(tempfile.mkdtemp(prefix="sorasync-crash-"))).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    wrong = 0
    if asked.kills:
        verdicts = crash(
            directory,
            asked.kills,
            seed=asked.seed,
            deaths=asked.deaths,
            modes=(*MODES, *JOB_MODES),
            tell=_Progress(begun, asked.kills),
        )
        wrong += sum(map(_tell_mode, verdicts, verdicts.values()))
    if asked.rounds:
        told = play(directory / "rounds", asked.rounds, seed=asked.seed)
        ends = ", ".join(f"{count} x {codes}" for codes, count in told.ends.most_common())
        _say(f"two at once: {told.count} rounds; in {told.waited} both waited for the lock,")
        _say(f"  {told.broken} took over the lock of a dead process; they ended with {ends}")
        wrong += _tell_wrong(told.wrong)
    _say(f"seed {asked.seed}, {time.monotonic() - begun:.0f} s: {wrong} libraries went wrong")
    if wrong:
        _say(f"they are in {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.apply.crash",
        description="Kill applies at every step and at random, and look what is left.",
    )
    parser.add_argument("--kills", type=int, default=2000, help="processes to kill at least (2000)")
    parser.add_argument("--rounds", type=int, default=2000, help="times that two apply at once (2000)")
    parser.add_argument("--deaths", type=int, default=3, help="processes that die at each step (3)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--directory", type=Path, help="where libraries that went wrong are left")
    return parser.parse_args()


class _Progress:
    """Says every few seconds how far it is, and at once what went wrong."""

    def __init__(self, begun: float, kills: int) -> None:
        self._begun = self._said = begun
        self._kills = kills
        self._killed = 0

    def __call__(self, mode: Mode, told: Told) -> None:
        self._killed += told.kills
        if told.wrong:
            _say(f"  {told.name}: {'; '.join(told.wrong)}")
        now = time.monotonic()
        if now - self._said > _EVERY:
            self._said = now
            _say(f"{self._killed} of {self._kills} killed after {now - self._begun:.0f} s")


# Seconds between two lines about progress.
_EVERY = 5.0


def _tell_mode(mode: Mode, verdict: Verdict) -> int:
    _say(
        f"{mode.name}: {verdict.kills} killed at {len(verdict.steps)} steps and at random, "
        f"{verdict.signals} asked to end, {verdict.libraries} libraries"
    )
    return _tell_wrong(verdict.wrong)


def _tell_wrong(wrong: Mapping[str, Sequence[str]]) -> int:
    for name, found in sorted(wrong.items()):
        _say(f"  {name}: {'; '.join(found)}")
    return len(wrong)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
