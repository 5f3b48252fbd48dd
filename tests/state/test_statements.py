"""What the state is told for each moment of a render: as few statements as possible, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import pytest

from sorasync.clock import SystemClock
from sorasync.graph.key import canonical
from sorasync.state.errors import StateError
from sorasync.state.leases import joined
from sorasync.state.lock import LockWait
from sorasync.state.postgres_database import PostgresDatabase
from sorasync.state.record import Binding, Record, Status
from sorasync.state.sqlite_database import SqliteDatabase
from sorasync.state.store import Store
from tests.state.making import TickingClock, a_record, render, sha

MANY = 40


@pytest.fixture
def store() -> Store:
    return Store.memory(TickingClock())


@dataclass
class Said:
    statements: int = 0
    round_trips: int = 0


@contextmanager
def counted(store: Store) -> Iterator[Said]:
    """How many statements a block sends, those that begin and end transactions included."""
    database, said, told = store.session.database, Said(), list[str]()
    if isinstance(database, PostgresDatabase):
        before = database.statements, database.round_trips
        yield said
        said.statements = database.statements - before[0]
        said.round_trips = database.round_trips - before[1]
        return
    assert isinstance(database, SqliteDatabase)
    database.connection.set_trace_callback(told.append)
    yield said
    database.connection.set_trace_callback(None)
    said.statements = len(told)


@contextmanager
def an_apply(store: Store, records: list[Record]) -> Iterator[None]:
    """Let the store be that of an apply which has leased the keys, where there are leases."""
    if not store.shared:
        yield
        return
    with joined(store, SystemClock(), LockWait("apply")) as leases:
        leases.take([record.key for record in records])
        yield


def sent(store: Store, record: Record) -> None:
    assert store.record(record.key) is None
    store.intend(record, run=1)


def answered(store: Store, record: Record) -> None:
    known = store.record(record.key)
    assert known is not None
    store.move(record.key, Status.SUBMITTED, run=1, remote_id=f"video_{known.address}", progress=0)


def rendered(store: Store, record: Record) -> None:
    store.move(record.key, Status.RENDERED, run=1, expires_at=2e9)


def stored(store: Store, record: Record) -> None:
    asset = sha(record.key)
    store.move(record.key, Status.STORED, run=1, asset=asset, seconds=8.0, mismatch=None)
    store.add_asset(asset, 1000, "video", ".mp4")
    store.bind(record.address, record.key, run=1, protect=False)


MOMENTS: tuple[Callable[[Store, Record], None], ...] = (sent, answered, rendered, stored)


@pytest.mark.parametrize("renders", [1, MANY])
def test_each_moment_of_any_number_of_renders_is_four_statements_to_a_server(
    store: Store, renders: int
) -> None:
    records = [a_record(f"shot-{number}") for number in range(renders)]
    with an_apply(store, records):
        for moment in MOMENTS:
            with counted(store) as said, store.transaction():
                for record in records:
                    moment(store, record)
            if store.shared:
                # It begins, waits for other writers, writes, and commits; only the last one is waited for.
                assert (said.statements, said.round_trips) == (4, 1), moment
    assert {record.status for record in store.every_record()} == {Status.STORED}
    assert len(store.events()) == 5 * renders


def test_what_was_spent_is_asked_once_for_all_intents_of_a_transaction(store: Store) -> None:
    free = replace(a_record("free"), inputs=canonical({"simulated": True}))
    elsewhere = a_record("elsewhere", provider="other@https://other.example/v1")
    records = [*(a_record(f"shot-{number}") for number in range(MANY)), free, elsewhere]
    questions = ((0.0, None), (0.0, elsewhere.provider), (store.session.clock.now() + 1, None))
    render(store, "before")
    with an_apply(store, records):
        with counted(store) as said, store.transaction():
            for record in records:
                sent(store, record)
                told = [store.billed_since(*question) for question in questions]
        now = [store.spent(since, simulated=False, provider=host) for since, host in questions]
    assert told == now
    assert [found.usd for found in now] == [Decimal("0.80") * (MANY + 2), Decimal("0.80"), 0]
    if store.shared:
        # Beside the four: the questions, before which what came until then is written.
        assert said.statements == 4 + len(questions) + 1


def test_what_was_spent_is_asked_again_after_anything_but_an_intent(store: Store) -> None:
    first, second = (a_record(name) for name in ("one", "other"))
    sent(store, first)
    with store.transaction():
        sent(store, second)
        assert store.billed_since(0.0, None).usd == Decimal("1.60")
        store.move(first.key, Status.FAILED, run=1)
        assert store.billed_since(0.0, None).usd == Decimal("0.80")
        store.withdraw(second.key, run=1)
        assert store.billed_since(0.0, None).usd == 0


def test_a_plan_is_compared_with_what_it_touches_alone(store: Store) -> None:
    one, other = render(store, "one"), render(store, "other")
    assert store.briefs_of([one.key, "missing"]) == {one.key: store.briefs()[one.key]}
    assert store.bindings_of([other.address, "missing"]) == {other.address: Binding(other.key)}


def test_what_is_written_reads_the_same_as_if_each_had_been_written_alone(store: Store) -> None:
    together, alone = ([a_record(f"{name}-{number}") for number in range(3)] for name in ("with", "alone"))
    for moment in MOMENTS:
        with store.transaction():
            for record in together:
                moment(store, record)
        for record in alone:
            moment(store, record)

    def known(record: Record) -> tuple[list[list[str]], object]:
        events = [[event.what, *sorted(event.data)] for event in store.events(key=record.key)]
        paid = [(one.outcome, one.estimate_usd, one.rendered_at) for one in store.attempts(record.key)]
        found = store.record(record.key)
        assert found is not None
        assert found.inputs == record.inputs
        return events, (paid, found.status, found.stored_at, found.progress)

    first = known(together[0])
    assert [what for what, *_ in first[0]] == ["moved"] * 4 + ["bound"]
    for record in together + alone:
        assert known(record) == first
        assert store.binding(record.address) == Binding(record.key)


def test_a_render_is_so_many_statements_to_a_file(store: Store) -> None:
    if store.shared:
        return
    record, told = a_record(), []
    for moment in MOMENTS:
        with counted(store) as said, store.transaction():
            moment(store, record)
        told.append(said.statements)
    # Three of each begin, count the transaction and commit; one or two ask for what is known of the render.
    assert told == [9, 7, 7, 12]


def test_a_read_in_a_transaction_sees_what_was_written_in_it(store: Store) -> None:
    record = a_record()
    with store.transaction():
        store.intend(record, run=1)
        assert store.spent(simulated=False).seconds == 8
        assert [event.what for event in store.events(key=record.key)] == ["moved"]
        assert record.key in store.briefs()
        store.bind(record.address, record.key, run=1)
        assert store.bindings() == {record.address: Binding(record.key)}


def test_what_an_open_transaction_has_written_is_remembered_for_nobody_else(store: Store) -> None:
    record = render(store)
    with store.transaction():
        store.amend(record.key, mismatch="too short")
        assert store.record(record.key) == replace(record, mismatch="too short")
        assert store.remembered(record.key) is None


def test_a_transaction_that_fails_leaves_nothing_to_the_next_one(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.intend(a_record("lost"), run=1)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    with store.transaction():
        store.log("afterwards")
    assert store.every_record() == []
    assert [event.what for event in store.events()] == ["afterwards"]


def test_the_log_says_what_an_address_was_bound_to_before_however_bindings_are_grouped(store: Store) -> None:
    first, second = render(store, "a"), render(store, "b")
    start = len(store.events())
    with store.transaction():
        store.log("something else")
        bind = partial(store.bind, "clip.x", run=1)
        store.session.changed()
        bind(first.key, protect=False)
        bind(second.key, protect=True)
        bind(second.key, protect=True)
        bind(first.key, protect=False)
        bind(first.key)
    said = [(event.what, event.key, dict(event.data)) for event in store.events()[start:]]
    assert said == [
        ("something else", None, {}),
        ("bound", first.key, {"before": None}),
        ("bound", second.key, {"before": first.key}),
        ("protected", second.key, {}),
        ("bound", first.key, {"before": second.key}),
        ("unprotected", first.key, {}),
    ]
    assert store.binding("clip.x") == Binding(first.key)


def test_a_binding_that_is_already_there_changes_nothing(store: Store) -> None:
    stored_one = render(store)
    before = (store.serial, len(store.events()))
    with store.transaction():
        store.bind(stored_one.address, stored_one.key, run=1, protect=False)
        store.bind(stored_one.address, stored_one.key, run=1)
    assert (store.serial, len(store.events())) == before


def test_a_key_that_is_sent_again_in_one_transaction_keeps_its_attempts_apart(store: Store) -> None:
    record = a_record()
    with store.transaction():
        store.intend(record, run=1)
        store.move(record.key, Status.FAILED, run=1, error_message="refused")
        store.intend(record, run=1)
        store.move(record.key, Status.SUBMITTED, run=1, remote_id="video_2")
    assert [(one.outcome, one.remote_id) for one in store.attempts()] == [
        ("failed", None),
        ("submitted", "video_2"),
    ]
    assert [str(event.data["to"]) for event in store.events()] == [
        "intent",
        "failed",
        "intent",
        "submitted",
    ]


def test_text_that_a_database_cannot_hold_is_kept_without_what_it_cannot(store: Store) -> None:
    record = a_record()
    store.intend(record, run=1)
    with store.transaction():
        store.log("fine", text="half \ud800", zero="\0")
        store.move(record.key, Status.FAILED, run=1, error_message='odd \ud800 \0 "\\u0000"')
    found = store.record(record.key)
    assert found is not None
    assert found.error_message is not None
    assert found.error_message.startswith("odd ? ")
    assert found.error_message.endswith('"\\u0000"')
    assert found.status is Status.FAILED


def test_the_log_is_in_the_order_in_which_it_was_written(store: Store) -> None:
    with store.transaction():
        for number in range(MANY):
            store.log("counted", f"clip.{number % 7}", number=number)
    numbers = [event.data["number"] for event in store.events()]
    assert numbers == list(range(MANY))


def test_progress_and_a_change_of_one_render_in_one_transaction(store: Store) -> None:
    one, other = (a_record(name) for name in ("one", "other"))
    for record in (one, other):
        sent(store, record)
        answered(store, record)
    with store.transaction():
        store.set_progress({one.key: 40, other.key: 60})
        rendered(store, one)
        store.set_progress({other.key: 70})
    assert {record.key: record.progress for record in store.every_record()} == {one.key: 100, other.key: 70}


def test_a_write_outside_a_transaction_is_refused(store: Store) -> None:
    from sorasync.state.row_writes import UNDROP

    with pytest.raises(StateError, match="outside a transaction"):
        store.session.put(UNDROP, ("x",))
