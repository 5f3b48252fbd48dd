"""A refusal by a threshold names the line of the manifests that brought it about."""

from __future__ import annotations

from tests.recovery.world import World

CLIPS = "\n".join(f'[clips.c{n}]\nprompt = "Pier {n} at dawn."\n' for n in range(10))


def test_a_refused_replacement_names_limit_value_line_and_way(world: World) -> None:
    world.configure("[safety]", "max_replace_pct = 20", "max_creates = 12")
    world.write(CLIPS)
    world.apply()
    world.write(CLIPS.replace("dawn", "dusk"))

    world.run("apply", "--yes", code=5)

    assert "10 of 10 clips (100%, limit 20%)" in world.err
    assert "prompt changed (10 renders), first at manifests/clips.toml:2" in world.err
    assert "--allow-replace-pct 100" in world.err


def test_a_refused_number_of_creates_names_the_first_clip(world: World) -> None:
    world.configure("[safety]", "max_creates = 5")
    world.write(CLIPS)

    world.run("apply", "--yes", code=5)

    assert "it would make 10 renders, limit 5" in world.err
    assert "manifests/clips.toml:1" in world.err
    assert "--allow-creates 10" in world.err
