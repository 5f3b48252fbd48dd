"""Downloads that go wrong, and what is on disk in the end."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from typing import Any

import pytest

from sorasync.apply.report import End
from sorasync.assets.mp4 import inspect_mp4
from sorasync.errors import SorasyncError
from sorasync.graph.render import Kind
from sorasync.operations.plan import PlanOptions
from sorasync.operations.status import RenderStage
from sorasync.operations.status_view import look
from sorasync.plan.action import Action
from sorasync.plan.selection import Selection
from sorasync.provider.local import in_process
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import Amended, Recording, World, clips, ends, numbered

PICTURES = """
[assets]
pictures = ["thumbnail", "spritesheet"]
"""


def whole(it: World) -> bool:
    """Whether every stored record has its file, whole, and nothing is left over."""
    assets = it.project.assets()
    with it.store() as store:
        records = [record for record in store.every_record() if record.status is Status.STORED]
    for record in records:
        if record.kind == Kind.CHARACTER:
            continue
        assert record.asset is not None
        assert assets.verify(record.asset)
        inspect_mp4(assets.path_of(record.asset))
    return not list(assets.root.glob("tmp/*"))


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "truncate", "at": 0.5},
        {"do": "empty"},
        {"do": "wrong_length", "by": 1000},
        {"do": "wrong_length", "by": -100},
        {"do": "html"},
        {"do": "content_type", "type": "application/json"},
        {"do": "cut_body", "at": 0.5},
        {"do": "cut_before"},
        {"do": "error"},
        {"do": "rate_limit", "retry_after": 5},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_a_download_that_goes_wrong_is_done_again(world: MakeWorld, fault: dict[str, Any]) -> None:
    it = world(clips(["a"]))
    it.faults(fault | {"route": "content", "count": 3})
    assert it.apply().complete
    assert whole(it)
    assert it.plan().empty


def test_a_stream_that_breaks_goes_on_where_it_broke_off(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "cut_body", "at": 0.9, "nth": 1})
    it.transport = recording = Recording(in_process(it.app))
    assert it.apply().complete
    size = it.server.places.video(it.record("clip.a#1").remote_id or "").stat().st_size
    assert recording.ranges[:2] == [None, f"bytes={int(size * 0.9)}-"]
    assert whole(it)


def test_a_download_that_never_succeeds_stays_rendered_and_the_next_apply_fetches_it(
    world: MakeWorld,
) -> None:
    it = world(clips(["a"]) + '[[clips.a.steps]]\nedit = "Teal."\n')
    it.faults({"route": "content", "do": "html"})
    assert ends(it.apply()) == {"clip.a": End.FAILED, "clip.a#1/1": End.BLOCKED}
    assert it.record("clip.a#1").status is Status.RENDERED
    it.faults()
    assert it.plan().changes[0].action is Action.DOWNLOAD
    assert it.apply().complete
    assert whole(it)
    assert len(it.charges()) == 2


def test_an_expired_file_is_asked_for_over_minutes_and_then_lost_and_never_paid_for_silently(
    world: MakeWorld,
) -> None:
    it = world(clips(["a"]))
    it.bills = True
    it.faults({"route": "content", "do": "not_found", "nth": 1}, {"route": "content", "do": "expire"})
    begun = it.clock.time
    report = it.apply()
    assert ends(report) == {"clip.a": End.FAILED}
    assert report.outcomes[0].next == "sorasync apply --replace 'clip.a'"
    assert it.record("clip.a#1").status is Status.LOST
    assert it.requests()["content"] >= 3
    assert it.clock.time - begun >= 120 + 30
    it.faults()
    assert [change.action for change in it.plan(refresh=True).changes] == [Action.LOST]
    assert ends(it.apply()) == {"clip.a": End.BLOCKED}
    assert len(it.charges()) == 1
    assert it.apply(PlanOptions(replace=("clip.a",))).complete
    assert len(it.charges()) == 2
    assert it.plan().empty


def test_a_file_that_is_not_there_at_the_wait_limit_is_not_said_to_be_kept(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.bills = True
    it.faults({"route": "content", "do": "not_found"})
    report = it.apply(wait=60)
    assert ends(report) == {"clip.a": End.PENDING}
    assert report.outcomes[0].next == "sorasync apply asks for it again, at no cost"


def test_what_an_apply_found_gone_is_known_as_lost_without_asking_again(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]))
    it.bills = True
    assert it.apply().complete
    for label in ("a", "b"):
        it.project.assets().path_of(it.record(f"clip.{label}#1").asset or "").unlink()
        (it.root / "assets" / f"{label}.mp4").unlink()
    job = it.server.jobs.get(it.record("clip.a#1").remote_id or "")
    assert job is not None
    it.server.remove(job)
    assert {row.address: row.stage for row in look(it.project).rows}["clip.a"] is RenderStage.TODO
    report = it.apply()
    assert ends(report) == {"clip.a": End.FAILED, "clip.b": End.DONE}
    assert it.record("clip.a#1").status is Status.LOST
    view = look(it.project)
    assert {row.address: row.stage for row in view.rows} == {
        "clip.a": RenderStage.LOST,
        "clip.b": RenderStage.DONE,
    }
    assert it.plan().changes == it.plan(offline=True).changes
    assert it.apply(PlanOptions(replace=("clip.a",))).complete


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RENDERED, Status.STORED])
def test_one_answer_that_a_job_is_not_there_is_no_loss(world: MakeWorld, status: Status) -> None:
    it = world(clips(["a"]))
    it.bills = True
    if status is Status.SUBMITTED:
        it.apply(detach=True)
        it.clock.time += 60
    elif status is Status.RENDERED:
        it.faults({"route": "content", "do": "html"})
        it.apply()
    else:
        assert it.apply().complete
        it.project.assets().path_of(it.record("clip.a#1").asset or "").unlink()
        (it.root / "assets" / "a.mp4").unlink()
    it.faults({"route": "get", "do": "not_found", "count": 2})
    change = it.plan().changes[0]
    assert change.action is (Action.RESUME if status is Status.SUBMITTED else Action.DOWNLOAD)
    assert "asked again" in change.reason and "--replace" not in change.reason
    it.faults({"route": "get", "do": "not_found", "count": 2})
    assert it.apply().complete
    assert len(it.charges()) == 1


def test_a_lost_render_that_the_provider_has_again_comes_back_for_nothing(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]), expires_after=1e6)
    it.bills = True
    it.faults({"route": "get", "do": "not_found"}, {"route": "list", "do": "error"})
    it.apply()
    for label in ("a", "b"):
        assert it.record(f"clip.{label}#1").status is Status.LOST
    assert "never seen to finish" in it.plan().changes[0].reason
    it.faults()
    assert {change.action for change in it.plan().changes} == {Action.LOST}
    assert {change.action for change in it.plan(refresh=True).changes} == {Action.DOWNLOAD}
    assert ends(it.apply(PlanOptions(selection=Selection(target=("clip.a",))))) == {"clip.a": End.DONE}
    assert [change.label for change in it.plan().changes] == ["clip.b"]
    assert it.apply(PlanOptions(refresh=True)).complete
    assert it.plan().empty
    assert len(it.charges()) == 2


def test_only_the_lost_can_be_selected(world: MakeWorld) -> None:
    it = world(clips(["a", "b", "c"]))
    it.bills = True
    with pytest.raises(SorasyncError, match="nothing is lost"):
        it.plan(replace=("lost",))
    assert it.apply().complete
    with it.project.store(write=True) as store:
        for label in ("a", "c"):
            store.move(it.record(f"clip.{label}#1").key, Status.LOST, run=None)
    (it.root / "assets").rename(it.root / "gone")
    it.server.database.run("DELETE FROM jobs")
    chosen = it.plan(selection=Selection(target=("lost",)))
    assert [(change.label, change.action) for change in chosen.changes] == [
        ("clip.a", Action.LOST),
        ("clip.c", Action.LOST),
    ]
    again = it.plan(replace=("lost",), selection=Selection(target=("lost",)))
    assert [(change.label, change.action) for change in again.changes] == [
        ("clip.a", Action.REPLACE),
        ("clip.c", Action.REPLACE),
    ]


def test_a_file_that_is_there_is_fetched_whatever_its_expiry_says(world: MakeWorld) -> None:
    it = world(clips(["a"]), expires_after=1e6)
    it.bills = True

    def soon_over(said: dict[str, Any]) -> None:
        for one in said.get("data", [said]):
            if one.get("completed_at"):
                one["expires_at"] = one["completed_at"] + 1

    it.transport = Amended(in_process(it.app), soon_over)
    it.apply(detach=True)
    it.clock.time += 86_400
    assert [change.action for change in it.plan().changes] == [Action.DOWNLOAD]
    assert it.apply().complete


def test_a_file_that_is_promised_is_not_given_up_where_its_route_is_at_fault(world: MakeWorld) -> None:
    it = world(numbered(8), expires_after=86_400.0)
    it.bills = True
    it.faults({"route": "content", "do": "not_found"})
    report = it.apply(parallelism=1)
    assert "downloads in a row failed" in (report.stopped or "")
    assert len(it.charges()) <= 4
    with it.store() as store:
        assert {record.status for record in store.in_flight()} == {Status.RENDERED}
    it.faults()
    assert it.apply().complete


def test_nothing_of_a_simulated_provider_is_lost(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]) + '[[clips.a.steps]]\nedit = "Teal."\n')
    assert it.apply().complete
    (it.root / "assets").rename(it.root / "gone")
    it.server.database.run("DELETE FROM jobs")
    assert {change.action for change in it.plan().changes} == {Action.CREATE, Action.EDIT}
    assert it.apply().complete
    assert it.plan().empty


def test_a_file_that_is_not_there_for_a_moment_is_not_lost(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "not_found", "count": 3})
    assert it.apply().complete


@pytest.mark.parametrize("fault", [{"do": "mp4_for_thumbnail"}, {"do": "error"}, {"do": "not_found"}])
def test_a_thumbnail_that_the_host_does_not_give_is_cut_from_the_video(
    world: MakeWorld, fault: dict[str, Any]
) -> None:
    it = world(clips(["a"]), config=PICTURES)
    it.faults(fault | {"route": "content", "nth": list(range(2, 40))})
    assert it.apply().complete
    picture = (it.root / "assets" / "a.webp").read_bytes()
    assert picture[:4] == b"RIFF"
    assert picture[8:12] == b"WEBP"
    assert whole(it)


def test_pictures_that_never_come_are_soon_not_asked_for_any_more(world: MakeWorld) -> None:
    it = world(numbered(8), config=PICTURES)
    it.profile = {"variants": ("video", "thumbnail", "spritesheet")}
    it.faults({"route": "content", "do": "mp4_for_thumbnail"})
    assert it.apply(parallelism=1).complete
    assert it.requests()["content"] == 8 + 3 + 3


def test_without_pictures_a_video_is_whole_all_the_same(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips(["a"]), config=PICTURES)
    it.profile = {"variants": ("video",)}
    monkeypatch.setattr("sorasync.apply.thumbnails.first_frame", lambda video: None)
    assert it.apply().complete
    assert it.names() == ["a.mp4"]
    assert not (it.root / "assets" / "a.webp").exists()


def test_no_pictures_are_asked_for_unless_somebody_wants_them(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.profile = {"variants": ("video", "thumbnail", "spritesheet")}
    assert it.apply().complete
    assert it.requests()["content"] == 1
    assert it.names() == ["a.mp4"]


def test_a_missing_file_is_fetched_again_for_nothing(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.apply()
    asset = it.record("clip.a#1").asset
    assert asset is not None
    it.project.assets().path_of(asset).unlink()
    (it.root / "assets" / "a.mp4").unlink()
    assert [change.action for change in it.plan().changes] == [Action.DOWNLOAD]
    assert it.apply().complete
    assert whole(it)
    assert it.names() == ["a.mp4"]
    assert len(it.charges()) == 1


def test_the_parts_of_two_renders_of_one_key_never_meet(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "cut_body", "at": 0.7})
    it.apply()
    left = {part.name: part.read_bytes() for part in it.project.assets().root.glob("tmp/*.mp4.part")}
    assert left
    with it.project.store(write=True) as store:
        key = store.in_flight()[0].key
        store.move(key, Status.LOST, run=None)
    it.faults()
    assert it.apply(PlanOptions(replace=("clip.a",))).complete
    record = it.record("clip.a#1")
    job = it.server.places.video(record.remote_id or "").read_bytes()
    assert it.project.assets().path_of(record.asset or "").read_bytes() == job


def test_a_render_whose_file_never_comes_is_spent_all_the_same(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "content", "do": "truncate"})
    first = it.apply()
    assert [outcome.end for outcome in first.outcomes] == [End.FAILED]
    assert first.outcomes[0].message.startswith("the downloaded file is damaged: ")
    assert first.spent.usd == Decimal("0.40")
    it.faults()
    again = it.apply()
    assert again.complete and again.spent.usd == 0


def test_a_key_that_is_refused_while_renders_are_followed_names_its_variable(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "get", "do": "unauthorized"}, {"route": "list", "do": "unauthorized"})
    (outcome,) = it.apply().outcomes
    assert outcome.end is End.PENDING
    assert (outcome.next or "").startswith("put a key that is valid for")


def test_a_lost_render_stays_lost_where_the_provider_lists_it_without_its_file(world: MakeWorld) -> None:
    it = world(clips(["a"]), expires_after=1e6)
    it.bills = True
    it.faults({"route": "get", "do": "not_found"}, {"route": "list", "do": "error"})
    it.apply()
    assert it.record("clip.a#1").status is Status.LOST
    it.faults()

    def expire(answer: dict[str, Any]) -> None:
        for job in [answer, *answer.get("data", ())]:
            if "expires_at" in job:
                job["expires_at"] = job["completed_at"] + 1

    it.transport = Amended(in_process(it.app), expire)
    it.clock.time += 60
    assert [change.action for change in it.plan(refresh=True).changes] == [Action.LOST]
    it.transport = None
    assert [change.action for change in it.plan(refresh=True).changes] == [Action.DOWNLOAD]


def test_a_download_takes_one_hop_to_a_thread_and_opens_its_file_twice(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips(["a", "b", "c"]))
    opened: list[str] = []
    hops: list[object] = []
    low, hop = os.open, asyncio.to_thread

    def opening(path: Any, *arguments: Any, **named: Any) -> int:
        opened.append(os.fsdecode(path))
        return low(path, *arguments, **named)

    def hopping(work: Any, *arguments: Any) -> Any:
        hops.append(work)
        return hop(work, *arguments)

    monkeypatch.setattr(os, "open", opening)
    monkeypatch.setattr(asyncio, "to_thread", hopping)
    assert it.apply().complete
    assert it.requests()["content"] == it.requests()["create"] == len(hops) == 3
    # Once to write and once to look at, to hash and to move it.
    assert sum(name.endswith(".part") for name in opened) == 2 * 3
    assert sum(".write-" in name and f"{os.sep}.store{os.sep}" in name for name in opened) == 3 + 1
