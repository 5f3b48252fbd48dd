"""Lock files of two branches, merged by git itself: every merge can be read, and no paid render is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sorasync.state.lockfile import reconcile, write
from sorasync.state.lockfile_fields import LockFileBroken
from sorasync.state.lockfile_read import loads
from sorasync.state.lockfile_text import LockFile, PaidTwice, dumps
from sorasync.state.record import Status
from sorasync.state.store import Store
from tests.state.making import TickingClock, a_record, about_files, render

FORMAT_1 = Path(__file__).parent / "format_1"
ADDED = ("clip.a1#1", "clip.c1#1", "clip.c2#1", "clip.e1#1")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")


@dataclass
class Repository:
    """A repository whose one interesting file is a lock file."""

    root: Path
    union: bool = True

    @property
    def lock(self) -> Path:
        return self.root / "sorasync.lock"

    def git(self, *arguments: str, given: str = "", fail: bool = False) -> None:
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.fsync=none", *arguments],
            cwd=self.root,
            input=given.encode(),
            capture_output=True,
            check=False,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        )
        assert fail or done.returncode == 0, f"{arguments}: {done.stdout!r}{done.stderr!r}"

    def merged(self, base: str, ours: str, theirs: str) -> tuple[str, str]:
        """What `git merge` leaves in the file: of theirs into ours, and of ours into theirs."""
        attributes = "sorasync*.lock merge=union\n" if self.union else ""
        start = "from refs/heads/base"
        commits = (("base", "", base), ("ours", start, ours), ("theirs", start, theirs))
        self.git(
            "fast-import",
            "--quiet",
            "--force",
            given="".join(
                f"reset refs/heads/{name}\n\n"
                f"commit refs/heads/{name}\ncommitter a <a@b> 0 +0000\ndata 0\n{parent}\n"
                + file_command(".gitattributes", attributes)
                + file_command("sorasync.lock", text)
                for name, parent, text in commits
            ),
        )
        return self._merge("ours", "theirs"), self._merge("theirs", "ours")

    def _merge(self, into: str, what: str) -> str:
        self.git("checkout", "-q", "-f", "--detach", into)
        self.git("merge", "-q", "--no-edit", what, fail=not self.union)
        return self.lock.read_text()


def file_command(name: str, text: str) -> str:
    return f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = Repository(tmp_path_factory.mktemp("merge"))
    made.git("init", "-q", "-b", "main", ".")
    return made


Step = tuple[Literal["render", "change", "unbind", "gc", "protect", "fail", "send"], int]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["render", "change", "unbind", "gc", "protect", "fail", "send"]), st.integers(0, 3)
    ),
    max_size=5,
)


def base_store() -> Store:
    """Four clips one below the other, and a retired render of each of two."""
    store = Store.memory(TickingClock())
    for name in "abcd":
        render(store, name)
    for name in "ad":
        render(store, f"{name} old", address=f"clip.{name}#1")
        store.bind(f"clip.{name}#1", a_record(name).key, run=None)
    return store


def side(where: Path, base: str, steps: list[Step], name: str, at: float) -> tuple[str, set[str], set[str]]:
    """The lock file of a side that did those steps, the jobs that it paid for, and those that it deleted."""
    where.write_text(base)
    store = Store.memory(TickingClock())
    reconcile(store, where)
    clock = store.session.clock
    assert isinstance(clock, TickingClock)
    clock.at += at
    deleted: set[str] = set()
    for step, number in steps:
        clock.at += 10
        clip = f"clip.{'abcd'[number]}#1"
        match step:
            case "render" if a_record(ADDED[number]).key not in store.briefs():
                render(store, ADDED[number], address=ADDED[number], video=f"{name}-{number}")
            case "change":
                changed = f"{name}{clock.at}"
                store.bind(clip, render(store, changed, address=clip).key, run=None)
            case "unbind" if clip in store.bindings():
                store.unbind(clip)
            case "gc":
                bound = {binding.key for binding in store.bindings().values()}
                going = [r for r in store.every_record() if r.key not in bound and r.status is Status.STORED]
                deleted |= {record.remote_id for record in going if record.remote_id}
                store.forget([record.key for record in going])
            case "protect" if clip in store.bindings():
                store.protect(clip, True, run=None)
            case "fail":
                failed = store.intend(a_record(f"bad{clock.at}"), run=None)
                store.move(failed.key, Status.FAILED, run=None, error_code="no")
            case "send" if a_record(f"sent{number}").key not in store.briefs():
                sent = store.intend(a_record(f"sent{number}"), run=None)
                store.move(sent.key, Status.SUBMITTED, run=None, remote_id=f"{name}-sent-{number}")
            case _:
                pass
    write(store, where)
    return where.read_text(), jobs(loads(where.read_text())), deleted


def jobs(lock: LockFile) -> set[str]:
    return {record.remote_id for record in lock.records.values() if record.remote_id is not None}


def both_render(number: int) -> list[Step]:
    return [("render", number)]


@settings(max_examples=20, deadline=None)
@given(STEPS, STEPS)
@example(both_render(1), both_render(1))
@example([("render", 1), ("render", 2)], [("render", 2), ("render", 1)])
@example([("change", 1)], [("change", 1)])
@example([("unbind", 1)], [("change", 2)])
@example([("gc", 0)], [("change", 0), ("render", 0)])
@example([("gc", 0)], [("protect", 0), ("gc", 0)])
@example([("send", 1)], [("send", 1)])
@pytest.mark.parametrize("union", [True, False], ids=["union", "markers"])
@about_files
def test_whatever_two_sides_did_the_merge_is_read_and_nothing_paid_is_lost(
    repository: Repository, union: bool, ours: list[Step], theirs: list[Step]
) -> None:
    repository.union = union
    where = repository.root.parent / "side.lock"
    where.unlink(missing_ok=True)
    write(base_store(), where)
    base = where.read_text()
    mine, my_jobs, my_deleted = side(where, base, ours, "mine", 1000)
    other, their_jobs, their_deleted = side(where, base, theirs, "theirs", 1005)

    one, again = map(loads, repository.merged(base, mine, other))

    assert jobs(one) >= (my_jobs | their_jobs) - my_deleted - their_deleted
    assert dumps(loads(dumps(one))) == dumps(one)
    assert jobs(again) >= (my_jobs | their_jobs) - my_deleted - their_deleted
    known, known_too, before = loads(mine), loads(other), loads(base).bindings
    for address in known.bindings.keys() & known_too.bindings.keys():
        choices = {known.bindings[address].key, known_too.bindings[address].key}
        changed = choices - {before[address].key} if address in before else choices
        assert one.bindings[address].key in (changed or choices)
        assert one.bindings[address].protect >= known.bindings[address].protect
        assert again.bindings[address].key == one.bindings[address].key
    for each in one.records:
        if each in again.records:
            assert one.records[each].remote_id == again.records[each].remote_id


def a_side(repository: Repository, base: str, *names: str, video: str, at: float) -> Iterator[Store]:
    store = Store.memory(TickingClock())
    path = repository.root.parent / f"{video}.lock"
    path.write_text(base)
    reconcile(store, path)
    clock = store.session.clock
    assert isinstance(clock, TickingClock)
    clock.at += at
    for name in names:
        render(store, name, video=f"{video}-{name}")
    write(store, path)
    yield store


def test_two_machines_that_rendered_one_clip_agree_after_a_merge(repository: Repository) -> None:
    repository.union = True
    path = repository.root.parent / "base.lock"
    path.unlink(missing_ok=True)
    write(base_store(), path)
    base = path.read_text()
    laptop, ci = (
        next(a_side(repository, base, "new", video=name, at=at)) for name, at in (("laptop", 60), ("ci", 90))
    )
    texts = [(repository.root.parent / f"{name}.lock").read_text() for name in ("laptop", "ci")]
    path.write_text(repository.merged(base, *texts)[0])

    fresh = Store.memory(TickingClock())
    told = [reconcile(store, path).twice for store in (fresh, laptop, ci)]
    assert told == [(PaidTwice("clip.new#1", "video_laptop-new", "video_ci-new"),)] * 3
    for store in (fresh, laptop, ci):
        found = store.record(a_record("new").key)
        assert found is not None
        assert found.remote_id == "video_laptop-new"
        assert "video_ci-new" in store.remote_ids(found.provider)
    assert len({store.spent().usd for store in (laptop, ci, fresh)}) == 1
    write(laptop, path)
    text = path.read_text()
    for store in (fresh, ci):
        assert not write(store, path)
        assert reconcile(store, path).twice == ()
    assert loads(text).twice == ()


def test_two_lineages_that_git_merged_are_one_library(repository: Repository) -> None:
    repository.union = True
    path = repository.root.parent / "begun.lock"
    texts, stores = [], []
    for name in ("one", "two"):
        path.unlink(missing_ok=True)
        store = Store.memory(TickingClock())
        render(store, name)
        write(store, path)
        texts.append(path.read_text())
        stores.append(store)
    path.write_text(repository.merged("", *texts)[0])
    fresh = Store.memory(TickingClock())
    for store in (*stores, fresh):
        reconcile(store, path)
        assert set(store.bindings()) == {"clip.one#1", "clip.two#1"}
        write(store, path)
    assert fresh.lineage in {store.lineage for store in stores}
    for store in stores:
        assert not write(store, path)


@pytest.mark.parametrize("union", [True, False])
def test_a_file_of_each_format_merge(repository: Repository, union: bool) -> None:
    repository.union = union
    path = repository.root.parent / "formats.lock"
    old = (FORMAT_1 / "plain.lock").read_text()
    path.write_text(old)
    store = Store.memory(TickingClock())
    reconcile(store, path)
    render(store, "mine")
    write(store, path)
    theirs = old.replace("[retired.", '["clip.theirs#1"]' + block_of(old, "clip.market#1") + "\n[retired.", 1)
    for found in map(loads, repository.merged(old, path.read_text(), theirs)):
        assert {"clip.mine#1", "clip.theirs#1", "clip.market#1"} <= found.bindings.keys()
        assert found.records.keys() == loads(path.read_text()).records.keys()


def block_of(text: str, address: str) -> str:
    return text.partition(f'["{address}"]')[2].partition("\n\n")[0] + "\n"


def test_a_file_of_format_1_says_the_same_and_is_rewritten_by_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "sorasync.lock"
    shutil.copy(FORMAT_1 / "plain.lock", path)
    store = Store.memory(TickingClock())
    reconcile(store, path)
    assert {address: binding.protect for address, binding in store.bindings().items()} == {
        "character.mossy": False,
        "clip.blocked#1": False,
        "clip.kitchen#1": True,
        "clip.market#1": False,
        "clip.same#1": False,
    }
    statuses = {record.address: record.status for record in store.every_record()}
    assert statuses["clip.retired#1"] is Status.STORED
    assert statuses["clip.waiting#1"] is Status.SUBMITTED
    assert statuses["clip.blocked#1"] is Status.BLOCKED
    assert loads(path.read_text()).lineage == "2f8a61c0d94e4f0f8a3b5c7d9e1f2a3b" == store.lineage
    before = loads(path.read_text())
    assert write(store, path)
    assert loads(path.read_text()) == before
    assert not write(store, path)


def test_a_file_of_format_1_that_union_made_unreadable_is_read(tmp_path: Path) -> None:
    found = loads((FORMAT_1 / "united.lock").read_text())
    assert found.twice == (PaidTwice("clip.new#1", "video_laptop", "video_ci"),)
    assert {"video_kitchen two", "video_kitchen three", "video_kitchen", "video_other", "v9"} <= jobs(found)
    assert found.bindings["clip.kitchen#1"].key == a_record("kitchen three").key
    waiting = found.records[a_record("waiting").key]
    assert (waiting.status, waiting.asset is not None) == (Status.STORED, True)
    broken = (FORMAT_1 / "united.lock").read_text().replace("kitchen three", "kitchen four")
    with pytest.raises(LockFileBroken, match="not valid TOML"):
        loads(broken.replace("kitchen two", "kitchen nine"))
