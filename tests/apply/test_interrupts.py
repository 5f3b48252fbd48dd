"""Ctrl-C, SIGTERM and the end of the lock, in the middle of things."""

from __future__ import annotations

import asyncio
import signal

import pytest

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.cli.exit_code import of_report
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import numbered


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


def test_ctrl_c_after_the_run_was_stopped_is_heard(world: MakeWorld) -> None:
    it = world(numbered(6), render_seconds=3000.0)
    it.faults({"route": "create", "do": "quota", "nth": 2})
    it.act(Moment.FAILED, lambda: asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT))
    begun = it.clock.time
    report = it.apply(parallelism=2)
    assert report.interrupted
    assert it.clock.time - begun < 60


def test_ctrl_c_ends_the_wait_for_a_busy_provider(world: MakeWorld) -> None:
    it = world(numbered(1))
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 100})
    it.act(Moment.WAITING, lambda: signal.raise_signal(signal.SIGINT))
    report = it.apply()
    assert [outcome.end for outcome in report.outcomes] == [End.SKIPPED]
    assert not it.charges()


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
    assert len(report.of(End.DONE)) == 2
