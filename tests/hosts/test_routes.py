"""A route goes to its next host after a definite no, and never after an answer that nobody knows."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.apply.report import End
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.import_one import import_render
from sorasync.operations.recover import recover_state
from sorasync.plan.action import Action
from sorasync.plan.planfile import encode
from sorasync.plan.policy import PlanRefused
from sorasync.plan.stale import PlanStale
from sorasync.state.lock import LockWait
from sorasync.state.record import Status
from tests.apply.world import ends
from tests.hosts.two_hosts import KEYS, Down, TwoHosts, at, clip

ROUTE = '[route.safe]\nprefer = ["two", "default"]\n'


@pytest.fixture
def routed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TwoHosts:
    """A library with one clip on a route, and one beside it."""
    for variable in KEYS.values():
        monkeypatch.setenv(variable, variable)
    return TwoHosts(tmp_path, clip("market", at("safe")) + clip("lamp"), config=ROUTE)


def test_the_plan_says_where_it_goes_and_what_it_may_cost_there(routed: TwoHosts) -> None:
    routed.configure("[models.hero]", '[prices.sora-2]\n"1280x720" = 0.30\n[models.hero]')
    plan = routed.plan()
    change = next(one for one in plan.changes if one.label == "clip.market")
    assert (change.host, str(change.cost_usd)) == ("two", "0.40")
    assert [(one.host, str(one.cost_usd)) for one in change.alternatives] == [("default", "1.2")]
    assert str(plan.cost) == "$1.60"
    assert str(plan.worst) == "$8.40"
    assert routed.apply().complete
    assert routed.paid("two") == ["market"]
    assert routed.paid("default") == ["lamp"]
    assert routed.plan().empty


@pytest.mark.parametrize("fault", ["moderated", "quota", "unauthorized", "not_allowed", "fail_moderated"])
def test_a_definite_no_sends_it_to_the_next_host(routed: TwoHosts, fault: str) -> None:
    routed.faults("two", {"route": "create", "do": fault})
    report = routed.apply()
    assert set(ends(report).values()) == {End.DONE}
    assert routed.paid("default") == ["lamp", "market"]
    assert routed.record("clip.market#1").provider == "openai@http://one.example/v1"
    assert routed.plan().empty


def test_a_host_that_cannot_be_reached_sends_everything_to_the_next(routed: TwoHosts) -> None:
    routed.down["two"] = Down()
    routed.write("".join(clip(f"a{n}", at("safe")) for n in range(5)))
    assert routed.apply(parallelism=2).complete
    assert len(routed.paid("default")) == 5
    del routed.down["two"]
    assert routed.plan().empty


@pytest.mark.parametrize("fault", ["cut_after", "cut_before", "error"])
def test_an_answer_that_nobody_knows_sends_it_nowhere_else(routed: TwoHosts, fault: str) -> None:
    routed.faults("two", {"route": "create", "do": fault, "nth": 1}, {"route": "list", "do": "error"})
    routed.apply(wait=60.0)
    assert routed.record("clip.market#1").status is Status.UNKNOWN
    assert routed.paid("default") == ["lamp"]
    routed.faults("two")
    assert routed.apply().complete
    assert routed.paid("default") == ["lamp"]
    assert routed.paid("two") == ["market"]


def test_a_render_that_failed_while_rendering_stays_where_it_is(routed: TwoHosts) -> None:
    routed.faults("two", {"route": "create", "do": "fail"})
    assert ends(routed.apply())["clip.market"] is End.FAILED
    change = routed.plan().changes[0]
    assert (change.action, change.host) == (Action.CREATE, "two")
    assert routed.paid("default") == ["lamp"]


def test_what_was_paid_for_and_cannot_be_had_is_not_paid_for_at_the_next_host(routed: TwoHosts) -> None:
    routed.faults("two", {"route": "content", "do": "not_found"})
    assert ends(routed.apply())["clip.market"] is not End.DONE
    assert routed.paid("default") == ["lamp"]


def test_when_all_hosts_refuse_it_is_blocked_and_asks_nobody_again(routed: TwoHosts) -> None:
    for name in ("two", "default"):
        routed.faults(name, {"route": "create", "do": "moderated", "prompt": "market"})
    assert ends(routed.apply())["clip.market"] is End.BLOCKED
    assert [c.action for c in routed.plan().changes] == [Action.BLOCKED]
    before = routed.asked("two")["create"], routed.asked("default")["create"]
    routed.apply()
    assert (routed.asked("two")["create"], routed.asked("default")["create"]) == before


def test_a_budget_of_our_own_is_no_refusal(routed: TwoHosts) -> None:
    routed.configure("[models.hero]", "[providers.two.budget]\nper_day = 0.10\n[models.hero]")
    assert ends(routed.apply())["clip.market"] is End.SKIPPED
    assert routed.paid("default") == ["lamp"]


def test_a_run_that_was_stopped_goes_on_at_the_host_whose_turn_it_is(routed: TwoHosts) -> None:
    routed.faults("two", {"route": "create", "do": "moderated"})
    routed.configure('prefer = ["two", "default"]', 'prefer = ["two", "queue"]')
    routed.configure("[route.safe]", '[route.only]\nprefer = ["two", "default"]\n[route.safe]')
    routed.write(clip("market", at("two")))
    routed.apply()
    routed.write(clip("market", at("only")))
    change = routed.plan().changes[0]
    assert (change.action, change.host) == (Action.CREATE, "default")
    assert "refused by two" in change.reason


def test_what_a_route_leaves_open_is_refused(routed: TwoHosts) -> None:
    routed.write(clip("market", at("safe")) + '[[clips.market.steps]]\nedit = "At night."\n')
    with pytest.raises(ManifestError) as caught:
        routed.plan()
    assert "a step is rendered at its source's host" in str(caught.value.diagnostics[0])
    routed.write(clip("market", at("safe")))
    routed.configure('prefer = ["two", "default"]', 'prefer = ["two", "nobody", "two"]')
    with pytest.raises(ManifestError) as caught:
        routed.plan()
    told = " ".join(str(one) for one in caught.value.diagnostics)
    assert "there is no [providers.nobody]" in told
    assert "`two` is in the route twice" in told


def test_a_host_of_a_route_without_a_price_needs_the_permission_to_spend_it(routed: TwoHosts) -> None:
    unpriced = '[providers.own]\nprofile = "vllm-omni"\nbase_url = "http://own.example/v1"\n[models.hero]'
    routed.configure("[models.hero]", unpriced)
    routed.configure('prefer = ["two", "default"]', 'prefer = ["two", "own"]')
    (refused,) = routed.plan().refusals
    assert refused.code == "S505"
    assert refused.cause == "clip.market: no price is known for sora-2 at 1280x720 at own"
    assert refused.ways[1][0] == '[providers.own.prices."sora-2"] "1280x720" = PRICE'
    with pytest.raises(PlanRefused):
        routed.apply(max_cost=Decimal(100))
    assert routed.paid("two") == []
    routed.configure("[models.hero]", '[providers.own.prices."sora-2"]\n"1280x720" = 0.01\n[models.hero]')
    assert routed.plan().refusals == ()


def test_a_recovery_finds_what_a_later_host_of_the_route_has_made(routed: TwoHosts) -> None:
    routed.faults("two", {"route": "create", "do": "moderated"})
    assert routed.apply().complete
    for name in ("state", "assets"):
        shutil.rmtree(routed.root / name)
    (routed.root / "sorasync.lock").unlink()
    found = recover_state(routed.project, LockWait("recover"))
    assert sorted(found.listed) == ["clip.lamp", "clip.market"]
    assert (found.provider, found.asked) == (None, True)
    assert {change.action for change in routed.plan().changes} == {Action.DOWNLOAD}


def test_an_import_finds_a_video_at_a_later_host_of_the_route(routed: TwoHosts) -> None:
    routed.faults("two", {"route": "create", "do": "moderated"})
    assert routed.apply().complete
    job = routed.record("clip.market#1").remote_id
    for name in ("state", "assets"):
        shutil.rmtree(routed.root / name)
    (routed.root / "sorasync.lock").unlink()
    assert import_render(routed.project, "clip.market", str(job), LockWait("import")).remote_id == job


def test_a_saved_plan_whose_route_has_lost_a_host_is_stale(routed: TwoHosts, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    saved.write_bytes(b"".join(encode(routed.plan())))
    routed.configure(
        '[route.safe]\nprefer = ["two", "default"]', '[route.safe]\nprefer = ["default", "queue"]'
    )
    routed.configure("[providers.two]", "[providers.three]")
    routed.configure("http://two.example/v1", "http://three.example/v1")
    with pytest.raises(PlanStale, match="no longer a host of this library"):
        routed.apply(plan_file=saved)
