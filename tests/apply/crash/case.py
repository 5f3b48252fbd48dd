"""One library that is applied by processes that are killed, until one of them is let live."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass, field
from pathlib import Path

from sorasync.assets.mp4 import inspect_mp4
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.preview.media import tiny_video
from sorasync.state.record import Status
from tests.apply.crash import victim
from tests.apply.crash.server import PROCESSES

_RUNS = 4
"""Runs that are let live at most; a server without faults needs one."""
_LONGEST = 120.0

_MANIFEST = """
[characters.{name}]
name = "Fennel"
video = "fennel.mp4"

[clips.{name}-plain]
prompt = "A plain scene, {name}."

[clips.{name}-takes]
prompt = "A scene in two takes, {name}."
takes = 2

[clips.{name}-cast]
prompt = "Fennel runs, {name}."
characters = ["{name}"]

[clips.{name}-steps]
prompt = "A long scene, {name}."
[[clips.{name}-steps.steps]]
extend = "On, {name}."
seconds = 4
[[clips.{name}-steps.steps]]
edit = "The same words for everybody."
"""
BILLED = [1, 1, 1, 1, 1, 2]
"""How often each of its prompts is billed, sorted."""
RENDERS = sum(BILLED)
_SETTINGS = """
[library]
name = "crash"
[provider]
profile = "preview"
base_url = "{url}/v1"
abilities = {{ variants = ["video", "thumbnail"] }}
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
[apply]
parallelism = 4
"""


@dataclass
class Case:
    """A library of one name in a directory of its own. `faults` are sentences about what went wrong."""

    name: str
    root: Path
    url: str
    faults: list[str] = field(default_factory=list)
    kills: int = 0

    def write(self) -> None:
        """Make the library."""
        (self.root / "manifests").mkdir(parents=True)
        (self.root / "sorasync.toml").write_text(_SETTINGS.format(url=self.url))
        (self.root / "manifests" / "clips.toml").write_text(_MANIFEST.format(name=self.name))
        (self.root / "manifests" / "fennel.mp4").write_bytes(tiny_video(1280, 720, 3, ""))

    def points(self) -> int:
        """Apply it without a kill; how many points a run passes."""
        count = self.root / "points"
        self._run(None, count=count)
        return int(count.read_text())

    def killed_at(self, point: int) -> None:
        """Run until that point."""
        if self._run(point) == -signal.SIGKILL:
            self.kills += 1

    def killed_after(self, seconds: float) -> None:
        """Run for that long."""
        if self._run(None, seconds=seconds) == -signal.SIGKILL:
            self.kills += 1

    def finish(self) -> None:
        """Let runs live until one ends well; then everything must be there, and once."""
        codes: list[int] = []
        while not codes or (codes[-1] != 0 and len(codes) < _RUNS):
            codes.append(self._run(None))
        if codes[-1] != 0:
            self.faults.append(f"apply ended with {codes}")
        self.faults += look(Project.open(self.root))

    def _run(self, point: int | None, *, count: Path | None = None, seconds: float | None = None) -> int:
        process = PROCESSES.Process(target=victim.run, args=(self.root, point, count), daemon=True)
        process.start()
        process.join(_LONGEST if seconds is None else seconds)
        if process.exitcode is None and process.pid is not None:
            if seconds is None:
                self.faults.append("apply hangs")
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        return process.exitcode if process.exitcode is not None else -1


def look(project: Project) -> list[str]:
    """What is wrong with a library that was applied to its end."""
    faults = []
    plan = make_plan(project, PlanOptions()).plan
    if not plan.empty:
        faults.append(f"the plan still says {[(c.label, c.action.value, c.reason) for c in plan.changes]}")
    assets = project.assets()
    with project.store() as store:
        records, names = store.every_record(), store.bindings()
    for record in records:
        if record.status is not Status.STORED:
            faults.append(f"{record.address} is {record.status.value}")
        elif record.asset is not None:
            if not assets.verify(record.asset):
                faults.append(f"the file of {record.address} is not whole")
            else:
                inspect_mp4(assets.path_of(record.asset))
    if len(names) != RENDERS + 1:
        faults.append(f"{len(names)} addresses are bound")
    files = [path for path in assets.path.rglob("*.mp4") if ".store" not in path.parts]
    if len(files) != _NAMES:
        faults.append(f"the names are {sorted(path.name for path in files)}")
    return faults


_NAMES = 8
"""plain, cast, two takes and the name of the first, and three for the steps."""


def random_kill(case: Case, chance: random.Random, points: int, longest: float) -> None:
    """One kill: four in five at a point, the others at any moment."""
    if chance.random() < 0.8:
        case.killed_at(chance.randint(1, points))
    else:
        case.killed_after(chance.uniform(0.02, longest))
