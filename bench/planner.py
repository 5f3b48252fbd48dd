"""`python -m bench.planner`: whole-process times on generated libraries, printed as a table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.generate import generate_apart
from bench.table import held

RUNS = 5
# What runs within two seconds of a change keeps no answer, so that the second one does.
_WARM = 2
# Seconds after which a file counts as settled.
_SETTLED = 2.5


class Figure(NamedTuple):
    """One command: median wall time and CPU time of its runs (s), and its peak memory (MiB)."""

    wall: float
    cpu: float
    memory: float


class Goal(NamedTuple):
    """What a figure must not pass: seconds of wall time on two idle cores, and MiB."""

    wall: float | None
    memory: float | None = None


# By clips and name of the row.
GOALS: Mapping[tuple[int, str], Goal] = {
    (10_000, "plan with no changes"): Goal(0.25),
    (10_000, "first plan, text"): Goal(0.5),
    (10_000, "first plan, JSON"): Goal(0.5),
    (10_000, "status"): Goal(0.3),
    (10_000, "validate, nothing changed"): Goal(0.2),
    (10_000, "validate, first time"): Goal(0.45),
    (100_000, "plan with no changes"): Goal(0.9, 200),
    (100_000, "plan, one file changed"): Goal(1.1),
    (1_000_000, "plan with no changes"): Goal(9, 2048),
    (1_000_000, "status"): Goal(None, 2048),
    (1_000_000, "validate, first time"): Goal(None, 2048),
}


def sorasync(*arguments: str) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "sorasync", *arguments]


def measure(
    command: Sequence[str], runs: int = RUNS, cwd: Path | None = None, *, warm: int = _WARM
) -> Figure:
    """Run a command, `warm` times to warm up and then `runs` times."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    wall, cpu, memory = [], [], 0.0
    for number in range(warm + runs):
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=cwd
        )
        _, status, usage = os.wait4(child.pid, 0)
        elapsed = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(command)} ended with exit code {child.returncode}")
        if number >= warm:
            wall.append(elapsed)
            cpu.append(usage.ru_utime + usage.ru_stime)
            memory = max(memory, usage.ru_maxrss / 1024)
    return Figure(sorted(wall)[len(wall) // 2], sorted(cpu)[len(cpu) // 2], memory)


def report(name: str, figure: Figure, goal: Goal | None = None, note: str = "") -> None:
    """Print one row."""
    line = f"{name:<44} {figure.wall:7.3f} {figure.cpu:7.3f} {figure.memory:7.0f}"
    targets = []
    if goal is not None and goal.wall is not None:
        targets.append(held(figure.wall, goal.wall, f"{goal.wall:g} s"))
    if goal is not None and goal.memory is not None:
        targets.append(held(figure.memory, goal.memory, f"{goal.memory:g} MiB"))
    sys.stdout.write(f"{line}   {', '.join([*targets, note] if note else targets)}".rstrip() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Libraries where everything is rendered already, and where nothing is; other sizes as arguments."""
    sizes = [int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000]
    load = os.getloadavg()[0]
    sys.stdout.write(f"Load of the machine: {load:.1f} on {os.cpu_count()} cores; goals are for idle ones.\n")
    sys.stdout.write(f"{'':<44} {'wall s':>7} {'CPU s':>7} {'MiB':>7}   goal\n")
    report("python -c pass", measure([sys.executable, "-c", "pass"]))
    report("--help", measure(sorasync("--help")), Goal(0.15))
    for size in sizes:
        with tempfile.TemporaryDirectory() as directory:
            none = _rendered(Path(directory) / "rendered", size)
        with tempfile.TemporaryDirectory() as directory:
            first = _first(Path(directory) / "first", size)
        if size == 10_000 and (terraform := shutil.which("terraform")) is not None:
            with tempfile.TemporaryDirectory() as directory:
                _terraform(terraform, Path(directory), size, {"first": first, "none": none})


def _row(size: int, name: str, command: Sequence[str], runs: int) -> Figure:
    figure = measure(command, runs)
    report(f"{name}, {size:,} clips", figure, GOALS.get((size, name)))
    return figure


def _rendered(root: Path, size: int) -> Figure:
    root.mkdir()
    generate_apart(root, size, rendered=True)
    runs = RUNS if size < 100_000 else 2
    at = ("--library", str(root))
    none = _row(size, "plan with no changes", sorasync(*at, "plan"), runs)
    _row(size, "plan without a cache", sorasync(*at, "plan", "--no-cache"), runs)
    _row(size, "status", sorasync(*at, "status"), runs)
    _row(size, "validate, nothing changed", sorasync(*at, "validate"), runs)
    _row(size, "validate, first time", sorasync(*at, "validate", "--no-cache"), runs)
    _row(size, "plan, one file changed", [sys.executable, "-c", _CHANGED, str(root)], RUNS)
    sys.stdout.write(f"{'':<44} {'files':>7} {'folders':>7} {'SQL':>7} {'syncs':>7}\n")
    for name, *command in (
        ("plan with no changes", "plan"),
        ("plan without a cache", "plan", "--no-cache"),
        ("status", "status"),
        ("validate, nothing changed", "validate"),
    ):
        _count_row(f"{name}, {size:,} clips", root, command, again=True)
    _change(root)
    _count_row(f"plan, one file changed, {size:,} clips", root, ["plan"])
    return none


def _count_row(name: str, root: Path, command: Sequence[str], *, again: bool = False) -> None:
    """Print what a command reads and writes; `again`, what it does once its answer is kept."""
    for _ in range(_WARM if again else 0):
        measure(sorasync("--library", str(root), *command), 1, warm=0)
        time.sleep(_SETTLED)
    counted = [sys.executable, "-m", "bench.counted", str(root), *command]
    done = subprocess.run(counted, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    counts: dict[str, int] = json.loads(done.stderr.splitlines()[-1])
    sys.stdout.write(f"{name:<44} {' '.join(f'{number:>7}' for number in counts.values())}\n")
    sys.stdout.flush()


def _change(root: Path) -> None:
    path = root / "manifests" / "part-000000.toml"
    path.write_text(path.read_text().replace("harbour", "quay", 1))


# Another prompt in one manifest, and then a plan in the same process: each run finds a change of its own.
_CHANGED = """
import sys, time, pathlib
path = pathlib.Path(sys.argv[1], "manifests/part-000000.toml")
first, rest = path.read_text().split("harbour", 1)
path.write_text(f"{first.partition(' at take ')[0]} at take {time.time_ns()} harbour{rest}")
sys.argv = ["sorasync", "--library", sys.argv[1], "plan"]
from sorasync.cli.main import program
program()
"""


def _first(root: Path, size: int) -> Figure:
    root.mkdir()
    generate_apart(root, size, rendered=False)
    runs = RUNS if size < 100_000 else 2
    at = ("--library", str(root), "plan", "--no-cache")
    text = _row(size, "first plan, text", sorasync(*at), runs)
    _row(size, "first plan, JSON", sorasync(*at, "--format", "json"), runs)
    _count_row(f"first plan, {size:,} clips", root, ["plan", "--no-cache"])
    return text


def _terraform(program: str, root: Path, size: int, ours: Mapping[str, Figure]) -> None:
    """The same number of resources that need no provider; `ours` are plans, the first one and one of none."""
    blocks = (f'resource "terraform_data" "shot_{n}" {{\n  input = "Shot {n}"\n}}\n' for n in range(size))
    (root / "main.tf").write_text("\n".join(blocks))
    subprocess.run([program, "init"], cwd=root, check=True, capture_output=True)
    _against(program, root, f"terraform's first plan, {size:,} resources", ours["first"])
    (root / "terraform.tfstate").write_text(json.dumps(_terraform_state(size)))
    _against(program, root, "terraform's plan with no changes", ours["none"])
    _against(program, root, "terraform's plan with no changes, no refresh", ours["none"], "-refresh=false")


def _terraform_state(size: int) -> dict[str, object]:
    """The state after an apply of those resources: to apply 10,000 takes terraform more than five minutes."""

    def resource(number: int) -> dict[str, object]:
        value = {"value": f"Shot {number}", "type": "string"}
        attributes = {"id": f"{number}", "input": value, "output": value, "triggers_replace": None}
        return {
            "mode": "managed",
            "type": "terraform_data",
            "name": f"shot_{number}",
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
        }

    return {
        "version": 4,
        "serial": 1,
        "lineage": "bench",
        "outputs": {},
        "resources": [resource(number) for number in range(size)],
    }


def _against(program: str, root: Path, name: str, ours: Figure, *options: str) -> None:
    figure = measure([program, "plan", "-input=false", *options], 1, cwd=root, warm=1)
    report(name, figure, note=f"{figure.wall / ours.wall:.0f} x ours")


if __name__ == "__main__":
    main()
