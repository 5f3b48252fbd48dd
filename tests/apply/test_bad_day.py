"""A host on its worst day: much of what it answers is wrong, and an apply ends complete all the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sorasync.apply.report import Report
from tests.apply.conftest import MakeWorld
from tests.apply.test_fetching import whole

FAULTS: list[dict[str, Any]] = [
    {"do": "error"},
    {"do": "status", "status": 502},
    {"do": "overloaded"},
    {"do": "rate_limit", "retry_after": 3},
    {"do": "cut_before"},
    {"do": "cut_after"},
    {"do": "html"},
    {"do": "empty"},
    {"do": "truncate"},
    {"do": "cut_body"},
    {"do": "drop_fields"},
    {"do": "delay", "delay": 40.0},
]


def manifest() -> str:
    """60 renders: creates with and without a character, in takes, with steps, some in the same words."""
    text = '[characters.fennel]\nname = "Fennel"\nvideo = "f.mp4"\n'
    for number in range(8):
        text += f'[clips.plain{number}]\nprompt = "Scene {number}."\n'
        text += f'[clips.cast{number}]\nprompt = "Fennel in scene {number}."\ncharacters = ["fennel"]\n'
        text += f'[clips.takes{number}]\nprompt = "Take {number}."\ntakes = 2\npick = 1\n'
        text += f'[clips.long{number}]\nprompt = "Long {number}."\n'
        text += f'[[clips.long{number}.steps]]\nextend = "On, {number}."\nseconds = 4\n'
        text += f'[[clips.long{number}.steps]]\nedit = "Teal."\n'
    return text + "".join(f'[clips.more{n}]\nprompt = "More {n}."\n' for n in range(4))


def several() -> dict[str, int]:
    """The clips with more than one render. Which take got which job is all the same."""
    return {f"clip.takes{n}": 2 for n in range(8)} | {f"clip.long{n}": 3 for n in range(8)}


def misbehaving(share: float) -> list[dict[str, Any]]:
    """Rules that spoil that share of all answers, each in one way of many."""
    routes = ["create", "get", "list", "content", "extend", "edit*", "character"]
    return [fault | {"route": routes, "probability": share / len(FAULTS)} for fault in FAULTS]


@pytest.mark.parametrize("seed", range(4))
def test_with_a_third_of_all_answers_spoiled_an_apply_ends_complete(world: MakeWorld, seed: int) -> None:
    it = world(manifest())
    it.put("f.mp4")
    it.faults(*misbehaving(0.36), seed=seed)
    report = it.apply(parallelism=12)
    assert not problems(report)
    it.faults()
    assert it.plan().empty
    assert whole(it)
    billed = Counter((charge.label or "").partition("#")[0] for charge in it.charges())
    assert len(it.charges()) == 60
    assert {clip: count for clip, count in billed.items() if count > 1} == several()


def problems(report: Report) -> list[tuple[str, str, str]]:
    return [(o.label, o.end.value, o.message) for o in report.outcomes if o.end.value != "done"]
