"""Batches at hosts whose answers leave something out, repeat it or mix it up: no render is paid for again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sorasync.apply.report import End
from sorasync.provider.local import in_process
from sorasync.state.record import Status
from tests.apply.world import World, clips, ends, outcome
from tests.batch.conftest import MakeWorld

Lines = list[dict[str, Any]]
Body = dict[str, Any]


class Lying(httpx.AsyncBaseTransport):
    """A host whose results are changed by `lines`, and whose answers about batches by `batch`."""

    def __init__(
        self,
        it: World,
        *,
        lines: Callable[[Lines], Lines] = lambda found: found,
        batch: Callable[[Body], Body] = lambda found: found,
        listed: Callable[[Body], Body] = lambda found: found,
        made: Callable[[httpx.Response], httpx.Response] = lambda found: found,
        missing: Callable[[], bool] = lambda: False,
    ) -> None:
        self.host = in_process(it.app)
        self.lines, self.batch, self.listed, self.made, self.missing = lines, batch, listed, made, missing

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path, asks = request.url.path, request.method == "GET"
        answer = await self.host.handle_async_request(request)
        if not asks and path.endswith("/batches"):
            return self.made(httpx.Response(answer.status_code, content=await answer.aread()))
        if asks and path.endswith("/videos") and self.missing():
            return httpx.Response(200, json={"object": "list", "data": [], "has_more": False})
        if asks and "/batches/" in path:
            if self.missing():
                return httpx.Response(404, json={"error": {"message": "no such batch"}})
            return httpx.Response(200, json=self.batch(json.loads(await answer.aread())))
        if asks and path.endswith("/batches"):
            body = json.loads(await answer.aread())
            return httpx.Response(200, json=body | {"data": [self.listed(one) for one in body["data"]]})
        if asks and "/files/" in path and path.endswith("/content"):
            found = [json.loads(line) for line in (await answer.aread()).splitlines()]
            text = "\n".join(json.dumps(line) for line in self.lines(found))
            return httpx.Response(200, content=text.encode())
        return answer


def without(number: int) -> Callable[[Lines], Lines]:
    """The results without one of them."""
    return lambda found: found[:number] + found[number + 1 :]


@pytest.mark.parametrize("word", ["expired", "cancelled"])
def test_lines_that_a_batch_has_run_and_does_not_show_are_looked_for(world: MakeWorld, word: str) -> None:
    it = world(clips("abc"))
    it.transport = Lying(it, lines=without(1), batch=lambda body: body | _ended(body, word))
    assert it.apply().complete
    assert sorted(it.billed().values()) == [1, 1, 1]
    assert it.plan().empty


def _ended(body: Body, word: str) -> Body:
    return {"status": word} if body["status"] == "completed" else {}


def test_a_last_line_that_is_cut_short_is_no_proof_of_anything(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.transport = Lying(it, lines=lambda found: [*found[:1], {"cut": "short"}])
    assert it.apply().complete
    assert sorted(it.billed().values()) == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line["response"]["body"].pop("status"),
        lambda line: line["response"].update(body=None),
        lambda line: line.update(response={"status_code": 504, "body": {"error": {"message": "timed out"}}}),
    ],
    ids=["no status", "no body", "a gateway gave up"],
)
def test_a_line_that_may_have_made_a_job_is_looked_for(
    world: MakeWorld, change: Callable[[dict[str, Any]], object]
) -> None:
    def changed(found: Lines) -> Lines:
        change(found[0])
        return found

    it = world(clips("ab"))
    it.transport = Lying(it, lines=changed)
    assert it.apply().complete
    assert sorted(it.billed().values()) == [1, 1]


def test_a_line_with_an_error_before_one_with_a_job_says_nothing(world: MakeWorld) -> None:
    def twice(found: Lines) -> Lines:
        bad = {"custom_id": found[0]["custom_id"], "response": None, "error": {"code": "x", "message": "no"}}
        return [bad, *found]

    it = world(clips("ab"))
    it.transport = Lying(it, lines=twice)
    assert it.apply().complete
    assert sorted(it.billed().values()) == [1, 1]


def test_a_second_job_of_one_line_is_told(world: MakeWorld) -> None:
    def twice(found: Lines) -> Lines:
        again = json.loads(json.dumps(found[0]))
        again["response"]["body"]["id"] = "video_again"
        return [*found, again]

    it = world(clips("a"))
    it.transport = Lying(it, lines=twice)
    assert it.apply().complete
    assert any("two jobs of one line" in text and "video_again" in text for text in it.witness.notices)


def test_results_that_are_swapped_bind_no_wrong_video(world: MakeWorld) -> None:
    def swapped(found: Lines) -> Lines:
        found[0]["custom_id"], found[1]["custom_id"] = found[1]["custom_id"], found[0]["custom_id"]
        return found

    it = world(clips("ab"))
    it.transport = Lying(it, lines=swapped)
    assert it.apply().complete
    for name in "ab":
        job = it.server.jobs.get(it.record(f"clip.{name}#1").remote_id or "")
        assert job is not None
        assert job.prompt == f"A {name} at dusk."
    assert len(it.charges()) == 2


def test_a_batch_that_a_host_does_not_know_for_a_while_is_not_sent_again(world: MakeWorld) -> None:
    it = world(clips("ab"), render_seconds=1000.0)
    it.bills, begun = True, it.clock.time
    it.transport = Lying(it, missing=lambda: it.clock.time < begun + 400)
    assert set(ends(it.apply()).values()) == {End.OPEN}
    assert it.requests()["batch"] == 1
    it.clock.time = begun + 500
    assert it.apply().complete
    assert it.requests()["batch"] == 1
    assert sorted(it.billed().values()) == [1, 1]


def test_a_lost_batch_is_known_by_its_token_whatever_the_clock_said(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.faults({"route": "batch", "do": "cut_after", "nth": 1}, {"route": "list_batches", "do": "error"})
    it.apply(wait=0.0)
    with it.project.store(write=True) as store, store.transaction():
        store.session.write("UPDATE records SET intent_at = intent_at + 7200")
        store.session.write("UPDATE attempts SET at = at + 7200")
    it.faults()
    it.clock.time += 8000
    assert it.apply().complete
    assert it.requests()["batch"] == 1


def test_a_list_of_batches_with_an_entry_that_cannot_be_read_proves_no_absence(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.faults({"route": "batch", "do": "cut_after", "nth": 1})
    it.transport = Lying(it, listed=lambda body: {"object": "batch", "status": body["status"]})
    assert set(ends(it.apply()).values()) == {End.OPEN}
    assert it.requests()["batch"] == 1


def test_a_batch_that_is_listed_without_a_status_is_found_by_its_token(world: MakeWorld) -> None:
    it = world(clips("ab"))
    it.faults({"route": "batch", "do": "cut_after", "nth": 1})
    it.transport = Lying(it, listed=lambda body: {k: v for k, v in body.items() if k != "status"})
    assert it.apply().complete
    assert it.requests()["batch"] == 1


def test_an_answer_with_the_id_of_another_batch_is_an_open_question_until_ours_is_found(
    world: MakeWorld,
) -> None:
    first: list[Body] = []

    def cached(answer: httpx.Response) -> httpx.Response:
        first.append(answer.json())
        return httpx.Response(200, json=first[0])

    it = world(clips("abc"), config="[provider.limits]\nbatch_lines = 1\n")
    it.transport = Lying(it, made=cached)
    it.apply()
    it.apply()
    assert sorted(it.billed().values()) == [1, 1, 1]
    assert len({it.record(f"clip.{name}#1").batch_id for name in "abc"}) == 3


def test_a_batch_that_fails_its_validation_counts_no_attempt(world: MakeWorld) -> None:
    def failed(body: Body) -> Body:
        errors = {"data": [{"code": "token_limit_exceeded", "message": "too many tokens"}]}
        counts = {"total": 0, "completed": 0, "failed": 0}
        return body | {"status": "failed", "errors": errors, "output_file_id": None, "request_counts": counts}

    it = world(clips("a"))
    it.transport = Lying(it, batch=failed)
    report = it.apply()
    assert outcome(report, "clip.a").end is End.FAILED
    record = it.record("clip.a#1")
    assert (record.status, record.attempts) == (Status.FAILED, 0)
