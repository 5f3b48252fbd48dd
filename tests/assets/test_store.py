"""The store of objects: adopting, finding, checking and removing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sorasync.assets.disk import exclusive_part
from sorasync.assets.drift import FileDrift, check, stat_facts
from sorasync.assets.file_errors import DamagedFile, PartBusy
from sorasync.assets.store import AssetStore
from tests.assets.helpers import digest, put

DATA = b"a video" * 1000
SHA = digest(DATA)


@pytest.fixture
def store(tmp_path: Path) -> AssetStore:
    return AssetStore(tmp_path / "assets")


def test_looking_at_a_store_makes_nothing_on_disk(store: AssetStore) -> None:
    assert store.present() == {}
    assert store.objects() == {}
    assert not store.verify(SHA)
    assert store.free_bytes() > 0
    assert store.remove(SHA) == 0
    assert not store.path.exists()


def test_an_adopted_part_is_a_read_only_object_named_by_its_digest(store: AssetStore) -> None:
    part = store.temporary("ab" * 32, ".mp4")
    part.write_bytes(DATA)
    stored = store.adopt(part, SHA, ".mp4")
    assert stored.new
    assert stored.size == len(DATA)
    assert stored.path == store.path / ".store" / SHA[:2] / f"{SHA}.mp4" == store.path_of(SHA)
    assert stored.path.read_bytes() == DATA
    assert stat.S_IMODE(stored.path.stat().st_mode) == 0o444
    assert not part.exists()
    assert store.present() == {SHA: len(DATA)}
    assert store.verify(SHA)


def test_the_part_of_a_key_is_the_same_file_in_every_process(store: AssetStore) -> None:
    assert store.temporary("cd" * 32) == AssetStore(store.path).temporary("cd" * 32)
    assert store.temporary("cd" * 32) != store.temporary("cd" * 32, ".webp")


@pytest.mark.parametrize("key", ["", "../up", "a/b", ".hidden", "x" * 129])
def test_a_key_never_leads_out_of_the_store(store: AssetStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        store.temporary(key)


def test_only_digests_and_known_suffixes_name_objects(store: AssetStore) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.path_of("../../etc/passwd")
    with pytest.raises(ValueError, match="not a suffix"):
        store.path_of(SHA, "/../x")


def test_a_part_with_other_bytes_than_promised_is_refused_and_kept(store: AssetStore) -> None:
    part = store.temporary(SHA)
    part.write_bytes(b"something else")
    with pytest.raises(DamagedFile):
        store.adopt(part, SHA)
    assert part.exists()
    assert store.present() == {}


def test_adopting_again_changes_nothing_and_drops_the_second_part(store: AssetStore) -> None:
    put(store, DATA)
    inode = store.path_of(SHA).stat().st_ino
    part = store.temporary("ef" * 32)
    part.write_bytes(DATA)
    assert not store.adopt(part, SHA).new
    assert not part.exists()
    assert store.path_of(SHA).stat().st_ino == inode


def test_adopting_after_a_crash_behind_the_move_succeeds(store: AssetStore) -> None:
    put(store, DATA)
    gone = store.temporary(SHA)
    assert not gone.exists()
    assert store.adopt(gone, SHA).size == len(DATA)


def test_adopting_what_is_nowhere_is_an_error(store: AssetStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.adopt(store.temporary(SHA), SHA)


def test_a_damaged_object_is_healed_by_adopting_a_whole_one(store: AssetStore) -> None:
    put(store, DATA)
    store.path_of(SHA).chmod(0o644)
    store.path_of(SHA).write_bytes(b"x" * len(DATA))
    assert not store.verify(SHA)
    put(store, DATA)
    assert store.verify(SHA)


def test_a_link_that_leads_nowhere_gives_its_place_to_the_video(store: AssetStore) -> None:
    part = store.temporary("k")
    part.write_bytes(DATA)
    target = store.path_of(SHA)
    target.parent.mkdir()
    target.symlink_to(target)
    assert store.adopt(part, SHA).new
    assert store.verify(SHA)
    assert not target.is_symlink()


def test_every_directory_that_the_first_video_makes_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    original = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        original(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    store = AssetStore(tmp_path / "videos" / "assets")
    put(store, DATA)
    made = [store.path_of(SHA).parent, store.root, store.path, store.path.parent, tmp_path]
    assert {directory.stat().st_ino for directory in made} <= set(synced)


def test_adopting_leaves_no_file_open_whatever_goes_wrong(store: AssetStore) -> None:
    put(store, DATA)
    descriptors = Path("/dev/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(3):
        part = store.temporary("k")
        part.write_bytes(b"other bytes")
        with pytest.raises(DamagedFile):
            store.adopt(part, SHA)
        with exclusive_part(part, create=False), pytest.raises(PartBusy):
            store.adopt(part, SHA)
        part.unlink()
        with pytest.raises(FileNotFoundError):
            store.adopt(part, "0" * 64)
    assert len(list(descriptors.iterdir())) <= before


def test_a_crash_between_read_only_and_the_move_leaves_a_part_that_can_be_adopted(store: AssetStore) -> None:
    part = store.temporary(SHA)
    part.write_bytes(DATA)
    part.chmod(0o444)
    assert store.adopt(part, SHA).new


def test_a_picture_is_filed_under_its_video_and_goes_with_it(store: AssetStore) -> None:
    put(store, DATA, picture=b"webp")
    assert store.path_of(SHA, ".webp").read_bytes() == b"webp"
    assert store.present() == {SHA: len(DATA)}
    assert set(store.objects()) == {f"{SHA}.mp4", f"{SHA}.webp"}
    assert store.remove(SHA) == len(DATA) + 4
    assert store.objects() == {}
    assert store.remove(SHA) == 0


def test_strange_files_in_the_store_are_no_objects(store: AssetStore) -> None:
    put(store, DATA)
    shard = store.path_of(SHA).parent
    (shard / ".write-abc").write_bytes(b"")
    (shard / "notes.mp4").write_bytes(b"")
    (store.root / "README").write_bytes(b"")
    assert store.present() == {SHA: len(DATA)}


def test_only_old_parts_that_nobody_writes_are_cleared(store: AssetStore) -> None:
    old, busy, young = (store.temporary(name * 32) for name in ("aa", "bb", "cc"))
    for part in (old, busy, young):
        part.write_bytes(b"12345")
    for part in (old, busy):
        os.utime(part, (100, 100))
    with exclusive_part(busy, create=False):
        assert store.clear_parts(before=200) == 5
    assert [part.exists() for part in (old, busy, young)] == [False, True, True]


def test_a_part_under_another_writer_is_busy(store: AssetStore) -> None:
    part = store.temporary(SHA)
    part.write_bytes(DATA)
    with exclusive_part(part, create=False), pytest.raises(PartBusy):
        store.adopt(part, SHA)
    assert store.adopt(part, SHA).new


def test_a_writer_never_gets_hold_of_an_object_that_was_just_adopted(
    store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = store.temporary(SHA)
    part.write_bytes(DATA)
    real_open = os.open
    adopted: list[bool] = []

    def open_then_lose(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = real_open(path, flags, mode)
        if path == part and not adopted:
            adopted.append(True)
            part.replace(store.root / "object")
        return handle

    monkeypatch.setattr(os, "open", open_then_lose)
    with exclusive_part(part, create=True) as handle:
        os.write(handle, b"new")
    assert (store.root / "object").read_bytes() == DATA
    assert part.read_bytes() == b"new"


_ADOPT = """
import sys
from pathlib import Path
from sorasync.assets.store import AssetStore
store = AssetStore(Path(sys.argv[1]))
part = store.temporary(sys.argv[2])
part.write_bytes(b"a video" * 1000)
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
sys.stdout.write(str(store.adopt(part, sys.argv[3]).new))
"""


def test_two_processes_adopting_the_same_bytes_make_one_object(store: AssetStore) -> None:
    def start(key: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _ADOPT, str(store.path), key, SHA]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with start("aa" * 32) as first, start("bb" * 32) as second:
        for process in (first, second):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in (first, second):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = sorted(process.communicate()[0] for process in (first, second))
    assert answers == ["False", "True"]
    assert store.verify(SHA)
    assert list((store.root / "tmp").iterdir()) == []


def test_many_threads_adopting_the_same_bytes_make_one_object(store: AssetStore) -> None:
    parts = [store.temporary(f"{number:064x}") for number in range(8)]
    for part in parts:
        part.write_bytes(DATA)
    new: list[bool] = []
    threads = [threading.Thread(target=lambda p=part: new.append(store.adopt(p, SHA).new)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False] * 7 + [True]


def _overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "drift"),
    [
        (lambda path: None, FileDrift.OK),
        (lambda path: os.utime(path, (1, 1)), FileDrift.OK),
        (lambda path: path.unlink(), FileDrift.MISSING),
        (lambda path: _overwrite(path, DATA[:-1]), FileDrift.DAMAGED),
        (lambda path: _overwrite(path, DATA[:-1] + b"?"), FileDrift.DAMAGED),
    ],
)
@pytest.mark.parametrize("remembered", [True, False])
def test_drift_is_found(
    store: AssetStore, change: Callable[[Path], None], drift: FileDrift, remembered: bool
) -> None:
    put(store, DATA)
    os.utime(store.path_of(SHA), (5, 5))
    known = stat_facts(store, SHA) if remembered else None
    change(store.path_of(SHA))
    assert check(store, SHA, known) is drift


def test_an_unchanged_file_is_not_read_again(store: AssetStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, DATA)
    known = stat_facts(store, SHA)
    monkeypatch.setattr(AssetStore, "verify", lambda *_: pytest.fail("read the file"))
    assert check(store, SHA, known) is FileDrift.OK
