"""About sixty kills at chosen points and random moments: nothing is paid for twice, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apply.crash.harness import BAD_DAY, crash
from tests.apply.crash.server import Faults


@pytest.mark.parametrize(("faults", "kills"), [((), 39), (BAD_DAY, 21)], ids=["good-day", "bad-day"])
def test_killed_applies_pay_once_and_lose_nothing(tmp_path: Path, faults: Faults, kills: int) -> None:
    verdict = crash(tmp_path, kills, seed=7, faults=faults, kills_a_case=3)
    assert not verdict.wrong
    assert verdict.kills >= kills
