"""How many renders run at the provider at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.provider.limits import Limiter
from tests.apply.conftest import MakeWorld
from tests.apply.conftest import world as world
from tests.apply.world import World, clips, ends, numbered
from tests.provider.fakes import FakeClock


def refusals(it: World) -> int:
    """How many creates the server took no job for."""
    return it.requests()["create"] - len(it.charges())


def test_no_more_renders_are_sent_than_the_profile_lets_run_at_once(world: MakeWorld) -> None:
    it = world(numbered(12), config="[provider.rate]\nin_flight = 3\n", max_in_flight=3)
    assert it.apply(parallelism=12).complete
    assert refusals(it) == 0


def test_a_host_that_refuses_too_many_is_learnt_from_and_nothing_fails(world: MakeWorld) -> None:
    it = world(numbered(20), config="[provider.rate]\nin_flight = 20\n", max_in_flight=3)
    assert it.apply(parallelism=20).complete
    assert set(it.billed().values()) == {1}
    assert refusals(it) < 120


def test_a_place_is_free_again_as_soon_as_the_job_has_ended_not_when_its_file_is_here(
    world: MakeWorld,
) -> None:
    it = world(clips("ab"), config="[provider.rate]\nin_flight = 1\n")
    it.apply()
    moments = [(event.label, event.moment) for event in it.witness.events]
    second = next(label for label, moment in reversed(moments) if moment is Moment.SENT)
    first = "clip.a" if second == "clip.b" else "clip.b"
    assert moments.index((second, Moment.SENT)) < moments.index((first, Moment.DONE))


def test_renders_of_an_earlier_run_take_places_too(world: MakeWorld) -> None:
    it = world(clips("ab"), config="[provider.rate]\nin_flight = 2\n", max_in_flight=2)
    it.apply(detach=True)
    it.write(clips("abcd"))
    assert it.apply(parallelism=8).complete
    assert refusals(it) == 0


def test_who_waits_for_a_place_when_the_run_is_stopped_is_not_started(world: MakeWorld) -> None:
    it = world(clips("abc"), config="[provider.rate]\nin_flight = 1\n")
    it.faults({"route": "create", "do": "quota", "nth": 2})
    report = it.apply(parallelism=3)
    assert sorted(ends(report).values()) == [End.DONE, End.FAILED, End.SKIPPED]


def test_a_detached_run_fills_the_places_and_leaves_the_rest(world: MakeWorld) -> None:
    it = world(numbered(5), config="[provider.rate]\nin_flight = 2\n", max_in_flight=2)
    report = it.apply(detach=True)
    assert sorted(ends(report).values()) == [End.PENDING] * 2 + [End.SKIPPED] * 3
    assert refusals(it) == 0
    it.clock.time += 60
    assert it.apply().complete
    assert len(it.charges()) == 5


def test_models_have_places_of_their_own(world: MakeWorld) -> None:
    it = world(
        clips("ab") + '[clips.c]\nprompt = "A c at dusk."\nmodel = "sora-2-pro"\n',
        config="[provider.rate]\nin_flight = 1\n",
    )
    it.apply(parallelism=8)
    moments = [event.moment for event in it.witness.events]
    assert moments[: moments.index(Moment.RENDERED)].count(Moment.SENT) == 2


Scene = Callable[[Limiter], Awaitable[None]]


def run(scene: Scene, **limits: int) -> None:
    asyncio.run(_run(scene, **limits))


async def _run(scene: Scene, **limits: int) -> None:
    await scene(Limiter(FakeClock(), None, limits.get("in_flight")))


def test_what_is_in_flight_already_waits_for_nothing_and_others_wait_for_it() -> None:
    async def scene(limiter: Limiter) -> None:
        async with limiter.occupied(), limiter.occupied():
            assert limiter.active == 2
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), limiter.slot():
                    raise AssertionError
        async with asyncio.timeout(5), limiter.slot():
            assert limiter.active == 1

    run(scene, in_flight=1)
