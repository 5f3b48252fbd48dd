"""Two processes apply one library at the same time: one works, the other waits or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apply.crash.rounds import play


@pytest.mark.parametrize("rounds", [150, pytest.param(1000, marks=pytest.mark.heavy)])
def test_two_applies_at_once_pay_once_and_leave_the_state_whole(tmp_path: Path, rounds: int) -> None:
    told = play(tmp_path, rounds, seed=11)
    assert not told.wrong
    assert told.count == rounds
    assert sum(map(len, told.jobs.values())) == rounds
    assert min(told.ends["0 and 0"], told.ends["0 and 6"], told.ends["6 and 0"]) > 0
    assert min(told.waited, told.broken) > rounds // 50
