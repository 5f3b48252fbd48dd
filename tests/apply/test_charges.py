"""What a host says that it charged, at whatever moment it says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from sorasync.apply.budget import Budget, Cap
from sorasync.apply.report import End
from sorasync.operations import apply as operation
from sorasync.provider.local import in_process
from tests.apply.conftest import MakeWorld
from tests.apply.world import World, clips, ends, numbered

Change = Callable[[httpx.Request, dict[str, object]], None]


class Altering(httpx.AsyncBaseTransport):
    """Passes requests on, and alters the jobs in the answers; `headers` go with answers to POSTs."""

    def __init__(self, world: World, change: Change, headers: dict[str, str] | None = None) -> None:
        self._inner = in_process(world.app)
        self._change = change
        self._headers = headers or {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if "json" not in response.headers.get("content-type", ""):
            return response
        body = json.loads(await response.aread())
        for job in body.get("data", [body]):
            self._change(request, job)
        headers = self._headers if request.method == "POST" else {}
        return httpx.Response(response.status_code, json=body, headers=headers)


def charging(usd: float) -> Change:
    """Every job that has ended says that it was charged so much."""

    def change(request: httpx.Request, job: dict[str, object]) -> None:
        if job.get("status") in ("completed", "failed"):
            job["usage"] = {"cost": usd}

    return change


def budgeted(monkeypatch: pytest.MonkeyPatch, **caps: Cap) -> Budget:
    """A budget for the next apply, whose caps can be looked at afterwards."""
    budget = Budget(tuple(caps.values()))
    monkeypatch.setattr(operation, "budget_of", lambda *_: budget)
    return budget


@pytest.mark.parametrize(("charge", "halted"), [(0.40, False), (0.80, False), (0.81, True), (99_999, True)])
def test_only_a_charge_of_more_than_twice_the_plan_ends_a_run(
    world: MakeWorld, charge: float, halted: bool
) -> None:
    it = world(numbered(3))
    it.transport = Altering(it, charging(charge))
    report = it.apply(parallelism=1)
    assert (report.stopped is not None) is halted
    assert len(report.of(End.DONE)) == (1 if halted else 3)
    assert report.spent.usd == Decimal(str(charge)) * len(it.charges())


def test_what_a_failed_render_reserved_is_given_back(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "create", "do": "fail", "billed": False})
    budget = budgeted(monkeypatch, cap=Cap("per_apply", Decimal(1), 10, Decimal("0.50"), 5))
    assert ends(it.apply()) == {"clip.a": End.FAILED}
    assert (budget.caps[0].spent_usd, budget.caps[0].spent_seconds) == (Decimal("0.50"), 5)


def test_a_charge_for_a_failed_render_counts_without_its_seconds(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips(["a"]))
    it.transport = Altering(it, charging(0.25))
    it.faults({"route": "create", "do": "fail"})
    budget = budgeted(monkeypatch, cap=Cap("per_apply", Decimal(1), 10))
    report = it.apply()
    assert (report.spent.usd, report.spent.seconds) == (Decimal("0.25"), 0)
    assert (budget.caps[0].spent_usd, budget.caps[0].spent_seconds) == (Decimal("0.25"), 0)


def test_a_charge_is_kept_although_the_file_never_comes(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.transport = Altering(it, charging(0.75))
    it.faults({"route": "content", "do": "expire"})
    report = it.apply()
    assert ends(report) == {"clip.a": End.FAILED}
    assert report.spent.usd == Decimal("0.75") == it.record("clip.a#1").reported_usd


def test_a_charge_that_is_named_after_the_render_is_kept(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "truncate"})
    assert ends(it.apply()) == {"clip.a": End.FAILED}
    it.faults()
    it.transport = Altering(it, charging(0.55))
    assert it.apply().complete
    assert it.record("clip.a#1").reported_usd == Decimal("0.55")


def test_a_charge_stays_although_later_answers_no_longer_name_it(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.transport = Altering(it, charging(0.55))
    it.faults({"route": "content", "do": "truncate"})
    assert ends(it.apply()) == {"clip.a": End.FAILED}
    it.faults()
    it.transport = None
    assert it.apply().complete
    assert it.record("clip.a#1").reported_usd == Decimal("0.55")


def test_a_charge_for_a_render_paid_nobody_knows_when_counts_in_no_day(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "truncate"})
    assert ends(it.apply()) == {"clip.a": End.FAILED}
    with it.project.store(write=True) as store:
        store.put_all([replace(it.record("clip.a#1"), intent_at=None)])
    it.faults()
    it.transport = Altering(it, charging(0.55))
    budget = budgeted(monkeypatch, cap=Cap("per_day", Decimal(1), 10, since=it.clock.time - 60))
    assert it.apply().complete
    assert it.record("clip.a#1").reported_usd == Decimal("0.55")
    assert budget.caps[0].spent_usd == 0


@pytest.mark.parametrize("word", ["expired", "deleted"])
def test_a_charge_for_a_job_that_is_gone_is_kept(world: MakeWorld, word: str) -> None:
    def gone(request: httpx.Request, job: dict[str, object]) -> None:
        if request.method == "GET" and job.get("status") == "completed":
            job |= {"status": word, "usage": {"cost": 0.55}}

    it = world(clips(["a"]))
    it.transport = Altering(it, gone)
    it.faults({"route": "content", "do": "not_found"})
    report = it.apply()
    assert ends(report) == {"clip.a": End.FAILED}
    assert report.spent.usd == Decimal("0.55") == it.record("clip.a#1").reported_usd


def test_a_run_counts_what_a_later_one_learns_of_its_renders(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    assert it.apply(detach=True).spent.usd == Decimal("0.40")
    it.transport = Altering(it, charging(0.55))
    assert it.apply().spent.usd == 0
    with it.store() as store:
        spent = store.spent_by_run(simulated=True)
        assert {run: one.usd for run, one in spent.items()} == {1: Decimal("0.55")}


def test_what_a_gateway_booked_and_sent_again_is_told(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    headers = {"x-litellm-response-cost": "0.3", "x-litellm-attempted-retries": "2"}
    it.transport = Altering(it, lambda request, job: None, headers)
    report = it.apply()
    assert report.complete
    assert (report.spent.usd, report.spent.resends) == (Decimal("0.3"), 2)
    assert any("the gateway sent the request 2 more times" in notice for notice in it.witness.notices)
    with it.store() as store:
        assert store.spent() == report.spent
        assert [event.data for event in store.events() if event.what == "resent by the gateway"] == [
            {"times": 2}
        ]


def test_a_price_in_the_body_counts_before_what_a_gateway_booked(world: MakeWorld) -> None:
    def priced(request: httpx.Request, job: dict[str, object]) -> None:
        if request.method == "POST":
            job["usage"] = {"cost": 0.25}

    it = world(clips(["a"]))
    it.transport = Altering(it, priced, {"x-litellm-response-cost": "0.3"})
    assert it.apply().spent.usd == Decimal("0.25")


def test_a_charge_that_only_the_first_answer_names_stays(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def priced(request: httpx.Request, job: dict[str, object]) -> None:
        if request.method == "POST":
            job["usage"] = {"cost": 0.25}

    it = world(clips(["a"]))
    it.transport = Altering(it, priced)
    budget = budgeted(monkeypatch, cap=Cap("per_apply", Decimal(1), 10))
    assert it.apply().complete
    assert it.record("clip.a#1").reported_usd == budget.caps[0].spent_usd == Decimal("0.25")


def test_a_charge_far_above_the_plan_ends_one_run_and_not_the_next(world: MakeWorld) -> None:
    first: list[object] = []

    def priced(request: httpx.Request, job: dict[str, object]) -> None:
        first.append(job["id"])
        if job["id"] == first[0]:
            job["usage"] = {"cost": 5}

    it = world(numbered(2))
    it.transport = Altering(it, priced)
    assert it.apply(parallelism=1, detach=True).stopped is not None
    report = it.apply(parallelism=1)
    assert report.stopped is None
    assert report.complete


@pytest.mark.parametrize("cost", ["0.0", "0", "None", "", "-1", "nan", "1e99"])
def test_a_gateway_that_knows_no_price_leaves_the_estimate(world: MakeWorld, cost: str) -> None:
    it = world(clips(["a"]))
    headers = {"x-litellm-response-cost": cost, "x-litellm-attempted-retries": "0"}
    it.transport = Altering(it, lambda request, job: None, headers)
    report = it.apply()
    assert report.complete and not it.witness.notices
    assert (report.spent.usd, report.spent.resends) == (Decimal("0.40"), 0)
