"""What a change of the manifests makes of a plan, with a state in which everything is stored."""

from __future__ import annotations

from tests.plan.world import HEAD, World, lines, reasons

ONE = HEAD + '[clips.a]\nprompt = "A lake."\n'
CHAIN = (
    HEAD
    + """
[clips.a]
prompt = "A lake."
[[clips.a.steps]]
extend = "On it goes."
seconds = 4
[[clips.a.steps]]
edit = "In blue."

[clips.b]
from = "a"
[[clips.b.steps]]
edit = "At night."

[clips.other]
prompt = "A hill."
"""
)
TAKES = HEAD + '[clips.a]\nprompt = "A lake."\ntakes = 3\npick = 2\n[[clips.a.steps]]\nedit = "In blue."\n'
CAST = (
    HEAD
    + '[characters.mossy]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\n'
    + '[clips.a]\nprompt = "Mossy naps."\ncharacters = ["mossy"]\n'
)


def test_everything_in_a_new_library_is_made_sources_first(world: World) -> None:
    plan = world.plan(CHAIN)
    assert lines(plan) == [
        "create clip.a $0.80",
        "extend clip.a#1/1 $0.40",
        "edit clip.a#1/2 $1.20",
        "edit clip.b#1/1 $1.20",
        "create clip.other $0.80",
    ]
    assert [c.depends_on for c in plan.changes] == [(), ("clip.a",), ("clip.a#1/1",), ("clip.a#1/2",), ()]
    assert str(plan.cost) == "$4.40"
    assert plan.seconds == 8 + 4 + 12 + 12 + 8


def test_a_plan_is_listed_by_name_and_carried_out_by_need(world: World) -> None:
    plan = world.plan(
        ONE.replace("clips.a", "clips.z") + '[clips.b]\nfrom = "z"\n[[clips.b.steps]]\nedit = "x"\n'
    )
    assert lines(plan) == ["edit clip.b#1/1 $0.80", "create clip.z $0.80"]
    assert plan.changes[0].depends_on == ("clip.z",)
    world.apply(plan)
    assert world.plan().empty


def test_a_character_is_uploaded_for_nothing_before_the_clip_that_shows_it(world: World) -> None:
    plan = world.plan(CAST)
    assert lines(plan) == ["character character.mossy", "create clip.a $0.80"]
    assert plan.changes[1].depends_on == ("character.mossy",)


def test_of_two_characters_that_are_one_upload_the_first_in_natural_order_is_sent(world: World) -> None:
    manifest = HEAD + "".join(
        f'[characters.mossy{n}]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\n' for n in (10, 2)
    )
    plan = world.plan(manifest)
    assert lines(plan) == ["character character.mossy2", "move character.mossy10"]
    assert reasons(plan) == ["not uploaded yet", "the same render as character.mossy2"]


def test_a_plan_after_an_apply_is_empty(world: World) -> None:
    for manifest in (CHAIN, TAKES, CAST):
        world.settle(manifest)
        again = world.plan()
        assert again.empty
        assert again.unchanged == len(world.graph.renders)
        assert again.unchanged_clips == len(world.graph.clips)


def test_planning_with_nothing_to_do_asks_the_provider_nothing(world: World) -> None:
    world.settle(CHAIN)
    assert world.plan().empty
    assert world.host.asked == 0


def test_a_renamed_clip_is_one_free_move(world: World) -> None:
    world.settle(ONE)
    plan = world.plan(ONE.replace("clips.a", "clips.lake"))
    assert lines(plan) == ["move clip.lake"]
    assert reasons(plan) == ["renamed from clip.a"]
    world.apply(plan)
    assert set(world.state.bound) == {"clip.lake#1"}
    assert world.plan().empty


def test_a_renamed_clip_with_takes_and_steps_is_one_free_move(world: World) -> None:
    world.settle(TAKES)
    plan = world.plan(TAKES.replace("clips.a", "clips.lake"))
    assert lines(plan) == ["move clip.lake"]
    world.apply(plan)
    assert set(world.state.bound) == {"clip.lake#1", "clip.lake#2", "clip.lake#3", "clip.lake#2/1"}


def test_a_step_that_becomes_a_branch_is_moved_from_its_own_place_and_is_no_renamed_clip(
    world: World,
) -> None:
    first, second = '[[clips.a.steps]]\nedit = "In blue."\n', '[[clips.{}.steps]]\nedit = "At night."\n'
    world.settle(ONE + first + second.format("a"))
    plan = world.plan(
        (ONE + first).replace("clips.a", "clips.c") + '[clips.b]\nfrom = "c"\n' + second.format("b")
    )
    assert lines(plan) == ["move clip.b#1/1", "move clip.c"]
    assert reasons(plan) == ["renamed from clip.a#1/2", "renamed from clip.a"]
    world.apply(plan)
    assert world.plan().empty


def test_two_clips_that_swap_their_names_are_two_free_moves(world: World) -> None:
    two = ONE + '[clips.b]\nprompt = "A hill."\n'
    world.settle(two)
    plan = world.plan(two.replace("A lake", "A HILL").replace("A hill", "A lake").replace("A HILL", "A hill"))
    assert lines(plan) == ["move clip.a", "move clip.b"]
    world.apply(plan)
    assert world.plan().empty


def test_a_new_clip_under_a_renamed_clips_old_name_is_paid_once(world: World) -> None:
    world.settle(ONE)
    plan = world.plan(ONE.replace("clips.a", "clips.b") + '[clips.a]\nprompt = "A hill."\n')
    assert lines(plan) == ["replace clip.a $0.80", "move clip.b"]


def test_a_renamed_character_is_one_move_and_leaves_its_clips_alone(world: World) -> None:
    world.settle(CAST)
    plan = world.plan(CAST.replace("mossy]", "fox]").replace('["mossy"]', '["fox"]'))
    assert lines(plan) == ["move character.fox"]
    assert reasons(plan) == ["renamed from character.mossy"]
    world.apply(plan)
    assert world.plan().empty


def test_a_character_whose_clip_changes_takes_the_clips_that_show_it_along(world: World) -> None:
    world.settle(CAST)
    world.files["refs/mossy.mp4"] = b"another clip"
    plan = world.plan(CAST)
    assert lines(plan) == ["replace character.mossy", "replace clip.a $0.80"]
    assert reasons(plan) == ["reference clip changed", "characters changed"]


def test_a_changed_prompt_replaces_its_whole_chain_and_nothing_else(world: World) -> None:
    world.settle(CHAIN)
    plan = world.plan(CHAIN.replace("A lake.", "A wide lake."))
    assert lines(plan) == [
        "replace clip.a $0.80",
        "replace clip.a#1/1 $0.40",
        "replace clip.a#1/2 $1.20",
        "replace clip.b#1/1 $1.20",
    ]
    assert reasons(plan) == [
        "prompt changed",
        "its source clip.a changes",
        "its source clip.a#1/1 changes",
        "its source clip.a#1/2 changes",
    ]
    assert [field.name for field in plan.changes[0].fields] == ["prompt"]
    assert plan.unchanged == 1


def test_a_reverted_prompt_moves_the_whole_chain_back_for_nothing(world: World) -> None:
    world.settle(CHAIN)
    before = dict(world.state.bound)
    world.settle(CHAIN.replace("A lake.", "A wide lake."))
    plan = world.plan(CHAIN)
    assert lines(plan) == ["move clip.a", "move clip.a#1/1", "move clip.a#1/2", "move clip.b#1/1"]
    assert reasons(plan)[0] == "prompt changed: reuses a retired render"
    prompt = plan.changes[0].fields[0]
    assert (prompt.before, prompt.after) == ("A wide lake.", "A lake.")
    assert [change.render for change in plan.changes] == [None] * 4, "a move sends nothing"
    world.apply(plan)
    assert world.state.bound == before


def test_an_appended_step_is_the_only_thing_paid_for(world: World) -> None:
    world.settle(ONE)
    edit = ONE + '[[clips.a.steps]]\nedit = "In blue."\n'
    assert lines(world.settle(edit)) == ["edit clip.a#1/1 $0.80"]
    extend = edit + '[[clips.a.steps]]\nextend = "On."\nseconds = 4\n'
    assert lines(world.plan(extend)) == ["extend clip.a#1/2 $0.40"]


def test_a_removed_step_is_one_retirement(world: World) -> None:
    world.settle(ONE + '[[clips.a.steps]]\nedit = "In blue."\n')
    assert lines(world.plan(ONE)) == ["retire clip.a#1/1"]


def test_one_take_more_is_one_create(world: World) -> None:
    world.settle(ONE + "takes = 3\n")
    assert lines(world.plan(ONE + "takes = 4\n")) == ["create clip.a#4 $0.80"]


def test_one_take_less_is_one_retirement(world: World) -> None:
    world.settle(ONE + "takes = 4\n")
    assert lines(world.plan(ONE + "takes = 3\n")) == ["retire clip.a#4"]
    assert lines(world.plan(ONE)) == ["retire clip.a#2", "retire clip.a#3", "retire clip.a#4"]


def test_a_changed_pick_makes_the_steps_on_the_new_take_and_back_again_costs_nothing(world: World) -> None:
    world.settle(TAKES)
    other = TAKES.replace("pick = 2", "pick = 3")
    assert lines(world.settle(other)) == ["edit clip.a#3/1 $0.80", "retire clip.a#2/1"]
    assert lines(world.settle(TAKES)) == ["move clip.a#2/1", "retire clip.a#3/1"]
    assert world.plan().empty


def test_two_clips_that_ask_for_the_same_render_pay_once(world: World) -> None:
    plan = world.plan(ONE + '[clips.b]\nprompt = "A  lake."\n')
    assert lines(plan) == ["create clip.a $0.80", "move clip.b"]
    assert plan.changes[1].depends_on == ("clip.a",)
    assert plan.changes[1].reason == "the same render as clip.a"
    world.apply(plan)
    assert world.plan().empty


def test_a_step_on_a_shared_render_waits_until_it_is_there(world: World) -> None:
    plan = world.plan(ONE + '[clips.b]\nprompt = "A lake."\n[[clips.b.steps]]\nedit = "In blue."\n')
    assert lines(plan) == ["create clip.a $0.80", "move clip.b", "edit clip.b#1/1 $0.80"]
    assert plan.changes[2].depends_on == ("clip.b",)


def test_a_copy_of_something_stored_is_free(world: World) -> None:
    world.settle(ONE)
    plan = world.plan(ONE + '[clips.b]\nprompt = "A lake."\n')
    assert lines(plan) == ["move clip.b"]
    assert reasons(plan) == ["the same render as clip.a"]


def test_a_deleted_clip_is_one_retirement_whatever_it_was_made_of(world: World) -> None:
    world.settle(TAKES + '[clips.other]\nprompt = "A hill."\n')
    plan = world.plan(HEAD + '[clips.other]\nprompt = "A hill."\n')
    assert lines(plan) == ["retire clip.a"]
    assert reasons(plan) == ["no longer in the manifests (4 renders)"]
    world.apply(plan)
    assert set(world.state.bound) == {"clip.other#1"}


def test_a_deleted_clip_that_comes_back_is_moved_back_for_nothing(world: World) -> None:
    world.settle(ONE)
    world.settle(HEAD)
    plan = world.plan(ONE)
    assert lines(plan) == ["move clip.a"]
    assert reasons(plan) == ["reuses a retired render"]


def test_names_with_and_without_numbers_stand_side_by_side_in_natural_order(world: World) -> None:
    manifest = HEAD + "".join(f'[clips.{n}]\nprompt = "{n}"\n' for n in ("shot10", "shot2", "shot", "shot2b"))
    plan = world.plan(manifest)
    assert [c.label for c in plan.changes] == ["clip.shot", "clip.shot2", "clip.shot2b", "clip.shot10"]
    world.apply(plan)
    assert [c.label for c in world.plan(HEAD).changes] == [c.label for c in plan.changes]


def test_every_instance_of_a_matrix_has_an_address_of_its_own(world: World) -> None:
    plan = world.plan(
        HEAD + '[clips.promo]\nprompt = "{{ mood }} {{ city }}."\n'
        'matrix = { mood = ["dry", "wet"], city = ["Lisbon"] }\n'
    )
    assert [c.label for c in plan.changes] == [
        "clip.promo[city=Lisbon,mood=dry]",
        "clip.promo[city=Lisbon,mood=wet]",
    ]


def test_steps_and_branches_wait_for_a_pick_and_nothing_is_paid_for_them(world: World) -> None:
    waiting = CHAIN.replace('prompt = "A lake."', 'prompt = "A lake."\ntakes = 3')
    plan = world.plan(waiting)
    assert lines(plan) == [
        "create clip.a#1 $0.80",
        "create clip.a#2 $0.80",
        "create clip.a#3 $0.80",
        "create clip.other $0.80",
    ]
    assert [(w.label, w.clip, w.takes) for w in plan.waiting] == [
        ("clip.a", "clip.a", 3),
        ("clip.b", "clip.a", 3),
    ]
    world.apply(plan)
    assert lines(world.plan(waiting + "[picks]\na = 3\n")) == [
        "extend clip.a#3/1 $0.40",
        "edit clip.a#3/2 $1.20",
        "edit clip.b#1/1 $1.20",
    ]


def test_steps_that_are_there_are_kept_while_a_pick_is_awaited(world: World) -> None:
    world.settle(CHAIN)
    more = CHAIN.replace('prompt = "A lake."', 'prompt = "A lake."\ntakes = 2')
    assert lines(world.settle(more)) == ["create clip.a#2 $0.80"]
    assert world.plan(more + "[picks]\na = 1\n").empty


def test_a_take_less_is_retired_even_while_a_pick_is_awaited(world: World) -> None:
    steps = '[[clips.a.steps]]\nedit = "In blue."\n'
    world.settle(ONE + "takes = 4\n" + steps)
    assert lines(world.plan(ONE + "takes = 3\n" + steps)) == ["retire clip.a#4"]


def test_another_providers_preview_does_not_count_as_a_render(world: World) -> None:
    preview = World(world.root, "preview")
    preview.settle(ONE)
    preview.profile = world.profile
    plan = preview.plan()
    assert lines(plan) == ["replace clip.a $0.80"]
    assert reasons(plan) == ["only the preview provider rendered it"]
