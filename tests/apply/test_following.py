"""Following renders: with few requests, and whatever the host says on the way."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict

import httpx
import pytest

from sorasync.apply.events import Moment
from sorasync.apply.render.follow import Follower
from sorasync.apply.report import End
from sorasync.cli.app.exit_code import of_report
from sorasync.provider.errors import RateLimited
from sorasync.provider.local import in_process
from sorasync.provider.wire import Job, JobStatus, Page
from sorasync.state.record import Status
from tests.apply.clock import IdleClock
from tests.apply.conftest import MakeWorld
from tests.apply.world import clips, ends, numbered

STEP = '[[clips.b.steps]]\nedit = "Teal."\n'


def test_one_page_of_the_list_follows_every_render_at_once(world: MakeWorld) -> None:
    it = world(numbered(60), render_seconds=300.0, poll_after_ms=10_000)
    assert it.apply(parallelism=60).complete
    assert 20 <= it.requests()["list"] <= 36
    assert it.requests()["get"] <= 5


def test_single_requests_are_only_for_what_the_list_lacks(world: MakeWorld) -> None:
    it = world(numbered(10), list_lag=100.0, render_seconds=50.0, poll_after_ms=10_000)
    assert it.apply(parallelism=10).complete
    assert it.requests()["get"] >= 10


def test_a_host_without_a_list_is_asked_about_each_render(world: MakeWorld) -> None:
    it = world(numbered(10), render_seconds=50.0, poll_after_ms=10_000)
    it.profile = {"list": "none"}
    assert it.apply(parallelism=10).complete
    assert it.requests()["list"] == 0
    assert it.requests()["get"] <= 80


@pytest.mark.parametrize("deed", ["not_allowed", "error", "html"])
def test_a_list_that_does_not_work_is_done_without(world: MakeWorld, deed: str) -> None:
    it = world(numbered(4))
    it.faults({"route": "list", "do": deed})
    assert it.apply().complete


def test_a_list_that_is_rate_limited_is_not_replaced_by_many_single_requests(world: MakeWorld) -> None:
    it = world(numbered(20), render_seconds=200.0, poll_after_ms=10_000)
    it.faults({"route": "list", "do": "rate_limit", "retry_after": 10, "count": 10})
    assert it.apply(parallelism=20).complete
    assert it.requests()["get"] <= 3


def test_words_and_fields_that_nobody_knows_are_waited_out(world: MakeWorld) -> None:
    it = world(numbered(4))
    it.faults(
        {"route": ["list", "get"], "do": "status_word", "word": "transcoding", "count": 6},
        {"route": ["list", "get"], "do": "drop_fields", "count": 20},
    )
    assert it.apply().complete


def test_progress_may_jump_back(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "get", "do": "progress", "value": 3, "nth": [3, 5]})
    assert it.apply().complete
    seen = [e.progress for e in it.witness.events if e.moment is Moment.RENDERING]
    assert seen != sorted(seen, key=lambda progress: progress or 0)


def test_a_render_that_is_stuck_is_left_pending_with_what_waits_for_it(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]) + STEP, config="[apply]\nwait_minutes = 30\n")
    it.faults({"route": "create", "do": "stuck", "prompt": "A b"})
    report = it.apply()
    assert ends(report) == {"clip.a": End.DONE, "clip.b": End.PENDING, "clip.b#1/1": End.PENDING}
    assert of_report(report) == 8
    assert it.record("clip.b#1").status is Status.SUBMITTED
    it.server.database.run("UPDATE jobs SET stuck = 0")
    it.faults()
    assert it.apply().complete
    assert it.plan().empty
    assert len(it.charges()) == 3


def test_a_job_that_vanishes_is_lost_and_not_paid_for_again(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]), render_seconds=600.0)
    it.bills = True

    def vanish() -> None:
        it.server.database.run("DELETE FROM jobs WHERE prompt LIKE 'A a%'")

    it.act(Moment.RENDERING, vanish, "clip.a")
    assert ends(it.apply()) == {"clip.a": End.FAILED, "clip.b": End.DONE}
    assert it.record("clip.a#1").status is Status.LOST
    it.apply()
    assert it.billed() == {"clip.a": 1, "clip.b": 1}


def test_a_job_that_is_not_found_for_a_moment_is_not_lost(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "get", "do": "not_found", "nth": [1, 2]})
    assert it.apply().complete


def test_a_key_that_is_refused_while_following_leaves_renders_pending(world: MakeWorld) -> None:
    it = world(numbered(3))
    it.faults({"route": ["get", "list"], "do": "unauthorized"})
    report = it.apply()
    assert set(ends(report).values()) == {End.PENDING}
    assert report.stopped
    it.faults()
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_a_detached_run_starts_what_it_can_and_a_later_one_fetches_it(world: MakeWorld) -> None:
    it = world(numbered(5) + '[[clips.c004.steps]]\nedit = "Teal."\n')
    report = it.apply(detach=True)
    assert set(ends(report).values()) == {End.PENDING}
    assert of_report(report) == 8
    assert len(it.charges()) == 5
    it.clock.time += 600
    assert it.apply().complete
    assert len(it.charges()) == 6
    assert it.plan().empty


def test_renders_that_the_list_shows_late_are_followed_by_it_again(world: MakeWorld) -> None:
    it = world(numbered(20), list_lag=40.0, render_seconds=900.0)
    assert it.apply(parallelism=20).complete
    assert it.requests()["get"] < 200
    assert it.requests()["list"] < 80


def test_the_reason_of_a_failure_is_asked_for_where_the_list_leaves_it_out(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]))
    it.faults(
        {"route": "create", "do": "fail_moderated", "prompt": "A a"},
        {"route": "list", "do": "drop_fields"},
    )
    assert ends(it.apply()) == {"clip.a": End.BLOCKED, "clip.b": End.DONE}
    assert it.record("clip.a#1").status is Status.BLOCKED


def test_the_wait_limit_holds_whatever_the_server_says_about_asking_again(world: MakeWorld) -> None:
    it = world(clips(["a"]), config="[apply]\nwait_minutes = 2\n", poll_after_ms=3_000_000)
    began = it.clock.time
    assert ends(it.apply()) == {"clip.a": End.PENDING}
    assert it.clock.time - began < 130


class Many:
    """A provider without a list, with any number of jobs that end `life` seconds after the beginning."""

    def __init__(self, clock: IdleClock, life: float) -> None:
        self._clock, self._life = clock, life
        self.asked: dict[str, list[float]] = defaultdict(list)
        # From when to when it refuses.
        self.objects: list[tuple[float, float]] = []

    async def get(self, job_id: str) -> Job:
        at = self._clock.time - self._clock.begun
        self.asked[job_id].append(at)
        if any(start <= at < end for start, end in self.objects):
            raise RateLimited("too many requests", retry_after=60.0)
        return Job(job_id, JobStatus.COMPLETED if at >= self._life else JobStatus.IN_PROGRESS)

    def times(self) -> list[float]:
        return sorted(at for times in self.asked.values() for at in times)


class Petrified(Many):
    """A provider whose list never changes."""

    pages = 0

    async def page(self, after: str | None, limit: int) -> Page:
        self.pages += 1
        return Page(tuple(Job(f"v{number}", JobStatus.QUEUED) for number in range(limit)), None)


class Listed(Many):
    """A provider with a list, whose jobs end `life` seconds after `begun`."""

    begun = 0.0

    async def page(self, after: str | None, limit: int) -> Page:
        ended = self._clock.time >= self.begun + self._life
        status = JobStatus.COMPLETED if ended else JobStatus.IN_PROGRESS
        return Page(tuple(Job(f"v{number}", status) for number in range(8)), None)


@pytest.mark.parametrize("life", [9.0, 10.0, 11.0, 95.0, 100.0, 105.0, 110.0, 115.0])
def test_the_end_of_a_render_is_seen_soon_once_others_have_shown_how_long_it_takes(life: float) -> None:
    clock = IdleClock()
    host = Listed(clock, life)
    late: list[float] = []

    async def scene() -> None:
        follower = Follower(host, clock, True, 36_000.0)  # type: ignore[arg-type]
        running = asyncio.create_task(follower.run())
        for _ in range(3):
            host.begun = clock.time
            jobs = [Job(f"v{number}", JobStatus.QUEUED) for number in range(8)]
            await asyncio.gather(*(follower.wait(job, lambda seen: None) for job in jobs))
            late.append(clock.time - host.begun - life)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scene())
    assert late[0] <= 1 + life / 8
    assert max(late[1:]) <= 0.03 * life


def follow_many(host: Many, clock: IdleClock, count: int) -> None:
    async def scene() -> None:
        follower = Follower(host, clock, isinstance(host, Petrified), 36_000.0)  # type: ignore[arg-type]
        running = asyncio.create_task(follower.run())
        jobs = [Job(f"v{number}", JobStatus.QUEUED) for number in range(count)]
        await asyncio.gather(*(follower.wait(job, lambda seen: None) for job in jobs))
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scene())


def test_thousands_of_renders_without_a_list_are_asked_about_at_a_bounded_rate_and_each_in_its_turn() -> None:
    clock = IdleClock()
    host = Many(clock, 300.0)
    follow_many(host, clock, 500)
    times = host.times()
    assert all(late - early >= 9.9 for early, late in zip(times, times[116:], strict=False))
    counts = [len(asked) for asked in host.asked.values()]
    assert max(counts) - min(counts) <= 2
    assert times[-1] <= 300 + 500 / 10 + 20


def test_a_host_that_objects_to_single_requests_gets_fewer() -> None:
    clock = IdleClock()
    host = Many(clock, 400.0)
    host.objects = [(100.0, 110.0)]
    follow_many(host, clock, 200)
    refused = [at for at in host.times() if 100 <= at < 110]
    assert 1 <= len(refused) <= 8
    assert not [at for at in host.times() if 110 <= at < 160]
    assert len([at for at in host.times() if 160 <= at < 170]) <= 75


def test_a_list_that_shows_an_old_status_is_not_believed_for_ever() -> None:
    clock = IdleClock()
    host = Petrified(clock, 1000.0)
    follow_many(host, clock, 50)
    assert 1000 <= host.times()[-1] <= 1300
    assert max(len(asked) for asked in host.asked.values()) <= 5
    assert host.pages > 50


class Host:
    """A provider with one job, of which nothing else is asked."""

    def __init__(self, *statuses: JobStatus) -> None:
        self.statuses = list(statuses)

    async def get(self, job_id: str) -> Job:
        return Job(job_id, self.statuses.pop(0))


def test_two_may_wait_for_one_job_and_one_may_leave() -> None:
    async def scene() -> None:
        host = Host(JobStatus.QUEUED, JobStatus.IN_PROGRESS, JobStatus.COMPLETED)
        follower = Follower(host, IdleClock(), False, 3600.0)  # type: ignore[arg-type]
        running = asyncio.create_task(follower.run())
        job, news = Job("video_1", JobStatus.QUEUED), list[Job]()
        first, second, third = (asyncio.create_task(follower.wait(job, news.append)) for _ in range(3))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).status is JobStatus.COMPLETED
        assert (await third).status is JobStatus.COMPLETED
        assert len(news) == 4
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scene())


def test_a_look_that_fails_for_a_reason_nobody_thought_of_ends_the_waits_and_not_the_run() -> None:
    async def scene() -> None:
        host = Host()
        follower = Follower(host, IdleClock(), False, 3600.0)  # type: ignore[arg-type]
        running = asyncio.create_task(follower.run())
        with pytest.raises(IndexError):
            await follower.wait(Job("video_1", JobStatus.QUEUED), lambda job: None)
        host.statuses = [JobStatus.COMPLETED]
        assert (await follower.wait(Job("video_2", JobStatus.QUEUED), lambda job: None)).status.terminal
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scene())


def test_news_are_looked_at_without_waiting_for_the_next_look() -> None:
    async def scene() -> None:
        clock = IdleClock()
        host = Host(JobStatus.COMPLETED)
        follower = Follower(host, clock, False, 3600.0)  # type: ignore[arg-type]
        running = asyncio.create_task(follower.run())
        waiting = asyncio.create_task(follower.wait(Job("v", JobStatus.QUEUED, poll_after=100.0), print))
        await asyncio.sleep(0)
        follower.wake()
        await waiting
        assert clock.time == clock.begun
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scene())


class Swapping(httpx.AsyncBaseTransport):
    """A host that answers questions about a job with another one for a while, which has failed."""

    def __init__(self, host: httpx.AsyncBaseTransport, times: int, prompt: str) -> None:
        self.host, self.left, self.prompt = host, times, prompt

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.host.handle_async_request(request)
        if request.method != "GET" or not request.url.path.rsplit("/", 1)[1].startswith("video_"):
            return answer
        self.left -= 1
        if self.left < 0:
            return answer
        body = json.loads(await answer.aread())
        body |= {"id": "video_other", "prompt": self.prompt, "status": "failed"}
        return httpx.Response(200, json=body | {"error": {"code": "moderation_blocked", "message": "no"}})


def test_an_answer_about_another_job_is_not_believed(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.profile = {"list": "none"}
    it.transport = Swapping(in_process(it.app), 3, "Somebody else's boat.")
    assert it.apply().complete
    assert len(it.charges()) == 1


def test_a_job_that_is_given_another_id_when_it_is_asked_for_is_followed(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.profile = {"list": "none"}
    it.transport = Swapping(in_process(it.app), 3, "A a  at dusk.")
    assert ends(it.apply()) == {"clip.a": End.BLOCKED}
