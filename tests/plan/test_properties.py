"""What holds of every plan, whatever the library and however it is edited."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sorasync.plan.action import Action
from sorasync.plan.plan import Plan
from sorasync.plan.planfile import encode
from sorasync.state.record import Status
from tests.plan.world import HEAD, World

WORDS = ("lake", "hill", "dune")
NAMES = ("a", "b", "b2", "c", "long-name")
FEW = settings(max_examples=30)


@dataclass(frozen=True)
class Clip:
    """A clip as a test writes it; with a `source` it is a branch and its first word is an edit."""

    word: str
    steps: tuple[tuple[str, str], ...] = ()
    takes: int = 1
    pick: int | None = None
    source: str | None = None
    cast: bool = False
    seconds: int = 8

    def toml(self, name: str) -> str:
        """The clip's tables."""
        lines = [f"[clips.{name}]", f"takes = {self.takes}"]
        if self.pick is not None:
            lines.append(f"pick = {min(self.pick, self.takes)}")
        if self.source is None:
            lines += [f'prompt = "Mossy at a {self.word}."', f"seconds = {self.seconds}"]
            lines += ['characters = ["mossy"]'] if self.cast else []
        else:
            lines += [f'from = "{self.source}"', f"[[clips.{name}.steps]]", f'edit = "{self.word}"']
        for kind, word in self.steps:
            lines += [f"[[clips.{name}.steps]]", f'{kind} = "{word}"']
        return "\n".join(lines) + "\n"


CAST = '[characters.mossy]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\n'

clips = st.builds(
    Clip,
    word=st.sampled_from(WORDS),
    steps=st.lists(st.tuples(st.sampled_from(("edit", "extend")), st.sampled_from(WORDS)), max_size=2).map(
        tuple
    ),
    takes=st.sampled_from((1, 1, 2, 3)),
    pick=st.sampled_from((None, 1, 2)),
    cast=st.booleans(),
    seconds=st.sampled_from((4, 8)),
)


@st.composite
def libraries(draw: st.DrawFn, at_least: int = 0) -> dict[str, Clip]:
    """Some clips; each may branch off one that stands before it."""
    library: dict[str, Clip] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=at_least, max_size=4)):
        source = draw(st.sampled_from((None, None, *library)))
        library[name] = replace(draw(clips), source=source)
    return library


def text(library: dict[str, Clip]) -> str:
    """The library as one manifest."""
    return HEAD + CAST + "".join(clip.toml(name) for name, clip in library.items())


@contextmanager
def worlds() -> Iterator[World]:
    """A world of its own for each example."""
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        world.files |= {"refs/mossy.mp4": b"a clip"}
        yield world


def check(plan: Plan) -> None:
    """What holds of a plan by itself."""
    labels = [change.label for change in plan.changes]
    assert len(labels) == len(set(labels))
    for change in plan.changes:
        assert set(labels).issuperset(change.depends_on), f"{change.label} waits for what is not in the plan"
        assert change.reason
        assert change.action.renders or not change.paid
        assert change.action.renders == (change.render is not None and change.action not in _FOLLOWED)
    known = [change.cost_usd for change in plan.changes if change.cost_usd is not None]
    assert sum(known, Decimal(0)) == plan.cost.known_usd
    rendered = [change.key for change in plan.changes if change.action.renders]
    assert len(rendered) == len(set(rendered)), "one key is paid for twice"
    assert sum(plan.summary().values()) == len(plan.changes) + plan.unchanged


_FOLLOWED = (Action.RESUME, Action.DOWNLOAD)


@FEW
@given(st.lists(libraries(), min_size=1, max_size=4))
def test_after_every_apply_the_plan_is_empty_and_no_key_is_paid_twice(history: list[dict[str, Clip]]) -> None:
    with worlds() as world:
        for library in history:
            before = set(world.state.rows)
            plan = world.plan(text(library))
            check(plan)
            assert not before & {change.key for change in plan.changes if change.action.renders}
            world.apply(plan)
            assert world.plan().empty
            assert {r.key for r in world.graph.renders.values()} <= set(world.state.rows)


@FEW
@given(libraries(), libraries())
def test_going_back_to_what_was_costs_nothing(one: dict[str, Clip], other: dict[str, Clip]) -> None:
    with worlds() as world:
        world.settle(text(one))
        world.settle(text(other))
        back = world.plan(text(one))
        assert back.cost.known_usd == 0
        assert {change.action for change in back.changes} <= {Action.MOVE, Action.RETIRE}


@FEW
@given(libraries(), st.sampled_from(NAMES), clips)
def test_an_edit_of_one_clip_touches_only_what_starts_from_it(
    library: dict[str, Clip], name: str, edited: Clip
) -> None:
    with worlds() as world:
        world.settle(text(library))
        before = {address: render.key for address, render in world.graph.renders.items()}
        kept = library | {name: replace(edited, source=library[name].source if name in library else None)}
        plan = world.plan(text(kept))
        after = {address: render.key for address, render in world.graph.renders.items()}
        touched = {
            place for c in plan.changes for place in (c.address, *(b.address for b in c.binds), *c.drops)
        }
        assert {address for address in after if before.get(address) == after[address]}.isdisjoint(touched)


@FEW
@given(libraries(), st.randoms(use_true_random=False))
def test_the_order_of_tables_and_files_changes_not_a_byte(
    library: dict[str, Clip], shuffled: random.Random
) -> None:
    with worlds() as world:
        once = world.plan(text(library))
        tables = [clip.toml(name) for name, clip in library.items()] + [CAST]
        shuffled.shuffle(tables)
        files = {f"{n}.toml": HEAD + table for n, table in enumerate(tables)}
        assert _without_places(world.plan(files)) == _without_places(once)


def _without_places(plan: Plan) -> str:
    """The plan but for the files and lines that its renders stand in."""
    data = json.loads(b"".join(encode(plan)))
    del data["sha256"]
    for change in data["changes"]:
        change.get("render", {}).pop("origin", None)
    return json.dumps(data)


@FEW
@given(libraries(), st.data())
def test_whatever_became_of_its_renders_a_plan_is_sound_and_pays_for_no_key_that_is_on_its_way(
    library: dict[str, Clip], data: st.DataObject
) -> None:
    with worlds() as world:
        world.plan(text(library))
        for address in list(world.graph.renders):
            status = data.draw(st.sampled_from((None, *Status)), label=address)
            if status is not None and world.key(address) not in world.state.rows:
                world.set(
                    address, status, remote_id=f"video_{address}", attempts=data.draw(st.integers(0, 3))
                )
        offline = data.draw(st.booleans())
        plan = world.plan(offline=offline)
        check(plan)
        for change in plan.changes:
            assert not change.action.renders or change.status in (None, Status.FAILED)
        world.apply(plan)
        rest = world.plan(offline=offline)
        assert {change.action for change in rest.changes} <= {Action.BLOCKED, Action.LOST}


@FEW
@given(libraries(), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_a_target_and_what_it_leaves_out_together_do_what_the_whole_does(
    library: dict[str, Clip], wanted: str, unwanted: str
) -> None:
    with worlds() as world:
        whole = world.plan(text(library))
        patterns = {f"clip.{name}" for name in library}
        target = (f"clip.{wanted}",) if f"clip.{wanted}" in patterns and library else ()
        exclude = (f"clip.{unwanted}",) if f"clip.{unwanted}" in patterns and library else ()
        if not any(c.address.startswith(f"{p}#") for p in (*target, *exclude) for c in whole.changes):
            target, exclude = (), ()
        part = world.plan(target=target, exclude=exclude)
        check(part)
        assert len(part.changes) + part.left_out == len(whole.changes)
        world.apply(part)
        world.apply(world.plan())
        assert world.plan().empty
        assert world.spent == whole.cost.known_usd


@FEW
@given(libraries(), st.sampled_from(NAMES))
def test_replacing_a_clip_renders_it_and_all_that_starts_from_it_once_more(
    library: dict[str, Clip], name: str
) -> None:
    with worlds() as world:
        world.settle(text(library))
        pattern = f"clip.{name}"
        chosen = [r for a, r in world.graph.renders.items() if a.startswith(f"{pattern}#")]
        if not chosen:
            return
        plan = world.plan(again=(pattern,))
        check(plan)
        hit = world.graph.dependants(render.address for render in chosen)
        keys = {world.key(address) for address in hit}
        assert {change.key for change in plan.changes if change.action is Action.REPLACE} == keys
        world.apply(plan)
        assert world.plan().empty


@FEW
@given(libraries(at_least=1), st.data())
def test_a_token_stays_whatever_is_applied_that_it_does_not_touch(
    library: dict[str, Clip], data: st.DataObject
) -> None:
    wanted, other = (data.draw(st.sampled_from(list(library)), label=label) for label in ("mine", "theirs"))
    with worlds() as world:
        world.plan(text(library))
        mine = world.plan(target=(f"clip.{wanted}",))
        theirs = world.plan(target=(f"clip.{other}",))
        touched = [{change.key for change in plan.changes} for plan in (mine, theirs)]
        world.apply(theirs)
        after = world.plan(target=(f"clip.{wanted}",))
        assert (after.token == mine.token) is touched[0].isdisjoint(touched[1])
