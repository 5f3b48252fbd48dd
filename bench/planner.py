"""`python -m bench.planner`: whole-process times on generated libraries, printed as a table."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.generate import fill_state, write_library
from bench.table import held

RUNS = 5


class Figure(NamedTuple):
    """One command: the shortest and the median wall time of its runs (s), and its peak memory (MiB)."""

    best: float
    median: float
    memory: float


def measure(arguments: Sequence[str], runs: int = RUNS) -> Figure:
    """Run `sorasync` with those arguments, once to warm up and then `runs` times."""
    command = [sys.executable, "-m", "sorasync", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times, memory = [], 0.0
    for number in range(runs + 1):
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        elapsed = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(arguments)} ended with exit code {child.returncode}")
        if number:
            times.append(elapsed)
        memory = max(memory, usage.ru_maxrss / 1024)
    return Figure(min(times), sorted(times)[len(times) // 2], memory)


def report(name: str, figure: Figure, seconds: float | None = None, memory: float | None = None) -> None:
    """Print one row; the targets are for the best time (s) and for the memory (MiB)."""
    line = f"{name:<44} {figure.best:7.3f} {figure.median:7.3f} {figure.memory:7.0f}"
    targets = [] if seconds is None else [held(figure.best, seconds, f"{seconds:g} s")]
    targets += [] if memory is None else [held(figure.memory, memory, f"{memory:g} MiB")]
    sys.stdout.write(f"{line}   {', '.join(targets)}".rstrip() + "\n")
    sys.stdout.flush()


# By clips: seconds to validate, seconds to plan, MiB to plan.
_TARGETS = {10_000: (0.7, 1.0, None), 100_000: (None, 10.0, 1024.0)}


def main(sizes: Sequence[int] = (1_000, 10_000, 100_000)) -> None:
    """Start-up, validate and plan, on libraries where everything is rendered already."""
    sys.stdout.write(f"{'':<44} {'best s':>7} {'median':>7} {'MiB':>7}   target\n")
    report("--help", measure(["--help"]), 0.15)
    for size in sizes:
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory) / "library"
            root.mkdir()
            write_library(root, size)
            fill_state(root)
            runs = RUNS if size < 100_000 else 2
            validate, plan, memory = _TARGETS.get(size, (None, None, None))
            at = ["--library", str(root)]
            report(f"validate, {size:,} clips", measure([*at, "validate"], runs), validate)
            report(f"plan with no changes, {size:,} clips", measure([*at, "plan"], runs), plan, memory)


if __name__ == "__main__":
    main()
