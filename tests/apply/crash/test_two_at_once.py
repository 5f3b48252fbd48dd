"""Two processes apply one library at the same time: one works, the other waits or is refused."""

from __future__ import annotations

from pathlib import Path

from tests.apply.crash.rounds import play

ROUNDS = 1000


def test_a_thousand_times_two_applies_at_once_pay_once_and_leave_the_state_whole(tmp_path: Path) -> None:
    told = play(tmp_path, ROUNDS, seed=11)
    assert not told.wrong
    assert told.count == ROUNDS
    assert sum(map(len, told.jobs.values())) == ROUNDS
    assert min(told.ends["0 and 0"], told.ends["0 and 6"], told.ends["6 and 0"]) > 0
    assert min(told.waited, told.broken) > ROUNDS // 50
