"""A provider that goes away while renders are followed, sent and fetched."""

from __future__ import annotations

import errno
import re

import httpx
import pytest

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.cli.app.exit_code import of_report
from sorasync.provider.local import in_process
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import World, clips, ends, numbered

BEGUN = 1_800_000_000.0


class Away(httpx.AsyncBaseTransport):
    """A network that is down between two times; `tries` are the times of what it did not carry."""

    def __init__(self, it: World, start: float, end: float) -> None:
        self._it = it
        self.between(start, end)
        self._inner = in_process(it.app)
        self.tries: list[float] = []

    def between(self, start: float, end: float) -> None:
        """Be down then, in seconds after the beginning."""
        self._from, self._until = BEGUN + start, BEGUN + end

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        now = self._it.clock.time
        if self._from <= now < self._until:
            self.tries.append(now - BEGUN)
            raise httpx.ConnectError("no route") from OSError(errno.EHOSTUNREACH, "no route")
        return await self._inner.handle_async_request(request)


def away(it: World, start: float, end: float) -> Away:
    it.transport = found = Away(it, start, end)
    return found


def about_reach(it: World) -> list[str]:
    return [text for text in it.witness.notices if "reached" in text or "answers again" in text]


@pytest.mark.parametrize("listing", ["complete", "none"])
def test_a_provider_that_is_away_for_a_while_is_told_once_and_waited_for(
    world: MakeWorld, listing: str
) -> None:
    it = world(numbered(6), render_seconds=300.0)
    it.profile = {"list": listing}
    down = away(it, 20, 1000)
    assert it.apply(parallelism=6).complete
    gone, back = about_reach(it)
    assert "cannot be reached (no way to that machine), since 08:0" in gone
    assert "What was sent is recorded, and renders continue there" in gone
    assert back.startswith("the provider answers again, after ")
    assert len(down.tries) < 200
    assert set(it.billed().values()) == {1}


def test_who_follows_a_provider_that_stays_away_leaves_everything_pending_at_the_wait_limit(
    world: MakeWorld,
) -> None:
    it = world(clips(["a", "b"]), config="[apply]\nwait_minutes = 20\n", render_seconds=300.0)
    away(it, 20, 10_000)
    report = it.apply()
    assert set(ends(report).values()) == {End.PENDING}
    assert of_report(report) == 8
    assert "the provider cannot be reached" in report.outcomes[0].message
    assert 1200 <= it.clock.time - BEGUN < 1300
    assert len(about_reach(it)) == 1
    it.transport = None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


def test_what_is_still_to_be_sent_is_sent_when_the_provider_is_back(world: MakeWorld) -> None:
    it = world(numbered(6), render_seconds=30.0)
    away(it, 20, 400)
    assert it.apply(parallelism=2).complete
    assert len(about_reach(it)) == 2
    assert set(it.billed().values()) == {1}


def test_a_provider_that_was_never_there_is_not_waited_for(world: MakeWorld) -> None:
    it = world(numbered(6))
    away(it, 0, 10_000)
    report = it.apply(parallelism=2)
    assert set(ends(report).values()) <= {End.FAILED, End.SKIPPED}
    assert it.clock.time - BEGUN < 60
    assert "cannot be reached" in (report.stopped or "")


def test_what_is_rendered_is_fetched_when_the_provider_is_back(world: MakeWorld) -> None:
    it = world(clips(["a"]), render_seconds=30.0)
    down = away(it, 10_000, 10_000)
    it.act(Moment.RENDERED, lambda: down.between(0, it.clock.time - BEGUN + 300))
    assert it.apply().complete
    assert len(about_reach(it)) == 2
    assert it.clock.time - BEGUN > 300


def test_what_is_rendered_and_cannot_be_fetched_for_the_provider_is_away_is_pending(world: MakeWorld) -> None:
    it = world(clips(["a"]), config="[apply]\nwait_minutes = 10\n", render_seconds=30.0)
    down = away(it, 10_000, 10_000)
    it.act(Moment.RENDERED, lambda: down.between(0, 10_000))
    report = it.apply()
    assert ends(report) == {"clip.a": End.PENDING}
    assert of_report(report) == 8
    assert it.record("clip.a#1").status is Status.RENDERED
    it.transport = None
    assert it.apply().complete


def test_a_batch_is_followed_through_an_absence(world: MakeWorld) -> None:
    it = world(numbered(6), config='[apply]\nmode = "batch"\n', render_seconds=300.0)
    away(it, 20, 1000)
    assert it.apply().complete
    assert len(about_reach(it)) == 2


def _lost_on_the_way_out(it: World) -> Away:
    """A provider that takes a create, dies before its answer and does not come back."""
    it.faults({"route": "create", "do": "cut_after"})
    down = away(it, 10_000, 10_000)
    it.act(Moment.WAITING, lambda: down.between(0, 1e9))
    return down


def test_whoever_looks_for_a_lost_answer_at_a_provider_that_died_is_told_and_leaves_at_the_limit(
    world: MakeWorld,
) -> None:
    it = world(clips(["a"]), config="[apply]\nwait_minutes = 20\n")
    down = _lost_on_the_way_out(it)
    report = it.apply()
    assert (ends(report), of_report(report)) == ({"clip.a": End.PENDING}, 8)
    assert report.outcomes[0].message.endswith(
        "it is not known yet whether there is a job: the provider cannot be reached"
    )
    (told,) = about_reach(it)
    assert told.endswith("asking again until it answers, for up to 20 min")
    assert 1100 <= it.clock.time - BEGUN < 1300
    asked = len(down.tries)
    assert asked < 500

    down.between(0, 1e9)
    assert ends(it.apply()) == {"clip.a": End.PENDING}
    assert len(about_reach(it)) == 1
    assert 2300 <= it.clock.time - BEGUN < 2600

    it.transport = None
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1}


def test_a_list_that_only_fails_is_told_once_and_asked_until_the_limit(world: MakeWorld) -> None:
    it = world(clips(["a", "b"]), config="[apply]\nwait_minutes = 20\n")
    it.faults({"route": "create", "do": "cut_after"}, {"route": "list", "do": "error"})
    assert set(ends(it.apply()).values()) == {End.PENDING}
    told = [text for text in it.witness.notices if "whether a request made a job" in text]
    assert len(told) == 1
    assert told[0].endswith("asking again for up to 20 min")
    # The host's sentence ends with a full stop of its own.
    assert re.search(r"answered 500: [^.]+: cannot tell yet whether", told[0])
    assert ".:" not in told[0]


def test_a_lost_answer_is_not_looked_for_with_a_key_that_is_refused(world: MakeWorld) -> None:
    it = world(numbered(5))
    it.faults({"route": "create", "do": "cut_after"}, {"route": "list", "do": "unauthorized"})
    report = it.apply(parallelism=5)
    assert set(ends(report).values()) == {End.PENDING}
    assert "cannot look for its job" in report.outcomes[0].message
    assert report.stopped
    assert it.requests()["list"] == 1
    assert it.clock.time - BEGUN < 60
    it.faults()
    assert it.apply().complete
    assert len(it.charges()) == 5
