"""Applying by batch, from the outside."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.errors import SorasyncError
from sorasync.operations.plan import PlanOptions
from sorasync.plan.action import Action
from sorasync.provider.local import in_process
from sorasync.state.record import Status
from tests.apply.world import PreviewProject, World, clips, ends, numbered, outcome
from tests.batch.conftest import MakeWorld

STEP = '[[clips.a.steps]]\nextend = "On it goes."\n'


def inputs(it: World) -> list[bytes]:
    """Every input file of a batch that the server holds, in the order they came."""
    files = [it.server.shelf.file(batch.input_file) for batch in reversed(it.server.shelf.batches())]
    return [it.server.places.inside(file.path).read_bytes() for file in files if file is not None]


def lines(it: World) -> list[dict[str, Any]]:
    """Every line of every input file."""
    return [json.loads(line) for text in inputs(it) for line in text.splitlines()]


def test_creates_go_out_as_one_batch_and_steps_follow_as_calls_of_their_own(world: MakeWorld) -> None:
    it = world(clips("a") + STEP + clips("bc"))
    assert it.apply().complete
    assert it.requests()["batch"] == 1
    assert (it.requests()["create"], it.requests()["extend"]) == (0, 1)
    assert it.names() == ["a.mp4", "a/take-1.mp4", "b.mp4", "c.mp4"]
    assert it.plan().empty


def test_a_line_is_named_by_its_key(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.apply()
    assert {line["custom_id"] for line in lines(it)} == {it.record("clip.a#1").key, it.record("clip.b#1").key}


def test_a_plan_by_batch_costs_half_for_creates_and_the_whole_for_steps(world: MakeWorld) -> None:
    it = world(clips("a") + STEP)
    assert [str(change.cost_usd) for change in it.plan().changes] == ["0.200", "0.40"]
    assert [str(change.cost_usd) for change in it.plan(batch=False).changes] == ["0.40", "0.40"]
    assert it.plan().token != it.plan(batch=False).token


def test_characters_go_up_first_and_all_creates_share_a_batch(world: MakeWorld) -> None:
    it = world(
        '[characters.mossy]\nname = "Mossy"\nvideo = "mossy.mp4"\n'
        + clips("a")
        + '[clips.b]\nprompt = "Mossy runs."\ncharacters = ["mossy"]\n'
    )
    it.put("mossy.mp4", "mossy")
    assert it.apply().complete
    assert it.requests()["batch"] == 1
    assert [line["body"].get("characters") is not None for line in lines(it)] == [False, True]


def test_an_image_that_several_clips_use_is_uploaded_once(world: MakeWorld, picture: bytes) -> None:
    it = world(clips("ab", 'image = "first.png"\n'))
    (it.root / "manifests" / "first.png").write_bytes(picture)
    assert it.apply().complete
    assert it.requests()["files"] == 2
    (first, second) = (line["body"]["input_reference"] for line in lines(it))
    assert first == second
    assert first["file_id"].startswith("file-")


def test_a_clip_with_a_last_frame_is_a_call_of_its_own_at_the_whole_price(
    world: MakeWorld, picture: bytes
) -> None:
    it = world(clips("a") + clips("b", 'last_image = "last.png"\n'))
    (it.root / "manifests" / "last.png").write_bytes(picture)
    assert [str(change.cost_usd) for change in it.plan().changes] == ["0.200", "0.40"]
    assert it.apply().complete
    assert (it.requests()["batch"], it.requests()["create"]) == (1, 1)


def test_where_images_have_no_file_id_their_creates_are_calls_of_their_own(
    world: MakeWorld, picture: bytes
) -> None:
    it = world(clips("a", 'image = "first.png"\n') + clips("b"))
    (it.root / "manifests" / "first.png").write_bytes(picture)
    it.profile = {"image_by": ("file",)}
    assert [str(change.cost_usd) for change in it.plan().changes] == ["0.40", "0.200"]
    assert it.apply().complete
    assert (it.requests()["create"], len(lines(it))) == (1, 1)


def test_batches_keep_to_the_limits_of_the_host(world: MakeWorld) -> None:
    it = world(numbered(10), config="[provider.limits]\nbatch_lines = 4\n")
    assert it.apply().complete
    assert it.requests()["batch"] == 3
    assert len(it.charges()) == 10


def test_batches_keep_to_the_bytes_of_the_host(world: MakeWorld) -> None:
    it = world(numbered(10), config="[provider.limits]\nbatch_bytes = 1000\n")
    assert it.apply().complete
    sizes = [len(text) for text in inputs(it)]
    assert len(sizes) > 2
    assert max(sizes) <= 1000


def test_detached_lines_wait_at_the_provider_and_a_direct_run_fetches_them(world: MakeWorld) -> None:
    it = world(clips("abc"))
    report = it.apply(detach=True)
    assert set(ends(report).values()) == {End.PENDING}
    assert {it.record(f"clip.{name}#1").status for name in "abc"} == {Status.BATCHED}
    it.clock.time += 3600
    assert {change.action for change in it.plan(batch=False).changes} == {Action.RESUME}
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1, "clip.b": 1, "clip.c": 1}


def test_past_the_wait_limit_a_batch_is_left_pending(world: MakeWorld) -> None:
    it = world(clips("ab"), render_seconds=7200)
    assert set(ends(it.apply()).values()) == {End.PENDING}
    it.clock.time += 3600
    assert it.apply().complete
    assert len(it.charges()) == 2


def test_a_batch_nobody_wants_any_more_is_fetched_all_the_same(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.apply(detach=True)
    it.write(clips("b"))
    assert it.apply().complete
    assert it.record("clip.a#1").status is Status.STORED


def test_a_refused_line_is_blocked_and_the_others_are_fetched(world: MakeWorld) -> None:
    it = world(clips("abc"))
    it.faults(
        {"route": "create", "prompt": "A a", "do": "moderated"},
        {"route": "create", "prompt": "A b", "do": "fail_moderated"},
    )
    assert ends(it.apply()) == {"clip.a": End.BLOCKED, "clip.b": End.BLOCKED, "clip.c": End.DONE}
    assert {it.record(f"clip.{name}#1").status for name in "ab"} == {Status.BLOCKED}


def test_what_a_host_says_of_a_row_in_a_batch_is_told_and_not_recorded(world: MakeWorld) -> None:
    row = '[clips.ad]\nprompt = "A letter to {{ name }}."\n[clips.ad.each]\ncsv = "people.csv"\nkey = "id"\n'
    it = world(row + clips("z"))
    (it.root / "manifests" / "people.csv").write_text("id,name\n1,Ada\n")
    words = "'a letter to…' was refused"
    it.faults({"route": "create", "do": "fail_moderated", "message": words})
    report = it.apply()
    kept = "moderation_blocked: the host's words are not kept for a row"
    ad, z = outcome(report, "clip.ad[id=1]"), outcome(report, "clip.z")
    assert (ad.end, ad.message, ad.withheld) == (End.BLOCKED, kept, words)
    assert (z.message, z.withheld) == (words, "")
    assert it.record("clip.ad[id=1]#1").error_message == kept
    assert it.record("clip.z#1").error_message == words
    it.write(row)
    it.faults({"route": "batch", "do": "status", "status": 400, "code": "bad", "message": words})
    (it.root / "manifests" / "people.csv").write_text("id,name\n2,Ben\n")
    (ben,) = it.apply().of(End.FAILED)
    assert (ben.message, ben.withheld) == (f"preview answered 400: {kept.partition(': ')[2]}", words)


def test_a_batch_that_expires_half_done_gives_what_it_has_and_the_rest_is_tried_again(
    world: MakeWorld,
) -> None:
    it = world(numbered(10))
    it.faults({"route": "batch", "do": "batch_expires", "done": 0.5})
    report = it.apply()
    assert len(report.of(End.DONE)) == 5
    assert len(report.of(End.FAILED)) == 5
    it.faults()
    assert it.apply().complete
    assert set(it.billed().values()) == {1}
    assert len(it.charges()) == 10


def test_what_expired_before_its_turn_does_not_count_as_a_try(world: MakeWorld) -> None:
    it = world(clips("a"))
    it.faults({"route": "batch", "do": "batch_expires", "done": 0.0})
    for _ in range(5):
        assert ends(it.apply()) == {"clip.a": End.FAILED}
    assert it.record("clip.a#1").attempts == 0


def test_a_cancelled_batch_leaves_nothing_in_flight(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.apply(detach=True)
    (batch,) = it.server.shelf.batches()
    it.server.shelf.change_batch(batch, "cancelling")
    report = it.apply()
    assert set(ends(report).values()) == {End.FAILED}
    assert "cancelled" in outcome(report, "clip.a").message
    assert it.apply().complete
    assert len(it.charges()) == 2


def test_a_failed_upload_of_the_input_file_costs_nothing_and_is_tried_again(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.faults({"route": "files", "do": "status", "status": 400})
    assert set(ends(it.apply()).values()) == {End.FAILED}
    assert it.requests()["batch"] == 0
    it.faults()
    assert it.apply().complete


class Billed(World):
    """A world whose server counts as one that takes money."""

    @property
    def project(self) -> PreviewProject:
        made = super().project
        return replace(made, profile=made.profile.model_copy(update={"simulated": False}))


def test_no_file_with_the_prompts_can_be_left_behind(
    world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips("abc"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    seen: list[list[Path]] = []
    inner = in_process(it.app)

    class Watched(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/files"):
                seen.append(list((tmp_path / "temporary").rglob("*")))
            return await inner.handle_async_request(request)

    it.transport = Watched()
    it.faults({"route": "files", "do": "status", "status": 500, "nth": 1})
    assert it.apply().complete
    assert seen == [[], []]
    assert len(lines(it)) == 3


def test_the_budget_holds_line_by_line(tmp_path: Path) -> None:
    it = Billed(tmp_path, clips("abc"), config='[apply]\nmode = "batch"\n[budget]\nper_day = 0.5\n')
    report = it.apply()
    assert sorted(ends(report).values()) == [End.DONE, End.DONE, End.SKIPPED]
    assert len(it.charges()) == 2


def test_a_provider_without_batches_says_so_before_anything_is_sent(world: MakeWorld) -> None:
    it = world(clips("a"), config='[provider.routes]\nbatch_create = ""\n')
    with pytest.raises(SorasyncError, match="has no batches"):
        it.plan()
    assert it.plan(batch=False).changes


def test_a_plan_that_was_saved_goes_out_the_way_it_was_priced(world: MakeWorld, tmp_path: Path) -> None:
    from sorasync.plan.planfile import encode

    it = world(clips("a"))
    saved = tmp_path / "plan.json"
    saved.write_bytes(b"".join(encode(it.plan(batch=False))))
    assert it.apply(plan_file=saved).complete
    assert it.requests()["batch"] == 0


def test_result_files_that_break_off_are_read_again(world: MakeWorld) -> None:
    it = world(numbered(30))
    it.faults({"route": "files_content", "do": "cut_body", "at": 0.5, "count": 2})
    assert it.apply().complete
    assert len(it.charges()) == 30


def test_a_batch_that_the_list_of_jobs_shows_is_not_taken_for_a_lost_direct_request(world: MakeWorld) -> None:
    it = world(clips("a", "takes = 2\n"))
    it.faults({"route": "create", "do": "cut_after"})
    report = it.apply()
    assert report.complete
    assert len({it.record(f"clip.a#{take}").remote_id for take in (1, 2)}) == 2


def test_a_plan_says_of_a_line_that_it_is_queued(world: MakeWorld) -> None:
    it = world(clips("a"))
    it.apply(detach=True)
    (change,) = it.plan().changes
    assert (change.action, change.reason) == (Action.RESUME, "paid for, queued in a batch")
    assert change.cost_usd == 0


def test_what_is_rendered_gets_its_turn_to_be_fetched_before_a_batch_is_paid_for(world: MakeWorld) -> None:
    it = world(numbered(10))
    it.apply(PlanOptions(batch=False), detach=True)
    it.clock.time += 600
    it.write(numbered(10) + clips("z"))
    assert it.apply().complete
    moments = [(event.label, event.moment) for event in it.witness.events]
    begun = [moments.index((f"clip.c{number:03d}", Moment.FETCHING)) for number in range(10)]
    assert max(begun) < moments.index(("clip.z", Moment.SENT))
