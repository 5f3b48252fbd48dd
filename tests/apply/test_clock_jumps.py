"""A machine that slept, and a clock that was set: nothing is paid for twice."""

from __future__ import annotations

import pytest

from sorasync.apply.events import Moment
from tests.apply.conftest import MakeWorld
from tests.apply.world import numbered


@pytest.mark.parametrize("seconds", [7200.0, -7200.0, 90.0])
@pytest.mark.parametrize("moment", [Moment.SENT, Moment.RENDERING, Moment.FETCHING])
def test_time_that_jumps_in_the_middle_of_an_apply_costs_nothing(
    world: MakeWorld, moment: Moment, seconds: float
) -> None:
    it = world(numbered(4), expires_after=86_400.0)
    jumps = [seconds]

    def jump() -> None:
        if jumps:
            it.clock.time += jumps.pop()

    it.act(moment, jump)
    assert any(it.apply(parallelism=2).complete for _ in range(5)), "the server's clock is set back with ours"
    assert jumps == []
    assert len(it.charges()) == 4
    assert it.plan().empty
