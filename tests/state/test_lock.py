"""One apply at a time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sorasync.state.backup import set_aside
from sorasync.state.errors import LockLost, StateError
from sorasync.state.lock import LockWait, StateLocked, acquire, acquire_within, holder, unlock
from sorasync.state.process import Process, is_dead, this_process
from sorasync.state.store import Store
from tests.state.making import TickingClock, about_files, open_store

ROOT = Path(__file__).parents[2]

CONTEND = """
import sys
from pathlib import Path
from tests.state.making import open_store
from sorasync.state.lock import StateLocked, acquire
from sorasync.clock import SystemClock
store = open_store(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
try:
    acquire(store, "apply", SystemClock())
    print("got", flush=True)
except StateLocked as locked:
    print("refused", locked.message, flush=True)
sys.stdin.readline()
"""


def contender(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CONTEND, str(root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def go(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def test_the_refusal_says_who_holds_the_lock_and_since_when() -> None:
    clock = TickingClock()
    store = Store.memory(clock)
    with acquire(store, "apply --env live", clock) as lock:
        clock.at += 30
        lock.beat()
        clock.at += 90
        with pytest.raises(StateLocked) as caught:
            acquire(store, "apply", clock)
    me = this_process()
    for part in (me.user, me.host, str(me.pid), "`apply --env live`", "2023-11-14 22:13:20 UTC", "2 min ago"):
        assert part in caught.value.message
    assert f"sorasync state unlock {lock.id}" in str(caught.value.hint)
    assert holder(store) is None


def test_a_released_lock_can_be_taken_again_and_is_released_after_errors() -> None:
    store, clock = Store.memory(), TickingClock()
    with pytest.raises(RuntimeError), acquire(store, "apply", clock):
        raise RuntimeError("in the middle")
    with acquire(store, "apply", clock) as lock:
        assert lock.notices == ()


@about_files
def test_of_two_processes_one_gets_the_lock_and_its_death_frees_it(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    children = [contender(tmp_path) for _ in range(2)]
    assert [line(child) for child in children] == ["ready", "ready"]
    for child in children:
        go(child)
    answers = [line(child) for child in children]
    winner = children[0] if answers[0] == "got" else children[1]
    assert sorted(answer.split()[0] for answer in answers) == ["got", "refused"]
    assert f"process {winner.pid}" in "".join(answers)
    with open_store(tmp_path) as store:
        assert store.briefs() == {}
        with pytest.raises(StateLocked):
            acquire(store, "apply", TickingClock())
        for child in children:
            child.kill()
            child.wait()
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            child.stdout.close()
        with acquire(store, "apply", TickingClock()) as lock:
            assert f"process {winner.pid}" in lock.notices[0]
            assert "has ended" in lock.notices[0]
        assert store.events()[-1].what == "lock broken"


def test_a_process_with_a_used_number_is_not_taken_for_the_holder() -> None:
    me = this_process()
    assert not is_dead(me)
    assert is_dead(me._replace(started="another boot 123"))


def test_nothing_is_said_of_processes_elsewhere() -> None:
    me = this_process()
    gone = me._replace(pid=2**22 + 1)
    assert is_dead(gone)
    assert not is_dead(gone._replace(host="elsewhere"))
    assert not is_dead(gone._replace(machine="a container of the same name"))
    assert not is_dead(gone._replace(started=""))


def test_a_lock_of_another_machine_waits_for_its_owner_or_an_unlock() -> None:
    store, clock = Store.memory(), TickingClock()
    acquire(store, "apply", clock)
    with store.transaction():
        store.session.write("UPDATE locks SET host = 'runner-7', pid = 4194305")
    clock.at += 7 * 86400
    with pytest.raises(StateLocked, match=r"on runner-7 .*7 d ago") as caught:
        acquire(store, "apply", clock)
    with pytest.raises(StateError, match="is not wrong"):
        unlock(store, "wrong")
    unlock(store, caught.value.holder.id)
    with acquire(store, "apply", clock):
        pass
    with pytest.raises(StateError, match="not locked"):
        unlock(store, caught.value.holder.id)


def test_who_was_unlocked_learns_it_at_the_next_beat() -> None:
    store, clock = Store.memory(), TickingClock()
    lock = acquire(store, "apply", clock)
    unlock(store, lock.id)
    with acquire(store, "apply", clock) as other:
        with pytest.raises(LockLost, match="was taken from this process"):
            asyncio.run(lock.keep_beating())
        lock.release()
        assert holder(store) is not None
        other.beat()


def test_waiting_ends_when_the_lock_is_free() -> None:
    store = Store.memory()

    class Releasing(TickingClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if self.at > 1_700_000_003:
                first.release()

    clock = Releasing()
    first = acquire(store, "apply", clock)
    second = asyncio.run(acquire_within(store, LockWait("apply", 10), clock))
    assert clock.at == 1_700_000_004
    second.release()


def test_waiting_is_bounded() -> None:
    store, clock = Store.memory(), TickingClock()
    with acquire(store, "apply", clock), pytest.raises(StateLocked):
        asyncio.run(acquire_within(store, LockWait("apply", 2.5), clock))
    assert clock.at == 1_700_000_002.5


def test_beats_change_no_serial_and_may_come_from_a_thread() -> None:
    store, clock = Store.memory(), TickingClock()
    with acquire(store, "apply", clock) as lock:
        before = (store.serial, len(store.events()))
        clock.at += 15
        thread = threading.Thread(target=lock.beat)
        thread.start()
        thread.join()
        held = holder(store)
        assert held is not None
        assert held.heartbeat == clock.at
        assert (store.serial, len(store.events())) == before


def test_a_process_is_described_by_more_than_its_number() -> None:
    me = this_process()
    assert isinstance(me, Process)
    assert me.user
    assert me.started


def test_who_waits_is_told_once_for_whom() -> None:
    store, told = Store.memory(), list[str]()
    clock = TickingClock()
    with acquire(store, "sorasync gc --delete", clock), pytest.raises(StateLocked):
        asyncio.run(acquire_within(store, LockWait("apply", 5, told.append), clock))
    assert len(told) == 1
    assert "waiting for the lock" in told[0]
    assert "`sorasync gc --delete`" in told[0]


@about_files
def test_nobody_goes_on_with_a_state_that_was_replaced_while_it_was_waited_for(tmp_path: Path) -> None:
    clock = TickingClock()
    with open_store(tmp_path) as waiting:
        set_aside(tmp_path / "state" / "sorasync.db", clock, LockWait("recover"))
        with pytest.raises(StateError, match="replaced"):
            acquire(waiting, "apply", clock)
        with open_store(tmp_path) as anew, pytest.raises(StateError, match="replaced"):
            assert acquire(anew, "apply", clock)
            acquire(waiting, "apply", clock)
