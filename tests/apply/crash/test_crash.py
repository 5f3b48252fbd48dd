"""About sixty kills at chosen points and random moments: nothing is paid for twice, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apply.crash.harness import BAD_DAY, crash
from tests.apply.crash.server import Faults


@pytest.mark.parametrize(
    ("faults", "kills", "each"), [((), 39, 3), (BAD_DAY, 20, 2)], ids=["good-day", "bad-day"]
)
def test_killed_applies_pay_once_and_lose_nothing(
    tmp_path: Path, faults: Faults, kills: int, each: int
) -> None:
    verdict = crash(tmp_path, kills, seed=7, faults=faults, kills_a_case=each)
    assert not verdict.wrong
    assert verdict.kills >= kills
