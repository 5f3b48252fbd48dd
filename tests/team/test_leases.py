"""Leases: one apply has a key, a dead one's are taken over, and whoever was overtaken changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sorasync.state.errors import LockLost
from sorasync.state.leases import LIFE, MARGIN, RunLeases, holders, joined
from sorasync.state.lock import BEAT, LockWait, StateLocked, acquire, all_holders, unlock
from sorasync.state.record import Status
from sorasync.state.store import Store
from tests.postgres_server import PostgresServer
from tests.state.making import TickingClock, a_record

A, B = a_record("a"), a_record("b")


@contextmanager
def machine(server: PostgresServer, schema: str, clock: TickingClock) -> Iterator[tuple[Store, RunLeases]]:
    """An apply on a machine of its own."""
    with (
        Store.open(server.url(schema), Path(), clock=clock) as store,
        joined(store, clock, LockWait("apply")) as leases,
    ):
        yield store, leases


def make_dead(store: Store) -> None:
    """Let the last heartbeats of all applies be too long ago."""
    with store.transaction():
        store.session.write("UPDATE holders SET heartbeat = heartbeat - ?", (LIFE + 1,))


def test_two_applies_share_what_is_to_be_done(postgres: PostgresServer, schema: str) -> None:
    clock = TickingClock()
    with machine(postgres, schema, clock) as (ann, anns), machine(postgres, schema, clock) as (ben, bens):
        anns.take([A.key])
        bens.take([A.key, B.key])
        assert list(bens.elsewhere) == [A.key]
        assert bens.holds(B.key)
        ann.intend(A, run=1)
        ben.intend(B, run=2)
        with pytest.raises(LockLost), ben.transaction():
            ben.move(A.key, Status.UNKNOWN, run=2)
        assert {record.status for record in ann.in_flight()} == {Status.INTENT}
        anns.release()
        bens.take([A.key])
        assert bens.elsewhere == {}
        ben.move(A.key, Status.UNKNOWN, run=2)


def test_what_a_dead_apply_had_is_taken_over_and_its_owner_changes_nothing(
    postgres: PostgresServer, schema: str
) -> None:
    clock = TickingClock()
    with machine(postgres, schema, clock) as (ann, anns):
        anns.take([A.key])
        ann.intend(A, run=1)
        make_dead(ann)
        with machine(postgres, schema, clock) as (ben, bens):
            bens.take([A.key])
            assert bens.elsewhere == {}
            assert int(bens.id) > int(anns.id)
            changes: list[Callable[[], object]] = [
                lambda: ann.move(A.key, Status.SUBMITTED, run=1, remote_id="late"),
                lambda: ann.amend(A.key, cost_usd=None),
                lambda: ann.withdraw(A.key, run=1),
            ]
            for change in changes:
                with pytest.raises(LockLost, match="taken away"):
                    change()
            assert [event.what for event in ben.events(key=A.key)] == ["moved", "lease taken over"]
            ben.move(A.key, Status.SUBMITTED, run=2, remote_id="found")
        record = ann.record(A.key)
        assert record is not None
        assert record.remote_id == "found"


def test_an_apply_that_stood_still_sends_nothing(postgres: PostgresServer, schema: str) -> None:
    clock = TickingClock()
    with machine(postgres, schema, clock) as (_, leases):
        clock.at += LIFE - MARGIN
        leases.check()
        clock.at += 1
        with pytest.raises(LockLost, match="was suspended"):
            leases.check()
        leases.beat()
        leases.check()


def test_who_looks_at_a_plan_for_long_may_still_go_on(postgres: PostgresServer, schema: str) -> None:
    clock = TickingClock()
    with machine(postgres, schema, clock) as (ann, anns), machine(postgres, schema, clock) as (_, bens):
        make_dead(ann)
        bens.take([B.key])
        clock.at += 600
        anns.take([A.key])
        anns.check()
        ann.intend(A, run=1)
        make_dead(ann)
        bens.release()
        with machine(postgres, schema, clock) as (_, others):
            others.take([B.key])
            with pytest.raises(LockLost):
                anns.take([A.key])


def test_a_database_that_is_away_for_a_moment_is_asked_again(postgres: PostgresServer, schema: str) -> None:
    clock = TickingClock()
    with machine(postgres, schema, clock) as (store, leases):
        postgres.stop("immediate")
        with pytest.raises(LockLost, match="did not answer"):
            asyncio.run(leases.keep_beating())
        postgres.start()
        leases.beat()
        leases.check()
        assert len(holders(store)) == 1


def test_what_changes_everything_waits_for_all_applies(postgres: PostgresServer, schema: str) -> None:
    clock = TickingClock()
    with Store.open(postgres.url(schema), Path(), clock=clock) as store:
        with machine(postgres, schema, clock) as (other, leases):
            with pytest.raises(StateLocked, match="`apply`"):
                acquire(store, "gc", clock)
            make_dead(other)
            with acquire(store, "gc", clock), pytest.raises(LockLost):
                leases.beat()
        refused = pytest.raises(StateLocked, match="`gc`")
        with acquire(store, "gc", clock), refused, machine(postgres, schema, clock):
            raise AssertionError


def test_an_apply_can_be_unlocked_by_hand(postgres: PostgresServer, schema: str) -> None:
    clock = TickingClock()
    with machine(postgres, schema, clock) as (store, leases):
        leases.take([A.key])
        (held,) = all_holders(store)
        unlock(store, held.id)
        with pytest.raises(LockLost):
            leases.beat()
        with pytest.raises(LockLost):
            store.intend(A, run=1)


def test_the_dead_are_cleared_away(postgres: PostgresServer, schema: str) -> None:
    clock = TickingClock()
    with Store.open(postgres.url(schema), Path(), clock=clock) as store:
        with store.transaction():
            store.session.write(
                'INSERT INTO holders ("user", host, machine, pid, process, command, since, heartbeat, life) '
                "SELECT 'ann', 'gone', '', n, '', 'apply', 0, 0, 60 FROM generate_series(1, 5000) n"
            )
            store.session.write("INSERT INTO leases SELECT 'key ' || fence, fence FROM holders")
        with machine(postgres, schema, clock) as (_, leases):
            leases.take([A.key, "key 7"])
            assert leases.elsewhere == {}
            assert len(holders(store)) == 1


def test_a_machine_that_is_cut_off_in_a_transaction_costs_nobody_the_leases(
    postgres: PostgresServer, schema: str
) -> None:
    """The server ends its transaction before others give up waiting, and before their heartbeats are late."""
    with Store.open(postgres.url(schema), Path()) as store:
        rows = store.session.rows("SELECT name, setting FROM pg_settings WHERE name LIKE '%_timeout'")
    seconds = {name: int(value) / 1000 for name, value in rows}
    silent = seconds["idle_in_transaction_session_timeout"]
    assert 0 < silent < seconds["lock_timeout"]
    assert silent + BEAT < LIFE - MARGIN
