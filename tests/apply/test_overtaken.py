"""An answer that comes to a run whose lock was taken, for a render that another run has gone on with."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import httpx

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.profile.parts import Rate
from sorasync.provider.local import in_process
from sorasync.state.lock import holder, unlock
from sorasync.state.record import Status
from sorasync.state.store import Store
from tests.apply.conftest import MakeWorld
from tests.apply.world import World, clips, numbered


def take_over(it: World, address: str) -> tuple[Store, str, int]:
    """What another apply does first: break the lock, and take the open intent for a lost answer."""
    store = it.project.store(write=True)
    found = holder(store)
    assert found is not None
    unlock(store, found.id)
    run = store.start_run("apply", "somebody", "elsewhere", 1)
    key = it.record(address).key
    store.move(key, Status.UNKNOWN, run=run)
    return store, key, run


def test_an_id_for_a_render_that_has_one_is_kept_as_an_attempt_and_counted(world: MakeWorld) -> None:
    it = world(clips(["a"]))

    def sent_again() -> None:
        store, key, run = take_over(it, "clip.a#1")
        with store, store.transaction():
            record = store.record(key)
            assert record is not None
            store.amend(key, cost_usd=Decimal("0.40"))
            store.intend(record, run)
            store.move(key, Status.SUBMITTED, run=run, remote_id="video_theirs")

    it.act(Moment.SENT, sent_again)
    report = it.apply()
    assert [one.end for one in report.outcomes] == [End.FAILED]
    assert "paid for twice" in report.outcomes[0].message
    with it.store() as store:
        record = it.record("clip.a#1")
        assert (record.status, record.remote_id) == (Status.SUBMITTED, "video_theirs")
        tries = store.attempts(record.key)
        assert [one.outcome for one in tries] == ["submitted", "submitted"]
        assert {one.remote_id for one in tries} == {"video_theirs", it.charges()[0].job}
        assert store.spent().usd == Decimal("0.80")
    (notice,) = it.plan(offline=True).notices
    assert f"video_theirs is used, and {it.charges()[0].job} came" in notice


def test_a_refusal_that_comes_late_leaves_the_other_run_s_render_alone(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    it.faults({"route": "create", "do": "status", "status": 400})

    def sent_again() -> None:
        store, key, run = take_over(it, "clip.a#1")
        with store:
            record = store.record(key)
            assert record is not None
            store.intend(record, run)
            store.move(key, Status.SUBMITTED, run=run, remote_id="video_theirs")

    it.act(Moment.SENT, sent_again)
    it.apply()
    record = it.record("clip.a#1")
    assert (record.status, record.remote_id) == (Status.SUBMITTED, "video_theirs")


def test_an_answer_that_another_run_has_found_already_is_no_second_payment(world: MakeWorld) -> None:
    it = world(clips(["a"]))

    def adopted() -> None:
        store, key, run = take_over(it, "clip.a#1")
        with store:
            store.move(key, Status.SUBMITTED, run=run, remote_id=it.charges()[0].job)

    it.transport = BeforeTheAnswer(it, adopted)
    report = it.apply()
    assert [one.end for one in report.outcomes] == [End.PENDING]
    it.transport = None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}


class BeforeTheAnswer(httpx.AsyncBaseTransport):
    """Does something between a create and its answer."""

    def __init__(self, it: World, act: Callable[[], object]) -> None:
        self._inner = in_process(it.app)
        self._act = act

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.method == "POST":
            self._act()
        return answer


def test_what_was_never_sent_is_told_to_the_run_that_looks_for_it(world: MakeWorld) -> None:
    """The lock goes while requests wait for their turn, and the other run takes their intents for sent."""
    it = world(numbered(3))
    it.rate = Rate(creates_per_minute=1)
    sent: list[str] = []

    def taken() -> None:
        sent.append("once")
        if len(sent) == 1:
            store, _, run = take_over(it, "clip.c000#1")
            with store:
                for address in ("clip.c001#1", "clip.c002#1"):
                    store.move(it.record(address).key, Status.UNKNOWN, run=run)

    it.act(Moment.SENT, taken)
    report = it.apply(parallelism=3)
    assert len(report.of(End.SKIPPED)) == 2
    with it.store() as store:
        tries = {one.address: one.outcome for one in store.attempts()}
    assert tries == {"clip.c000#1": "submitted", "clip.c001#1": "unsent", "clip.c002#1": "unsent"}
    it.witness.act = lambda event: None
    it.rate = None
    assert it.apply().complete
    assert set(it.billed().values()) == {1}
