"""Two hundred clips with steps and characters at a host on its worst day."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.apply.report import End
from sorasync.assets.mp4 import inspect_mp4
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.conftest import world as world
from tests.apply.world import World

pytestmark = pytest.mark.heavy

CLIPS, CHARACTERS, RUNS = 200, 4, 40
# Of all answers, the part that is faulty in one way or another.
SHARE = 0.3
BAD = (
    "rate_limit",
    "overloaded",
    "error",
    "cut_before",
    "cut_after",
    "cut_body",
    "html",
    "drop_fields",
    "slow",
    "status_word",
)
OF_FILES = ("truncate", "wrong_length", "empty", "content_type")


def manifest() -> str:
    """Characters, clips that use them, extensions, edits and branches."""
    parts = [f'[characters.c{n}]\nname = "Mossy{n}"\nvideo = "mossy{n}.mp4"\n' for n in range(CHARACTERS)]
    for n in range(CLIPS):
        cast = n % 5 == 0
        prompt = f"Mossy{n % CHARACTERS} walks through scene {n}." if cast else f"Scene {n} at dusk."
        parts.append(f'[clips.s{n:03d}]\nprompt = "{prompt}"\n')
        if cast:
            parts.append(f'characters = ["c{n % CHARACTERS}"]\n')
        if n % 4 == 0:
            parts.append(f'[[clips.s{n:03d}.steps]]\nextend = "Scene {n} goes on."\n')
        if n % 8 == 0:
            parts.append(f'[[clips.s{n:03d}.steps]]\nedit = "Scene {n} in fog."\n')
    return "".join(parts)


def rules() -> list[dict[str, object]]:
    """A rule for every fault, so that about `SHARE` of the answers have one."""
    each = SHARE / len(BAD)
    found: list[dict[str, object]] = [{"do": deed, "probability": each} for deed in BAD]
    return found + [{"do": deed, "route": "content", "probability": each} for deed in OF_FILES]


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_is_rendered_whole_and_paid_for_once(world: MakeWorld, seed: int) -> None:
    it: World = world(manifest(), render_seconds=20)
    for n in range(CHARACTERS):
        it.put(f"mossy{n}.mp4", f"mossy{n}")
    it.faults(*rules(), seed=seed)
    for _ in range(RUNS):
        report = it.apply(parallelism=32)
        assert not report.of(End.OPEN)
        if report.complete:
            break
        it.clock.time += 120
    it.faults()
    assert it.apply().complete
    assert it.plan().empty
    with it.store() as store:
        records = store.every_record()
    renders = [record for record in records if record.kind != "character"]
    assert len(renders) == CLIPS + CLIPS // 4 + CLIPS // 8
    assert {record.status for record in records} == {Status.STORED}
    assert set(it.billed().values()) == {1}
    assert len(it.charges()) == len(renders)
    for path in sorted(Path(it.root / "assets" / ".store").glob("*/*.mp4")):
        inspect_mp4(path)
