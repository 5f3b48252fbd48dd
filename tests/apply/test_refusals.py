"""Refusals, failures, limits: what is remembered, what is tried again, and what stops the run."""

from __future__ import annotations

import errno
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from sorasync.apply.budget import Budget, BudgetSpent, Cap
from sorasync.apply.report import End
from sorasync.assets.file_errors import DiskFull
from sorasync.assets.store import AssetStore
from sorasync.cli.app.exit_code import of_report
from sorasync.plan.action import Action
from sorasync.plan.planfile import encode
from sorasync.plan.stale import PlanStale
from sorasync.provider.local import in_process
from sorasync.state.account import Charge
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import clips, ends, numbered, outcome


@pytest.mark.parametrize("deed", ["moderated", "fail_moderated", "no_video"])
def test_what_the_provider_refuses_is_remembered_and_not_sent_again(world: MakeWorld, deed: str) -> None:
    it = world(clips(["a", "b"]))
    it.faults({"route": "create", "do": deed, "prompt": "A a"})
    assert ends(it.apply()) == {"clip.a": End.BLOCKED, "clip.b": End.DONE}
    assert it.record("clip.a#1").status is Status.BLOCKED
    before = it.requests()["create"]
    assert ends(it.apply()) == {"clip.a": End.BLOCKED}
    assert it.requests()["create"] == before


def test_a_changed_prompt_gets_past_a_refusal(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "create", "do": "moderated", "prompt": "A a"})
    it.apply()
    it.write('[clips.a]\nprompt = "Something gentler."\n')
    assert it.apply().complete


def test_a_technical_failure_is_tried_by_the_next_applies_up_to_the_limit(world: MakeWorld) -> None:
    it = world(clips(["a"]), config="[apply]\nattempts = 3\n")
    it.faults({"route": "create", "do": "fail"})
    for attempt in (1, 2, 3):
        assert ends(it.apply()) == {"clip.a": End.FAILED}
        assert it.record("clip.a#1").attempts == attempt
    assert [change.action for change in it.plan().changes] == [Action.BLOCKED]
    assert ends(it.apply()) == {"clip.a": End.BLOCKED}
    assert it.requests()["create"] == 3


def test_a_technical_failure_is_mended_by_the_next_apply(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "create", "do": "fail", "nth": 1})
    it.apply()
    assert it.apply().complete
    assert it.plan().empty


def test_a_busy_provider_is_waited_for_and_nothing_counts_as_a_failure(world: MakeWorld) -> None:
    it = world(numbered(4))
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 20, "count": 40})
    assert it.apply().complete
    assert {it.record(f"clip.c00{n}#1").attempts for n in range(4)} == {1}
    assert set(it.billed().values()) == {1}


def test_a_cap_on_jobs_in_flight_slows_an_apply_down_and_fails_nothing(world: MakeWorld) -> None:
    it = world(numbered(12), max_in_flight=2)
    assert it.apply(parallelism=8).complete
    assert set(it.billed().values()) == {1}


def test_a_provider_that_stays_busy_ends_the_wait_in_time(world: MakeWorld) -> None:
    it = world(clips(["a"]), config="[apply]\nwait_minutes = 10\n")
    it.faults({"route": "create", "do": "rate_limit", "retry_after": 50})
    begun = it.clock.time
    report = it.apply()
    assert ends(report) == {"clip.a": End.SKIPPED}
    assert "asks to try again in 50 s" in report.outcomes[0].message
    assert it.clock.time - begun < 610
    it.faults()
    assert it.apply().complete
    assert it.record("clip.a#1").attempts == 1


@pytest.mark.parametrize("deed", ["quota", "unauthorized"])
def test_without_credit_or_key_nothing_more_is_sent_and_the_rest_is_followed(
    world: MakeWorld, deed: str
) -> None:
    it = world(numbered(10))
    it.faults({"route": "create", "do": deed, "nth": [3, 4, 5, 6, 7, 8, 9]})
    report = it.apply(parallelism=2)
    assert len(report.of(End.DONE)) == 2
    assert len(report.of(End.FAILED)) in (1, 2)
    assert len(report.of(End.SKIPPED)) >= 6
    assert report.stopped
    assert len(it.charges()) == 2
    it.faults()
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_a_budget_stops_before_the_call_that_would_pass_it() -> None:
    budget = Budget((Cap("per_apply", Decimal("1.00")), Cap("per_day", seconds=10, spent_seconds=2)))
    budget.reserve(Decimal("0.40"), 4)
    budget.reserve(Decimal("0.40"), 4)
    with pytest.raises(BudgetSpent):
        budget.reserve(Decimal("0.10"), 1)
    budget.release(Decimal("0.40"), 4, 0.0)
    with pytest.raises(BudgetSpent):
        budget.reserve(Decimal("0.70"), 1)
    budget.reserve(Decimal("0.60"), 3)


def test_what_is_free_goes_out_although_a_charge_passed_the_budget() -> None:
    """Characters, for example, are uploaded for nothing."""
    budget = Budget((Cap("per_day", Decimal(1)), Cap("per_month", seconds=10)))
    budget.settle(0.0, None, Charge(Decimal("1.50"), 12))
    budget.reserve(Decimal(0), 0)
    with pytest.raises(BudgetSpent, match="per_day of"):
        budget.reserve(Decimal("0.10"), 0)
    with pytest.raises(BudgetSpent, match="per_month_seconds of"):
        budget.reserve(None, 1)


def test_an_earlier_request_that_never_arrived_frees_the_period_that_counted_it() -> None:
    budget = Budget((Cap("per_day", Decimal(1), spent_usd=Decimal(1), since=100.0),))
    budget.settle(99.0, Charge(Decimal(1), 4), None)
    with pytest.raises(BudgetSpent):
        budget.reserve(Decimal(1), 4)
    budget.settle(100.0, Charge(Decimal(1), 4), None)
    budget.reserve(Decimal(1), 4)


def test_a_budget_that_is_spent_leaves_the_rest_unsent(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(numbered(5) + '[[clips.c004.steps]]\nedit = "Teal."\n')
    reserved: list[float] = []

    def reserve(self: Budget, usd: Decimal | None, seconds: float) -> None:
        reserved.append(seconds)
        if len(reserved) > 2:
            raise BudgetSpent("the budget per_day would be exceeded")

    monkeypatch.setattr(Budget, "reserve", reserve)
    report = it.apply(parallelism=2)
    assert len(report.of(End.DONE)) == 2
    assert len(report.of(End.SKIPPED)) == 4
    assert "per_day" in (report.stopped or "")
    assert len(it.charges()) == 2
    assert of_report(report) != 0


def test_a_reference_file_that_changed_after_the_plan_is_refused_before_anything_is_recorded(
    world: MakeWorld,
) -> None:
    it = world('[characters.fennel]\nname = "Fennel"\nvideo = "f.mp4"\n' + clips(["a"]))
    it.put("f.mp4")
    plan = it.plan()
    it.put("f.mp4", "another clip")
    path = it.root / "plan.json"
    path.write_bytes(b"".join(encode(plan)))
    report = it.apply(plan_file=path)
    assert ends(report) == {"character.fennel": End.FAILED, "clip.a": End.DONE}
    assert "changed after the plan" in outcome(report, "character.fennel").message
    with it.store() as store:
        assert [record.address for record in store.every_record()] == ["clip.a#1"]


def test_a_saved_plan_of_another_library_is_refused_although_neither_has_a_state(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    path = it.root / "plan.json"
    path.write_bytes(b"".join(encode(replace(it.plan(), library="another"))))
    with pytest.raises(PlanStale, match="made for the library another"):
        it.apply(plan_file=path)
    assert it.charges() == []


def test_a_full_disk_stops_before_anything_is_paid_for(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(numbered(3))
    monkeypatch.setattr(AssetStore, "free_bytes", lambda self: 1000)
    report = it.apply()
    assert not report.of(End.DONE)
    assert "disk is full" in (report.stopped or "")
    assert not it.charges()
    assert it.requests()["create"] == 0


def test_a_disk_that_fills_up_during_a_download_loses_nothing(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(numbered(6))
    with monkeypatch.context() as patch:
        patch.setattr("sorasync.assets.receive._refuse_when_full", _full)
        report = it.apply(parallelism=2)
    assert not report.of(End.DONE)
    assert report.stopped
    paid = len(it.charges())
    assert 1 <= paid <= 2
    with it.store() as store:
        assert {record.status for record in store.in_flight()} == {Status.RENDERED}
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def _full(directory: Path, offset: int, expected: int | None) -> None:
    raise DiskFull(directory, expected)


def test_three_downloads_that_fail_in_a_row_stop_new_renders(world: MakeWorld) -> None:
    it = world(numbered(12))
    it.faults({"route": "content", "do": "html"})
    report = it.apply(parallelism=2)
    assert "downloads in a row failed" in (report.stopped or "")
    assert len(it.charges()) <= 6
    it.faults()
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_a_provider_that_cannot_be_reached_stops_the_run(world: MakeWorld) -> None:
    it = world(numbered(30))

    class Dead(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused", request=request)

    it.transport = Dead()
    report = it.apply(parallelism=2)
    assert len(report.of(End.FAILED)) <= 2
    assert len(report.of(End.SKIPPED)) >= 28
    assert "cannot be reached" in (report.stopped or "")
    it.transport = None
    assert it.apply().complete
    assert it.record("clip.c000#1").attempts == 1


def test_too_many_open_files_stop_the_run_and_it_says_what_was_done(world: MakeWorld) -> None:
    it = world(numbered(6))
    it.transport = OutOfFiles(in_process(it.app), after=2)
    report = it.apply(parallelism=1)
    assert (report.stopped or "").startswith("too many open files")
    assert len(report.of(End.DONE)) + len(report.of(End.PENDING)) >= 2
    assert len(it.charges()) == 2
    it.transport = None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


class OutOfFiles(httpx.AsyncBaseTransport):
    """Has no descriptor left for further creates."""

    def __init__(self, inner: httpx.AsyncBaseTransport, after: int) -> None:
        self._inner = inner
        self._left = after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self._left -= 1
            if self._left < 0:
                raise httpx.ConnectError("no connection") from OSError(errno.EMFILE, "too many open files")
        return await self._inner.handle_async_request(request)
