"""Money: caps in dollars and seconds, by apply, day and month; asking in proportion; unknown prices."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.apply.budget import Budget, BudgetSpent, Cap
from sorasync.clock import day_start, month_start
from sorasync.state.account import Charge
from tests.ci.paid import NOON, RELAY, Stopped, Studio, a_studio, clips
from tests.cli.kit import Answer

TWO = clips("a", "b")
pytestmark = pytest.mark.usefixtures("noon")


def lines(answer: Answer) -> list[str]:
    return answer.out.splitlines()


def test_a_plan_shows_cost_and_worst_case_with_retries(studio: Studio) -> None:
    studio.write(TWO)
    shown = lines(studio.run("plan"))
    assert "Cost: $0.80 (8 s)." in shown
    assert "Worst case with retries: $2.40." in shown
    assert studio.run("plan", "--format", "json").json["worst_case_usd"] == "2.40"


def test_a_failed_attempt_leaves_fewer_in_the_worst_case(studio: Studio) -> None:
    studio.write(clips("a"))
    studio.faults({"route": "create", "do": "fail"})
    studio.run("apply", "--yes")
    assert "Worst case with retries: $0.80." in lines(studio.run("plan"))
    studio.run("apply", "--yes")
    shown = lines(studio.run("plan"))
    assert "Cost: $0.40 (4 s)." in shown
    assert not any(line.startswith("Worst case") for line in shown)


def test_a_plan_says_what_it_leaves_of_the_day_and_the_month(studio: Studio) -> None:
    studio.configure("[budget]", "per_day = 5.00", "per_month_seconds = 100")
    studio.write(clips("a"))
    studio.run("apply", "--yes")
    studio.write(clips("a", "b", "c"))
    shown = lines(studio.run("plan"))
    assert "Today $1.20 of $5.00 after this." in shown
    assert "This month 12 s of 100 s after this." in shown
    budgets = studio.run("plan", "--format", "json").json["budgets"]
    assert [(one["name"], one["limit_usd"], one["spent_usd"]) for one in budgets] == [
        ("per_day", "5.00", "0.40"),
        ("per_month", None, "0.40"),
    ]


def test_a_plan_beyond_the_cap_of_an_apply_is_refused_with_each_way_past_it(studio: Studio) -> None:
    studio.configure("[budget]", "per_apply = 0.50")
    studio.write(TWO)
    answer = studio.run("apply", "--yes")
    assert answer.code == 5
    assert "it would cost $0.80, limit $0.50 per apply" in answer.err
    assert "--max-cost 0.80" in answer.err
    assert studio.billed() == 0
    assert studio.run("apply", "--yes", "--max-cost", "0.80").code == 0
    assert studio.billed() == Decimal("0.80")


@pytest.mark.parametrize("amount", ["x", "nan", "Infinity", "-1", ""])
def test_a_limit_that_is_no_amount_is_wrong_usage(studio: Studio, amount: str) -> None:
    studio.write(TWO)
    answer = studio.run("apply", "--yes", f"--max-cost={amount}")
    assert answer.code == 64
    assert "not an amount in dollars such as 2.50" in answer.err
    assert studio.billed() == 0


def test_a_plan_says_how_to_apply_exactly_it_in_its_environment(studio: Studio) -> None:
    studio.configure("[env.stage]")
    studio.write(TWO)
    token = studio.run("--env", "stage", "plan", "--format", "json").json["token"]
    shown = lines(studio.run("--env", "stage", "plan"))
    assert f"Token: {token}" in shown
    program = f"sorasync --library {studio.root}"
    assert f"Apply exactly this: {program} apply --env stage --expect {token}" in shown


def test_a_plan_says_that_apply_would_refuse_it_and_apply_only_if_it_does(studio: Studio) -> None:
    studio.configure("[budget]", "per_apply = 0.50", "per_apply_seconds = 60")
    studio.write(TWO)
    shown = [line for line in lines(studio.run("plan")) if "refuse" in line]
    assert shown == [
        "Apply would refuse this [S502]: it would cost $0.80, limit $0.50 per apply. "
        "Cause: clip.a $0.40, clip.b $0.40. "
        "To proceed: --max-cost 0.80, or [budget] per_apply = 0.80, or --target ADDRESS"
    ]
    (refusal,) = studio.run("plan", "--format", "json").json["refusals"]
    assert (refusal["code"], refusal["cause"]) == ("S502", "clip.a $0.40, clip.b $0.40")
    assert refusal["ways"][0] == {"type": "--max-cost 0.80", "reach": "this run"}
    comment = studio.run("plan", "--format", "github").out
    assert comment.index("Apply would refuse this") < comment.index("| address |")
    assert "refuse" not in studio.run("plan", "--target", "clip.a").out
    assert "refuse" not in studio.run("apply", "--yes", "--max-cost", "0.80").out


def test_each_environment_has_days_of_its_own(studio: Studio) -> None:
    studio.configure("[budget]", "per_day = 0.80", "[env.stage.budget]", "per_day = 0.40")
    studio.write(TWO)
    assert studio.run("apply", "--yes").code == 0
    assert "Today $0.80 of $0.40 after this; apply stops before exceeding it." in lines(
        studio.run("plan", "--env", "stage")
    )
    assert studio.run("apply", "--yes", "--env", "stage").code == 4
    assert studio.billed() == Decimal("1.20")


def test_the_cap_of_a_day_stops_before_it_is_passed_and_holds_in_the_next_run(studio: Studio) -> None:
    studio.configure("[budget]", "per_day = 1.00", "[apply]", "parallelism = 1")
    studio.write(clips("a", "b", "c", "d"))
    assert "Today $1.60 of $1.00 after this; apply stops before exceeding it." in lines(studio.run("plan"))
    first = studio.run("apply", "--yes")
    assert first.code == 4
    assert "the budget per_day of $1.00 would be exceeded ($1.20, $0.40 of it for this one)" in first.out
    assert (
        "set [budget] per_day in sorasync.toml to 1.20 or more, or continue after midnight (UTC)" in first.out
    )
    assert studio.billed() == Decimal("0.80")
    again = studio.run("apply", "--yes")
    assert again.code == 5
    assert studio.billed() == Decimal("0.80")


@pytest.mark.parametrize("cap", ["per_apply_seconds", "per_day_seconds", "per_month_seconds"])
def test_seconds_are_capped_like_dollars(studio: Studio, cap: str) -> None:
    studio.configure("[budget]", f"{cap} = 7", "[apply]", "parallelism = 1")
    studio.write(TWO)
    answer = studio.run("apply", "--yes")
    assert answer.code == (5 if cap == "per_apply_seconds" else 4)
    assert "seconds" in answer.err + answer.out
    if cap != "per_apply_seconds":
        assert f"the budget {cap} of 7 s would be exceeded (8 s, 4 s of it for this one)" in answer.out
        assert f"set [budget] {cap} in sorasync.toml to 8 or more, or continue" in answer.out
    assert studio.billed() == (0 if cap == "per_apply_seconds" else Decimal("0.40"))


def test_yesterday_does_not_count_today_but_in_the_month(studio: Studio) -> None:
    studio.spend(["x", "y"], day_start(NOON) - 1)
    studio.configure("[budget]", "per_day = 0.40", "per_month = 0.80")
    studio.write(clips("a"))
    shown = lines(studio.run("plan"))
    assert "Today $0.40 of $0.40 after this." in shown
    assert "This month $1.20 of $0.80 after this; apply stops before exceeding it." in shown


def test_the_month_before_counts_no_more(studio: Studio) -> None:
    studio.spend(["x", "y"], month_start(NOON) - 1)
    studio.configure("[budget]", "per_month = 0.80")
    studio.write(clips("a"))
    assert "This month $0.40 of $0.80 after this." in lines(studio.run("plan"))


def test_a_day_and_a_month_begin_at_midnight_utc() -> None:
    at = 1_773_619_199.5  # 2026-03-15T23:59:59.5Z
    assert day_start(at) == 1_773_532_800
    assert day_start(at + 1) == 1_773_619_200
    assert month_start(at) == 1_772_323_200


def test_what_was_only_drawn_never_counts(studio: Studio) -> None:
    studio.spend(["x", "y"], NOON, '{"simulated":true}')
    studio.configure("[budget]", "per_day = 0.40")
    studio.write(clips("a"))
    assert "Today $0.40 of $0.40 after this." in lines(studio.run("plan"))
    assert studio.run("apply", "--yes").code == 0
    assert "Spent: $0.40" in studio.run("status").out
    assert studio.run("cost", "--format", "json").json["total"]["spent_usd"] == "0.40"


def test_a_state_that_was_drawn_first_starts_with_the_whole_budget(studio: Studio) -> None:
    config = studio.root / "sorasync.toml"
    real = config.read_text()
    config.write_text(real.replace('"studio.toml"', '"preview"') + "[budget]\nper_day = 0.80\n")
    studio.write(clips("a", "b", "c"))
    assert studio.run("apply").code == 0
    config.write_text(real + "[budget]\nper_day = 0.80\n")
    studio.write(TWO)
    assert "Today $0.80 of $0.80 after this." in lines(studio.run("plan"))
    assert studio.run("apply", "--yes").code == 0


def test_a_render_that_failed_gives_its_share_back_in_the_same_run(studio: Studio) -> None:
    studio.configure("[budget]", "per_day = 0.80", "[apply]", "parallelism = 1")
    studio.write(clips("a", "b", "c"))
    studio.faults({"route": "create", "do": "fail", "nth": 1})
    answer = studio.run("apply", "--yes")
    assert answer.code == 4
    with studio.store() as store:
        outcomes = [attempt.outcome for attempt in store.attempts()]
    assert outcomes == ["failed", "stored", "stored"]


def test_unknown_prices_are_refused_unless_they_are_allowed(studio: Studio) -> None:
    studio.write(clips("a") + 'model = "sora-2-2025-10-06"\n')
    refused = studio.run("apply", "--yes")
    assert refused.code == 5
    assert "1 of its prices is unknown" in refused.err
    assert "--allow-unknown-cost" in refused.err
    assert studio.billed() == 0
    shown = lines(studio.run("plan"))
    assert "Cost: $? (4 s)." in shown
    done = studio.run("apply", "--yes", "--allow-unknown-cost")
    assert done.code == 0
    assert "Apply: 1 done. $0.00 + 1 of unknown price spent." in done.out


def test_an_apply_as_json_counts_what_has_no_price(studio: Studio) -> None:
    studio.write(clips("a", more='model = "sora-2-2025-10-06"\n'))
    told = studio.run("apply", "--yes", "--allow-unknown-cost", "--format", "json").json
    assert (told["spent_usd"], told["spent_unknown"]) == ("0.00", 1)


def test_seconds_bound_what_has_no_price(studio: Studio) -> None:
    studio.configure("[budget]", "allow_unknown = true", "per_day_seconds = 4", "[apply]", "parallelism = 1")
    studio.write(clips("a", "b", more='model = "sora-2-2025-10-06"\n'))
    assert studio.run("apply", "--yes").code == 4
    with studio.store() as store:
        assert store.spent().seconds == 4.0


def test_what_is_free_is_never_asked_about(studio: Studio) -> None:
    studio.write(TWO)
    studio.run("apply", "--yes")
    studio.write(TWO.replace("clips.a", "clips.c"))
    answer = studio.run("apply")
    assert answer.code == 0
    assert "Cost: nothing." in answer.out


def test_without_a_terminal_nothing_is_spent_unasked(studio: Studio) -> None:
    studio.write(TWO)
    answer = studio.run("apply")
    assert answer.code == 1
    assert "this would spend $0.80, and this is not a terminal" in answer.err
    token = studio.run("plan", "--format", "json").json["token"]
    assert f"pass --yes --max-cost 0.80, or --expect {token} for exactly this plan" in answer.err
    assert studio.billed() == 0


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody at a terminal, who types these lines."""
    typed: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _prompt: typed.pop(0))
    return typed


@pytest.mark.parametrize("form", [("--format", "json"), ("--format", "markdown"), ("--events",)])
def test_nobody_is_asked_about_a_plan_that_is_not_shown(
    studio: Studio, typing: list[str], form: tuple[str, ...]
) -> None:
    studio.write(TWO)
    answer = studio.run("apply", *form)
    assert answer.code == 1
    assert "this would spend $0.80, and only text output asks" in answer.err + answer.out
    assert studio.billed() == 0


def test_what_is_paid_is_asked_about_once_with_the_amount(studio: Studio, typing: list[str]) -> None:
    studio.write(TWO)
    typing.append("n")
    assert studio.run("apply").code == 1
    assert studio.billed() == 0
    typing.append("y")
    assert studio.run("apply").code == 0
    assert studio.billed() == Decimal("0.80")
    assert typing == []


@pytest.mark.parametrize(
    ("answer", "done"), [("y", False), ("0.8x", False), ("0.70", False), ("0.80", True), ("$0.8", True)]
)
def test_above_the_limit_the_amount_has_to_be_typed(
    studio: Studio, typing: list[str], answer: str, done: bool
) -> None:
    studio.configure("[budget]", "confirm_above = 0.50")
    studio.write(TWO)
    typing.append(answer)
    shown = studio.run("apply")
    assert shown.code == (0 if done else 1)
    assert ("that is not 0.80" in shown.err) is not done
    assert studio.billed() == (Decimal("0.80") if done else 0)


def test_in_a_job_that_nobody_watches_yes_needs_a_cap(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    studio.write(TWO)
    refused = studio.run("apply", "--yes")
    assert refused.code == 5
    assert "give --max-cost 0.80 or --expect sp1:" in refused.err
    assert "[budget] per_apply = 0.80" in refused.err
    assert studio.billed() == 0
    token = studio.run("plan", "--format", "json").json["token"]
    assert studio.run("apply", "--yes", "--expect", token).code == 0
    studio.write(clips("a", "b", "c"))
    assert studio.run("apply", "--yes", "--max-cost", "1").code == 0


def test_a_day_that_begins_during_a_run_has_a_budget_of_its_own() -> None:
    clock = Stopped(86_399.0)
    budget = Budget((Cap("per_day", Decimal(1), since=0.0), Cap("per_apply", Decimal(3))), clock, 86_000.0)
    budget.reserve(Decimal(1), 4)
    with pytest.raises(BudgetSpent, match="per_day"):
        budget.reserve(Decimal(1), 4)
    budget.clock = Stopped(86_401.0)
    budget.reserve(Decimal(1), 4)
    with pytest.raises(BudgetSpent, match="per_day"):
        budget.reserve(Decimal("0.01"), 4)


def test_what_yesterdays_refused_request_gives_back_adds_nothing_to_today() -> None:
    budget = Budget((Cap("per_day", Decimal(1), 10, since=0.0),), Stopped(86_399.0))
    budget.reserve(Decimal(1), 10)
    budget.clock = Stopped(86_401.0)
    budget.reserve(Decimal("0.40"), 4)
    budget.release(Decimal(1), 10, 86_399.0)
    with pytest.raises(BudgetSpent, match="per_day of"):
        budget.reserve(Decimal("0.61"), 0)
    with pytest.raises(BudgetSpent, match="per_day_seconds of"):
        budget.reserve(None, 7)
    budget.reserve(Decimal("0.60"), 6)


def test_a_refused_request_of_unknown_price_gives_its_seconds_back() -> None:
    budget = Budget((Cap("per_apply", seconds=8),))
    budget.reserve(None, 8)
    budget.release(None, 8, 0.0)
    budget.reserve(None, 8)


def test_a_charge_takes_the_place_of_its_estimate() -> None:
    day = Cap("per_day", Decimal(3), since=0.0, spent_usd=Decimal(1), spent_seconds=8)
    caps = (day, Cap("per_apply", Decimal(1)))
    budget = Budget(caps, began=100.0)
    budget.reserve(Decimal("0.40"), 4)
    estimate = Charge(Decimal("0.40"), 4)
    budget.settle(101.0, estimate, Charge(Decimal("0.90"), 4))
    with pytest.raises(BudgetSpent, match="per_apply"):
        budget.reserve(Decimal("0.20"), 4)
    budget.settle(50.0, estimate, None)
    day, apply = budget.caps
    assert (day.spent_usd, apply.spent_usd) == (Decimal("1.50"), Decimal("0.90"))
    assert (day.spent_seconds, apply.spent_seconds) == (8, 4)


def test_what_is_in_flight_is_reserved_for_the_next_run(studio: Studio) -> None:
    studio.configure("[budget]", "per_day = 0.70", "[apply]", "wait_minutes = 0.005")
    studio.write(clips("a"))
    studio.faults({"route": "create", "do": "stuck"})
    assert studio.run("apply", "--yes").code == 8
    studio.write(TWO)
    assert "Today $0.80 of $0.70 after this; apply stops before exceeding it." in lines(studio.run("plan"))
    answer = studio.run("apply", "--yes")
    assert answer.code == 4
    assert "the budget per_day of $0.70 would be exceeded ($0.80, $0.40 of it for this one)" in answer.out
    assert studio.billed() == Decimal("0.40")


def test_a_charge_of_far_more_than_was_planned_ends_the_run_and_is_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_studio(tmp_path, capsys, dialect="openrouter") as relay:
        (relay.root / "studio.toml").write_text(RELAY)
        relay.configure("[budget]", "per_day = 5.00", "[apply]", "parallelism = 1")
        relay.write(clips("a", "b", "c"))
        assert "Cost: $0.36 (12 s)." in lines(relay.run("plan"))
        answer = relay.run("apply", "--yes")
        assert answer.code == 4
        assert "the provider charged $0.40 for clip.a#1, planned: $0.12" in answer.out
        assert relay.billed() == Decimal("0.40")
        assert "Today $0.64 of $5.00 after this." in lines(relay.run("plan"))


def test_the_caps_hold_on_a_runner_that_has_nothing_but_the_lock_file(studio: Studio) -> None:
    studio.configure("[budget]", "per_day = 0.80", "per_month = 1.00", "[apply]", "parallelism = 1")
    studio.write(clips("a", "b"))
    assert studio.run("apply", "--yes").code == 0
    before = studio.run("cost", "--by", "month", "--format", "json").json
    shutil.rmtree(studio.root / "state")

    assert studio.run("cost", "--by", "month", "--format", "json").json == before
    studio.write(clips("a", "b", "c"))
    assert "Today $1.20 of $0.80 after this; apply stops before exceeding it." in lines(studio.run("plan"))
    assert studio.run("apply", "--yes").code == 5
    assert studio.billed() == Decimal("0.80")
    assert "recovered from the lock file; sent 20" in studio.run("log", "clip.a").out


def test_an_empty_state_pays_for_nothing_that_lies_here(studio: Studio) -> None:
    studio.configure("[state]", "lock_file = false")
    studio.write(TWO)
    assert studio.run("apply", "--yes").code == 0
    shutil.rmtree(studio.root / "state")

    answer = studio.run("apply", "--yes")
    assert answer.code == 5
    assert "clip.a, clip.b would be paid for again, although the videos are here" in answer.err
    assert "sorasync state recover" in answer.err
    assert studio.run("state", "recover").code == 0
    assert studio.run("apply", "--yes").code == 0
    assert studio.billed() == Decimal("0.80")

    shutil.rmtree(studio.root / "state")
    shutil.rmtree(studio.root / "assets")
    assert studio.run("apply", "--yes").code == 0
    assert studio.billed() == Decimal("1.60")


def test_what_passes_max_cost_is_not_told_to_change_the_configuration(studio: Studio) -> None:
    studio.configure("[budget]", "per_apply = 9.00")
    studio.write(clips("a", "b"))
    answer = studio.run("apply", "--yes", "--max-cost", "0.50")
    assert answer.code == 5
    assert "--max-cost 0.80" in answer.out + answer.err
    assert "per_apply" not in answer.out + answer.err
