"""Leases: in a shared state, applies of several machines work side by side.

Each apply has a holder with a number, higher than that of any apply before, and leases the keys that it is
about to pay for or to follow. Every later transaction that changes a record proves with the number that the
key is still leased (`Session.fence`), so that an apply which was overtaken changes nothing.

A holder lives for `LIFE` seconds beyond its last heartbeat, by the server's clock. Its owner stops sending
`MARGIN` seconds earlier, by its own. What a dead holder leased is taken over by whoever wants it next.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Any

from sorasync.clock import Clock, lasting
from sorasync.state.errors import LockLost, StateError
from sorasync.state.lock import (
    BEAT,
    Holder,
    LockWait,
    RunLock,
    free_lock_of_the_dead,
    held,
    wait_for_lock,
)
from sorasync.state.process import Process, is_dead, this_process
from sorasync.state.row_writes import upsert
from sorasync.state.store import Store

# Seconds that leases live beyond a heartbeat, and how much earlier their owner stops sending: a request that
# it has just begun must have left before anybody else may take the lease.
LIFE, MARGIN = 60.0, 15.0
_RETRY = 3.0
# Warn if the clocks differ by this many seconds.
CLOCKS_APART = 5.0

_NOW = "extract(epoch FROM clock_timestamp())"
_COLUMNS = (
    'h.fence, h."user", h.host, h.machine, h.pid, h.process, h.command, h.since, h.heartbeat, '
    f"h.heartbeat + h.life < {_NOW}"
)
_LEASE = upsert("leases", ("key", "fence"))
_LOST_HINT = "renders in flight continue at the provider; the next `sorasync apply` follows what is left"


class RunLeases:
    """The leases of one apply, given back at the end of the `with` block.

    `elsewhere` says who has each key that could not be leased.
    """

    def __init__(
        self, store: Store, fence: int, command: str, clock: Clock, notices: tuple[str, ...]
    ) -> None:
        self.notices = notices
        self.elsewhere: dict[str, str] = {}
        self._fence = fence
        self._command = command
        self._store = store
        self._clock = clock
        self._renewed = (clock.monotonic(), clock.now())

    @property
    def id(self) -> str:
        """The number, as `sorasync state unlock` takes it."""
        return str(self._fence)

    def take(self, keys: Collection[str]) -> None:
        """Lease the keys that no living apply has; `elsewhere` says who has the others.

        An apply without leases may have expired while its plan was being read; it then registers again.
        """
        # Measured before the database is asked: by its clock the leases then live longer than by ours.
        session, started = self._store.session, (self._clock.monotonic(), self._clock.now())
        with session.transaction():
            if not self._renew():
                if session.fence is not None:
                    raise _lost("were taken away from this process")
                free_lock_of_the_dead(self._store, started[1])
                self._fence, _ = _new_holder(self._store, self._command, self._clock)
            held = session.rows(
                f"SELECT l.key, {_COLUMNS} FROM leases l JOIN holders h ON h.fence = l.fence "
                "WHERE h.fence <> ? AND l.key IN (SELECT value FROM json_each(?))",
                (self._fence, json.dumps(list(keys))),
            )
            now = self._clock.now()
            self.elsewhere = {}
            for key, *row in held:
                holder, dead = _holder(row)
                if not dead:
                    who = holder.process
                    self.elsewhere[key] = f"{who.user} on {who.host}"
                else:
                    self._store.log("lease taken over", key=key, holder=holder.describe(now), fence=self.id)
                    session.write("DELETE FROM holders WHERE fence = ?", (int(holder.id),))
            session.write(f"DELETE FROM holders WHERE heartbeat + life < {_NOW}")
            for key in keys:
                if key not in self.elsewhere:
                    session.put(_LEASE, (key, self._fence))
        session.fence, self._renewed = self._fence, started
        self._store.remember_leased(key for key in keys if key not in self.elsewhere)

    def holds(self, key: str) -> bool:
        """Whether the key is ours, as far as it was asked for."""
        return key not in self.elsewhere

    def beat(self) -> None:
        """Write a heartbeat. Raises `LockLost` if the leases were taken away."""
        session, started = self._store.session, (self._clock.monotonic(), self._clock.now())
        with session.relaxed():
            if not self._renew():
                raise _lost("were taken away from this process")
        self._renewed = started

    def _renew(self) -> bool:
        """Whether the holder is still known."""
        done = self._store.session.write(
            f"UPDATE holders SET heartbeat = {_NOW} WHERE fence = ? RETURNING fence", (self._fence,)
        )
        return done.fetchone() is not None

    def check(self) -> None:
        """Raise `LockLost` if the leases may have run out. Asks nobody: it comes before each request."""
        monotonic, wall = self._renewed
        # Not every clock goes on while the machine sleeps.
        if max(self._clock.monotonic() - monotonic, self._clock.now() - wall) > LIFE - MARGIN:
            raise _lost("ran out: the database did not answer, or this machine was suspended")

    async def keep_beating(self, every: float = BEAT) -> None:
        """Write heartbeats until cancelled or `LockLost`; run it as a background task.

        A database that does not answer is asked again until the leases have run out.
        """
        pause = every
        while True:
            await self._clock.sleep(pause)
            pause = every
            try:
                await asyncio.to_thread(self.beat)
            except LockLost:
                raise
            except StateError:
                self.check()
                pause = min(_RETRY, every)

    def release(self) -> None:
        """Give the leases back."""
        session = self._store.session
        session.fence, session.leased = None, frozenset()
        session.own_records.clear()
        session.untried.clear()
        with session.transaction():
            session.write("DELETE FROM holders WHERE fence = ?", (self._fence,))

    def __enter__(self) -> RunLeases:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(StateError):
            self.release()


def server_time(store: Store) -> float:
    """The time by the clock of a shared state's server."""
    row = store.session.row(f"SELECT {_NOW}")
    assert row is not None
    return float(row[0])


def holders(store: Store) -> list[tuple[Holder, bool]]:
    """Every apply that has leases, and whether it is dead."""
    return [_holder(row) for row in store.session.rows(f"SELECT {_COLUMNS} FROM holders h ORDER BY h.fence")]


def leased_by_others(store: Store, keys: Collection[str]) -> frozenset[str]:
    """Those of the keys that another living apply has leased."""
    if not store.shared or not keys:
        return frozenset()
    held = store.session.rows(
        f"SELECT l.key, {_COLUMNS} FROM leases l JOIN holders h ON h.fence = l.fence "
        "WHERE h.fence <> ? AND l.key IN (SELECT value FROM json_each(?))",
        (store.session.fence or 0, json.dumps(list(keys))),
    )
    return frozenset(key for key, *row in held if not _holder(row)[1])


def living_holder(store: Store) -> Holder | None:
    """An apply that may still send, None if there is none; the dead are forgotten with their leases."""
    living = None
    for holder, dead in holders(store):
        if dead:
            store.session.write("DELETE FROM holders WHERE fence = ?", (int(holder.id),))
        else:
            living = living or holder
    return living


def held_by_apply(
    store: Store, clock: Clock, waiting: LockWait
) -> AbstractContextManager[RunLock | RunLeases]:
    """What an apply holds for a `with` block: leases of a shared state, the lock of any other."""
    return joined(store, clock, waiting) if store.shared else held(store, clock, waiting)


@contextmanager
def joined(store: Store, clock: Clock, waiting: LockWait) -> Iterator[RunLeases]:
    """Be one of the applies of a shared state for a `with` block. Raises `StateLocked`."""
    leases = asyncio.run(wait_for_lock(lambda: _join(store, waiting.command, clock), waiting, clock))
    with leases:
        yield leases


def _join(store: Store, command: str, clock: Clock) -> RunLeases:
    session, now = store.session, clock.now()
    with session.transaction():
        notices = free_lock_of_the_dead(store, now)
        fence, notice = _new_holder(store, command, clock)
    return RunLeases(store, fence, command, clock, (*notices, notice) if notice else notices)


def _new_holder(store: Store, command: str, clock: Clock) -> tuple[int, str]:
    """The number of a new holder, and a warning if the clocks differ."""
    row = store.session.write(
        'INSERT INTO holders ("user", host, machine, pid, process, command, since, heartbeat, life) '
        f"VALUES (?, ?, ?, ?, ?, ?, ?, {_NOW}, ?) RETURNING fence, heartbeat",
        (*this_process(), command, clock.now(), LIFE),
    ).fetchone()
    off = clocks_apart(clock.now() - float(row[1]))
    return int(row[0]), off and f"{off}; daily budgets and the history use this machine's clock: set it"


def clocks_apart(seconds: float) -> str:
    """A warning for a clock that is this far ahead of the database's; empty if they agree."""
    if abs(seconds) < CLOCKS_APART:
        return ""
    way = "ahead of" if seconds > 0 else "behind"
    return f"the clock of this machine is {lasting(abs(seconds))} {way} the database's"


def _holder(row: list[Any] | tuple[Any, ...]) -> tuple[Holder, bool]:
    fence, user, host, machine, pid, started, command, since, heartbeat, expired = row
    process = Process(user, host, machine, pid, started)
    return Holder(str(fence), process, command, since, heartbeat), bool(expired) or is_dead(process)


def _lost(why: str) -> LockLost:
    return LockLost(f"the leases of this apply {why}", hint=_LOST_HINT)
