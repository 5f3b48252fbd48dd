"""A machine that slept, and a clock that was set: nothing is paid for twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate

import httpx
import pytest

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.plan.action import Action
from sorasync.provider.local import in_process
from tests.apply.clock import IdleClock
from tests.apply.conftest import MakeWorld
from tests.apply.world import ends, numbered


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


@dataclass
class Behind:
    """The clock of a server that is so many seconds behind this machine, once `clock` is this machine's."""

    seconds: float
    clock: IdleClock = field(default_factory=IdleClock)

    def now(self) -> float:
        return self.clock.now() - self.seconds

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


class Dated(httpx.AsyncBaseTransport):
    """Gives every answer the Date header of the server's clock, as servers on a port do."""

    def __init__(self, inner: httpx.AsyncBaseTransport, clock: Behind) -> None:
        self._inner = inner
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        answer.headers["date"] = formatdate(self._clock.now(), usegmt=True)
        return answer


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("seconds", [720.0, 7200.0, 4e8])
def test_a_lost_answer_is_not_paid_for_twice_where_this_machines_clock_is_ahead(
    world: MakeWorld, seconds: float, dated: bool
) -> None:
    behind = Behind(seconds)
    it = world(numbered(3), expires_after=86_400.0, clock=behind)
    behind.clock, it.bills = it.clock, True
    it.transport = Dated(in_process(it.app), behind) if dated else None
    it.faults({"route": "create", "do": "cut_after", "nth": 2})
    report = it.apply(parallelism=1)
    assert len(it.charges()) == 3
    if dated:
        assert report.complete
        assert it.plan().empty
    else:
        assert ends(report)["clip.c001"] is End.OPEN


@pytest.mark.parametrize("seconds", [7200.0, -7200.0])
def test_a_file_is_fetched_although_clocks_differ(world: MakeWorld, seconds: float) -> None:
    behind = Behind(seconds)
    it = world(numbered(2), expires_after=3600.0, clock=behind)
    behind.clock, it.bills = it.clock, True
    it.transport = Dated(in_process(it.app), behind)
    it.apply(detach=True)
    it.clock.time += 60
    assert {change.action for change in it.plan().changes} == {Action.DOWNLOAD}
    assert it.apply().complete
    assert len(it.charges()) == 2
