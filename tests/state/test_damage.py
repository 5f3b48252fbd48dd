"""Broken files, full disks, killed processes, schemas of other versions."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from sorasync.state import connect as connecting
from sorasync.state import filesystem
from sorasync.state import migrate as migrating
from sorasync.state.errors import StateError
from sorasync.state.migrate import migrate, migrate_in_memory, refuse_strangers, version
from sorasync.state.migrations import MIGRATIONS, VERSION
from sorasync.state.record import Status
from sorasync.state.store import Store
from tests.state.making import URL, a_record, open_store, render

# What may happen to a file.
ONE_DATABASE = "sqlite"

ROOT = Path(__file__).parents[2]


def state_file(root: Path) -> Path:
    path = root / "state" / "sorasync.db"
    path.parent.mkdir(exist_ok=True)
    return path


def run_child(root: Path, body: str) -> subprocess.Popen[str]:
    """A process of its own with a store of the library open as `store`."""
    code = "from tests.state.making import *\nfrom pathlib import Path\nimport sys\n"
    code += f"store = open_store(Path({str(root)!r}))\n" + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"this is no database, but it is long enough to look at" * 40, "is not a SQLite database"),
        (b"SQLite format 3\x00" + b"\xff" * 4000, "is not a SQLite database|is damaged"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    tmp_path: Path, content: bytes, message: str, readonly: bool
) -> None:
    state_file(tmp_path).write_bytes(content)
    with pytest.raises(StateError, match=message) as caught:
        open_store(tmp_path, readonly=readonly)
    assert "restore" in str(caught.value.hint)
    assert state_file(tmp_path).read_bytes() == content


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(state_file(tmp_path)) as other:
        other.execute("CREATE TABLE holidays (day TEXT)")
    other.close()
    with pytest.raises(StateError, match="not a state of sorasync"):
        open_store(tmp_path)


def test_a_truncated_state_is_noticed_before_it_is_written_to(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for number in range(30):
            render(store, f"clip-{number}")
    path = state_file(tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StateError, match="is damaged") as caught:
        open_store(tmp_path)
    assert "restore" in str(caught.value.hint)


def test_a_state_that_lost_all_its_bytes_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    from sorasync.state.backup import backup

    with open_store(tmp_path) as store:
        render(store)
        backup(store)
    state_file(tmp_path).write_bytes(b"")
    with pytest.raises(StateError, match="is empty, though there are backups"):
        open_store(tmp_path)


def test_a_large_state_is_checked_after_a_crash_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path) as store:
        for number in range(30):
            render(store, f"clip-{number}")
        page = store.session.row("SELECT rootpage FROM sqlite_master WHERE name = 'events_run'")
    assert page is not None
    with state_file(tmp_path).open("rb+") as file:
        file.seek((page[0] - 1) * 4096)
        file.write(b"\x55" * 4096)
    monkeypatch.setattr(connecting, "SMALL", 0)
    open_store(tmp_path).close()
    (tmp_path / "state" / "sorasync.db-wal").write_bytes(b"left over")
    with pytest.raises(StateError, match="is damaged"):
        open_store(tmp_path)


def test_a_directory_that_cannot_be_written_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path) as store:
        render(store)
    monkeypatch.setattr("sorasync.state.connect.os.access", lambda path, mode: False)
    with open_store(tmp_path, readonly=True) as reader:
        assert len(reader.briefs()) == 1
        assert [file.name for file in state_file(tmp_path).parent.iterdir()] == ["sorasync.db"]
    with open_store(tmp_path) as writer:
        render(writer, "more")
        with open_store(tmp_path, readonly=True) as reader:
            assert len(reader.briefs()) == 2


def test_a_directory_is_no_state(tmp_path: Path) -> None:
    state_file(tmp_path).mkdir()
    with pytest.raises(StateError, match="is a directory"):
        open_store(tmp_path)


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    child = run_child(
        tmp_path,
        """
        for number in range(100000):
            render(store, f"clip-{number}")
            print(number, flush=True)
        """,
    )
    assert child.stdout is not None
    said = [child.stdout.readline() for _ in range(15)]
    child.send_signal(signal.SIGKILL)
    # Not by `communicate` alone, which passes over what was read ahead with the lines above.
    said += child.stdout.read().splitlines()
    child.communicate()
    done = int(said[-1])
    with open_store(tmp_path) as store:
        bound = store.bindings()
        assert {f"clip.clip-{number}#1" for number in range(done + 1)} <= bound.keys()
        assert len(bound) <= done + 2
        for record in store.every_record():
            assert (record.status is Status.STORED) == (record.address in bound)
        assert store.session.rows("PRAGMA integrity_check") == [("ok",)]


def test_half_a_transaction_does_not_survive_a_kill(tmp_path: Path) -> None:
    child = run_child(
        tmp_path,
        """
        import os, signal
        render(store, "kept")
        with store.transaction():
            render(store, "half")
            os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    with open_store(tmp_path) as store:
        assert list(store.bindings()) == ["clip.kept#1"]


def test_a_full_database_loses_only_what_did_not_fit(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store, "kept")
        pages = store.session.row("PRAGMA page_count")
        assert pages is not None
        store.session.rows(f"PRAGMA max_page_count = {pages[0]}")
        serial = store.serial
        with pytest.raises(StateError, match="the disk is full") as caught:
            store.intend(a_record("big", request="x" * 100_000), run=None)
        assert "free some space" in str(caught.value.hint)
        assert store.serial == serial
        store.session.rows("PRAGMA max_page_count = 1000000")
        store.intend(a_record("big", request="x" * 100_000), run=None)
        assert len(store.briefs()) == 2


def test_a_file_that_may_not_grow_is_an_explained_error(tmp_path: Path) -> None:
    child = run_child(
        tmp_path,
        """
        import resource, signal
        from sorasync.state.errors import StateError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        render(store, "kept")
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        try:
            for number in range(1000):
                store.intend(a_record(f"clip-{number}", request="x" * 10_000), run=None)
        except StateError as error:
            print(number, error.message)
        """,
    )
    out, err = child.communicate(timeout=120)
    assert not err
    number, message = out.split(" ", 1)
    assert "disk" in message or "failed" in message
    with open_store(tmp_path) as store:
        assert len(store.briefs()) == int(number) + 1


def test_a_write_to_a_read_only_state_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store)
        store.session.rows("PRAGMA query_only = ON")
        with pytest.raises(StateError, match="read-only"):
            render(store, "more")
        store.session.rows("PRAGMA query_only = OFF")
        assert len(store.briefs()) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_can_be_read(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store)
    state_file(tmp_path).chmod(0o444)
    state_file(tmp_path).parent.chmod(0o555)
    try:
        with open_store(tmp_path, readonly=True) as store:
            assert len(store.briefs()) == 1
        with pytest.raises(StateError):
            open_store(tmp_path)
    finally:
        state_file(tmp_path).parent.chmod(0o755)


def test_a_later_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.session.rows(f"PRAGMA user_version = {VERSION + 7}")
    for readonly in (True, False):
        with pytest.raises(StateError, match=f"version {VERSION + 7}.* up to {VERSION}"):
            open_store(tmp_path, readonly=readonly)


NEXT = (*MIGRATIONS, ("ALTER TABLE runs ADD COLUMN branch TEXT", "CREATE INDEX runs_branch ON runs (branch)"))


@pytest.mark.parametrize("start", range(VERSION + 1))
def test_every_older_schema_is_brought_forward_with_its_rows(tmp_path: Path, start: int) -> None:
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    migrate(connection, NEXT[:start])
    if start:
        connection.execute(
            "INSERT INTO runs (command, user, host, pid, started_at) VALUES ('a', 'b', 'c', 1, 2)"
        )
    migrate(connection, NEXT)
    migrate(connection, NEXT)
    assert version(connection) == len(NEXT)
    assert connection.execute("SELECT count(branch), count(*) FROM runs").fetchone() == (0, int(bool(start)))
    assert connection.execute("SELECT name FROM _sqlite_migrations ORDER BY name").fetchall() == [
        (f"{position:04d}",) for position in range(1, len(NEXT) + 1)
    ]
    connection.close()


def test_a_migration_that_fails_leaves_the_older_schema(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    broken = (*NEXT, ("CREATE TABLE half (x)", "CREATE TABLE half (x)"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, broken)
    assert version(connection) == len(NEXT)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone() is None
    migrate(connection, (*NEXT, ("CREATE TABLE half (x)",)))
    assert version(connection) == len(NEXT) + 1
    connection.close()


def test_a_state_in_memory_has_the_same_schema_as_a_file(tmp_path: Path) -> None:
    def tables(connection: sqlite3.Connection) -> list[tuple[str]]:
        return connection.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name NOT LIKE '\\_sqlite%' ESCAPE '\\' "
            "AND sql IS NOT NULL ORDER BY name"
        ).fetchall()

    one = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    two = sqlite3.connect(":memory:", isolation_level=None)
    migrate(one)
    migrate_in_memory(two)
    refuse_strangers(one, "a.db")
    assert tables(one) == tables(two)
    assert len(tables(one)) > 10
    one.close()
    two.close()


def test_two_processes_may_make_the_state_at_once(tmp_path: Path) -> None:
    body = 'print(store.lineage); sys.stdin.close(); render(store, "clip-" + store.lineage[:1])'
    children = [run_child(tmp_path, body) for _ in range(2)]
    outputs = [child.communicate(timeout=120) for child in children]
    assert [err for _, err in outputs if err and "cannot go from" not in err] == []
    assert outputs[0][0] == outputs[1][0]


def test_an_older_schema_can_be_read_without_touching_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path) as store:
        render(store)
    before = state_file(tmp_path).read_bytes()
    monkeypatch.setattr(connecting, "VERSION", len(NEXT))
    monkeypatch.setattr(
        connecting, "migrate_in_memory", lambda found: migrating.migrate_in_memory(found, NEXT)
    )
    with open_store(tmp_path, readonly=True) as store:
        assert len(store.briefs()) == 1
        assert store.session.rows("SELECT branch FROM runs") == []
    assert state_file(tmp_path).read_bytes() == before


def test_a_network_file_system_gets_no_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "network_type", lambda path: "nfs4")
    with Store.open(URL, tmp_path) as store:
        assert store.session.row("PRAGMA journal_mode") == ("delete",)
        assert "network file system (nfs4)" in store.warnings[0]
        render(store)
    with Store.open(URL, tmp_path, readonly=True) as store:
        assert len(store.bindings()) == 1


def test_the_longest_mount_point_decides(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    share = tmp_path / "a share"
    mounts.write_text(
        f"/dev/vda / ext4 rw 0 0\nserver:/x {str(share).replace(' ', chr(92) + '040')} nfs4 rw 0 0\n"
        f"/dev/vdb {str(share).replace(' ', chr(92) + '040')}/local ext4 rw 0 0\nbroken\n"
    )
    assert filesystem.network_type(share / "state.db", mounts) == "nfs4"
    assert filesystem.network_type(share / "local" / "state.db", mounts) is None
    assert filesystem.network_type(tmp_path / "a shared.db", mounts) is None
    assert filesystem.network_type(share, tmp_path / "missing") is None


def test_opening_an_up_to_date_state_is_cheap_to_import(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store)
    child = run_child(
        tmp_path, "store.briefs(); print([m for m in ('sqlite_utils', 'numpy') if m in sys.modules])"
    )
    assert child.communicate(timeout=120) == ("[]\n", "")


def test_connecting_twice_finds_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a b%20#?.db"
    for _ in range(2):
        connecting.connect(path, create=True, readonly=False).database.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_state_that_another_process_makes_while_it_is_looked_at_is_no_stranger(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    other = sqlite3.connect(path, isolation_level=None)
    one = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")

    def make(sql: str) -> None:
        if "sqlite_master" in sql:
            one.set_trace_callback(None)
            migrate(other)

    with closing(one), closing(other):
        one.set_trace_callback(make)
        refuse_strangers(one, "a.db")
        assert version(one) > 0
