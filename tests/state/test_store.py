"""The store, from the outside."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.cli.views.history.event_text import event_text
from sorasync.graph.key import digest
from sorasync.state.account import NOTHING, Spent
from sorasync.state.errors import ForbiddenMove, StateError
from sorasync.state.history import Asset
from sorasync.state.record import Binding, Brief, Status
from sorasync.state.store import Store
from tests.state.making import URL, TickingClock, a_record, about_files, open_store, render, sha


@pytest.fixture
def store() -> Store:
    return Store.memory(TickingClock())


def test_a_render_is_followed_from_intent_to_asset(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        stored = render(store)
    with open_store(tmp_path) as again:
        assert again.record(stored.key) == stored
        assert again.bindings() == {"clip.market#1": Binding(stored.key)}
        assert again.briefs() == {
            stored.key: Brief(Status.STORED, sha("market"), stored.provider, "video_market")
        }
    assert stored.attempts == 1
    assert stored.progress == 100
    assert stored.cost_usd == Decimal("0.80")


def test_progress_is_complete_once_a_video_is_made(store: Store) -> None:
    record = store.intend(a_record(), run=None)
    submitted = store.move(record.key, Status.SUBMITTED, run=None, remote_id="v1", progress=40)
    assert (record.progress, submitted.progress) == (0, 40)
    assert store.move(record.key, Status.RENDERED, run=None).progress == 100


def test_every_field_of_a_record_survives(store: Store) -> None:
    full = a_record(
        source_key="ab",
        request='{"prompt":"as sent"}',
        billed_seconds=4.0,
        seconds=12.5,
        cost_usd=Decimal("0.10000000000000000001"),
    )
    store.intend(full, run=7)
    moved = store.move(
        full.key,
        Status.SUBMITTED,
        run=8,
        remote_id="v",
        batch_id="b",
        expires_at=5.0,
        reported_usd=Decimal(1),
    )
    assert store.record(full.key) == moved
    assert store.records([full.key, "unknown"]) == {full.key: moved}
    assert moved.cost_usd == full.cost_usd
    assert (moved.run, moved.expires_at, moved.request) == (8, 5.0, full.request)


def test_the_log_says_where_each_move_began_and_ended(store: Store) -> None:
    moves = [event.data for event in store.events(key=render(store).key) if event.what == "moved"]
    assert [(data["from"], data["to"]) for data in moves] == [
        (None, "intent"),
        ("intent", "submitted"),
        ("submitted", "rendered"),
        ("rendered", "stored"),
    ]


def test_a_move_outside_of_a_run_leaves_the_run_that_paid(store: Store) -> None:
    key = store.intend(a_record(), run=7).key
    assert store.move(key, Status.SUBMITTED, run=None, remote_id="v").run == 7
    assert store.move(key, Status.RENDERED, run=8).run == 8


def test_a_charge_that_is_reported_later_is_told_in_the_log(store: Store) -> None:
    key = render(store).key
    store.amend(key, run=3, reported_usd=Decimal("0.55"))
    (event,) = store.events(run=3)
    assert event_text(event) == "the provider reports $0.55"


def test_a_move_that_is_not_allowed_changes_nothing(store: Store) -> None:
    stored = render(store)
    before = (store.serial, store.events())
    with pytest.raises(ForbiddenMove, match="cannot go from stored to submitted"):
        store.move(stored.key, Status.SUBMITTED, run=1)
    with pytest.raises(ForbiddenMove):
        store.intend(a_record(), run=1)
    assert store.record(stored.key) == stored
    assert (store.serial, store.events()) == before


def test_a_second_attempt_leaves_the_first_on_the_books(store: Store) -> None:
    key = render(store).key
    store.move(key, Status.LOST, run=None)
    again = store.intend(a_record(cost_usd=Decimal("0.90")), run=2)
    assert (again.attempts, again.remote_id, again.asset, again.progress) == (2, None, None, 0)
    first, second = store.attempts(key)
    assert (first.remote_id, first.outcome, first.estimate_usd) == ("video_market", "lost", Decimal("0.80"))
    assert (second.remote_id, second.outcome, second.run) == (None, "intent", 2)
    assert store.spent().usd == Decimal("1.70")
    assert store.remote_ids(a_record().provider) == {"video_market": key}


def test_money_counts_when_promised_and_not_when_refused(store: Store) -> None:
    for name in ("a", "b", "c", "d"):
        store.intend(a_record(name, cost_usd=None if name == "d" else Decimal("0.80")), run=1)
    assert store.spent() == Spent(Decimal("2.40"), 32.0, 1)
    store.move(a_record("a").key, Status.BLOCKED, run=1)
    store.move(a_record("b").key, Status.SUBMITTED, run=1, remote_id="v", reported_usd=Decimal("0.50"))
    assert store.spent(run=1) == Spent(Decimal("1.30"), 24.0, 1)
    assert store.spent(run=2) == Spent(Decimal(0), 0.0, 0)


def test_a_video_that_cannot_be_fetched_was_still_paid_for(store: Store) -> None:
    key = store.intend(a_record(), run=1).key
    store.move(key, Status.RENDERED, run=1)
    store.move(key, Status.FAILED, run=1)
    assert store.spent().usd == Decimal("0.80")


def test_an_attempt_that_never_left_costs_nothing(store: Store) -> None:
    key = store.intend(a_record(), run=1).key
    store.move(key, Status.UNKNOWN, run=1)
    store.intend(a_record(), run=2)
    assert [attempt.outcome for attempt in store.attempts(key)] == ["unsent", "intent"]
    assert store.spent().usd == Decimal("0.80")


def test_a_try_that_never_left_does_not_count_as_one(store: Store) -> None:
    key = store.intend(a_record(), run=1).key
    assert store.withdraw(key, run=1, error_message="slow down").attempts == 0
    assert [attempt.outcome for attempt in store.attempts(key)] == ["unsent"]
    assert store.intend(a_record(), run=2).attempts == 1
    store.move(key, Status.UNKNOWN, run=2)
    assert store.intend(a_record(), run=3).attempts == 1
    store.move(key, Status.FAILED, run=3)
    assert store.tried(key) == 1
    assert store.intend(a_record(), run=4).attempts == 2


def test_a_try_that_never_left_leaves_those_before_it(store: Store) -> None:
    key = store.intend(a_record(), run=1).key
    store.move(key, Status.FAILED, run=1)
    store.intend(a_record(), run=2)
    assert store.withdraw(key, run=2, error_message="slow down").attempts == 1


def test_an_intent_is_taken_back_only_where_nobody_has_gone_on_with_it(store: Store) -> None:
    intent = store.intend(a_record(), run=1)
    store.take_back(intent, None, None, run=1)
    assert store.record(intent.key) is None
    intent = store.intend(a_record(), run=1)
    sent = store.move(intent.key, Status.SUBMITTED, run=2, remote_id="video_theirs")
    store.take_back(intent, None, None, run=1)
    assert store.record(intent.key) == sent


def test_an_intent_of_somebody_else_is_not_taken_back() -> None:
    clock = TickingClock()
    store = Store.memory(clock)
    intent = store.intend(a_record(), run=1)
    store.move(intent.key, Status.FAILED, run=2)
    store.take_back(intent, None, None, run=1)
    clock.at += 1
    theirs = store.intend(a_record(), run=2)
    store.take_back(intent, None, None, run=1)
    assert store.record(intent.key) == theirs
    store.take_back(theirs, None, None, run=2)
    store.take_back(theirs, None, None, run=2)
    assert store.record(intent.key) is None
    assert [event.run for event in store.events(what="withdrawn")] == [2]


def test_a_run_that_took_an_intent_for_a_lost_answer_learns_that_nothing_was_sent(store: Store) -> None:
    intent = store.intend(a_record(), run=1)
    store.move(intent.key, Status.UNKNOWN, run=2)
    store.take_back(intent, None, None, run=1)
    record = store.record(intent.key)
    assert record is not None
    assert (record.status, record.error_message) == (Status.FAILED, "it was never sent")
    assert store.spent() == NOTHING


def test_an_open_request_restored_without_its_tries_counts_as_none(store: Store) -> None:
    restored = a_record(status=Status.UNKNOWN)
    store.put_all([restored])
    assert store.tried(restored.key) == 0
    assert store.intend(restored, run=1).attempts == 1


def test_a_superseded_render_is_kept_under_a_key_of_its_own(store: Store) -> None:
    first = render(store)
    for number in (2, 3):
        aside = store.supersede(first.key, run=None)
        assert store.bindings()["clip.market#1"] == Binding(aside)
        kept = store.record(aside)
        assert kept is not None
        assert digest(kept.inputs) == aside
        assert store.record(first.key) is None
        again = render(store, video=f"again-{number}")
        assert (again.key, again.attempts) == (first.key, number)
        assert store.bindings()["clip.market#1"] == Binding(first.key)
    assert {brief.asset for brief in store.briefs().values()} == {
        sha("market"),
        sha("again-2"),
        sha("again-3"),
    }


def test_only_attempts_since_the_moment_count() -> None:
    clock = TickingClock()
    store = Store.memory(clock)
    store.intend(a_record("old"), run=1)
    clock.at += 100
    store.intend(a_record("new"), run=2)
    assert store.spent(since=clock.at).usd == Decimal("0.80")


def test_an_adopted_video_is_no_attempt(store: Store) -> None:
    found = a_record()
    record = store.move(
        found.key,
        Status.STORED,
        run=None,
        kind="create",
        address=found.address,
        inputs=found.inputs,
        asset=sha("x"),
    )
    assert (record.attempts, store.attempts()) == (0, [])
    assert "inputs" not in store.events()[-1].data, "the record has them; the log does not repeat them"
    assert store.record(found.key) == record


def test_a_new_record_without_its_inputs_is_refused(store: Store) -> None:
    with pytest.raises(StateError, match="without kind, address, inputs"):
        store.move("k", Status.STORED, run=None)
    assert store.briefs() == {}


def test_what_is_in_flight_is_found(store: Store) -> None:
    render(store, "done")
    waiting = store.intend(a_record("waiting"), run=None)
    store.move(store.intend(a_record("failed"), run=None).key, Status.FAILED, run=None)
    assert store.in_flight() == [waiting]


def test_what_is_in_flight_comes_in_the_order_it_was_sent() -> None:
    clock = TickingClock()
    store = Store.memory(clock)
    sent = []
    for name in ("one", "two", "three", "four"):
        sent.append(store.intend(a_record(name), run=None).key)
        clock.at += 1
    assert sent != sorted(sent)
    assert [record.key for record in store.in_flight()] == sent


def test_success_clears_an_earlier_error(store: Store) -> None:
    key = store.intend(a_record(), run=None).key
    store.move(key, Status.FAILED, run=None, error_code="overloaded", error_message="try later")
    fresh = store.intend(a_record(), run=None)
    assert (fresh.error_code, fresh.error_message) == (None, None)


def test_the_serial_counts_real_changes_only(store: Store) -> None:
    key = render(store).key
    serial = store.serial
    store.bind("clip.market#1", key, run=None)
    store.set_progress({key: 50})
    store.start_run("apply", "ann", "box", 1)
    store.log("note")
    store.add_asset(sha("market"), 1000, "video", "mp4")
    store.amend(key, cost_usd=Decimal("0.80"))
    store.unbind("clip.nowhere#1")
    assert store.serial == serial
    with store.transaction():
        store.unbind("clip.market#1")
        store.bind("clip.other#1", key, run=None)
    assert store.serial == serial + 1
    store.supersede(key, run=None)
    assert store.serial == serial + 2


def test_protection_stays_until_it_is_lifted(store: Store) -> None:
    record = render(store)
    store.protect("clip.market#1", True, run=None)
    store.bind("clip.market#1", render(store, "other").key, run=None)
    assert store.protected() == {"clip.market#1"}
    store.bind("clip.market#1", record.key, run=None, protect=False)
    assert store.protected() == set()


def test_an_address_cannot_stand_for_nothing(store: Store) -> None:
    with pytest.raises(StateError, match="has no record"):
        store.bind("clip.a#1", "0" * 64, run=None)
    assert store.bindings() == {}


def test_what_is_bound_cannot_be_forgotten(store: Store) -> None:
    kept, gone = render(store, "kept"), render(store, "gone")
    store.unbind(gone.address)
    with pytest.raises(StateError, match=r"clip\.kept#1 still points"):
        store.forget([kept.key, gone.key])
    assert len(store.briefs()) == 2
    assert store.forget([gone.key, "unknown"]) == 1
    assert set(store.briefs()) == {kept.key}
    assert store.events(key=gone.key)[-1].data["remote_id"] == "video_gone"
    assert [attempt.remote_id for attempt in store.attempts(gone.key)] == ["video_gone"]


def test_the_log_can_only_grow(store: Store) -> None:
    store.log("note", "clip.a#1", city="Lisbon")
    for sql in ("DELETE FROM events", "UPDATE events SET what = 'x'"):
        with pytest.raises(StateError, match="events are never"), store.transaction():
            store.session.write(sql)
    assert [(event.what, event.data) for event in store.events()] == [("note", {"city": "Lisbon"})]


def test_events_are_found_by_clip_take_run_and_key(store: Store) -> None:
    for address in ("clip.a#1", "clip.a#1/1", "clip.a#12", "clip.ab#1", "clip.a[x=1]#1", "character.a"):
        store.log("note", address, key=address, run=len(address))
    assert [event.address for event in store.events("clip.a")] == ["clip.a#1", "clip.a#1/1", "clip.a#12"]
    assert [event.address for event in store.events("clip.a#1")] == ["clip.a#1", "clip.a#1/1"]
    assert [event.address for event in store.events("character.a")] == ["character.a"]
    assert [event.address for event in store.events(run=9)] == ["clip.a#12", "clip.ab#1"]
    assert [event.key for event in store.events(limit=2)] == ["clip.a[x=1]#1", "character.a"]


def test_runs_are_remembered(store: Store) -> None:
    run = store.start_run("apply", "ann", "box", 12, "abc", "token", Decimal("3.20"))
    open_run = store.run(run)
    store.finish_run(run, "partial", {"create": 3})
    closed = store.runs(limit=1)[0]
    assert open_run is not None
    assert (open_run.ended_at, open_run.cost_estimate) == (None, Decimal("3.20"))
    assert closed == replace(
        open_run,
        ended_at=closed.ended_at,
        outcome="partial",
        counts={"create": 3},
    )
    assert store.run(99) is None


def test_a_run_has_spent_what_its_requests_count_by_now(store: Store) -> None:
    key = store.intend(a_record(), 1).key
    store.intend(a_record("drawn", inputs='{"simulated":true}'), 1)
    assert store.spent_by_run(simulated=False) == {1: Spent(Decimal("0.80"), 8.0, 0)}
    assert store.spent_by_run(simulated=True) == {1: Spent(Decimal("0.80"), 8.0, 0)}
    store.move(key, Status.FAILED, run=2)
    assert store.spent_by_run(simulated=False) == {1: NOTHING} != store.spent_by_run(simulated=True)
    store.note_resends(key, 2, address="clip.market#1", run=2)
    assert store.spent_by_run(simulated=False)[1] == store.spent(run=1, simulated=False)
    assert store.spent(simulated=False).resends == 2


def test_thumbnails_belong_to_their_video(store: Store) -> None:
    store.add_asset(sha("v"), 10, "video", "mp4")
    store.add_asset(sha("t"), 1, "thumbnail", "webp", of=sha("v"))
    assert store.asset(sha("t")) == Asset(sha("t"), 1, "thumbnail", "webp", of=sha("v"))
    with pytest.raises(StateError):
        store.add_asset(sha("s"), 1, "spritesheet", "jpg", of=sha("nothing"))
    store.drop_assets([sha("v")])
    assert store.assets() == {}


def test_a_failed_group_of_writes_leaves_nothing(store: Store) -> None:
    key = render(store).key
    before = (store.serial, store.events(), store.bindings())
    with pytest.raises(ForbiddenMove), store.transaction():
        store.unbind("clip.market#1")
        store.move(key, Status.SUBMITTED, run=None)
    assert (store.serial, store.events(), store.bindings()) == before


def test_a_failed_inner_group_takes_the_outer_one_along(store: Store) -> None:
    key = render(store).key
    before = (store.serial, store.events(), store.bindings())
    with pytest.raises(StateError, match="part of this transaction failed"), store.transaction():
        store.log("outer")
        with pytest.raises(ForbiddenMove), store.transaction():
            store.unbind("clip.market#1")
            store.move(key, Status.SUBMITTED, run=None)
    assert (store.serial, store.events(), store.bindings()) == before
    store.log("afterwards")
    assert store.events()[-1].what == "afterwards"


def test_a_failed_inner_group_that_need_not_be_durable_takes_the_outer_one_along(store: Store) -> None:
    render(store)
    before = (store.serial, store.events(), store.bindings())
    failed = pytest.raises(StateError, match="part of this transaction failed")
    with failed, store.transaction(), suppress(ValueError), store.relaxed():
        store.unbind("clip.market#1")
        raise ValueError
    assert (store.serial, store.events(), store.bindings()) == before


def test_nothing_is_written_among_reads_of_one_moment(store: Store) -> None:
    key = render(store).key
    before = (store.serial, store.events(), store.bindings())
    with store.snapshot(), suppress(StateError), store.transaction():
        store.unbind("clip.market#1")
        store.move(key, Status.SUBMITTED, run=None)
    assert (store.serial, store.events(), store.bindings()) == before
    store.log("afterwards")
    assert store.events()[-1].what == "afterwards"


def test_half_characters_from_a_server_are_kept_readable(store: Store) -> None:
    key = store.intend(a_record(), run=None).key
    store.move(key, Status.FAILED, run=None, error_message="bad \ud83d surrogate")
    record = store.record(key)
    assert record is not None
    assert record.error_message == "bad ? surrogate"


def test_an_impossible_progress_is_bounded(store: Store) -> None:
    key = store.intend(a_record(), run=None).key
    store.set_progress({key: 10**30})
    record = store.record(key)
    assert record is not None
    assert record.progress == 100


@about_files
def test_a_plan_without_a_state_leaves_no_file(tmp_path: Path) -> None:
    with open_store(tmp_path, readonly=True) as store:
        assert store.briefs() == {}
        render(store)
        assert store.path is None
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_no_trace_and_refuses_writes(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with open_store(tmp_path, readonly=True) as store:
        assert len(store.briefs()) == 1
        with pytest.raises(StateError, match="read-only"):
            store.unbind("clip.market#1")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_reader_sees_one_moment_while_another_writes(tmp_path: Path) -> None:
    with open_store(tmp_path) as writer:
        render(writer, "one")
        with open_store(tmp_path, readonly=True) as reader:
            with reader.snapshot():
                bindings = reader.bindings()
                render(writer, "two")
                assert reader.bindings() == bindings
                assert len(reader.briefs()) == 1
            assert len(reader.briefs()) == 2


def test_what_was_read_in_a_transaction_or_of_one_moment_is_read_again_after_it(tmp_path: Path) -> None:
    with open_store(tmp_path) as one, open_store(tmp_path) as other:
        key = render(one).key

        def seen() -> str | None:
            found = other.record(key)
            return None if found is None else found.mismatch

        with other.transaction():
            assert seen() is None
        one.amend(key, mismatch="too short")
        with other.snapshot():
            assert seen() == "too short"
        one.amend(key, mismatch="too long")
        assert seen() == "too long"
        one.amend(key, mismatch="too loud")
        with other.transaction():
            assert seen() == "too loud"
            other.amend(key, mismatch="fine")
            assert seen() == "fine"
        with suppress(ZeroDivisionError), other.transaction():
            other.amend(key, mismatch="lost")
            raise ZeroDivisionError
        assert seen() == "fine"


@about_files
def test_a_state_that_may_not_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="there is no state") as caught:
        Store.open(URL, tmp_path, create=False)
    assert "sorasync apply" in str(caught.value.hint)


@pytest.mark.parametrize("url", ["mysql://x", "sqlite", "sqlite:", "sqlite:///state.db", ""])
@about_files
def test_a_url_of_something_else_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        Store.open(url, tmp_path)
    assert "sqlite:state/sorasync.db" in str(caught.value.hint)


def test_the_lineage_stays_for_life(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        lineage = store.lineage
    with open_store(tmp_path) as store:
        assert store.lineage == lineage
    assert Store.memory().lineage != lineage


@about_files
def test_writes_are_durable_and_other_processes_may_read(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        settings = [
            store.session.row(f"PRAGMA {name}") for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
        assert settings == [(2,), ("wal",), (1,)]
        store.set_progress({"nothing": 1})
        assert store.session.row("PRAGMA synchronous") == (2,)


def test_a_store_serves_several_threads(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with open_store(tmp_path) as store, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: render(store, f"clip-{number}"), range(20)))
        assert len(store.bindings()) == 20
        assert store.serial == 80


def test_copies_in_memory_do_not_touch_the_file(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store)
        copy = store.copy_in_memory()
        copy.unbind("clip.market#1")
        assert copy.lineage == store.lineage
        assert len(store.bindings()) == 1


def test_values_never_become_sql(store: Store) -> None:
    name = "a'); DROP TABLE records; --"
    render(store, name)
    assert f"clip.{name}#1" in store.bindings()
    assert store.session.row("SELECT count(*) FROM records") == (1,)


def test_tables_are_strict(store: Store) -> None:
    with pytest.raises(StateError), store.transaction():
        store.session.write("UPDATE state SET serial = 'many'")
    assert sqlite3.sqlite_version_info >= (3, 37)
