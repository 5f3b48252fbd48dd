"""`python -m bench.watch`: how long it takes from a save to the new plan in watch mode.

The time runs from the rename that ends a save to the arrival of the plan's line at another process, the
quiet that watch mode waits for included. Between two saves there is a pause, as there is in life.
Each library is measured with everything rendered, and with nothing rendered: the plan is then as long as it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from bench.generate import PER_FILE, fill_state, write_library
from bench.table import held

SAVES = 20
# Seconds between a plan and the next save.
PAUSE = 0.5


# Goals in seconds from save to plan, by number of clips.
GOALS = {1_000: 0.1, 10_000: 0.1, 100_000: 0.4}
# A plan that creates more clips than this is measured by its length alone.
_LONGEST_PLAN = 10_000


def main(sizes: Sequence[int] = (1_000, 10_000, 100_000)) -> None:
    """Print one row a size."""
    sys.stdout.write(f"{'':<24} {'best s':>8} {'median':>8} {'worst':>8} {'planning':>9}   target\n")
    for size in sizes:
        for rendered in (True, False) if size <= _LONGEST_PLAN else (True,):
            with tempfile.TemporaryDirectory() as directory:
                root = Path(directory) / "library"
                root.mkdir()
                write_library(root, size)
                if rendered:
                    fill_state(root)
                _row(root, f"watch, {size:>7,} {'clips' if rendered else 'to create'}", size)


def _row(root: Path, name: str, size: int) -> None:
    times, planning = latencies(root)
    target = held(times[len(times) // 2], GOALS[size], f"{GOALS[size]:g} s")
    row = f"{min(times):>8.3f} {times[len(times) // 2]:>8.3f} {times[-1]:>8.3f} {planning:>9.3f}"
    sys.stdout.write(f"{name:<24} {row}   {target}\n")
    sys.stdout.flush()


def latencies(root: Path) -> tuple[list[float], float]:
    """Sorted seconds from save to plan, one clip edited a time; and the median of planning alone."""
    manifest = root / "manifests/part-000000.toml"
    text = manifest.read_text()
    command = [sys.executable, "-m", "sorasync", "watch", "--format", "json", "--library", str(root)]
    times, planning = [], []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        _plan(child.stdout)
        for number in range(-2, SAVES):
            clip = abs(number) % PER_FILE
            draft = manifest.with_name(f"{manifest.name}~")
            draft.write_text(text.replace(f"Shot {clip}:", f"Shot {clip}, version {number}:"))
            time.sleep(PAUSE)
            start = time.perf_counter()
            draft.replace(manifest)
            milliseconds = _plan(child.stdout)
            if number >= 0:
                times.append(time.perf_counter() - start)
                planning.append(milliseconds / 1000)
        child.stdin.write(b"quit\n")
        child.stdin.close()
    return sorted(times), sorted(planning)[len(planning) // 2]


def _plan(stream: IO[bytes]) -> float:
    """Read to the next plan; the milliseconds that planning took."""
    for line in stream:
        event = json.loads(line)
        if event["event"] == "plan":
            return float(event["milliseconds"])
    raise SystemExit("watch mode ended")


if __name__ == "__main__":
    main()
