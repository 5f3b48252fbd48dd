"""`python -m tests.apply.crash --kills 2000`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.apply.crash.case import Case
from tests.apply.crash.harness import BAD_DAY, crash


def main() -> int:
    """Kill that many processes, with a host that behaves and with one that does not; 1 for a fault."""
    parser = argparse.ArgumentParser(description="Kill applies and look what is left.")
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--directory", type=Path, help="where libraries that went wrong are left")
    asked = parser.parse_args()
    directory = asked.directory or Path(tempfile.mkdtemp(prefix="sorasync-crash-"))
    found = 0
    for name, faults in (("well", ()), ("badly", BAD_DAY)):
        verdict = crash(
            directory / name, asked.kills // 2, seed=asked.seed, faults=faults, kills_a_case=3, tell=_tell
        )
        _say(
            f"host behaves {name}: {verdict.kills} kills, {verdict.cases} libraries, {verdict.seconds:.0f} s"
        )
        for case, wrong in verdict.wrong.items():
            _say(f"  {case}: {'; '.join(wrong)}")
        found += len(verdict.wrong)
    _say(f"{found} libraries went wrong" + (f"; they are in {directory}" if found else ""))
    return 1 if found else 0


def _tell(case: Case) -> None:
    if case.faults:
        _say(f"  {case.name}: {'; '.join(case.faults)}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
