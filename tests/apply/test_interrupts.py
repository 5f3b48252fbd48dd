"""Ctrl-C, SIGTERM and the end of the lock, in the middle of things."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from sorasync.apply.events import ChangeEvent, Moment
from sorasync.apply.report import End
from sorasync.cli.app.exit_code import of_report
from sorasync.errors import Terminated
from sorasync.operations.apply import FileThreads
from sorasync.operations.plan import PlanOptions
from sorasync.plan.action import Action
from sorasync.profile.parts import Rate
from sorasync.provider.local import in_process
from sorasync.state.lock import holder, unlock
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import World, numbered


def test_ctrl_c_starts_nothing_more_and_waits_for_no_render(world: MakeWorld) -> None:
    it = world(numbered(10), render_seconds=3000.0)
    it.act(Moment.SENT, lambda: signal.raise_signal(signal.SIGINT), "clip.c001")
    begun = it.clock.time
    report = it.apply(parallelism=2)
    assert report.interrupted
    assert of_report(report) == 130
    assert len(report.of(End.PENDING)) == 2
    assert len(report.of(End.SKIPPED)) == 8
    assert it.clock.time - begun < 30
    it.witness.act = lambda event: None
    it.clock.time += 4000
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_sigterm_does_the_same_and_says_so(world: MakeWorld) -> None:
    it = world(numbered(4))
    it.act(Moment.RENDERING, lambda: signal.raise_signal(signal.SIGTERM), "clip.c000")
    report = it.apply(parallelism=2)
    assert of_report(report) == 143
    assert set(it.billed().values()) == {1}


def test_a_signal_while_the_provider_is_closed_ends_it_at_once(world: MakeWorld) -> None:
    it = world(numbered(2))

    class ClosesNever(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return await serving.handle_async_request(request)

        async def aclose(self) -> None:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.Event().wait()

    serving, it.transport = in_process(it.app), ClosesNever()
    it.act(Moment.SENT, lambda: signal.raise_signal(signal.SIGTERM), "clip.c000")
    with pytest.raises(Terminated):
        it.apply()
    it.transport = None
    it.witness.act = lambda event: None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_a_second_ctrl_c_leaves_at_once_and_what_was_sent_is_known(world: MakeWorld) -> None:
    it = world(numbered(4))
    it.faults({"route": "create", "do": "delay", "delay": 200})

    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    it.act(Moment.SENT, twice, "clip.c001")
    with pytest.raises(KeyboardInterrupt):
        it.apply(parallelism=2)
    with it.store() as store:
        assert {record.status for record in store.every_record()} == {Status.UNKNOWN}
        runs = store.runs()
    assert runs[0].outcome == "interrupted"
    it.faults()
    it.witness.act = lambda event: None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}
    assert it.plan().empty


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_after_the_run_was_stopped_is_heard(
    world: MakeWorld, number: signal.Signals, code: int
) -> None:
    it = world(numbered(6), render_seconds=3000.0)
    it.faults({"route": "create", "do": "quota", "nth": 2})
    it.act(Moment.FAILED, lambda: asyncio.get_running_loop().call_soon(signal.raise_signal, number))
    begun = it.clock.time
    report = it.apply(parallelism=2)
    assert of_report(report) == code
    assert it.clock.time - begun < 60


def test_ctrl_c_ends_the_wait_for_a_busy_provider(world: MakeWorld) -> None:
    it = world(numbered(1))
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 100})
    it.act(Moment.WAITING, lambda: signal.raise_signal(signal.SIGINT))
    report = it.apply()
    assert [outcome.end for outcome in report.outcomes] == [End.SKIPPED]
    assert not it.charges()


def test_a_replacement_that_was_not_bought_leaves_the_render_as_it_was(world: MakeWorld) -> None:
    it = world(numbered(1))
    assert it.apply().complete
    before = it.record("clip.c000#1")
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 100})
    it.act(Moment.WAITING, lambda: signal.raise_signal(signal.SIGINT))
    report = it.apply(PlanOptions(replace=("clip.c000",)))
    assert [outcome.end for outcome in report.outcomes] == [End.SKIPPED]
    assert it.record("clip.c000#1") == before
    assert it.plan().empty


def test_ctrl_c_ends_the_search_for_a_lost_answer_and_the_next_apply_goes_on_with_it(
    world: MakeWorld,
) -> None:
    it = world(numbered(1))
    it.profile = {"list_settle_seconds": 1000.0}
    it.faults({"route": "create", "do": "cut_before", "nth": 1})
    it.act(Moment.WAITING, lambda: signal.raise_signal(signal.SIGINT))
    report = it.apply()
    assert [outcome.end for outcome in report.outcomes] == [End.PENDING]
    it.witness.act = lambda event: None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_ctrl_c_lets_the_download_under_way_end_and_starts_no_other(world: MakeWorld) -> None:
    it = world(numbered(6))
    it.apply(detach=True)
    it.clock.time += 60
    numbers = [signal.SIGINT]
    it.act(Moment.FETCHING, lambda: signal.raise_signal(numbers.pop()) if numbers else None)
    report = it.apply()
    assert 1 <= len(report.of(End.DONE)) <= 4
    assert report.of(End.PENDING)
    it.witness.act = lambda event: None
    assert it.apply().complete


def test_without_its_lock_a_run_sends_nothing_more(world: MakeWorld) -> None:
    it = world(numbered(10), render_seconds=100.0)

    def take() -> None:
        with it.project.store(write=True) as store, store.transaction():
            store.session.write("DELETE FROM locks")

    it.act(Moment.RENDERING, take, "clip.c001")
    report = it.apply(parallelism=2)
    assert "lock" in (report.stopped or "")
    assert len(it.charges()) == 2
    assert len(report.of(End.PENDING)) == 2, "they are the other run's to follow"
    assert of_report(report) == 4


def stopped_at(it: World, count: int, stop: Callable[[], object]) -> list[float]:
    """Do that when so many requests have been sent; when it was done."""
    sent: list[float] = []

    def act(event: ChangeEvent) -> None:
        if event.moment is Moment.SENT:
            sent.append(it.clock.time)
            if len(sent) == count:
                stop()

    it.witness.act = act
    return sent


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_waits_for_its_turn_when_the_signal_comes_is_not_bought(
    world: MakeWorld, number: signal.Signals
) -> None:
    it = world(numbered(40), render_seconds=3000.0)
    it.rate = Rate(creates_per_minute=25)
    sent = stopped_at(it, 25, lambda: signal.raise_signal(number))
    report = it.apply(parallelism=40)
    assert len(it.charges()) == len(sent) == 25
    assert len(report.of(End.SKIPPED)) == 15
    assert it.clock.time - sent[-1] < 1
    with it.store() as store:
        assert {record.status for record in store.every_record()} == {Status.SUBMITTED}
    it.witness.act = lambda event: None
    rest = [change for change in it.plan().changes if change.action is Action.CREATE]
    assert len(rest) == 15
    assert not any("failed" in change.reason for change in rest)


def test_a_halt_keeps_back_what_waits_for_its_turn(world: MakeWorld) -> None:
    it = world(numbered(40))
    it.rate = Rate(creates_per_minute=25)
    it.faults({"route": "create", "do": "quota", "nth": 25})
    report = it.apply(parallelism=40)
    assert len(it.charges()) == 24
    assert it.requests()["create"] == 25
    assert len(report.of(End.SKIPPED)) == 15
    assert len(report.of(End.DONE)) == 24


def test_a_run_whose_lock_was_taken_pays_for_nothing_more(world: MakeWorld) -> None:
    it = world(numbered(40))
    it.rate = Rate(creates_per_minute=25)

    def take() -> None:
        with it.project.store(write=True) as store:
            found = holder(store)
            assert found is not None
            unlock(store, found.id)

    stopped_at(it, 20, take)
    report = it.apply(parallelism=40)
    assert len(it.charges()) == 20
    assert "lock" in (report.stopped or "")
    it.witness.act = lambda event: None
    assert it.apply(parallelism=40).complete
    assert set(it.billed().values()) == {1}


def test_a_signal_ends_the_wait_for_an_answer_and_the_next_apply_finds_the_job(world: MakeWorld) -> None:
    it = world(numbered(2))
    it.faults({"route": "create", "do": "delay", "delay": 200})
    sent = stopped_at(it, 2, lambda: signal.raise_signal(signal.SIGINT))
    report = it.apply(parallelism=2)
    assert [one.end for one in report.outcomes] == [End.PENDING] * 2
    assert it.clock.time - sent[-1] < 1
    it.faults()
    it.witness.act = lambda event: None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_a_signal_ends_a_download_that_does_not_end(world: MakeWorld) -> None:
    it = world(numbered(1))
    it.transport = Stalling(in_process(it.app))
    begun: list[float] = []

    def stop() -> None:
        begun.append(it.clock.time)
        signal.raise_signal(signal.SIGTERM)

    it.act(Moment.FETCHING, stop)
    report = it.apply()
    assert of_report(report) == 143
    assert it.clock.time - begun[0] < 1
    assert [one.message for one in report.outcomes] == ["rendered, not downloaded yet"]
    it.transport = None
    it.witness.act = lambda event: None
    assert it.apply().complete


class Stalling(httpx.AsyncBaseTransport):
    """Sends the head of a file and then nothing any more."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if not request.url.path.endswith("/content"):
            return answer
        await answer.aclose()
        return httpx.Response(200, headers={"content-type": "video/mp4"}, stream=Silence())


class Silence(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"\0"
        await asyncio.Event().wait()


def test_a_thread_that_hangs_does_not_keep_an_interrupted_run() -> None:
    release = threading.Event()

    async def leave() -> None:
        files = FileThreads(1)
        asyncio.get_running_loop().set_default_executor(files)
        hanging = asyncio.create_task(asyncio.to_thread(release.wait))
        await asyncio.sleep(0)
        files.abandoned = True
        hanging.cancel()

    asyncio.run(leave())
    assert not release.is_set()
    release.set()
