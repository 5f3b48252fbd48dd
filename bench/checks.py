"""`python -m bench.checks`: how fast videos are checked, and how often each check is right."""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from bench.film import grainy_film
from bench.table import held, row
from sorasync.checks.check_result import CheckResult, Verdict
from sorasync.checks.measure_request import VideoToCheck
from sorasync.checks.worker_pool import WorkerPool
from sorasync.manifest.check_schema import ChecksModel, active_checks
from tests.checks.spoilt_set import Sample, beside_source, failed, findings, made, samples, with_lettering

_FILMS, _SECONDS = 6, 8
_PRECISION, _RECALL, _SPEED = 0.98, 0.95, 6.0

Outcome = tuple[Sample, frozenset[str], dict[str, CheckResult]]


def main() -> None:
    """Measure; the defaults take about two minutes."""
    parser = argparse.ArgumentParser(prog="python -m bench.checks")
    parser.add_argument("--each", type=int, default=15, help="spoilt videos of each fault")
    parser.add_argument("--good", type=int, default=120, help="videos without a fault")
    parser.add_argument("--wrong", action="store_true", help="list what is judged wrongly")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        _speed(Path(directory))
    with ProcessPoolExecutor() as processes:
        outcomes = list(processes.map(_outcome, samples(options.each, options.good), chunksize=4))
        steps = [one for found in processes.map(_beside_source, range(2 * options.each)) for one in found]
        read = [one for found in processes.map(_lettering, range(options.each)) for one in found]
    _confusion_matrix(outcomes)
    _count("same_as", Counter(_cell(wrong, result.verdict == "failed") for wrong, result in steps))
    if any(result.verdict is Verdict.ERROR for _, result in read):
        sys.stdout.write(f"text: {read[0][1].message}\n")
    else:
        _count("text", Counter(_cell(wrong, result.verdict == "failed") for wrong, result in read))
    if options.wrong:
        _list_wrong(outcomes)


def _speed(directory: Path) -> None:
    first = directory / "film-0.mp4"
    grainy_film(first, _SECONDS)
    films = [first, *(Path(shutil.copy(first, directory / f"film-{n}.mp4")) for n in range(1, _FILMS))]
    default = ChecksModel()
    asked = [VideoToCheck(film, default, tuple(active_checks(default))) for film in films]
    with WorkerPool() as pool, ThreadPoolExecutor(pool.size) as threads:
        # So that the processes have started.
        list(threads.map(pool.check, asked[: pool.size]))
        began = time.monotonic()
        list(threads.map(pool.check, asked))
        took = time.monotonic() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = os.cpu_count() or 1
    speed = _FILMS * _SECONDS / took
    cpu = (usage.ru_utime + usage.ru_stime) / ((_FILMS + cores) * _SECONDS)
    row("", "measured", "", "target")
    mark = "holds" if speed >= _SPEED else "MISSED"
    row(
        "default checks, 720p at 30 fps",
        f"{speed:.1f} x",
        f"{cores} cores",
        f"{_SPEED:g} x real time  {mark}",
    )
    row("CPU of a second of it", f"{cpu:.2f} s", "", held(cpu, 2 / _SPEED, f"{2 / _SPEED:.2f} s"))


def _outcome(sample: Sample) -> Outcome:
    with tempfile.TemporaryDirectory() as directory:
        found = findings(sample, made(sample, Path(directory)))
    return sample, failed(sample, found), found


def _beside_source(number: int) -> list[tuple[bool, CheckResult]]:
    with tempfile.TemporaryDirectory() as directory:
        return beside_source(number, Path(directory))


def _lettering(number: int) -> list[tuple[bool, CheckResult]]:
    with tempfile.TemporaryDirectory() as directory:
        return with_lettering(number, Path(directory))


def _confusion_matrix(outcomes: Sequence[Outcome]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sample, wrong, found in outcomes:
        for check in filter(sample.counts, found):
            counts[check][_cell(check in sample.wrong, check in wrong)] += 1
    sys.stdout.write(f"\n{len(outcomes)} videos\n")
    sys.stdout.write(_line("check", "TP", "FP", "FN", "TN", "precision", "recall", ""))
    for check, cells in counts.items():
        _count(check, cells)


def _count(check: str, cells: Counter[str]) -> None:
    hits, alarms, misses = cells["TP"], cells["FP"], cells["FN"]
    precision = hits / (hits + alarms) if hits + alarms else 1.0
    recall = hits / (hits + misses) if hits + misses else 1.0
    mark = "holds" if precision >= _PRECISION and recall >= _RECALL else "MISSED"
    rates = f"{precision:.3f}", f"{recall:.3f}"
    sys.stdout.write(_line(check, hits, alarms, misses, cells["TN"], *rates, mark))


def _line(*cells: object) -> str:
    return "{:<12} {:>6} {:>6} {:>6} {:>6}   {:>9} {:>7}   {}\n".format(*cells)


def _cell(wrong: bool, told: bool) -> str:
    return ("TP" if told else "FN") if wrong else ("FP" if told else "TN")


def _list_wrong(outcomes: Iterable[Outcome]) -> None:
    for sample, told, found in outcomes:
        for check in sorted(told ^ frozenset(filter(sample.counts, sample.wrong))):
            what = sample.fault or "good"
            sys.stdout.write(
                f"{check} of a {what} video: {found[check].message}\n    {sample.size} {sample.prompt!r}\n"
            )


if __name__ == "__main__":
    main()
