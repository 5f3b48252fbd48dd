"""The state lock: one apply at a time, held as a row in the state.

Readers never lock. A lock of a process that died on this machine is broken with a notice; a lock of another
machine stays until `unlock`, however old its heartbeat, because two applies would pay twice.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, TypeVar

from sorasync.clock import Clock
from sorasync.state.errors import LockLost, StateError
from sorasync.state.process import Process, is_dead, this_process
from sorasync.state.store import Store

# Seconds between two heartbeats.
BEAT = 15.0

_POLL = 1.0
_COLUMNS = 'id, "user", host, machine, pid, process, command, since, heartbeat'


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a lock. Times are Unix seconds."""

    id: str
    process: Process
    command: str
    since: float
    heartbeat: float

    def describe(self, now: float) -> str:
        """The holder in one phrase."""
        who = self.process
        return (
            f"{who.user} on {who.host} (process {who.pid}) with `{self.command}`, "
            f"since {_moment(self.since)}, last heartbeat {_ago(now - self.heartbeat)}"
        )


class StateLocked(StateError):
    """Another run holds the lock; `holder` says who."""

    def __init__(self, holder: Holder, now: float) -> None:
        self.holder = holder
        super().__init__(
            f"the state is locked by {holder.describe(now)}",
            hint=f"wait for it; if that process is gone for good, `sorasync state unlock {holder.id}`",
        )


_LOST = "the lock on the state was taken from this process"
_LOST_HINT = "renders in flight continue and are recorded; see who unlocked it in `sorasync history`"


@dataclass(frozen=True, slots=True)
class LockWait:
    """How a command takes the lock: the name it takes it under, the seconds it waits for it, and what tells
    the user whom it waits for or took it over from.
    """

    command: str
    timeout: float = 0.0
    notice: Callable[[str], None] = lambda text: None


class RunLock:
    """A held lock, released at the end of the `with` block. `notices` say whom it was taken over from."""

    def __init__(self, store: Store, id: str, clock: Clock, notices: tuple[str, ...] = ()) -> None:
        self.id = id
        self.notices = notices
        self.elsewhere: dict[str, str] = {}
        self._store = store
        self._clock = clock

    def take(self, keys: Collection[str]) -> None:
        """Whoever holds the lock has every key. See `RunLeases.take`."""

    def holds(self, key: str) -> bool:
        """Whoever holds the lock has every key. See `RunLeases.holds`."""
        return True

    def beat(self) -> None:
        """Write a heartbeat. Raises `LockLost` if the lock was taken away."""
        session = self._store.session
        with session.relaxed():
            done = session.write("UPDATE locks SET heartbeat = ? WHERE id = ?", (self._clock.now(), self.id))
        if not done.rowcount:
            raise LockLost(_LOST, hint=_LOST_HINT)

    def check(self) -> None:
        """Raise `LockLost` if the lock was taken away or the state was replaced."""
        if self._store.replaced or not self._store.session.row(
            "SELECT 1 FROM locks WHERE id = ?", (self.id,)
        ):
            raise LockLost(_LOST, hint=_LOST_HINT)

    async def keep_beating(self, every: float = BEAT) -> None:
        """Write heartbeats until cancelled or `LockLost`; run it as a background task."""
        while True:
            await self._clock.sleep(every)
            self.beat()

    def release(self) -> None:
        """Release the lock, unless it was taken away."""
        session = self._store.session
        with session.transaction():
            session.write("DELETE FROM locks WHERE id = ?", (self.id,))

    def __enter__(self) -> RunLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # If the release fails, the next command takes the lock over, because this process has ended.
        with suppress(StateError):
            self.release()


def acquire(
    store: Store, command: str, clock: Clock, *, dead: Callable[[Process], bool] = is_dead
) -> RunLock:
    """Take the lock, or raise `StateLocked` at once."""
    session = store.session
    now = clock.now()
    with session.transaction():
        _refuse_replaced(store)
        notices = free_lock_of_the_dead(store, now, dead)
        _refuse_applies(store, now)
        mine = Holder(uuid.uuid4().hex[:12], this_process(), command, now, now)
        session.write(
            f"INSERT INTO locks (name, {_COLUMNS}) VALUES ('apply', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (mine.id, *mine.process, command, now, now),
        )
    return RunLock(store, mine.id, clock, notices)


async def acquire_within(store: Store, waiting: LockWait, clock: Clock) -> RunLock:
    """Take the lock, waiting for up to `waiting.timeout` seconds; then raise `StateLocked`."""
    return await wait_for_lock(lambda: acquire(store, waiting.command, clock), waiting, clock)


class Lock(Protocol):
    """What keeps others off; `notices` say whom it was taken over from."""

    notices: tuple[str, ...]


L = TypeVar("L", bound=Lock)


async def wait_for_lock(take: Callable[[], L], waiting: LockWait, clock: Clock) -> L:
    """What `take` gives, waiting for up to `waiting.timeout` seconds where it raises `StateLocked`."""
    deadline = clock.monotonic() + waiting.timeout
    told = None
    while True:
        try:
            lock = take()
            break
        except StateLocked as locked:
            if waiting.timeout and told != locked.holder.id:
                told = locked.holder.id
                waiting.notice(f"waiting for the lock, held by {locked.holder.describe(clock.now())}")
            left = deadline - clock.monotonic()
            if left <= 0:
                raise
            await clock.sleep(min(_POLL, left))
    for text in lock.notices:
        waiting.notice(text)
    return lock


@contextmanager
def held(store: Store, clock: Clock, waiting: LockWait) -> Iterator[RunLock]:
    """Hold the lock for the time of a `with` block. Raises `StateLocked`."""
    with asyncio.run(acquire_within(store, waiting, clock)) as lock:
        yield lock


def _refuse_applies(store: Store, now: float) -> None:
    """Raise `StateLocked` while others apply to a shared state: the lock is for one process alone."""
    if store.shared:
        from sorasync.state.leases import living_holder

        if (applying := living_holder(store)) is not None:
            raise StateLocked(applying, now)


def free_lock_of_the_dead(
    store: Store, now: float, dead: Callable[[Process], bool] = is_dead
) -> tuple[str, ...]:
    """What to tell about a lock that was held by a process that has ended. Raises `StateLocked`.

    The caller is in a transaction.
    """
    before = holder(store)
    if before is None:
        return ()
    if not dead(before.process):
        raise StateLocked(before, now)
    store.session.write("DELETE FROM locks WHERE name = 'apply'")
    store.log("lock broken", id=before.id, holder=before.describe(now))
    return (f"the lock of {before.describe(now)} was taken over: that process has ended",)


def _refuse_replaced(store: Store) -> None:
    """Refuse a state that was moved aside while we waited for its lock."""
    if store.replaced:
        raise StateError(
            "the state was replaced in the meantime", hint="run the command again; nothing was done"
        )


def all_holders(store: Store, *, gone: bool = False) -> list[Holder]:
    """Who holds the lock now, or, of a shared state, every apply that is at work.

    With `gone` also those that ended, or gave no sign of life for too long, and left leases behind.
    """
    found = holder(store)
    alone = [] if found is None else [found]
    if not store.shared:
        return alone
    from sorasync.state.leases import holders

    return alone + [applying for applying, dead in holders(store) if gone or not dead]


def holder(store: Store) -> Holder | None:
    """Who holds the lock now, or None."""
    row = store.session.row(f"SELECT {_COLUMNS} FROM locks WHERE name = 'apply'")
    if row is None:
        return None
    id, user, host, machine, pid, started, command, since, heartbeat = row
    return Holder(id, Process(user, host, machine, pid, started), command, since, heartbeat)


def unlock(store: Store, id: str) -> None:
    """Break the lock with that id, whoever holds it. Raises `StateError` if another one is held, or none."""
    with store.session.transaction():
        held = {one.id: one for one in all_holders(store, gone=True)}
        if not held:
            raise StateError("the state is not locked")
        found = held.get(id)
        if found is None:
            raise StateError(
                f"the lock on the state is not {id}, but {', '.join(held)}",
                hint="`sorasync state lock` shows who holds it",
            )
        store.session.write("DELETE FROM locks WHERE id = ?", (id,))
        if store.shared and id.isdecimal():
            store.session.write("DELETE FROM holders WHERE fence = ?", (int(id),))
        store.log("unlocked", id=id, holder=found.describe(store.session.clock.now()))


def _moment(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "an impossible time"


def _ago(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"
