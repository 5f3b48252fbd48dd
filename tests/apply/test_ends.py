"""Nothing that a provider does keeps an apply for ever: every wait has its end, and is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.profile.parts import Rate
from sorasync.provider.local import in_process
from sorasync.state.record import Status
from tests.apply.clock import IdleClock
from tests.apply.conftest import MakeWorld
from tests.apply.world import World, clips, numbered

TEN_YEARS = 315_360_000
WAIT = 600.0


def test_a_pause_of_an_hour_is_told_and_ends_the_apply_and_a_plan_says_what_is_waited_for(
    world: MakeWorld,
) -> None:
    it = world(numbered(6))
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 3600})
    begun = it.clock.time
    report = it.apply(wait=WAIT, parallelism=2)
    assert it.clock.time - begun < WAIT
    assert {one.end for one in report.outcomes} == {End.SKIPPED}
    assert "asks to try again in 60 min (at " in report.outcomes[0].message
    assert report.outcomes[0].next == "sorasync apply sends it"
    reason = it.plan().changes[0].reason
    assert "not accepted yet" in reason
    assert "60 min" in reason


def test_a_pause_that_is_waited_for_is_told_while_it_lasts(world: MakeWorld) -> None:
    it = world(numbered(4))
    it.rate = Rate(creates_per_minute=2)
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 90, "nth": 1})
    assert it.apply(wait=WAIT).complete
    waits = [event.detail for event in it.witness.events if event.moment is Moment.WAITING]
    assert any("asks to try again in 90 s" in detail for detail in waits)
    assert any("sending in" in detail for detail in waits)


@pytest.mark.parametrize("asked", [0, 0.001])
def test_a_server_that_asks_for_no_pause_is_not_asked_without_one(world: MakeWorld, asked: float) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "create", "do": "rate_limit", "retry_after": asked})
    it.apply(wait=WAIT)
    assert it.requests()["create"] < 200


def test_a_list_that_wants_not_to_be_asked_for_an_hour_is_told_of(world: MakeWorld) -> None:
    it = world(numbered(3), render_seconds=100.0)
    it.faults({"route": ["list", "get"], "do": "rate_limit", "retry_after": 3600})
    report = it.apply(wait=WAIT)
    assert {one.end for one in report.outcomes} == {End.PENDING}
    assert [text for text in it.witness.notices if "60 min" in text]


def test_a_content_route_that_fails_is_asked_a_few_times_and_the_next_step_is_told(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "error"})
    report = it.apply()
    assert it.requests()["content"] == 8
    assert report.outcomes[0].end is End.FAILED
    assert (report.outcomes[0].next or "").startswith(
        "sorasync apply downloads it at no cost; the provider keeps"
    )
    it.faults()
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


@pytest.mark.parametrize("deed", ["moderated", "not_allowed", "unauthorized", "quota"])
def test_what_another_request_would_meet_as_well_is_not_asked_for_again(world: MakeWorld, deed: str) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": deed})
    it.apply()
    assert it.requests()["content"] == 1
    assert it.record("clip.a#1").status is Status.RENDERED


@pytest.mark.parametrize("form", ["seconds", "date", "ms"])
def test_a_download_does_not_sleep_for_ten_years(world: MakeWorld, form: str) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "rate_limit", "retry_after": TEN_YEARS, "form": form})
    begun = it.clock.time
    report = it.apply(wait=WAIT)
    assert it.clock.time - begun < WAIT + 60
    assert report.outcomes[0].end is End.PENDING
    it.faults()
    assert it.apply().complete


@pytest.mark.parametrize("size", [1, 20_000], ids=["in drops", "for ever"])
def test_a_file_that_does_not_end_is_given_up(world: MakeWorld, size: int) -> None:
    it = world(clips(["a"]))
    it.transport = Dripping(it, size)
    begun = it.clock.time
    report = it.apply(wait=WAIT)
    assert it.clock.time - begun < 2 * WAIT
    assert report.outcomes[0].end in (End.PENDING, End.FAILED)
    it.transport = None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


class Dripping(httpx.AsyncBaseTransport):
    """Sends a few bytes of a file every ten seconds, for ever."""

    def __init__(self, it: World, size: int) -> None:
        self._inner = in_process(it.app)
        self._drops = Drops(it.clock, size)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if not request.url.path.endswith("/content"):
            return answer
        await answer.aclose()
        return httpx.Response(200, headers={"content-type": "video/mp4"}, stream=self._drops)


class Drops(httpx.AsyncByteStream):
    def __init__(self, clock: IdleClock, size: int) -> None:
        self._clock = clock
        self._size = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(self._size)
            await self._clock.sleep(10)


def test_the_wait_limit_holds_for_all_that_a_render_waits_for_and_not_for_each(world: MakeWorld) -> None:
    it = world(clips(["a"]), config="[apply]\nwait_minutes = 2\n", render_seconds=90.0)
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 80, "nth": 1})
    began = it.clock.time
    report = it.apply()
    assert [one.end for one in report.outcomes] == [End.PENDING]
    assert it.clock.time - began < 130
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_a_place_in_line_behind_others_is_no_waiting_for_the_provider(world: MakeWorld) -> None:
    it = world(numbered(4), config="[apply]\nwait_minutes = 2\n", render_seconds=50.0)
    it.rate = Rate(in_flight=1)
    began = it.clock.time
    assert it.apply().complete
    assert it.clock.time - began >= 200


def test_a_wait_that_was_given_bounds_the_run_as_a_whole(world: MakeWorld) -> None:
    it = world(numbered(4), render_seconds=50.0)
    it.rate = Rate(in_flight=1)
    began = it.clock.time
    report = it.apply(wait=120.0)
    assert {one.end for one in report.outcomes} >= {End.DONE, End.PENDING}
    assert it.clock.time - began < 130
