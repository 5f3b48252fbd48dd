"""Disks that are full, read-only or broken: no false success, and nothing half written is believed."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sorasync.state import connect as connecting
from sorasync.state.lockfile import read
from tests.recovery.world import TWO_CLIPS, World

# What is written, told by the name under which it is written first.
WRITES: dict[str, Callable[[Path], bool]] = {
    "assets": lambda path: path.suffix == ".part",
    "sidecars": lambda path: path.name.startswith(".write-") and len(path.parent.name) == 2,
    "names": lambda path: path.name.startswith(".write-") and path.parent.name == ".store",
    "lock file": lambda path: path.name.startswith(".write-") and (path.parent / "sorasync.toml").exists(),
    "backups": lambda path: "backups" in path.parts,
}

ERRORS = {"no space": errno.ENOSPC, "read-only": errno.EROFS, "broken": errno.EIO}


def failing(monkeypatch: pytest.MonkeyPatch, mine: Callable[[Path], bool], number: int, *, cut: bool) -> None:
    """Let writing such files fail: half of it is on disk then (`cut`), or all of it under its first name."""
    sync, replace, link = os.fsync, os.replace, os.link

    def refuse() -> None:
        raise OSError(number, os.strerror(number))

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if cut and mine(path):
            path.chmod(0o644)
            os.truncate(path, path.stat().st_size // 2)
            refuse()
        sync(descriptor)

    def moving(move: Callable[..., None]) -> Callable[..., None]:
        def moved(source: os.PathLike[str] | str, target: os.PathLike[str] | str, **rest: object) -> None:
            if not cut and mine(Path(source)):
                refuse()
            move(source, target, **rest)

        return moved

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", moving(replace))
    monkeypatch.setattr(os, "rename", moving(os.rename))
    monkeypatch.setattr(os, "link", moving(link))


def healthy_afterwards(world: World) -> None:
    """Once the disk is well again, one more apply makes everything whole, and nothing was paid twice."""
    world.apply()
    assert world.paid()[0] == 2
    assert world.plan() == {}
    assert world.run("state", "check").startswith("The state is OK: 2 records")
    assert world.json("drift", "--full")["drift"]["items"] == []
    lock = read(world.root / "sorasync.lock")
    assert lock is not None
    assert len(lock.bindings) == 2
    assert world.json("state", "recover")["unreadable"] == []
    assert all(video.with_suffix(".json").exists() for video in world.videos())
    assert not [path for path in world.root.rglob("*") if path.suffix == ".part" or ".write-" in path.name]


def one_done(world: World) -> None:
    world.write(TWO_CLIPS.partition("[clips.pier]")[0])
    world.apply()
    world.write(TWO_CLIPS)


@pytest.mark.parametrize("cut", [True, False], ids=["half written", "not renamed"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("what", WRITES)
def test_a_write_that_fails_is_told_and_leaves_nothing_half(
    kept: World, monkeypatch: pytest.MonkeyPatch, what: str, error: str, cut: bool
) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("files cannot be told by their descriptors here")
    one_done(kept)
    before = (kept.root / "sorasync.lock").read_text()

    with monkeypatch.context() as patch:
        failing(patch, WRITES[what], ERRORS[error], cut=cut)
        if what == "sidecars":
            kept.apply()
            assert "its sidecar file could not be written" in kept.err
        elif what in ("lock file", "names"):
            kept.run("apply", "--yes", code=4)
            assert "Apply: 1 done." in kept.out
            assert f"Not written: the {'names of the videos' if what == 'names' else what}: " in kept.out
        else:
            kept.run("apply", "--yes", code=1)
            assert os.strerror(ERRORS[error]) in kept.out + kept.err or "disk is full" in kept.out + kept.err
    if what == "lock file":
        assert (kept.root / "sorasync.lock").read_text() == before
    if what == "backups":
        assert kept.paid()[0] == 1
    healthy_afterwards(kept)


def test_notes_that_are_missing_are_written_by_the_next_apply_and_no_others(kept: World) -> None:
    kept.write(TWO_CLIPS)
    kept.apply()
    lost, whole = (video.with_suffix(".json") for video in kept.videos())
    before, text = whole.stat(), lost.read_text()
    lost.unlink()
    kept.run("plan", "--detailed-exitcode")
    assert not lost.exists()
    kept.apply()
    assert lost.read_text() == text
    assert whole.stat().st_ino == before.st_ino
    assert kept.paid()[0] == 2


def test_a_state_that_has_no_room_sends_nothing_and_says_so(
    kept: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_done(kept)
    settings = connecting._settings

    def small(connection: sqlite3.Connection, journal: str) -> None:
        settings(connection, journal)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    kept.write(TWO_CLIPS.replace("A pier", "A pier, " + "old and long " * 1000 + ","))
    with monkeypatch.context() as patch:
        patch.setattr(connecting, "_settings", small)
        kept.run("apply", "--yes", code=1)
        assert "the disk is full" in kept.out + kept.err
    assert kept.paid()[0] == 1
    healthy_afterwards(kept)


def test_nothing_is_paid_for_where_no_video_can_be_stored(world: World) -> None:
    world.write(TWO_CLIPS)
    (world.root / "assets" / ".store").mkdir(parents=True)
    (world.root / "assets" / ".store" / "tmp").write_text("")
    world.run("apply", "--yes", code=1)
    assert "nothing can be written in assets: File exists" in world.err
    assert world.paid()[0] == 0
    (world.root / "assets" / ".store" / "tmp").unlink()
    world.apply()
