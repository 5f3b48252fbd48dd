"""Power cuts at a hundred moments and more of a first apply: nothing is lost, nothing is paid for twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sorasync.apply.report import End
from tests.apply.crash.judge import look
from tests.apply.world import World
from tests.apply.world import ends as ends_of
from tests.durability.recording import Cut, record
from tests.durability.tracer import SUPPORTED

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="system calls are recorded on Linux only")

CUTS = 120
CONFIG = '[state]\nlock_file = true\n[assets]\npictures = ["thumbnail"]\n[apply]\nparallelism = 2\n'
CLIPS = """
[characters.fennel]
name = "Fennel"
video = "fennel.mp4"

[clips.quay]
prompt = "A quay at dusk."
takes = 2
pick = 2
[[clips.quay.steps]]
extend = "On, into the night."
seconds = 4

[clips.cast]
prompt = "Fennel runs."
characters = ["fennel"]
"""
LABELS = {"clip.quay#1": 1, "clip.quay#2": 1, "clip.quay#2/1": 1, "clip.cast": 1}
LATER = 1_800_000_300.0


class Again(World):
    """A library and a server as they were left by others."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.clock.time = self.clock.begun = LATER

    def _lay_out(self, manifest: str, config: str) -> None:
        """It is there already."""


@pytest.fixture(scope="module")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Cut]]:
    root = tmp_path_factory.mktemp("recorded")

    def prepare() -> World:
        world = World(root, CLIPS, config=CONFIG)
        world.put("fennel.mp4")
        return world

    world = prepare()

    def work() -> int:
        return 0 if world.apply().complete else 1

    yield record(work, world.root, root / "server", root / "copies")


def test_a_power_cut_at_any_moment_of_a_first_apply_costs_nothing(cuts: list[Cut], tmp_path: Path) -> None:
    chosen = spread(cuts, CUTS)
    assert len(chosen) >= 100
    wrong: dict[str, list[str]] = {}
    for number, cut in enumerate(chosen):
        root = tmp_path / str(number)
        root.mkdir()
        cut.library.write(root / "library")
        shutil.copytree(cut.provider, root / "server")
        world = Again(root)
        report = world.apply()
        found = look(world.project)
        if world.billed() != LABELS:
            found.append(f"billed: {world.billed()}")
        if not report.complete:
            found.append(f"the apply ended as {report.word}")
        if found:
            wrong[f"{number} before {cut.before}"] = found
        shutil.rmtree(root)
    assert wrong == {}


def test_cuts_fall_between_what_was_sent_and_what_is_known_of_it(cuts: list[Cut]) -> None:
    """A recorder that sees too little would prove nothing."""
    kinds = {cut.before.partition(" ")[0] for cut in cuts}
    assert kinds >= {"mkdir", "fsync", "rename", "pwrite64"}
    assert len({cut.provider for cut in cuts}) > 10


def spread(cuts: list[Cut], count: int) -> list[Cut]:
    """So many of them, evenly; each stands for others that leave the same."""
    different: list[Cut] = []
    for cut in cuts:
        if not different or cut.library != different[-1].library or cut.provider != different[-1].provider:
            different.append(cut)
    step = max(1.0, len(different) / count)
    return [different[int(at * step)] for at in range(min(count, len(different)))]


STILLS = """
[stills.quay]
prompt = "A quay at dusk."

[clips.harbour]
prompt = "The boat leaves."
image = "still:quay"
"""
STILL_CUTS = 30


def test_a_power_cut_during_a_paid_still_never_pays_twice(tmp_path: Path) -> None:
    """No host has a list of stills: what is not on this disk is asked about, and paid for by nobody else."""
    world = World(tmp_path / "first", STILLS)
    world.bills = True

    def work() -> int:
        return 0 if world.apply().complete else 1

    recorded = record(work, world.root, tmp_path / "first/server", tmp_path / "copies")
    ends = set()
    for number, cut in enumerate(spread(recorded, STILL_CUTS)):
        root = tmp_path / str(number)
        root.mkdir()
        cut.library.write(root / "library")
        shutil.copytree(cut.provider, root / "server")
        again = Again(root)
        again.bills = True
        report = again.apply()
        paid = [charge.kind for charge in again.charges()].count("still")
        (still,) = [end for label, end in ends_of(report).items() if label == "still.quay"] or [End.DONE]
        ends.add(still)
        assert (paid, still) in {(1, End.DONE), (0, End.OPEN), (1, End.OPEN)}, cut.before
        if still is End.DONE:
            assert (report.complete, look(again.project)) == (True, []), cut.before
        else:
            assert again.billed().get("clip.harbour") is None
        shutil.rmtree(root)
    assert ends == {End.DONE, End.OPEN}
