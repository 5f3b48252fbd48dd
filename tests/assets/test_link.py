"""Human names on stored files: minimal, safe for what is not ours, whole after a crash."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorasync.assets.file_errors import AssetError
from sorasync.assets.file_names import Link
from sorasync.assets.link import LinkReport, link_all
from sorasync.assets.link_kind import Way
from sorasync.assets.store import AssetStore
from tests.assets.helpers import digest, directories, names, put, view


@pytest.fixture
def store(tmp_path: Path) -> AssetStore:
    return AssetStore(tmp_path / "assets")


def refuse(monkeypatch: pytest.MonkeyPatch, number: int, *calls: str) -> None:
    """Let the file system refuse hard links, and symlinks where named."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    for call in calls:
        monkeypatch.setattr(os, call, refused)


WAYS: list[tuple[tuple[str, ...], Way]] = [
    ((), Way.LINK),
    (("link",), Way.SYMLINK),
    (("link", "symlink"), Way.COPY),
]


@pytest.fixture(params=WAYS, ids=[way.value for _, way in WAYS])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Each way of naming in turn, forced by refusing the better ones."""
    calls, expected = request.param
    refuse(monkeypatch, errno.EPERM, *calls)
    assert isinstance(expected, Way)
    return expected


def test_nothing_wanted_makes_nothing(store: AssetStore) -> None:
    assert link_all(store, {}) == LinkReport(made=(), removed=(), kept=0)
    assert not store.path.exists()


def test_names_stand_for_objects_whichever_way_the_file_system_allows(store: AssetStore, way: Way) -> None:
    one, two = put(store, b"one", picture=b"picture"), put(store, b"two")
    wanted = view(market=one, market__take_1=two) | {"market.webp": Link(one, ".webp")}
    report = link_all(store, wanted)
    assert report.made == ("market.mp4", "market.webp", "market/take_1.mp4")
    assert report.way is way
    assert names(store) == {"market.mp4": b"one", "market.webp": b"picture", "market/take_1.mp4": b"two"}
    linked = (store.path / "market.mp4").stat().st_ino == store.path_of(one).stat().st_ino
    assert linked == (way is not Way.COPY)


def test_the_second_time_nothing_is_done(store: AssetStore, way: Way) -> None:
    wanted = view(market=put(store, b"one"), market__take_1=put(store, b"two"))
    link_all(store, wanted)
    before = (store.root / "names.json").stat()
    assert link_all(store, wanted) == LinkReport(made=(), removed=(), kept=2)
    after = (store.root / "names.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_views_follow_each_other(store: AssetStore, way: Way) -> None:
    one, two = put(store, b"one"), put(store, b"two")
    link_all(store, view(market=one, market__take_1=one, old__deep__er=two))
    report = link_all(store, view(market=two, market__take_1=one, bazaar__take_1=two))
    assert report.removed == ("old/deep/er.mp4",)
    assert report.made == ("bazaar/take_1.mp4", "market.mp4")
    assert report.kept == 1
    assert names(store) == {"market.mp4": b"two", "market/take_1.mp4": b"one", "bazaar/take_1.mp4": b"two"}
    assert directories(store) == ["bazaar", "market"]


def test_names_go_when_their_objects_are_gone(store: AssetStore, way: Way) -> None:
    one = put(store, b"one")
    link_all(store, view(market__take_1=one))
    store.remove(one)
    assert link_all(store, {}).removed == ("market/take_1.mp4",)
    assert list(store.path.iterdir()) == [store.root]


def test_a_wanted_name_whose_object_is_gone_keeps_the_last_copy(store: AssetStore) -> None:
    wanted = view(market=put(store, b"one"))
    link_all(store, wanted)
    store.remove(digest(b"one"))
    for _ in range(2):
        report = link_all(store, wanted)
        assert report.missing == ("market.mp4",)
        assert not report.changed
    assert names(store) == {"market.mp4": b"one"}


def test_the_last_copy_is_kept_in_a_library_copied_without_its_store(
    store: AssetStore, tmp_path: Path
) -> None:
    wanted = view(market=put(store, b"one"))
    link_all(store, wanted)
    copied = AssetStore(tmp_path / "copy")
    shutil.copytree(store.path, copied.path)
    copied.remove(digest(b"one"))
    assert link_all(copied, wanted).missing == ("market.mp4",)
    assert names(copied) == {"market.mp4": b"one"}


def test_a_name_without_an_object_is_reported_and_not_made(store: AssetStore) -> None:
    assert link_all(store, view(market="ab" * 32)).missing == ("market.mp4",)
    assert names(store) == {}


def test_a_name_never_shows_a_video_that_is_no_longer_its_own(store: AssetStore) -> None:
    link_all(store, view(market=put(store, b"one")))
    report = link_all(store, view(market="ab" * 32))
    assert (report.missing, report.removed) == (("market.mp4",), ("market.mp4",))
    assert names(store) == {}


def test_a_dangling_symlink_is_taken_away(store: AssetStore, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EXDEV, "link")
    link_all(store, view(market=put(store, b"one")))
    store.remove(digest(b"one"))
    assert link_all(store, view(market=digest(b"one"))).removed == ("market.mp4",)
    assert not os.path.lexists(store.path / "market.mp4")


def _file(path: Path) -> None:
    path.write_bytes(b"mine")


def _directory(path: Path) -> None:
    path.mkdir()
    (path / "mine.txt").write_bytes(b"mine")


def _symlink(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def _identity(path: Path) -> tuple[int, ...]:
    """What changes where something is replaced or written; looking at it changes the time of access only."""
    found = path.lstat()
    return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns


@pytest.mark.parametrize("intrude", [_file, _directory, _symlink, os.mkfifo])
@pytest.mark.parametrize("name", ["market.mp4", "market"])
def test_what_others_put_in_the_way_is_reported_and_left(
    store: AssetStore, intrude: Callable[[Path], None], name: str
) -> None:
    one = put(store, b"one")
    intrude(store.path / name)
    before = _identity(store.path / name)
    report = link_all(store, view(market=one, market__take_1=one, other=one))
    blocked = "market.mp4" if name == "market.mp4" else "market/take_1.mp4"
    if intrude is _directory and name == "market":
        assert report.conflicts == ()
        assert (store.path / "market" / "mine.txt").read_bytes() == b"mine"
    else:
        assert report.conflicts == (blocked,)
        assert _identity(store.path / name) == before
    assert (store.path / "other.mp4").read_bytes() == b"one"


def test_foreign_files_and_their_directories_outlive_every_view(store: AssetStore) -> None:
    link_all(store, view(market__take_1=put(store, b"one"), empty__x=put(store, b"one")))
    (store.path / "market" / "notes.txt").write_bytes(b"mine")
    (store.path / "mine").mkdir()
    link_all(store, {})
    assert names(store) == {"market/notes.txt": b"mine"}
    assert directories(store) == ["market", "mine"]


def test_a_foreign_file_with_the_wanted_bytes_is_no_conflict(store: AssetStore) -> None:
    one = put(store, b"one")
    (store.path / "market.mp4").write_bytes(b"one")
    report = link_all(store, view(market=one))
    assert (report.kept, report.conflicts, report.made) == (1, (), ())


def _edit_in_place(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"edited")


def test_a_name_that_somebody_edited_is_moved_aside(store: AssetStore, way: Way) -> None:
    one = put(store, b"one")
    link_all(store, view(market=one))
    for number in (1, 2):
        _edit_in_place(store.path / "market.mp4")
        report = link_all(store, view(market=one))
        assert report.edited == (("market.mp4", f"market.edited-{number}.mp4"),)
    assert names(store) == {
        "market.mp4": b"one",
        "market.edited-1.mp4": b"edited",
        "market.edited-2.mp4": b"edited",
    }


def test_an_edited_name_that_is_wanted_no_more_is_left_where_it_is(store: AssetStore, way: Way) -> None:
    link_all(store, view(market=put(store, b"one")))
    _edit_in_place(store.path / "market.mp4")
    for _ in range(2):
        assert not link_all(store, {}).changed
    assert names(store) == {"market.mp4": b"edited"}


def test_a_copy_edited_in_place_is_noticed(store: AssetStore, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EPERM, "link", "symlink")
    one = put(store, b"one")
    link_all(store, view(market=one))
    name = store.path / "market.mp4"
    name.chmod(0o644)
    name.write_bytes(b"two")
    os.utime(name, (1, 1))
    assert link_all(store, view(market=one)).edited == (("market.mp4", "market.edited-1.mp4"),)


def test_a_symlink_that_somebody_turned_elsewhere_is_moved_aside(
    store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, errno.EPERM, "link")
    one = put(store, b"one")
    link_all(store, view(market=one))
    (store.path / "market.mp4").unlink()
    (store.path / "market.mp4").symlink_to("elsewhere")
    assert link_all(store, view(market=one)).edited == (("market.mp4", "market.edited-1.mp4"),)
    assert (store.path / "market.edited-1.mp4").readlink() == Path("elsewhere")


def test_a_name_follows_an_object_that_was_healed(store: AssetStore) -> None:
    one = put(store, b"one")
    link_all(store, view(market=one))
    store.path_of(one).unlink()
    put(store, b"one")
    assert link_all(store, view(market=one)).made == ("market.mp4",)
    assert (store.path / "market.mp4").samefile(store.path_of(one))


def test_a_library_copied_without_its_links_gets_them_back(store: AssetStore, tmp_path: Path) -> None:
    wanted = view(market=put(store, b"one"), market__take_1=put(store, b"two"))
    link_all(store, wanted)
    copied = AssetStore(tmp_path / "copy")
    shutil.copytree(store.path, copied.path)
    report = link_all(copied, wanted)
    assert (report.edited, report.conflicts) == ((), ())
    assert report.made == ("market.mp4", "market/take_1.mp4")
    assert link_all(copied, wanted).kept == 2


def test_a_file_becomes_a_directory_and_back(store: AssetStore) -> None:
    one = put(store, b"one")
    flat, deep = {"a": Link(one)}, {"a/b": Link(one)}
    for wanted in (flat, deep, flat):
        assert link_all(store, wanted).conflicts == ()
        assert names(store) == dict.fromkeys(wanted, b"one")


def test_a_broken_ledger_only_makes_the_program_more_careful(store: AssetStore) -> None:
    one = put(store, b"one")
    link_all(store, view(market=one, gone=put(store, b"two")))
    (store.root / "names.json").write_text('{"format": 1, "names": {"gone.mp4": ["x"]}}')
    store.remove(digest(b"two"))
    link_all(store, view(market=one))
    assert names(store) == {"gone.mp4": b"two", "market.mp4": b"one"}


def test_a_ledger_of_a_newer_version_is_refused(store: AssetStore) -> None:
    put(store, b"one")
    (store.root / "names.json").write_text(json.dumps({"format": 99, "names": {}}))
    with pytest.raises(AssetError, match="format 99"):
        link_all(store, {})


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a//b", "a/./b", "", ".store", ".store/x", ".STORE/x", ".sorasync-tmp-1"]
)
def test_a_view_names_only_files_inside(store: AssetStore, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        link_all(store, {name: Link("ab" * 32)})


def test_a_view_does_not_name_a_file_as_a_directory(store: AssetStore) -> None:
    with pytest.raises(ValueError, match="both"):
        link_all(store, {"a": Link("ab" * 32), "a/b": Link("ab" * 32)})


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("call", ["link", "unlink", "rename", "replace", "rmdir", "mkdir", "fsync"])
@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("refused", [(), ("link",), ("link", "symlink")])
def test_a_crash_at_any_step_is_mended_by_the_next_run(
    store: AssetStore, call: str, after: int, refused: tuple[str, ...]
) -> None:
    one, two, three = (put(store, data) for data in (b"one", b"two", b"three"))
    with pytest.MonkeyPatch.context() as patch:
        refuse(patch, errno.EPERM, *refused)
        link_all(store, view(market=one, market__take_1=one, old__x=two, edited=three))
        _edit_in_place(store.path / "edited.mp4")
        (store.path / "mine.txt").write_bytes(b"mine")
        last = view(market=two, market__take_2=one, new__y=three, edited=three)
        with pytest.MonkeyPatch.context() as crashing:
            _crash_at(crashing, call, after)
            try:
                link_all(store, last)
            except Crash:
                assert set(names(store).values()) <= {b"one", b"two", b"three", b"edited", b"mine"}
        report = link_all(store, last)
    assert report.conflicts == report.missing == ()
    assert names(store) == {
        "edited.edited-1.mp4": b"edited",
        "edited.mp4": b"three",
        "market.mp4": b"two",
        "market/take_2.mp4": b"one",
        "mine.txt": b"mine",
        "new/y.mp4": b"three",
    }
    assert directories(store) == ["market", "new"]


def _crash_at(patch: pytest.MonkeyPatch, call: str, after: int) -> None:
    """End the process at one system call: after `after` of them were let through."""
    real = getattr(os, call)
    left = [after]

    def counted(*args: object, **options: object) -> object:
        if left[0] == 0:
            raise Crash
        left[0] -= 1
        return real(*args, **options)

    patch.setattr(os, call, counted)


NAMES = ["a.mp4", "b.mp4", "c/a.mp4", "c/b.mp4", "c/d/a.mp4", "e/a.mp4", "a.webp"]
CONTENTS = [b"one", b"two", b"three"]
VIEWS = st.lists(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CONTENTS)), min_size=1, max_size=5)
FOREIGN = st.dictionaries(
    st.sampled_from(["mine.txt", "c/mine.mp4", "f/mine", "a.mp4", "c/b.mp4"]), st.just(b"mine")
)


@settings(max_examples=60)
@given(views=VIEWS, foreign=FOREIGN, refused=st.sampled_from([(), ("link",), ("link", "symlink")]))
def test_any_sequence_of_views_leaves_the_last_one_and_what_others_put_there(
    views: list[dict[str, bytes]], foreign: dict[str, bytes], refused: tuple[str, ...]
) -> None:
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        refuse(patch, errno.EPERM, *refused)
        store = AssetStore(Path(directory))
        for data in CONTENTS:
            put(store, data)
        for name, data in foreign.items():
            (store.path / name).parent.mkdir(exist_ok=True)
            (store.path / name).write_bytes(data)
        for wanted in views:
            report = link_all(store, {name: Link(digest(data)) for name, data in wanted.items()})
            assert set(report.conflicts) == foreign.keys() & wanted.keys()
        assert names(store) == views[-1] | foreign
        assert not link_all(store, {name: Link(digest(data)) for name, data in views[-1].items()}).changed
