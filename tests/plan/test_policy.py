"""What is refused, and in which words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from sorasync.cli.views.plan.plan_json import plan_json
from sorasync.cli.views.plan.plan_text import budget_lines, cost_line
from sorasync.plan.allowance import Allowance
from sorasync.plan.cost import Total
from sorasync.plan.plan import Plan
from sorasync.plan.policy import PlanRefused, Policy, refusals
from sorasync.plan.refusal import Refusal
from tests.plan.world import HEAD, World

ONE = HEAD + '[clips.a]\nprompt = "A lake."\n'
PROTECTED = ONE + "protect = true\n"


def many(count: int, word: str = "lake", first: int = 0) -> str:
    clips = (f'[clips.c{n}]\nprompt = "{word if n < first else "still"} {n}"\n' for n in range(1, count + 1))
    return HEAD + "".join(clips)


def check(world: World, plan: Plan, **limits: object) -> list[Refusal]:
    return refusals(plan, Policy(**limits), world.state.bindings())  # type: ignore[arg-type]


def test_without_limits_nothing_is_refused(world: World) -> None:
    world.settle(many(20))
    assert check(world, world.plan(many(20, "hill", 21))) == []


def test_a_protected_clip_is_neither_replaced_nor_retired(world: World) -> None:
    world.settle(PROTECTED)
    replaced = check(world, world.plan(PROTECTED.replace("lake", "pond")))
    assert replaced == [
        Refusal(
            "S500",
            "it would replace clip.a, which is protected",
            cause="prompt changed",
            ways=(
                ("--exclude 'clip.a'", "leave it out"),
                ("protect = false", "on clip.a, in its manifest"),
                ("sorasync unprotect 'clip.a'", "lift the protection the state remembers"),
            ),
        )
    ]
    retired = check(world, world.plan(HEAD))
    assert [r.message for r in retired] == ["it would retire clip.a, which is protected"]
    assert [way for way, _ in retired[0].ways] == ["--exclude 'clip.a'", "sorasync unprotect 'clip.a'"]


def test_a_protected_character_is_neither_replaced_nor_retired(world: World) -> None:
    character = HEAD + '[characters.mossy]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\nprotect = true\n'
    cast = character + '[clips.a]\nprompt = "Mossy naps."\ncharacters = ["mossy"]\n'
    world.settle(cast)
    retired = check(world, world.plan(HEAD))
    assert [r.message for r in retired] == ["it would retire character.mossy, which is protected"]
    world.files["refs/mossy.mp4"] = b"another clip"
    replaced = check(world, world.plan(cast))
    assert [r.message for r in replaced] == ["it would replace character.mossy, which is protected"]
    assert ("protect = false", "on character.mossy, in its manifest") in replaced[0].ways


def test_taking_the_protection_out_of_the_manifest_does_not_lift_it(world: World) -> None:
    world.settle(PROTECTED)
    found = check(world, world.plan(ONE.replace("lake", "pond")))
    assert [way for way, _ in found[0].ways] == ["--exclude 'clip.a'", "sorasync unprotect 'clip.a'"]
    world.settle(ONE)
    assert check(world, world.plan(ONE.replace("lake", "pond"))) == []


def test_a_protection_that_no_apply_has_seen_yet_holds_already(world: World) -> None:
    world.settle(ONE)
    (found,) = check(world, world.plan(PROTECTED.replace("lake", "pond")))
    assert found.code == "S500"
    assert [way for way, _ in found.ways] == ["--exclude 'clip.a'", "protect = false"]


def test_moving_a_protected_clip_to_another_stored_render_is_refused_too(world: World) -> None:
    world.settle(PROTECTED.replace("lake", "pond"))
    world.settle(PROTECTED)
    assert [r.message for r in check(world, world.plan(PROTECTED.replace("lake", "pond")))] == [
        "it would replace clip.a, which is protected"
    ]


def test_a_protected_clip_may_be_made_renamed_and_fetched(world: World) -> None:
    assert check(world, world.plan(PROTECTED)) == []
    world.settle(PROTECTED)
    assert check(world, world.plan(PROTECTED.replace("clips.a", "clips.b"))) == []
    world.plan(PROTECTED)
    world.lose_file("clip.a#1")
    assert check(world, world.plan(PROTECTED)) == []


def test_replacing_a_protected_clip_afresh_is_refused(world: World) -> None:
    world.settle(PROTECTED)
    assert [r.code for r in check(world, world.plan(again=("clip.a",)))] == ["S500"]


def test_an_excluded_protected_clip_refuses_nothing(world: World) -> None:
    world.settle(PROTECTED)
    assert check(world, world.plan(HEAD, exclude=("clip.a",))) == []


def test_a_share_of_replaced_renders_above_the_limit_is_refused(world: World) -> None:
    world.settle(many(12))
    plan = world.plan(many(12, "hill", 5))
    assert check(world, plan, max_replace_pct=34) == []
    assert check(world, plan, max_replace_pct=33) == [
        Refusal(
            "S501",
            "it would replace 4 of 12 renders (34%, limit 33%)",
            cause="prompt changed (4 renders)",
            ways=(
                ("--allow-replace-pct 34", "this run"),
                ("[safety] max_replace_pct = 34", "in sorasync.toml, for good"),
            ),
        )
    ]


def test_a_share_of_retired_renders_above_the_limit_is_refused(world: World) -> None:
    world.settle(many(12))
    plan = world.plan(many(6))
    assert check(world, plan, max_retire_pct=50) == []
    (refusal,) = check(world, plan, max_retire_pct=49)
    assert refusal.message == "it would retire 6 of 12 renders (50%, limit 49%)"
    assert [way for way, _ in refusal.ways] == ["--allow-retire-pct 50", "[safety] max_retire_pct = 50"]


def test_the_cause_of_a_share_is_the_most_frequent_reason(world: World) -> None:
    world.settle(many(12))
    resized = many(12, "hill", 4).replace("[clips.c12]", '[clips.c12]\nsize = "720x1280"')
    (refusal,) = check(world, world.plan(resized), max_replace_pct=0)
    assert refusal.message == "it would replace 4 of 12 renders (34%, limit 0%)"
    assert refusal.cause == "prompt changed (3 renders)"
    # Of two that are as frequent, the same one whatever the order of the clips.
    prompts = many(12, "hill", 1)
    for sized, changed in (("c12", prompts), ("c1", many(12).replace('"still 12', '"hill 12'))):
        text = changed.replace(f"[clips.{sized}]", f'[clips.{sized}]\nsize = "720x1280"')
        (refusal,) = check(world, world.plan(text), max_replace_pct=0)
        assert refusal.cause == "size 1280x720 → 720x1280 (1 render)"


def test_an_empty_library_has_no_shares(world: World) -> None:
    assert check(world, world.plan(ONE), max_replace_pct=0, max_retire_pct=0, min_existing=0) == []


def test_shares_of_a_small_library_are_not_looked_at(world: World) -> None:
    world.settle(many(9))
    plan = world.plan(many(9, "hill", 10))
    assert check(world, plan, max_replace_pct=0) == []
    assert [r.code for r in check(world, plan, max_replace_pct=0, min_existing=9)] == ["S501"]


def test_the_way_past_a_share_is_wide_enough(world: World) -> None:
    world.settle(many(30))
    plan = world.plan(many(30, "hill", 2))
    (refusal,) = check(world, plan, max_replace_pct=3)
    percent = int(refusal.ways[0][0].rpartition(" ")[2])
    assert check(world, plan, max_replace_pct=percent) == []


def test_too_many_renders_are_refused_and_characters_are_none(world: World) -> None:
    cast = '[characters.mossy]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\n'
    plan = world.plan(many(3) + cast)
    assert check(world, plan, max_creates=3) == []
    assert check(world, plan, max_creates=2) == [
        Refusal(
            "S503",
            "it would make 3 renders, limit 2",
            ways=(("--allow-creates 3", "this run"), ("[safety] max_creates = 3", "for good")),
        )
    ]
    (refusal,) = check(world, plan, max_creates=2)
    assert refusal.address == "clip.c1#1", "a clip's line is shown, not a character's"


def test_a_plan_beyond_the_budget_is_refused(world: World) -> None:
    plan = world.plan(many(4))
    assert check(world, plan, per_apply_usd=Decimal("3.20")) == []
    (refusal,) = check(world, plan, per_apply_usd=Decimal("3.19"))
    assert (refusal.code, refusal.message) == ("S502", "it would cost $3.20, limit $3.19 per apply")
    assert [way for way, _ in refusal.ways] == [
        "--max-cost 3.20",
        "[budget] per_apply = 3.20",
        "--target ADDRESS",
    ]
    assert [r.code for r in check(world, plan, per_apply_seconds=31)] == ["S504"]
    assert check(world, plan, per_apply_seconds=32) == []


def test_a_refused_cost_names_the_three_dearest_renders(world: World) -> None:
    """Of renders that cost the same, the first ones of the plan."""

    def cause(*seconds: int) -> str | None:
        clips = enumerate(seconds, 1)
        plan = world.plan(
            HEAD + "".join(f'[clips.c{n}]\nprompt = "{n}"\nseconds = {length}\n' for n, length in clips)
        )
        (refusal,) = check(world, plan, per_apply_usd=Decimal(0))
        return refusal.cause

    assert cause(4, 12, 8) == "clip.c2 $1.20, clip.c3 $0.80, clip.c1 $0.40"
    assert cause(4, 8, 12, 8) == "clip.c3 $1.20, clip.c2 $0.80, clip.c4 $0.80 and 1 more render"
    assert cause(4, 8, 12, 8, 4) == "clip.c3 $1.20, clip.c2 $0.80, clip.c4 $0.80 and 2 more renders"


def test_unknown_prices_are_refused_unless_allowed(world: World) -> None:
    world.profile = World(world.root, "vllm-omni", base_url="https://h.example/v1").profile
    plan = world.plan(ONE.replace("sora-2", "mine"))
    (refusal,) = check(world, plan)
    assert refusal.code == "S505"
    assert refusal.message == "1 of its prices is unknown, so its cost is unknown"
    model, size = plan.changes[0].render.model, plan.changes[0].render.size  # type: ignore[union-attr]
    assert refusal.cause == f"clip.a: no price is known for {model} at {size}"
    assert (
        f'[prices."{model}"] "{size}" = PRICE',
        "in sorasync.toml: dollars per second",
    ) in refusal.ways
    assert check(world, plan, allow_unknown_cost=True) == []
    (refusal,) = check(world, world.plan(many(2).replace("sora-2", "mine")))
    assert refusal.message == "2 of its prices are unknown, so its cost is unknown"
    assert (refusal.cause or "").endswith(", and 1 more")


def test_a_budget_does_not_bind_a_provider_that_bills_nothing(world: World) -> None:
    world.profile = World(world.root, "preview").profile
    plan = world.plan(many(4))
    assert plan.simulated
    assert plan.cost.known_usd > 0
    assert check(world, plan, per_apply_usd=Decimal(0), per_apply_seconds=0) == []


def test_every_refusal_comes_at_once_and_the_first_one_speaks(world: World) -> None:
    world.settle(PROTECTED)
    plan = world.plan(PROTECTED.replace("lake", "pond"))
    found = check(world, plan, max_creates=0, per_apply_usd=Decimal(0), max_replace_pct=0, min_existing=1)
    assert [r.code for r in found] == ["S500", "S501", "S502", "S503"]
    with pytest.raises(PlanRefused, match=r"plan refused: it would replace clip\.a"):
        raise PlanRefused(found)


CAST = "".join(f'[characters.m{n}]\nname = "Mossy {n}"\nvideo = "../refs/m{n}.mp4"\n' for n in range(1, 13))


def test_characters_are_no_renders_of_a_share(world: World) -> None:
    """They cost nothing: neither those that are known nor those that change count."""
    world.files |= {f"refs/m{n}.mp4": f"clip {n}" for n in range(1, 13)}
    world.settle(many(9) + CAST)
    assert check(world, world.plan(many(9, "hill", 10) + CAST), max_replace_pct=0) == []
    world.settle(many(10) + CAST)
    changed = CAST.replace("Mossy", "Fennel")
    assert check(world, world.plan(many(10) + changed), max_replace_pct=0) == []
    (refusal,) = check(world, world.plan(many(10, "hill", 2) + changed), max_replace_pct=0)
    assert refusal.message == "it would replace 1 of 10 renders (10%, limit 0%)"
    assert check(world, world.plan(many(10)), max_retire_pct=0) == []


def test_a_share_counts_takes_and_steps(world: World) -> None:
    """One clip of ten has eleven takes: a change of it renders more than half of everything again."""
    takes = many(10).replace("[clips.c1]", "[clips.c1]\ntakes = 11")
    world.settle(takes)
    plan = world.plan(takes.replace('"still 1"', '"hill 1"'))
    assert check(world, plan, max_replace_pct=55) == []
    (refusal,) = check(world, plan, max_replace_pct=54)
    assert refusal.message == "it would replace 11 of 20 renders (55%, limit 54%)"
    (retired,) = check(world, world.plan(takes.replace("takes = 11", "takes = 1")), max_retire_pct=49)
    assert retired.message == "it would retire 10 of 20 renders (50%, limit 49%)"
    without = HEAD + "[clips.c2]" + takes.partition("[clips.c2]")[2]
    (whole,) = check(world, world.plan(without), max_retire_pct=54)
    assert whole.message == "it would retire 11 of 20 renders (55%, limit 54%)"


MIXED = (
    HEAD
    + '[clips.a]\nprompt = "A lake."\n[clips.b]\nprompt = "A pond."\n'
    + "".join(f'[clips.{n}]\nprompt = "A {n}."\nmodel = "mine"\n' for n in ("x", "y", "z"))
)


@pytest.fixture
def mixed(world: World) -> Plan:
    """Two renders of $0.80, and three that nobody knows the price of."""
    models = {"mine": {"sizes": ["1280x720"], "seconds": [4, 8]}}
    world.profile = World(world.root, "openai", models=models).profile
    return world.plan(MIXED)


def test_a_plan_with_known_and_unknown_prices_takes_none_for_nothing(world: World, mixed: Plan) -> None:
    assert (mixed.cost, mixed.worst) == (Total(Decimal("1.60"), 3), Total(Decimal("4.80"), 3))
    assert cost_line(mixed) == "Cost: $1.60 + $? (40 s)."
    assert list(budget_lines(mixed)) == ["Worst case with retries: $4.80 + $?."]
    told = plan_json(mixed)
    assert (told["cost_usd"], told["unknown_prices"], told["worst_case_usd"]) == (None, 3, None)
    codes = [r.code for r in check(world, mixed, per_apply_usd=Decimal("1.59"))]
    assert codes == ["S502", "S505"]
    (refusal,) = check(world, mixed, per_apply_usd=Decimal("1.60"))
    assert refusal.message == "3 of its prices are unknown, so its cost is unknown"
    assert refusal.cause == "clip.x: no price is known for mine at 1280x720, and 2 more"
    assert check(world, mixed, allow_unknown_cost=True, per_apply_usd=Decimal("1.60")) == []


def test_a_plan_of_unknown_prices_alone_does_not_cost_nothing(world: World, mixed: Plan) -> None:
    unknown = replace(mixed, changes=tuple(c for c in mixed.changes if c.cost_usd is None))
    assert cost_line(unknown) == "Cost: $? (24 s)."
    assert [r.code for r in check(world, unknown)] == ["S505"]


def test_a_free_change_is_no_unknown_price(world: World, mixed: Plan) -> None:
    world.apply(replace(mixed, changes=tuple(c for c in mixed.changes if c.cost_usd is not None)))
    plan = world.plan(MIXED.replace("clips.a]", "clips.moved]"))
    assert [c.label for c in plan.changes if not c.cost_usd] == ["clip.moved", "clip.x", "clip.y", "clip.z"]
    (refusal,) = check(world, plan)
    assert refusal.message.startswith("3 of its prices are unknown, ")
    assert (refusal.cause or "").endswith(", and 2 more")


def test_the_known_part_of_a_plan_counts_in_what_is_left_of_a_day(mixed: Plan) -> None:
    day = Allowance("per_day", Decimal(2), Decimal("0.30"), 50, 12)
    assert list(budget_lines(replace(mixed, allowances=(day,))))[1:] == [
        "Today $1.90 + $? of $2.00 after this.",
        "Today 52 s of 50 s after this; apply stops before exceeding it.",
    ]
