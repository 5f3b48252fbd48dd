"""Answers that never came: the job is found, or surely was never made, or a person is asked."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.operations.plan import PlanOptions
from sorasync.plan.action import Action
from sorasync.plan.selection import Selection
from sorasync.provider.local import in_process
from sorasync.provider.redact import HIDDEN
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.match_job import ROW_WORDS, compare_job, wanted_by
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import World, clips, ends, numbered, outcome


def test_a_lost_answer_is_found_in_the_list_and_adopted(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]))
    it.faults({"route": "create", "do": "cut_after", "prompt": "A a"})
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1, "clip.b": 1}
    with it.store() as store:
        assert [event.address for event in store.events() if event.what == "adopted"] == ["clip.a#1"]


def test_a_request_that_never_arrived_is_sent_again_only_once_the_list_has_settled(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.profile = {"list_settle_seconds": 30.0}
    it.faults({"route": "create", "do": "cut_before", "nth": 1})
    sent: list[float] = []
    it.act(Moment.SENT, lambda: sent.append(it.clock.time))
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1}
    first, second = sent
    assert 30 <= second - first < 60
    assert it.record("clip.a#1").attempts == 1


def test_the_settling_time_counts_from_when_the_answer_was_lost(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.profile = {"list_settle_seconds": 30.0}
    it.faults(
        {"route": "create", "do": "rate_limit", "nth": 1, "retry_after": 100},
        {"route": "create", "do": "cut_after", "nth": 2},
        {"route": "list", "do": "list_lag", "seconds": 20},
    )
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1}


def test_a_job_that_the_list_shows_late_is_not_paid_for_twice(world: MakeWorld) -> None:
    it = world(clips(["a"]), list_lag=20.0)
    it.profile = {"list_settle_seconds": 30.0}
    it.faults({"route": "create", "do": "cut_after"})
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1}


def test_takes_of_one_prompt_whose_answers_are_all_lost_get_a_job_each(world: MakeWorld) -> None:
    it = world(clips(["a"], "takes = 5\n"))
    it.faults({"route": "create", "do": "cut_after"})
    assert it.apply().complete
    assert sorted(it.billed().values()) == [1] * 5
    with it.store() as store:
        assert len({record.remote_id for record in store.every_record()}) == 5


def test_some_takes_arrived_and_some_did_not(world: MakeWorld) -> None:
    it = world(clips(["a"], "takes = 6\n"))
    it.faults(
        {"route": "create", "do": "cut_after", "nth": [1, 4]},
        {"route": "create", "do": "cut_before", "nth": [2, 5]},
    )
    assert it.apply().complete
    assert len(it.charges()) == 6
    with it.store() as store:
        assert len({record.remote_id for record in store.every_record()}) == 6


def test_more_candidates_than_requests_are_left_to_a_person_and_the_rest_goes_on(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]) + '[[clips.a.steps]]\nedit = "Teal."\n')
    it.faults(
        {"route": "create", "do": "duplicate", "prompt": "A a"},
        {"route": "create", "do": "cut_after", "prompt": "A a"},
    )
    report = it.apply()
    assert ends(report) == {"clip.a": End.OPEN, "clip.a#1/1": End.BLOCKED, "clip.b": End.DONE}
    assert outcome(report, "clip.a").next == "sorasync resolve 'clip.a'"
    assert it.record("clip.a#1").status is Status.UNKNOWN
    it.faults()
    before = len(it.charges())
    assert ends(it.apply())["clip.a"] is End.OPEN
    assert len(it.charges()) == before


def test_a_provider_without_a_list_leaves_the_question_open(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]))
    it.profile = {"list": "none"}
    it.faults({"route": "create", "do": "cut_after", "prompt": "A a"})
    assert ends(it.apply()) == {"clip.a": End.OPEN, "clip.b": End.DONE}
    assert it.requests()["list"] == 0


def test_a_partial_list_proves_a_job_but_not_its_absence(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]))
    it.profile = {"list": "partial"}
    it.faults(
        {"route": "create", "do": "cut_after", "prompt": "A a"},
        {"route": "create", "do": "cut_before", "prompt": "A b"},
    )
    assert ends(it.apply()) == {"clip.a": End.DONE, "clip.b": End.OPEN}
    assert it.billed() == {"clip.a": 1}


def test_a_list_that_fails_for_a_while_is_waited_for(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults(
        {"route": "create", "do": "cut_after"},
        {"route": "list", "do": "error", "count": 12},
    )
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1}


def test_a_list_that_never_shows_what_arrived_is_believed_three_times_and_then_no_more(
    world: MakeWorld,
) -> None:
    it = world(clips(["a", "b"]), list_lag=1e9)
    it.faults({"route": "create", "do": "cut_after", "prompt": "A a"})
    assert ends(it.apply()) == {"clip.a": End.OPEN, "clip.b": End.DONE}
    assert len(it.charges()) == 4 + 1
    assert ends(it.apply()) == {"clip.a": End.OPEN}
    assert len(it.charges()) == 4 + 1


def test_a_list_with_an_entry_that_cannot_be_read_proves_no_absence(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults(
        {"route": "create", "do": "cut_after"}, {"route": "list", "do": "drop_fields", "fields": ["id"]}
    )
    assert ends(it.apply()) == {"clip.a": End.OPEN}
    assert len(it.charges()) == 1


def test_many_lost_answers_share_their_looks_at_the_list(world: MakeWorld) -> None:
    it = world(numbered(40))
    it.profile = {"list_settle_seconds": 30.0}
    it.faults({"route": "create", "do": "cut_before", "count": 40})
    assert it.apply(parallelism=40).complete
    assert set(it.billed().values()) == {1}
    assert it.requests()["list"] < 40


SAME_STEP = "".join(
    f'[clips.{name}]\nprompt = "A {name}."\n[[clips.{name}.steps]]\n{{kind}} = "On."\n{{more}}\n'
    for name in "ab"
)


def test_edits_in_the_same_words_are_told_apart_by_their_source(world: MakeWorld) -> None:
    it = world(SAME_STEP.replace("{kind}", "edit").replace("{more}", ""))
    it.faults({"route": "edit*", "do": "cut_after"})
    assert it.apply().complete
    assert len(it.charges()) == 4
    for name in "ab":
        source, step = it.record(f"clip.{name}#1"), it.record(f"clip.{name}#1/1")
        job = it.server.jobs.get(step.remote_id or "")
        assert job is not None
        assert job.source == source.remote_id


def test_extensions_in_the_same_words_are_never_swapped(world: MakeWorld) -> None:
    """Their jobs do not name the source: with both answers lost nobody can tell which is which."""
    it = world(SAME_STEP.replace("{kind}", "extend").replace("{more}", "seconds = 4"), list_lag=10.0)
    it.profile = {"list_settle_seconds": 60.0}
    it.faults({"route": "extend", "do": "cut_after"})
    assert ends(it.apply()) == {
        "clip.a": End.DONE,
        "clip.a#1/1": End.OPEN,
        "clip.b": End.DONE,
        "clip.b#1/1": End.OPEN,
    }
    assert len(it.charges()) == 4
    it.faults()
    it.apply()
    assert len(it.charges()) == 4


def test_one_lost_extension_beside_others_in_the_same_words_is_adopted(world: MakeWorld) -> None:
    it = world(SAME_STEP.replace("{kind}", "extend").replace("{more}", "seconds = 4"))
    it.faults({"route": "extend", "do": "cut_after", "nth": 1})
    assert it.apply(parallelism=1).complete
    for name in "ab":
        source, step = it.record(f"clip.{name}#1"), it.record(f"clip.{name}#1/1")
        job = it.server.jobs.get(step.remote_id or "")
        assert job is not None
        assert job.source == source.remote_id


def test_a_lost_character_upload_is_done_again_and_its_clips_go_on(world: MakeWorld) -> None:
    manifest = '[characters.fennel]\nname = "Fennel"\nvideo = "f.mp4"\n'
    it = world(manifest + '[clips.c]\nprompt = "Fennel runs."\ncharacters = ["fennel"]\n')
    it.put("f.mp4")
    it.faults({"route": "character", "do": "cut_after", "count": 2})
    assert it.apply().complete
    assert it.record("character.fennel").attempts == 1


def test_a_character_whose_answers_never_come_fails_and_is_tried_by_the_next_apply(world: MakeWorld) -> None:
    manifest = '[characters.fennel]\nname = "Fennel"\nvideo = "f.mp4"\n'
    it = world(manifest + '[clips.c]\nprompt = "Fennel runs."\ncharacters = ["fennel"]\n')
    it.put("f.mp4")
    it.faults({"route": "character", "do": "cut_after"})
    assert ends(it.apply()) == {"character.fennel": End.FAILED, "clip.c": End.BLOCKED}
    it.faults()
    assert it.apply().complete


def _killed_while_sending(it: World) -> None:
    """Leave an intent behind, as a process that was killed after its request had left."""
    it.act(Moment.SENT, _Killed.now)
    with pytest.raises(_Killed):
        it.apply()
    it.witness.act = lambda event: None
    with it.project.store(write=True) as store, store.transaction():
        for record in store.in_flight():
            store.session.write("UPDATE records SET status = 'intent' WHERE key = ?", (record.key,))


class _Killed(BaseException):
    @staticmethod
    def now() -> None:
        raise _Killed


def test_an_intent_of_a_killed_run_is_settled_by_the_next_one(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    _killed_while_sending(it)
    assert it.record("clip.a#1").status is Status.INTENT
    report = it.apply()
    assert report.complete
    assert it.billed() == {"clip.a": 1}
    assert it.plan().empty


def test_what_a_killed_run_meant_to_send_is_sent_at_its_price_and_within_the_budget(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    _killed_while_sending(it)
    price = it.record("clip.a#1").cost_usd
    assert price
    report = it.apply()
    assert report.spent.usd == price
    record = it.record("clip.a#1")
    assert (record.cost_usd, record.billed_seconds) == (price, 4.0)


def test_what_never_arrived_is_shown_at_its_new_price_before_it_is_sent_again(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.profile = {"list": "partial"}
    it.faults({"route": "create", "do": "cut_before"})
    assert ends(it.apply()) == {"clip.a": End.OPEN}
    it.faults()
    it.profile = {}
    with (it.root / "sorasync.toml").open("a") as file:
        file.write('[prices."sora-2"]\n"1280x720" = 9\n')
    report = it.apply()
    assert ends(report) == {"clip.a": End.PENDING}
    assert "now costs $36.00" in outcome(report, "clip.a").message
    assert it.charges() == []
    assert [(one.action, one.cost_usd) for one in it.plan().changes] == [(Action.CREATE, Decimal(36))]
    assert it.apply().complete


def test_an_intent_that_a_selection_leaves_out_holds_nobody_up(world: MakeWorld) -> None:
    it = world(clips(["a"], "takes = 2\n"))
    _killed_while_sending(it)
    it.faults({"route": "create", "do": "cut_after", "nth": 1})
    begun = it.clock.time
    report = it.apply(PlanOptions(selection=Selection(target=("clip.a#2",))))
    assert report.complete
    assert it.clock.time - begun < 600
    assert it.apply().complete
    assert len(it.charges()) == 2


def test_a_request_that_nobody_wants_any_more_is_not_sent_again(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]))
    it.faults({"route": "create", "do": "cut_before", "prompt": "A a"}, {"route": "list", "do": "error"})
    it.act(Moment.WAITING, lambda: None)
    it.apply(parallelism=2)
    it.faults()
    it.write(clips(["b"]))
    assert it.apply().complete
    assert it.billed() == {"clip.b": 1}
    assert it.plan().empty


def test_the_settling_time_goes_on_between_two_runs(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.profile = {"list_settle_seconds": 30.0}
    it.faults({"route": "create", "do": "cut_before", "nth": 1})
    first = it.apply(wait=12.0)
    assert [one.end for one in first.outcomes] == [End.PENDING]
    it.clock.time += 32
    begun = it.clock.time
    sent: list[float] = []
    it.act(Moment.SENT, lambda: sent.append(it.clock.time))
    assert it.apply(wait=60.0).complete
    assert sent == [begun]
    assert it.billed() == {"clip.a": 1}


ROWS = """
[clips.ad]
prompt = "A hand puts a letter to {{ name }} on a desk, morning light."
[clips.ad.each]
csv = "people.csv"
key = "id"
"""


def rows(world: MakeWorld, *people: str) -> World:
    """A library with a clip for each row."""
    it = world(ROWS)
    found = [f"{number},{name}" for number, name in enumerate(people)]
    (it.root / "manifests" / "people.csv").write_text("\n".join(["id,name", *found]) + "\n")
    return it


def test_lost_answers_of_rows_are_found_although_the_state_has_no_prompt_of_them(world: MakeWorld) -> None:
    it = rows(world, "Ada", "Ben")
    it.faults({"route": "create", "do": "cut_after", "nth": [1, 2]})
    assert it.apply().complete
    assert it.billed() == {"clip.ad[id=0]": 1, "clip.ad[id=1]": 1}
    for number, name in enumerate(("Ada", "Ben")):
        job = it.server.jobs.get(it.record(f"clip.ad[id={number}]#1").remote_id or "")
        assert job is not None
        assert name in job.prompt


def somebody_else(it: World, root: Path, manifest: str) -> None:
    """Render at the same server for another library."""
    other = World(root, manifest)
    other.app, other.server, other.clock = it.app, it.server, it.clock
    assert other.apply(parallelism=30).complete


def test_a_row_takes_no_job_with_another_prompt(world: MakeWorld, tmp_path: Path) -> None:
    it = rows(world, "Ada")
    it.faults({"route": "create", "do": "cut_before", "nth": 1})
    it.act(Moment.SENT, lambda: None)
    assert it.apply(wait=0.0).outcomes[0].end is End.PENDING
    somebody_else(it, tmp_path / "other", clips(["z"]))
    assert it.apply().complete
    job = it.server.jobs.get(it.record("clip.ad[id=0]#1").remote_id or "")
    assert job is not None
    assert "Ada" in job.prompt
    assert len(it.charges()) == 2


def test_a_row_whose_answer_was_lost_is_settled_by_hand(world: MakeWorld) -> None:
    it = rows(world, "Ada")
    it.profile = {"list": "partial"}
    it.faults({"route": "create", "do": "cut_before", "nth": 1})
    assert ends(it.apply()) == {"clip.ad[id=0]": End.OPEN}
    record = it.record("clip.ad[id=0]#1")
    it.faults()
    job = Job("video_x", JobStatus.QUEUED, prompt="A hand puts a letter to Ada on a desk, morning  light.")
    assert compare_job(wanted_by(record), job).same
    (differs,) = compare_job(wanted_by(record), replace(job, prompt="A boat.")).differs
    assert (differs.name, differs.before) == ("prompt", ROW_WORDS)
    assert "prompt" in compare_job(wanted_by(record), replace(job, prompt=f"A {HIDDEN}.")).silent


@pytest.mark.parametrize("lie", ["oldest first", "starts over", "nothing, and more"])
def test_a_list_that_is_not_read_to_its_end_proves_no_absence(
    world: MakeWorld, tmp_path: Path, lie: str
) -> None:
    it = world(clips(["a"]))
    somebody_else(it, tmp_path / "other", numbered(30))
    it.clock.time += 86_400
    it.faults({"route": "create", "do": "cut_after", "nth": 1})
    it.transport = Lying(in_process(it.app), lie)
    report = it.apply()
    assert len(it.charges()) == 31
    if lie == "oldest first":
        # Only the order is wrong: its last page has the job.
        assert report.complete
    else:
        assert ends(report) == {"clip.a": End.OPEN}


class Lying(httpx.AsyncBaseTransport):
    """A host whose list is in another order than was asked for, or never leads to its end."""

    def __init__(self, host: httpx.AsyncBaseTransport, lie: str) -> None:
        self.host, self.lie = host, lie

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        if request.method != "GET" or "limit" not in query:
            return await self.host.handle_async_request(request)
        query["limit"] = "10"
        if self.lie == "oldest first":
            query["order"] = "asc"
        else:
            # What was made last is behind what this host ever shows.
            query |= {"order": "asc"}
            query.pop("after", None)
        asked = httpx.Request("GET", request.url.copy_with(params=query), headers=request.headers)
        answer = await self.host.handle_async_request(asked)
        body = json.loads(await answer.aread())
        if self.lie == "starts over":
            body["has_more"] = True
        if self.lie == "nothing, and more":
            body |= {"data": [], "has_more": True, "last_id": None, "first_id": None}
        return httpx.Response(answer.status_code, json=body)
