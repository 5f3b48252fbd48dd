"""A process that dies in the middle of sending a batch, and one whose answer is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from sorasync.apply.report import End
from sorasync.provider.batch_client import Batches
from sorasync.provider.errors import NotSent
from sorasync.state.record import Status
from tests.apply.world import World, clips, ends, outcome
from tests.batch.conftest import MakeWorld


def killed(it: World, monkeypatch: pytest.MonkeyPatch, method: str, *, after: bool) -> None:
    """Apply, and die right before or after a request of the batch leaves; the state is as it was then.

    What the run still does after that moment is undone: the state of the moment takes the place of what
    it left.
    """
    state, kept = it.root / "state" / "sorasync.db", it.root / "kept.db"
    whole: Callable[..., Any] = getattr(Batches, method)

    def die() -> None:
        with sqlite3.connect(state) as live, sqlite3.connect(kept) as copy:
            live.backup(copy)
            copy.execute("DELETE FROM locks")
        live.close()
        copy.close()
        raise NotSent("the process is dead")

    async def dying(self: Batches, *args: Any) -> Any:
        if not after:
            die()
        answer = await whole(self, *args)
        die()
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Batches, method, dying)
        it.apply()
    for file in state.parent.glob("sorasync.db*"):
        file.unlink()
    shutil.move(kept, state)


@pytest.mark.parametrize("method", ["upload_file", "create_batch"])
@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_dies_every_line_is_rendered_and_billed_once(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch, method: str, after: bool
) -> None:
    it = world(clips("abc"))
    killed(it, monkeypatch, method, after=after)
    it.clock.time += 60
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1, "clip.b": 1, "clip.c": 1}
    assert it.requests()["batch"] == 1
    assert it.plan().empty


def test_a_file_that_was_never_made_a_batch_is_not_looked_for(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips("a"))
    killed(it, monkeypatch, "upload_file", after=True)
    it.apply()
    assert it.requests()["batch_list"] == 0


def test_a_batch_that_died_is_sent_again_by_batch_also_in_a_direct_run(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sorasync.operations.plan import PlanOptions

    it = world(clips("ab"))
    killed(it, monkeypatch, "upload_file", after=True)
    assert it.apply(PlanOptions(batch=False)).complete
    assert (it.requests()["create"], it.requests()["batch"]) == (0, 1)


def test_a_lost_answer_is_found_by_the_token_in_the_list_of_batches(world: MakeWorld) -> None:
    it = world(clips("abc"))
    it.faults({"route": "batch", "do": "cut_after", "count": 1})
    assert it.apply().complete
    assert (it.requests()["batch"], len(it.charges())) == (1, 3)
    assert it.requests()["batch_list"] >= 1


def test_a_batch_that_never_arrived_is_sent_again_when_the_list_has_settled(world: MakeWorld) -> None:
    it = world(clips("abc"))
    it.faults({"route": "batch", "do": "cut_before", "count": 1})
    assert it.apply().complete
    assert (it.requests()["batch"], len(it.charges())) == (2, 3)


def test_without_a_list_of_batches_a_lost_answer_is_an_open_question(world: MakeWorld) -> None:
    it = world(clips("ab"), config='[provider.routes]\nbatch_list = ""\n')
    it.faults({"route": "batch", "do": "cut_after", "count": 1})
    report = it.apply()
    assert set(ends(report).values()) == {End.OPEN}
    assert outcome(report, "clip.a").next == outcome(report, "clip.b").next
    assert str(outcome(report, "clip.a").next).startswith("sorasync resolve batch:")
    assert it.record("clip.a#1").status is Status.UNKNOWN
    assert set(ends(it.apply()).values()) == {End.OPEN}
    assert it.requests()["batch"] == 1


def test_a_list_of_batches_that_fails_for_a_while_is_asked_again(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.faults(
        {"route": "batch", "do": "cut_after", "count": 1},
        {"route": "batch_list", "do": "status", "status": 500, "count": 8},
    )
    assert it.apply().complete
    assert len(it.charges()) == 2


def test_a_batch_that_the_provider_forgot_is_never_sent_again_blindly(world: MakeWorld) -> None:
    it = world(clips("ab"), config='[provider.abilities]\nlist = "partial"\n')
    it.apply(detach=True)
    it.faults({"route": "batch_get", "do": "not_found"})
    assert set(ends(it.apply()).values()) <= {End.OPEN, End.DONE}
    assert it.requests()["batch"] == 1
    assert len(it.charges()) == 2


def test_two_batches_are_read_in_whatever_order_they_end(world: MakeWorld) -> None:
    it = world(clips("ab"), render_seconds=600)
    it.apply(detach=True)
    it.write(clips("abcd"))
    it.apply(detach=True)
    (late, _) = it.server.shelf.batches()
    it.server.shelf.change_batch(late, "cancelling")
    report = it.apply()
    assert ends(report) == {
        "clip.a": End.DONE,
        "clip.b": End.DONE,
        "clip.c": End.FAILED,
        "clip.d": End.FAILED,
    }
