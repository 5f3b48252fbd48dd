"""When a change counts, and how long it is waited for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import pytest

from sorasync.operations.project import Project
from sorasync.watch.saves import (
    Noticing,
    directories_of,
    git_at_work,
    must_poll,
    places_of,
    wait_until_written,
)
from tests.watch.kit import Library


def test_a_lock_of_git_means_that_it_is_at_work_unless_it_is_old(tmp_path: Path) -> None:
    library = tmp_path / "films/film"
    (tmp_path / ".git").mkdir()
    library.mkdir(parents=True)
    lock = tmp_path / ".git/index.lock"
    assert not git_at_work(library)
    lock.touch()
    assert git_at_work(library)
    os.utime(lock, (time.time() - 60, time.time() - 60))
    assert not git_at_work(library)


def test_the_lock_of_a_linked_working_tree_is_found(tmp_path: Path) -> None:
    (tmp_path / "main/.git/worktrees/film").mkdir(parents=True)
    (tmp_path / "film").mkdir()
    (tmp_path / "film/.git").write_text(f"gitdir: {tmp_path / 'main/.git/worktrees/film'}\n")
    assert not git_at_work(tmp_path / "film")
    (tmp_path / "main/.git/worktrees/film/index.lock").touch()
    assert git_at_work(tmp_path / "film")


class Waits(threading.Event):
    """A stop that never comes, and is not waited for: at the third wait something happens instead."""

    def __init__(self, third: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.count, self.seconds, self._third = 0, 0.0, third

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.count += 1
        self.seconds += timeout
        if self.count == 3:
            self._third()
        return False


def test_an_empty_manifest_is_waited_for_until_it_has_been_written(tmp_path: Path) -> None:
    manifest = tmp_path / "a.toml"
    manifest.touch()
    waits = Waits(lambda: manifest.write_text("[clips.kite]\n"))
    wait_until_written(tmp_path, [str(manifest)], waits)
    assert waits.count == 3


def test_a_manifest_that_stays_empty_is_not_waited_for_for_long(tmp_path: Path) -> None:
    (tmp_path / "a.toml").touch()
    waits = Waits()
    wait_until_written(tmp_path, [str(tmp_path / "a.toml")], waits)
    assert 0.2 < waits.seconds < 1


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("manifests/a.toml", True),
        ("manifests/refs/kitchen.png", True),
        ("sorasync.toml", True),
        ("manifests/.a.toml.swp", False),
        ("manifests/a.toml~", False),
        ("manifests/4913", False),
        ("manifests/4913.toml", True),
        ("assets/market.mp4", False),
        ("state/sorasync.db-wal", False),
        (".git/index", False),
    ],
)
def test_only_files_of_somebody_else_count(film: Library, name: str, counts: bool) -> None:
    places = places_of(Project.open(film.root))
    assert places.counts(str(film.root.resolve() / name)) is counts


def test_directories_of_named_files_are_watched_and_those_below_the_manifests_are_already(
    film: Library,
) -> None:
    film.write("texts/kite.txt", "A kite")
    film.write("manifests/refs/kite.txt", "A kite")
    found = directories_of(film.root, ["texts/kite.txt", "manifests/refs/kite.txt"])
    places = places_of(Project.open(film.root), found)
    assert places.deep == (film.root / "manifests",)
    assert places.flat == (film.root, film.root / "texts")


def test_a_directory_that_was_replaced_is_another_place(film: Library) -> None:
    project = Project.open(film.root)
    before = places_of(project)
    (film.root / "manifests").rename(film.root / "old")
    (film.root / "manifests").mkdir()
    assert places_of(project) != before


def test_what_a_link_points_to_is_watched_where_it_is(film: Library) -> None:
    film.write("shared/lamp.toml", "")
    film.write("more/deep/x.toml", "")
    (film.root / "manifests/lamp.toml").symlink_to("../shared/lamp.toml")
    (film.root / "manifests/deep").symlink_to("../more/deep")
    found = directories_of(film.root, ["manifests/lamp.toml", "manifests/deep/x.toml"])
    assert places_of(Project.open(film.root), found).flat == (
        film.root,
        film.root / "more/deep",
        film.root / "shared",
    )


@pytest.mark.parametrize(("value", "polls"), [("", False), ("0", False), ("1", True), ("true", True)])
def test_the_variable_of_watchfiles_asks_for_looking(
    film: Library, monkeypatch: pytest.MonkeyPatch, value: str, polls: bool
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", value)
    assert must_poll(Project.open(film.root)) is polls


class Refusing:
    """A system that reports no changes, as watchfiles says it."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *_directories: object, **_options: object) -> object:
        raise self.error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError("OS file watch limit reached. about [/film]"), "fs.inotify.max_user_watches"),
        (RuntimeError("Error creating recommended watcher: Too many open files (os error 24)"), "instances"),
        (PermissionError("Permission denied: /film/manifests/closed"), "cannot be watched"),
        (OSError("Function not implemented (os error 38)"), "does not report changes here"),
    ],
)
def test_where_the_system_reports_no_changes_that_is_said_once_and_saves_are_still_seen(
    film: Library, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    monkeypatch.setattr("watchfiles.watch", Refusing(error))
    heard: SimpleQueue[object] = SimpleQueue()
    project = Project.open(film.root)
    noticing = Noticing(project.root, heard.put, heard.put, poll=False)
    noticing.watch(places_of(project))
    said = [heard.get(timeout=20) for _ in range(3)]
    film.write("manifests/deep/b.toml", "[clips.lamp]\n")
    until_seen = iter(lambda: heard.get(timeout=20), None)
    seen = next(paths for paths in until_seen if isinstance(paths, frozenset) and paths)
    noticing.close()
    assert [text for text in said if isinstance(text, str)] == [text for text in said if why in str(text)]
    assert sum(isinstance(text, str) for text in said) == 1
    assert str(film.root.resolve() / "manifests/deep/b.toml") in seen
