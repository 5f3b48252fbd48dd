"""A refusal by a threshold names the line of the manifests that brought it about."""

from __future__ import annotations

import json

import pytest

from tests.recovery.world import World

CLIPS = "\n".join(f'[clips.c{n}]\nprompt = "Pier {n} at dawn."\n' for n in range(10))


def test_a_refused_replacement_names_limit_value_line_and_way(world: World) -> None:
    world.bill()
    world.configure("[safety]", "max_replace_pct = 20", "max_creates = 12")
    world.write(CLIPS)
    world.apply()
    world.write(CLIPS.replace("dawn", "dusk"))

    world.run("apply", "--yes", code=5)

    assert "10 of 10 renders (100%, limit 20%)" in world.err
    assert "prompt changed (10 renders), first at manifests/clips.toml:2" in world.err
    assert "--allow-replace-pct 100" in world.err


def test_a_refused_number_of_creates_names_the_first_clip(world: World) -> None:
    world.bill()
    world.configure("[safety]", "max_creates = 5")
    world.write(CLIPS)

    world.run("apply", "--yes", code=5)

    assert "it would make 10 renders, limit 5" in world.err
    assert "manifests/clips.toml:1" in world.err
    assert "--allow-creates 10" in world.err


SHOTS = '[[clips.c{n}.shots]]\naction = ["pier {n}, {{{{ city }}}}"]\nlighting = "dawn"\n'
STORYBOARDS = "".join(f'[clips.c{n}]\nscene = "A pier."\n' + SHOTS.format(n=n) for n in range(10))


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ('style = "16mm film"', 'style = "digital, clean"', "style changed at sorasync.toml:{line}"),
        ('style = "16mm film"', "", 'style was removed, was "16mm film"'),
        ('city = "Lisbon"', 'city = "Porto"', "vars.city changed at sorasync.toml:{line}"),
    ],
)
def test_what_the_configuration_puts_into_every_prompt_is_named_as_the_cause(
    world: World, before: str, after: str, cause: str
) -> None:
    world.bill()
    world.configure("[safety]", "max_replace_pct = 20", "[vars]", 'city = "Lisbon"')
    settings = world.root / "sorasync.toml"
    settings.write_text(settings.read_text().replace("[defaults]", '[defaults]\nstyle = "16mm film"'))
    world.write(STORYBOARDS)
    world.apply()
    settings.write_text(settings.read_text().replace(before, after))
    line = settings.read_text().splitlines().index(after) + 1

    world.run("apply", "--yes", code=5)

    assert f"{cause.format(line=line)} (10 renders)" in world.err
    (refusal,) = json.loads(world.run("plan", "--format", "json", code=5))["refusals"]
    assert refusal["cause"] == f"{cause.format(line=line)} (10 renders)"
    world.run("plan", code=5)
    assert f"Cause: {refusal['cause']}." in world.out


def test_shares_are_of_renders(world: World) -> None:
    """One clip of ten, with eleven takes: eleven of the twenty renders are paid for again."""
    world.bill()
    world.configure("[safety]", "max_replace_pct = 54")
    clips = CLIPS.replace("[clips.c0]", "[clips.c0]\ntakes = 11")
    world.write(clips)
    world.apply()
    world.write(clips.replace("Pier 0 at dawn", "Pier 0 at dusk"))

    world.run("apply", "--yes", code=5)

    assert "it would replace 11 of 20 renders (55%, limit 54%)" in world.err
    world.run("apply", "--yes", "--allow-replace-pct", "55")


def test_what_costs_nothing_is_held_up_by_no_threshold(world: World) -> None:
    world.configure("[safety]", "max_replace_pct = 0", "max_retire_pct = 0", "max_creates = 1")
    world.write(CLIPS)
    world.apply()
    world.write(CLIPS.replace("dawn", "dusk").replace("c9", "other"))
    world.apply()
    assert world.plan() == {}
