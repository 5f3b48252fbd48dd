"""Many cases at once, and the server's ledger as the judge."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.apply.crash.case import BILLED, Case, random_kill
from tests.apply.crash.server import Faults, ledger, serving

BAD_DAY: list[dict[str, Any]] = [
    {"route": ["create", "extend", "edit*"], "do": "cut_after", "probability": 0.1},
    {"route": ["create", "extend", "edit*"], "do": "cut_before", "probability": 0.05},
    {"route": ["create", "extend", "edit*"], "do": "error", "probability": 0.05},
    {"route": ["create", "extend", "edit*"], "do": "delay", "delay": 0.3, "probability": 0.1},
    {"route": "create", "do": "rate_limit", "retry_after": 0.2, "probability": 0.1},
    {"route": ["list", "get"], "do": "error", "probability": 0.1},
    {"route": "content", "do": "cut_body", "probability": 0.1},
    {"route": "content", "do": "truncate", "probability": 0.1},
]
AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many processes were killed in how many cases, and what was found wrong, by case."""

    kills: int
    cases: int
    seconds: float
    wrong: dict[str, list[str]]


def crash(
    directory: Path,
    kills: int,
    *,
    seed: int,
    faults: Faults = (),
    kills_a_case: int = 2,
    tell: Callable[[Case], None] = lambda case: None,
) -> Verdict:
    """Kill processes of many libraries at one server; each is killed a few times and then finished."""
    begun = time.monotonic()
    with serving(directory / "server", faults, seed) as url:
        plain = Case("warm", directory / "warm", url)
        plain.write()
        points = plain.points()
        longest = time.monotonic() - begun
        plain.finish()
        cases = [
            Case(f"k{number}", directory / f"k{number}", url) for number in range(-(-kills // kills_a_case))
        ]

        def run(case: Case) -> Case:
            chance = random.Random(f"{seed}:{case.name}")
            case.write()
            while case.kills < kills_a_case:
                random_kill(case, chance, points, longest)
            case.finish()
            if not case.faults:
                shutil.rmtree(case.root)
            tell(case)
            return case

        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = [plain, *pool.map(run, cases)]
        wrong = {case.name: case.faults for case in done if case.faults}
        for name, faults_found in _judge(done, ledger(url)).items():
            wrong.setdefault(name, []).extend(faults_found)
    return Verdict(sum(case.kills for case in done), len(done), time.monotonic() - begun, wrong)


def _judge(cases: list[Case], rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Every render was billed once. Takes of one prompt are the same to a host: either may have the job."""
    billed: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        case, _, _ = row["label"].removeprefix("clip.").partition("-")
        billed[case][row["prompt_digest"]] += 1
    return {
        case.name: [f"its prompts were billed {sorted(billed[case.name].values())} times"]
        for case in cases
        if sorted(billed[case.name].values()) != BILLED
    }
