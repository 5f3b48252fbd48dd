"""Limits that learn: refusals halve, successes add a little."""

from __future__ import annotations

import asyncio

import pytest

from sorasync.provider.errors import RateLimited
from sorasync.provider.limits import Limiter, Limiters
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.wire import CreateRequest
from tests.provider.fakes import FakeClock, client, job, reply, scripted


def test_nothing_waits_where_no_limit_is_known() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)

    async def go() -> None:
        for _ in range(1000):
            await limiter.turn(PaymentGate())

    asyncio.run(go())
    assert clock.slept == []


def test_a_known_rate_is_kept_over_minutes() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, per_minute=30)
    start, times = clock.time, []

    async def go() -> None:
        for _ in range(100):
            await limiter.turn(PaymentGate())
            times.append(clock.time - start)

    asyncio.run(go())
    assert times[29] == 0, "a minute's worth may go at once"
    for at in times:
        assert sum(at <= other < at + 60 for other in times) <= 30


def test_a_refusal_stops_all_for_the_wait_and_halves_the_rate() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, per_minute=60)
    start = clock.time

    async def go() -> None:
        await limiter.turn(PaymentGate())
        limiter.throttled(10)
        await limiter.turn(PaymentGate())

    asyncio.run(go())
    assert clock.time - start >= 10
    assert limiter.rate == 30


def test_a_turn_that_refusals_put_off_past_the_gate_s_patience_is_not_waited_for() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, per_minute=2)
    gate = PaymentGate()
    gate.patience = 20

    async def go() -> None:
        for _ in range(2):
            await limiter.turn(gate)
        limiter.throttled()
        with pytest.raises(RateLimited, match="the limit is 1 request a minute"):
            await limiter.turn(gate)
        gate.patience = 90
        await limiter.turn(gate)

    begun = clock.time
    asyncio.run(go())
    assert 20 < clock.time - begun <= 60


def test_a_paid_request_is_sent_again_for_no_longer_than_its_gate_has_patience() -> None:
    host = scripted(*[reply(429, {}, {"retry-after": "4"}) for _ in range(8)])
    gate = PaymentGate()
    gate.patience = 10
    clock = FakeClock()
    begun = clock.time
    with pytest.raises(RateLimited):
        asyncio.run(
            client(host, clock=clock).create(CreateRequest("A cat.", "sora-2", "1280x720", 8), gate=gate)
        )
    assert clock.time - begun <= 10


def test_refusals_that_come_together_count_once_and_the_rate_never_dies() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, per_minute=60)
    for _ in range(8):
        limiter.throttled()
    assert limiter.rate == 30
    for _ in range(20):
        clock.time += 60
        limiter.throttled()
    assert limiter.rate == 1


def test_successes_let_the_rate_grow_slowly_past_where_it_started() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, per_minute=60)
    limiter.throttled()
    limiter.succeeded()
    assert limiter.rate is not None and 30 < limiter.rate < 33
    for _ in range(60):
        limiter.succeeded()
    assert 60 < limiter.rate < 120


def test_a_rate_is_learnt_where_none_was_known() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)

    async def go() -> None:
        for _ in range(400):
            await limiter.turn(PaymentGate())

    asyncio.run(go())
    limiter.throttled()
    assert limiter.rate == 200


async def most_at_once(limiter: Limiter, count: int) -> int:
    most = 0

    async def one() -> None:
        nonlocal most
        async with limiter.slot():
            most = max(most, limiter.active)
            await asyncio.sleep(0)

    await asyncio.gather(*(one() for _ in range(count)))
    assert limiter.active == 0
    return most


def test_no_more_are_in_flight_than_allowed() -> None:
    assert asyncio.run(most_at_once(Limiter(FakeClock(), in_flight=3), 50)) == 3


def test_a_refusal_halves_what_may_be_in_flight() -> None:
    async def go() -> int:
        limiter = Limiter(FakeClock(), in_flight=8)
        async with limiter.slot(), limiter.slot(), limiter.slot(), limiter.slot():
            limiter.throttled()
        return await most_at_once(limiter, 20)

    assert asyncio.run(go()) == 2


def test_who_gives_up_waiting_takes_no_place_with_him() -> None:
    async def go() -> int:
        limiter = Limiter(FakeClock(), in_flight=1)

        async def hold() -> None:
            async with limiter.slot():
                await asyncio.sleep(0)

        async with limiter.slot():
            waiting = [asyncio.create_task(hold()) for _ in range(4)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            waiting[2].cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert sum(isinstance(result, asyncio.CancelledError) for result in results) == 2
        return limiter.active

    assert asyncio.run(go()) == 0


def test_a_place_given_to_someone_who_is_cancelled_goes_to_the_next() -> None:
    async def go() -> int:
        limiter = Limiter(FakeClock(), in_flight=1)
        got = []

        async def hold(name: str) -> None:
            async with limiter.slot():
                got.append(name)

        async with limiter.slot():
            first, second = (asyncio.create_task(hold(name)) for name in "ab")
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert got == ["b"]
        return limiter.active

    assert asyncio.run(go()) == 0


def test_each_model_has_limits_of_its_own() -> None:
    limits = Limiters(FakeClock(), 60)
    limits.of("a").throttled()
    assert (limits.of("a").rate, limits.of("b").rate) == (30, 60)


def test_the_client_teaches_its_limiter() -> None:
    host = scripted(reply(429, {}, {"retry-after": "1"}), reply(200, job()))
    speaker = client(host)
    asyncio.run(speaker.create(CreateRequest("A cat.", "sora-2", "1280x720", 8)))
    rate = speaker.limits.of("sora-2").rate
    assert rate is not None and 12.5 < rate < 14
