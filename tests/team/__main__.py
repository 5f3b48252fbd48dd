"""`python -m tests.team`: bad days of three runners and of two people, judged each time.

Prints what was done to them, and ends with 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.moto_server import running_moto
from tests.postgres_server import running_server
from tests.team.bad_days import bad_days
from tests.team.two_people import disjoint_parts, same_clip

# Rounds over one library: more make each plan of it slower than the faults are.
_OF_ONE_LIBRARY = 25


def _parts(rounds: int, most: int) -> Iterator[int]:
    while rounds > 0:
        yield min(most, rounds)
        rounds -= most


def main() -> int:
    """Let them have their days."""
    parser = argparse.ArgumentParser(prog="python -m tests.team")
    parser.add_argument("--rounds", type=int, default=75, help="of three runners, four faults each")
    parser.add_argument("--people", type=int, default=0, help="rounds of two people, of each kind")
    parser.add_argument("--seed", type=int, default=16)
    options = parser.parse_args()
    # Whoever ends it, also in the background of a shell, ends its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    wrong: list[str] = []
    faults: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, running_server() as server, running_moto() as moto:
        root = Path(name)
        for number, rounds in enumerate(_parts(options.rounds, _OF_ONE_LIBRARY)):
            seed = options.seed + number
            team = bad_days(root / f"days-{number}", server, moto, f"days_{number}", rounds, seed, faults=4)
            faults += team.faults
            wrong += team.wrong
            _tell(f"seed {seed}: {rounds} rounds, so far {dict(faults)}", team.wrong)
        for number, rounds in enumerate(_parts(options.people, _OF_ONE_LIBRARY)):
            for kind in (same_clip, disjoint_parts):
                schema = f"{kind.__name__}_{number}"
                both = kind(root / schema, server, schema, rounds)
                wrong += both.wrong
                _tell(f"{schema}: {rounds} rounds, {dict(both.ends)}", both.wrong)
    return 1 if wrong else 0


def _tell(what: str, wrong: list[str]) -> None:
    sys.stdout.write("\n  ".join([what, *wrong]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
