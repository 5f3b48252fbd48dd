"""Which part of a plan `--target` and `--exclude` leave."""

from __future__ import annotations

import pytest

from sorasync.errors import SorasyncError
from tests.plan.world import HEAD, World, lines

LIBRARY = (
    HEAD
    + """
[characters.mossy]
name = "Mossy"
video = "../refs/mossy.mp4"
tags = ["act-1"]

[clips.a]
prompt = "Mossy naps."
characters = ["mossy"]
tags = ["spring", "cast"]
[[clips.a.steps]]
edit = "In blue."

[clips.b]
from = "a"
tags = ["night"]
[[clips.b.steps]]
edit = "At night."

[clips.promo]
prompt = "{{ mood }} {{ city }}."
matrix = { mood = ["dry", "wet"], city = ["Lisbon", "Osaka"] }
"""
)


def labels(world: World, target: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    return [change.label for change in world.plan(LIBRARY, target=target, exclude=exclude).changes]


def test_a_target_brings_along_what_it_has_to_wait_for(world: World) -> None:
    assert labels(world, ("clip.b",)) == ["character.mossy", "clip.a", "clip.a#1/1", "clip.b#1/1"]
    assert labels(world, ("clip.a#1",)) == ["character.mossy", "clip.a", "clip.a#1/1"]


def test_an_exclusion_takes_along_what_would_have_to_wait_for_it(world: World) -> None:
    assert labels(world, ("clip.a", "clip.b"), ("clip.a#1/1",)) == ["character.mossy", "clip.a"]


def test_a_characters_tag_selects_its_upload(world: World) -> None:
    assert labels(world, ("tag:act-1",)) == ["character.mossy"]


def test_tags_select_every_render_of_their_clip(world: World) -> None:
    assert labels(world, ("tag:spring",)) == ["character.mossy", "clip.a", "clip.a#1/1"]
    assert labels(world, ("tag:n*",)) == ["character.mossy", "clip.a", "clip.a#1/1", "clip.b#1/1"]


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("clip.promo[city=Lisbon,mood=dry]", 1),
        ("clip.promo[city=Lisbon,*]", 2),
        ("clip.promo[*mood=wet]", 2),
        ("clip.promo[city=?????,mood=wet]", 1),
        ("clip.promo", 4),
        ("clip.p*", 4),
        ("promo[city=Lisbon,mood=dry]", 1),
        ("promo[city=Lisbon,*]", 2),
        ("promo", 4),
        ("p*", 4),
    ],
)
def test_brackets_in_a_pattern_are_those_of_matrix_addresses(world: World, pattern: str, count: int) -> None:
    found = labels(world, (pattern,))
    assert len(found) == count
    assert all(label.startswith("clip.promo[") for label in found)


def test_a_pattern_that_matches_nothing_is_an_error_that_names_it(world: World) -> None:
    with pytest.raises(SorasyncError, match=r"'clip\.nothing' matches nothing"):
        world.plan(LIBRARY, target=("clip.nothing",))
    with pytest.raises(SorasyncError, match=r"'clip\.nothing' matches no render"):
        world.plan(LIBRARY, again=("clip.nothing",))


def test_a_part_of_a_plan_says_how_much_it_leaves_out(world: World) -> None:
    plan = world.plan(LIBRARY, target=("clip.promo",))
    assert (plan.partial, plan.left_out) == (True, 4)
    assert not world.plan(LIBRARY).partial


def test_any_address_of_a_removed_clip_selects_its_retirement(world: World) -> None:
    world.settle(LIBRARY)
    gone = world.plan(HEAD, target=("clip.a#1/1",))
    assert lines(gone) == ["retire clip.a"]


def test_applying_part_by_part_ends_where_applying_the_whole_does(world: World) -> None:
    for pattern in ("clip.a", "clip.promo[city=Osaka,*]", "tag:night"):
        world.apply(world.plan(LIBRARY, target=(pattern,)))
    rest = world.plan()
    assert [c.label for c in rest.changes] == [
        "clip.promo[city=Lisbon,mood=dry]",
        "clip.promo[city=Lisbon,mood=wet]",
    ]
    world.apply(rest)
    assert world.plan().empty


def test_a_clip_that_waits_for_a_pick_is_told_of_only_where_it_is_selected(world: World) -> None:
    library = LIBRARY.replace('prompt = "Mossy naps."', 'prompt = "Mossy naps."\ntakes = 2')

    def waiting(target: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
        return [one.label for one in world.plan(library, target=target, exclude=exclude).waiting]

    assert waiting() == ["clip.a", "clip.b"]
    assert waiting(target=("clip.promo",)) == []
    assert waiting(target=("tag:night",)) == ["clip.b"]
    assert waiting(exclude=("clip.a",)) == [], "what needs it goes along"
    assert waiting(exclude=("clip.b",)) == ["clip.a"]
