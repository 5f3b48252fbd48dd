"""`python -m bench.batch`: thousands of creates by batch, sent by one run and fetched by another."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.provider import host, library, requests
from bench.table import held, row

_PENDING = 8


class Used(NamedTuple):
    """What one command took: CPU seconds and peak memory (MiB)."""

    cpu: float
    memory: float


class Round(NamedTuple):
    """One library by batch: what sending and fetching took, and the requests that were not downloads."""

    sent: Used
    fetched: Used
    calls: int
    downloads: int


def main() -> None:
    """Measure; the defaults take about two minutes."""
    parser = argparse.ArgumentParser(prog="python -m bench.batch")
    parser.add_argument("--clips", type=int, default=5000)
    clips = parser.parse_args().clips
    few, many = one_round(clips // 5), one_round(clips)
    row("", f"{clips // 5:,} clips", f"{clips:,} clips", "target")
    row("CPU to send", f"{few.sent.cpu:.1f} s", f"{many.sent.cpu:.1f} s")
    row("CPU to fetch", f"{few.fetched.cpu:.1f} s", f"{many.fetched.cpu:.1f} s")
    more = sum(many[n].cpu - few[n].cpu for n in (0, 1)) / (clips - clips // 5) * 1000
    row("CPU of each further clip", "", f"{more:.1f} ms", held(more, 10, "10 ms"))
    row("memory to send", f"{few.sent.memory:.0f} MiB", f"{many.sent.memory:.0f} MiB")
    row("memory to fetch", f"{few.fetched.memory:.0f} MiB", f"{many.fetched.memory:.0f} MiB")
    row("requests without downloads", f"{few.calls}", f"{many.calls}", held(many.calls, 20, "20"))
    row("downloads", f"{few.downloads}", f"{many.downloads}")


def one_round(clips: int) -> Round:
    """Send a library by batch and leave; then, in another process, read the results and fetch."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "library"
        with host("render", "--data", directory + "/server", "--seconds", "1") as url:
            library(root, url, clips, 100, pictures=False)
            sent = command(
                root, _PENDING, "apply", "--yes", "--batch", "--detach", "--allow-creates", "100000"
            )
            fetched = command(root, 0, "wait")
            asked = requests(url)
    downloads = asked.get("content", 0)
    return Round(sent, fetched, sum(asked.values()) - downloads, downloads)


def command(root: Path, code: int, *arguments: str) -> Used:
    """Run a command of sorasync that ends with that exit code."""
    line = [sys.executable, "-m", "sorasync", "--quiet", "--library", str(root), *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment["OPENAI_API_KEY"] = "k"
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != code:
        raise SystemExit(f"{' '.join(arguments)} ended with exit code {child.returncode}")
    return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
