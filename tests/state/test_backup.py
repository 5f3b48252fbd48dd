"""Copies of the state, and the state as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sorasync.state.backup import backup, backups, restore
from sorasync.state.errors import StateError
from sorasync.state.export import export_state, import_state
from sorasync.state.lock import LockWait, StateLocked, acquire, holder
from sorasync.state.lockfile import reconcile, write
from sorasync.state.store import Store
from tests.state.making import URL, TickingClock, about_files, open_store, render


def state(root: Path) -> Path:
    return root / "state" / "sorasync.db"


@about_files
def test_a_backup_brings_the_state_back_even_from_rubble(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store, "one")
        assert backup(store) is not None
        render(store, "two")
    state(tmp_path).write_bytes(b"rubble")
    aside = restore(state(tmp_path), 1, TickingClock(), LockWait("restore"))
    assert aside is not None
    assert aside.read_bytes() == b"rubble"
    with open_store(tmp_path) as store:
        assert set(store.bindings()) == {"clip.one#1"}
        assert store.events()[-1].what == "backup restored"


@about_files
def test_a_restored_state_has_a_serial_of_its_own_and_no_lock(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store, "one")
        lock = acquire(store, "apply", TickingClock())
        backup(store)
        lock.release()
        render(store, "two")
        serial, lineage = store.serial, store.lineage
    restore(state(tmp_path), 1, TickingClock(), LockWait("restore"))
    with open_store(tmp_path) as store:
        assert (store.serial, store.lineage, holder(store)) == (serial + 1, lineage, None)


@about_files
def test_a_state_restored_in_the_place_of_a_lost_one_has_a_serial_above_the_copys(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store, "one")
        backup(store)
        serial = store.serial
    state(tmp_path).unlink()
    restore(state(tmp_path), 1, TickingClock(), LockWait("restore"))
    with open_store(tmp_path) as store:
        assert store.serial == serial + 1


@about_files
def test_the_lock_file_brings_a_restored_state_forward_again(tmp_path: Path) -> None:
    path = tmp_path / "sorasync.lock"
    with open_store(tmp_path) as store:
        render(store, "one")
        write(store, path)
        backup(store)
        render(store, "two")
        write(store, path)
        before = store.briefs()
    restore(state(tmp_path), 1, TickingClock(), LockWait("restore"))
    with open_store(tmp_path) as store:
        assert store.briefs() != before
        reconcile(store, path)
        assert store.briefs() == before


@about_files
def test_only_the_latest_backups_are_kept_and_only_of_changes(tmp_path: Path) -> None:
    clock = TickingClock()
    with Store.open(URL, tmp_path, clock=clock) as store:
        assert backup(store) is None
        for number in range(5):
            render(store, f"clip-{number}")
            assert backup(store, kept=3) is not None
            assert backup(store, kept=3) is None
            clock.at += 60
        found = backups(state(tmp_path))
        assert [entry.number for entry in found] == [1, 2, 3]
        assert [entry.serial for entry in found] == [20, 16, 12]
        assert found[0].at == clock.at - 60
        assert found[0].size > 0
    assert len(list((tmp_path / "state" / "backups").iterdir())) == 3
    assert backup(Store.memory()) is None


@about_files
def test_a_state_in_use_is_not_replaced(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store)
        backup(store)
        with acquire(store, "apply", TickingClock()), pytest.raises(StateLocked):
            restore(state(tmp_path), 1, TickingClock(), LockWait("restore"))
        assert len(store.briefs()) == 1


@about_files
def test_a_backup_that_is_damaged_or_missing_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store)
        taken = backup(store)
    assert taken is not None
    with pytest.raises(StateError, match="no backup 2"):
        restore(state(tmp_path), 2, TickingClock(), LockWait("restore"))
    taken.write_bytes(taken.read_bytes()[:5000])
    with pytest.raises(StateError, match="damaged"):
        restore(state(tmp_path), 1, TickingClock(), LockWait("restore"))
    with open_store(tmp_path) as store:
        assert len(store.briefs()) == 1


def test_an_export_comes_back_exactly(tmp_path: Path) -> None:
    clock = TickingClock(1.1e9 + 0.1)
    store = Store.memory(clock)
    run = store.start_run("apply", "ann", "box", 1)
    render(store, "it's")
    store.add_asset("t", 1, "thumbnail", "webp", of=next(iter(store.assets())))
    store.finish_run(run, "done", {"create": 1})
    text = export_state(store)
    other = open_store(tmp_path)
    import_state(other, text)
    assert export_state(other) == text
    assert (other.lineage, other.serial) == (store.lineage, store.serial)
    assert other.briefs() == store.briefs()
    assert other.start_run("apply", "ann", "box", 2) == run + 1
    assert export_state(store) == text
    assert list(json.loads(text)) == sorted(json.loads(text))
    with pytest.raises(StateError, match="empty state"):
        import_state(other, text)
    other.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not an export"),
        ('{"tables": {}, "format_version": 2, "schema_version": 2}', "format 2"),
        ('{"tables": {}, "format_version": 1, "schema_version": 2}', "no lineage"),
    ],
)
def test_an_import_of_something_else_is_refused(text: str, message: str) -> None:
    store = Store.memory()
    with pytest.raises(StateError, match=message):
        import_state(store, text)
    assert store.serial == 0


def test_an_import_with_a_bad_row_imports_nothing() -> None:
    full = Store.memory()
    render(full)
    document = json.loads(export_state(full))
    del document["tables"]["bindings"][0]["protect"]
    store = Store.memory()
    with pytest.raises(StateError, match="a row of bindings"):
        import_state(store, json.dumps(document))
    document["tables"]["bindings"][0] |= {"protect": 0, "key": "of nothing"}
    with pytest.raises(StateError):
        import_state(store, json.dumps(document))
    assert store.briefs() == {}


@about_files
def test_a_restore_that_fails_leaves_the_state_where_it_was_and_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path) as store:
        render(store, "one")
        backup(store)
        render(store, "two")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sorasync.state.backup.shutil.copyfile", full)
    with pytest.raises(StateError, match="No space left"):
        restore(state(tmp_path), 1, TickingClock(), LockWait("restore"))
    with open_store(tmp_path) as store:
        assert len(store.briefs()) == 2
        assert holder(store) is None
    assert [path.name for path in state(tmp_path).parent.iterdir()] == ["backups", "sorasync.db"]
