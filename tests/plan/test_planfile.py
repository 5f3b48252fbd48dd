"""Plans in files: they come back as they were, and are refused once they no longer fit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sorasync.plan import planfile
from sorasync.plan.plan import Plan
from sorasync.plan.planfile import PlanFileError, decode, encode, load
from sorasync.plan.stale import PlanStale, differences, repriced
from sorasync.profile import load_profile
from sorasync.profile.hosts import Hosts
from sorasync.state.record import Binding, Status
from tests.plan.world import HEAD, World

LIBRARY = (
    HEAD
    + """
[characters.mossy]
name = "Mossy"
video = "../refs/mossy.mp4"

[clips.a]
prompt = "Mossy naps."
characters = ["mossy"]
image = "../refs/kitchen.png"
takes = 2
pick = 2
[[clips.a.steps]]
edit = "In blue."

[clips.b]
prompt = "Größe – 大"

[clips.c]
prompt = "A hill."

[clips.old]
prompt = "Old."
"""
)


def stale(world: World, plan: Plan) -> list[str]:
    return differences(plan, world.state.lineage, world.state.bindings(), world.state.briefs())


def saved(plan: Plan) -> bytes:
    """The plan as it stands in a file."""
    return b"".join(encode(plan))


def reread(text: bytes) -> Plan:
    """The plan in a file."""
    return decode(text.splitlines(keepends=True))


def laid_out(data: dict[str, Any]) -> bytes:
    """The object of a plan file, in the lines of one."""
    head = {name: data[name] for name in ("sorasync_plan", "token", "plan")}
    changes = ",\n".join(
        json.dumps(change, separators=(",", ":"), ensure_ascii=False) for change in data["changes"]
    )
    digest = json.dumps(data["sha256"])
    return f'{json.dumps(head)[:-1]}, "changes": [\n{changes}\n],\n"sha256": {digest}}}\n'.encode()


def mixed(world: World) -> Plan:
    """A plan with most kinds of changes."""
    world.settle(LIBRARY)
    world.settle(LIBRARY.replace("A hill", "A dune"))
    text = LIBRARY.replace("naps", "runs").replace("clips.b", "clips.d").partition("[clips.old]")[0]
    world.files["refs/mossy.mp4"] = b"another"
    return world.plan(text + '[clips.e]\nprompt = "A sea."\ntakes = 2\n[[clips.e.steps]]\nedit = "x"\n')


def test_a_plan_comes_back_as_it_was(world: World) -> None:
    for plan in (world.plan(HEAD), world.plan(LIBRARY), mixed(world)):
        again = reread(saved(plan))
        assert again.token == plan.token
        assert saved(again) == saved(plan)
        assert [c.render for c in again.changes] == [c.render for c in plan.changes]
        assert [c.binds for c in again.changes] == [c.binds for c in plan.changes]
        assert [c.drops for c in again.changes] == [c.drops for c in plan.changes]
        assert [c.cost_usd for c in again.changes] == [c.cost_usd for c in plan.changes]
        assert again.cost == plan.cost


def test_a_plan_of_an_earlier_version_says_more_and_is_read_all_the_same(world: World) -> None:
    plan = world.plan(LIBRARY)
    *lines, _ = saved(plan).splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"serial": ', b'"desired": "0123", "serial": ', 1)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    assert reread(b"".join([*lines, f'"sha256": "{digest}"}}\n'.encode()])).token == plan.token


def test_the_same_plan_is_the_same_file_byte_for_byte(world: World) -> None:
    text = saved(world.plan(LIBRARY))
    assert saved(world.plan()) == text
    assert laid_out(json.loads(text)) == text
    assert text.endswith(b"}\n")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("token",), "sp1:0000000000000000"),
        (("plan", "provider"), "other"),
        (("plan", "serial"), 9),
        (("changes", 1, "cost_usd"), "0.01"),
        (("changes", 1, "render", "prompt"), "Something else."),
        (("changes", 1, "render", "seconds"), 20),
        (("changes", 1, "binds", 0, "address"), "clip.other#1"),
        (("changes", 1, "key"), "0" * 64),
        (("changes", 1, "action"), "edit"),
    ],
)
def test_a_plan_that_was_edited_is_refused(world: World, path: tuple[str | int, ...], value: object) -> None:
    data = json.loads(saved(world.plan(LIBRARY)))
    place = data
    for part in path[:-1]:
        place = place[part]
    assert place[path[-1]] != value
    place[path[-1]] = value
    with pytest.raises(PlanFileError, match="changed after it was made"):
        reread(laid_out(data))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"sorasync_plan": 2, "plan": {"x": 1}}',
        '{"sorasync_plan": 2, "token": "", "plan": {}, "changes": [\n],\n"sha256": ""}\n',
        '{"sorasync_plan": 2, "token": "", "plan": [], "changes": [\n{}\n',
        '{"sorasync_plan": 2, "changes": [' + "[" * 99_999,
        "[" * 99_999,
    ],
)
def test_anything_else_is_refused_as_no_plan(text: str) -> None:
    with pytest.raises(PlanFileError):
        reread(text.encode())


def test_a_plan_of_another_format_is_refused_by_its_number() -> None:
    with pytest.raises(PlanFileError, match="format 1, this version reads 2"):
        reread(b'{\n "sorasync_plan": 1,\n "token": "sp1:0"\n}')
    with pytest.raises(PlanFileError, match="format 3, this version reads 2"):
        reread(b'{"sorasync_plan": 3}')


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"cannot read the plan file .*missing\.json"):
        load(tmp_path / "missing.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(PlanFileError, match=r"bytes\.json"):
        load(tmp_path / "bytes.json")


def test_a_plan_is_fresh_until_something_it_touches_changes(world: World) -> None:
    plan = mixed(world)
    assert {"replace", "move", "create", "retire"} <= {change.action for change in plan.changes}
    assert stale(world, plan) == []
    world.state.serial += 1
    world.state.bound["clip.elsewhere#1"] = Binding("f" * 64)
    assert stale(world, plan) == []


def test_a_plan_that_was_applied_is_stale_in_every_line(world: World) -> None:
    plan = mixed(world)
    world.apply(plan)
    assert len(stale(world, plan)) == len(plan.changes)


def test_a_render_that_moved_on_makes_its_line_stale_and_no_other(world: World) -> None:
    plan = world.plan(LIBRARY)
    world.set("clip.b#1", Status.SUBMITTED)
    assert stale(world, plan) == ["clip.b is now submitted"]


def test_an_address_that_stands_for_something_else_makes_its_line_stale(world: World) -> None:
    world.settle(LIBRARY)
    replaced = world.plan(LIBRARY.replace("A hill", "A dune"))
    retired = world.plan(LIBRARY.replace('[clips.c]\nprompt = "A hill."\n', ""))
    renamed = world.plan(LIBRARY.replace("clips.c", "clips.z"))
    assert [len(plan.changes) for plan in (replaced, retired, renamed)] == [1, 1, 1]
    world.state.bound["clip.c#1"] = Binding("f" * 64)
    assert stale(world, replaced) == ["clip.c has changed"]
    assert stale(world, retired) == ["clip.c has changed"]
    assert stale(world, renamed) == ["clip.z has changed"]


def test_a_kept_render_that_is_gone_makes_a_move_to_it_stale(world: World) -> None:
    world.settle(LIBRARY)
    key = world.key("clip.c#1")
    world.settle(LIBRARY.replace("A hill", "A dune"))
    plan = world.plan(LIBRARY)
    del world.state.rows[key]
    assert stale(world, plan) == ["clip.c is no longer in the state"]


def test_a_step_whose_source_was_rendered_again_or_is_gone_makes_its_line_stale(world: World) -> None:
    world.settle(LIBRARY)
    plan = world.plan(LIBRARY + '[[clips.old.steps]]\nedit = "x"\n')
    assert stale(world, plan) == []
    source = world.record("clip.old#1")
    world.state.rows[source.key] = replace(source, remote_id="video_other", asset="0" * 64)
    assert stale(world, plan) == ["the source of clip.old#1/1 was rendered again"]
    del world.state.rows[source.key]
    assert stale(world, plan) == ["the source of clip.old#1/1 is no longer in the state"]


def test_a_file_that_is_only_fetched_again_needs_no_source(world: World) -> None:
    steps = LIBRARY + '[[clips.old.steps]]\nedit = "x"\n'
    world.settle(steps)
    world.lose_file("clip.old#1/1")
    plan = world.plan()
    assert [change.label for change in plan.changes] == ["clip.old#1/1"]
    source = world.record("clip.old#1")
    world.state.rows[source.key] = replace(source, remote_id="video_other", asset="0" * 64)
    assert stale(world, plan) == []


def test_a_clip_that_was_rendered_again_is_not_rendered_a_third_time(world: World) -> None:
    world.settle(LIBRARY)
    plan = world.plan(again=("clip.b",), target=("clip.b",))
    world.apply(plan)
    assert stale(world, plan) == ["clip.b was rendered again"]


def test_a_price_that_changed_makes_its_line_stale(world: World) -> None:
    plan = world.plan(LIBRARY)
    assert repriced(plan, Hosts(world.profile), rows=False) == []
    assert repriced(world.plan(batch=True), Hosts(world.profile), rows=False) == []
    dearer = load_profile("openai", prices={"sora-2": {"1280x720": Decimal("0.25")}})
    assert "clip.b now costs $2.00, planned $0.80" in repriced(plan, Hosts(dearer), rows=False)
    assert not any(line.startswith("character") for line in repriced(plan, Hosts(dearer), rows=False))
    without_batches = load_profile("openai", overrides={"routes": {"batch_create": None}})
    assert "clip.b now costs $0.80, planned $0.40" in repriced(
        world.plan(batch=True), Hosts(without_batches), rows=False
    )


def test_a_plan_for_another_state_is_stale_altogether(world: World) -> None:
    plan = world.plan(LIBRARY)
    world.state.lineage = "another"
    assert stale(world, plan) == ["it was made against another state"]
    error = PlanStale(["clip.a has changed", "clip.b has changed"])
    assert error.message == "the plan is stale: clip.a has changed (and 1 more)"


def test_a_line_of_a_plan_holds_only_what_its_change_says(tmp_path: Path) -> None:
    world = World(tmp_path)
    plan = world.plan(HEAD + '[clips.a]\nprompt = "A hill."\n')
    line = json.loads(saved(plan).splitlines()[1])
    assert line["binds"] == [{"address": "clip.a#1", "key": plan.changes[0].key}]
    assert {"workflow", "references", "take", "route"}.isdisjoint(line["render"])
    assert {"fields", "before", "depends_on", "supersede"}.isdisjoint(line)
    assert reread(saved(plan)) == plan


def test_a_line_that_never_ends_is_no_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, file = World(tmp_path), tmp_path / "plan.json"
    file.write_bytes(saved(world.plan(HEAD + '[clips.a]\nprompt = "A hill."\n')))
    longest = max(map(len, file.read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr(planfile, "_LONGEST_LINE", longest)
    assert load(file).changes
    monkeypatch.setattr(planfile, "_LONGEST_LINE", longest - 1)
    with pytest.raises(PlanFileError, match="damaged"):
        load(file)
