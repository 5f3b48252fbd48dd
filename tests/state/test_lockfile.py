"""The lock file: written, merged by git, and taken in by states that know less, more or something else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.state import lockfile
from sorasync.state.compare_lockfile import Reconciliation, Side, StateDiverged
from sorasync.state.durable_state import facts
from sorasync.state.errors import StateError
from sorasync.state.lockfile import reconcile, sync, write
from sorasync.state.lockfile_fields import LockFileBroken
from sorasync.state.lockfile_read import loads
from sorasync.state.lockfile_text import LockFile, PaidTwice, dumps
from sorasync.state.paid_twice import paid_twice
from sorasync.state.record import Binding, Status
from sorasync.state.store import Store
from tests.state.making import TickingClock, a_record, open_store, render, sha


def new_store() -> Store:
    return Store.memory(TickingClock())


def clone(path: Path) -> Store:
    """A state that knows only what a lock file says."""
    store = new_store()
    reconcile(store, path)
    return store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sorasync.lock"


def test_a_fresh_clone_knows_all_that_was_paid_for(path: Path) -> None:
    store = new_store()
    render(store, "market")
    render(store, "kitchen")
    store.protect("clip.kitchen#1", True, run=None)
    store.unbind(render(store, "retired").address)
    waiting = store.intend(a_record("waiting", request='{"prompt":"p"}'), run=None)
    store.move(waiting.key, Status.SUBMITTED, run=None, remote_id="v9", expires_at=1.7e9)
    blocked = store.intend(a_record("blocked"), run=None)
    store.move(
        blocked.key, Status.BLOCKED, run=None, error_code="moderation_blocked", error_message="no\nway"
    )
    store.bind("clip.blocked#1", blocked.key, run=None)
    assert write(store, path)

    fresh = new_store()
    result = reconcile(fresh, path)
    assert result.outcome is Reconciliation.RESTORED
    assert result.addresses == ("clip.blocked#1", "clip.kitchen#1", "clip.market#1")
    assert fresh.lineage == store.lineage
    assert fresh.bindings() == store.bindings()
    assert fresh.briefs() == store.briefs()
    assert fresh.assets().keys() == store.assets().keys()
    assert facts(fresh) == facts(store)
    in_flight = fresh.in_flight()[0]
    assert (in_flight.remote_id, in_flight.request, in_flight.expires_at) == ("v9", '{"prompt":"p"}', 1.7e9)
    assert in_flight.intent_at is not None
    assert not write(fresh, path)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def test_every_record_is_one_line_of_json(path: Path) -> None:
    store = new_store()
    record = render(store)
    write(store, path)
    head, line = lines_of(path)
    assert head == {"format": 2, "lineage": store.lineage}
    assert line == {
        "address": "clip.market#1",
        "key": record.key,
        "kind": "create",
        "model": "sora-2",
        "size": "1280x720",
        "seconds": 8,
        "provider": "openai@https://videos.example/v1",
        "remote_id": "video_market",
        "cost_usd": "0.80",
        "attempts": 1,
        "paid_at": "2023-11-14T22:13:20Z",
        "asset": sha("market"),
        "bytes": 1000,
        "ext": "mp4",
        "inputs": json.loads(record.inputs),
    }


def test_writing_again_changes_nothing(path: Path) -> None:
    clock = TickingClock()
    store = Store.memory(clock)
    render(store)
    assert write(store, path)
    before = path.stat().st_mtime_ns
    clock.at += 1000
    store.start_run("apply", "ann", "box", 1)
    store.bind("clip.x#1", a_record().key, run=None)
    store.unbind("clip.x#1")
    assert not write(store, path)
    assert path.stat().st_mtime_ns == before
    assert [file.name for file in path.parent.iterdir()] == ["sorasync.lock"]


def test_a_new_clip_adds_a_line_and_touches_no_other_line(path: Path) -> None:
    store = new_store()
    render(store, "shot-2")
    render(store, "shot-10")
    write(store, path)
    before = path.read_text().splitlines()
    render(store, "shot-3")
    write(store, path)
    after = path.read_text().splitlines()
    added = [line for line in after if line not in before]
    assert [line for line in after if line in before] != []
    start = after.index(added[0])
    assert after[:start] + after[start + len(after) - len(before) :] == before
    order = [line["address"] for line in lines_of(path) if "address" in line]
    assert order == ["clip.shot-2#1", "clip.shot-3#1", "clip.shot-10#1"]


def test_characters_have_an_id_and_no_asset(path: Path) -> None:
    store = new_store()
    store.intend(a_record("x", kind="character", address="character.mossy", seconds=None), run=None)
    store.move(a_record("x").key, Status.STORED, run=None, remote_id="char_1")
    store.bind("character.mossy", a_record("x").key, run=None)
    write(store, path)
    fresh = clone(path)
    restored = fresh.record(a_record("x").key)
    assert restored is not None
    assert (restored.remote_id, restored.asset, restored.kind) == ("char_1", None, "character")


def test_two_addresses_of_one_key_are_both_restored(path: Path) -> None:
    store = new_store()
    record = render(store)
    store.bind("clip.same#1", record.key, run=None)
    write(store, path)
    fresh = clone(path)
    assert fresh.bindings() == store.bindings()
    assert not write(fresh, path)


def branch(path: Path, text: str, *names: str) -> str:
    """The lock file after a clone of it has rendered more clips."""
    path.write_text(text)
    store = clone(path)
    for name in names:
        render(store, name)
    write(store, path)
    return path.read_text()


def base_text(path: Path, *names: str) -> str:
    store = new_store()
    for name in names:
        render(store, name)
    write(store, path)
    return path.read_text()


def test_a_state_that_lags_behind_is_brought_forward(path: Path) -> None:
    base = base_text(path, "a")
    mine = clone(path)
    path.write_text(branch(path, base, "b"))
    result = reconcile(mine, path)
    assert (result.outcome, result.addresses) == (Reconciliation.ADVANCED, ("clip.b#1",))
    assert reconcile(mine, path).outcome is Reconciliation.SAME
    assert not write(mine, path)


def test_an_earlier_lock_file_does_not_take_a_newer_state_back(path: Path) -> None:
    store = new_store()
    render(store, "a")
    write(store, path)
    old = path.read_text()
    render(store, "b")
    store.unbind("clip.a#1")
    write(store, path)
    new = path.read_text()
    path.write_text(old)
    assert reconcile(store, path).outcome is Reconciliation.NEWER
    assert set(store.bindings()) == {"clip.b#1"}
    write(store, path)
    assert path.read_text() == new


def test_what_only_this_state_knows_is_kept_and_written(path: Path) -> None:
    base = base_text(path, "a")
    mine = clone(path)
    render(mine, "mine")
    branch(path, base, "theirs")
    write(mine, path)
    assert set(loads(path.read_text()).bindings) == {"clip.a#1", "clip.mine#1", "clip.theirs#1"}


def test_an_address_that_others_dropped_retires_here_too(path: Path) -> None:
    base = base_text(path, "a", "b")
    mine = clone(path)
    path.write_text(base)
    theirs = clone(path)
    theirs.unbind("clip.b#1")
    write(theirs, path)
    assert reconcile(mine, path).addresses == ("clip.b#1",)
    assert set(mine.bindings()) == {"clip.a#1"}
    assert len(mine.briefs()) == 2


def test_a_lock_file_of_an_unseen_earlier_commit_loses_nothing(path: Path) -> None:
    earlier = base_text(path, "a")
    later = branch(path, earlier, "b")
    path.write_text(later)
    mine = clone(path)
    path.write_text(earlier)
    reconcile(mine, path)
    assert len(mine.briefs()) == 2
    path.write_text(later)
    reconcile(mine, path)
    assert set(mine.bindings()) == {"clip.a#1", "clip.b#1"}


def test_a_protected_address_survives_a_lock_file_without_it(path: Path) -> None:
    base = base_text(path, "a", "b")
    mine = clone(path)
    mine.protect("clip.b#1", True, run=None)
    write(mine, path)
    lock = loads(path.read_text())
    bindings = {"clip.a#1": lock.bindings["clip.a#1"]}
    path.write_text(dumps(replace(lock, bindings=bindings)))
    reconcile(mine, path)
    assert mine.protected() == {"clip.b#1"}
    assert base != path.read_text()


def test_where_both_sides_changed_an_address_both_renders_stay_known(path: Path) -> None:
    base = base_text(path, "a")
    mine = clone(path)
    mine.bind("clip.a#1", render(mine, "mine").key, run=None)
    path.write_text(base)
    theirs = clone(path)
    theirs.bind("clip.a#1", render(theirs, "theirs").key, run=None)
    write(theirs, path)
    reconcile(mine, path)
    assert mine.bindings()["clip.a#1"].key == a_record("theirs").key
    assert {a_record(name).key for name in ("a", "mine", "theirs")} == set(mine.briefs())


def test_progress_of_one_render_is_taken_from_who_is_further(path: Path) -> None:
    store = new_store()
    key = store.intend(a_record(), run=None).key
    store.move(key, Status.SUBMITTED, run=None, remote_id="v1")
    write(store, path)
    behind, base = clone(path), path.read_text()
    store.move(key, Status.RENDERED, run=None)
    store.move(key, Status.STORED, run=None, asset=sha("x"))
    write(store, path)
    reconcile(behind, path)
    assert behind.briefs() == store.briefs()
    path.write_text(base + "\n# touched\n")
    reconcile(store, path)
    assert store.briefs()[key].status is Status.STORED


@pytest.mark.parametrize(
    ("keep", "counts"), [(None, "mine"), (Side.LOCK, "theirs"), (Side.STATE, "mine")], ids=str
)
def test_of_two_renders_that_two_sides_paid_for_one_counts_and_the_other_is_kept(
    path: Path, keep: Side | None, counts: str
) -> None:
    base = base_text(path, "a")
    mine = clone(path)
    render(mine, "twice", video="mine")
    path.write_text(base)
    theirs = Store.memory(later := TickingClock())
    later.at += 60
    reconcile(theirs, path)
    render(theirs, "twice", video="theirs")
    write(theirs, path)

    result = reconcile(mine, path, keep)
    other = "theirs" if counts == "mine" else "mine"
    assert result.twice == (PaidTwice("clip.twice#1", f"video_{counts}", f"video_{other}"),)
    key = a_record("twice").key
    assert mine.briefs()[key].remote_id == f"video_{counts}"
    assert mine.bindings()["clip.twice#1"].key == key
    kept = next(r for r in mine.every_record() if r.remote_id == f"video_{other}")
    assert (kept.status, kept.asset) == (Status.STORED, sha(other))
    assert mine.spent().usd == Decimal("2.40")
    write(mine, path)
    assert reconcile(mine, path).outcome is Reconciliation.SAME
    assert reconcile(theirs, path).twice == ()
    assert theirs.briefs() == mine.briefs()
    assert theirs.spent() == mine.spent()
    assert not write(theirs, path)


def test_a_command_lets_the_other_of_two_renders_count_for_everybody(path: Path) -> None:
    base_text(path, "a")
    mine = clone(path)
    theirs = clone(path)
    render(mine, "twice", video="mine")
    later = theirs.session.clock
    assert isinstance(later, TickingClock)
    later.at += 60
    render(theirs, "twice", video="theirs")
    write(theirs, path)
    write(mine, path)
    aside = next(key for key, brief in mine.briefs().items() if brief.remote_id == "video_theirs")
    mine.bind("clip.again#1", aside, run=None)
    mine.amend(a_record("twice").key, address="clip.renamed#1")
    preferred = mine.prefer("video_theirs", run=None)
    assert (preferred.asset, preferred.address) == (sha("theirs"), "clip.renamed#1")
    assert mine.bindings()["clip.again#1"] == Binding(a_record("twice").key)
    mine.unbind("clip.again#1")
    write(mine, path)
    reconcile(theirs, path)
    for store in (mine, theirs, clone(path)):
        found = store.record(a_record("twice").key)
        assert found is not None
        assert found.remote_id == "video_theirs"
        assert store.bindings()["clip.twice#1"].key == found.key
        assert "video_mine" in store.remote_ids(found.provider)
    with pytest.raises(StateError, match="no render has the id video_none") as caught:
        mine.prefer("video_none", run=None)
    assert "state list --all" in str(caught.value.hint)
    mine.supersede(a_record("twice").key, run=None)
    with pytest.raises(StateError, match="the render video_mine shares its key with no other one"):
        mine.prefer("video_mine", run=None)


def test_states_begun_apart_are_not_mixed(path: Path) -> None:
    base_text(path, "a")
    other = new_store()
    render(other, "b")
    with pytest.raises(StateDiverged, match="created independently") as caught:
        reconcile(other, path)
    assert "--keep lock" in str(caught.value.hint)
    assert set(other.bindings()) == {"clip.b#1"}
    lineage = loads(path.read_text()).lineage
    reconcile(other, path, Side.LOCK)
    assert (set(other.bindings()), other.lineage) == ({"clip.a#1", "clip.b#1"}, lineage)


def test_what_gc_forgot_is_not_brought_back_by_a_colleague_who_still_lists_it(path: Path) -> None:
    base = base_text(path, "a", "gone")
    mine = clone(path)
    mine.unbind("clip.gone#1")
    mine.forget([a_record("gone").key])
    branch(path, base, "new")
    write(mine, path)
    assert a_record("gone").key not in mine.briefs()
    assert set(loads(path.read_text()).bindings) == {"clip.a#1", "clip.new#1"}


def test_reading_with_a_newer_lock_file_goes_on_in_memory(tmp_path: Path, path: Path) -> None:
    with open_store(tmp_path) as store:
        render(store, "a")
        write(store, path)
    branch(path, path.read_text(), "b")
    with open_store(tmp_path, readonly=True) as store:
        seen, result = sync(store, path)
        assert (result.outcome, seen is store) == (Reconciliation.ADVANCED, False)
        assert set(seen.bindings()) == {"clip.a#1", "clip.b#1"}
        assert sync(seen, path)[0] is seen
        with pytest.raises(StateError, match="closed"):
            store.bindings()
    with open_store(tmp_path, readonly=True) as store:
        assert set(store.bindings()) == {"clip.a#1"}
    path.write_text("<<<<<<< HEAD\n")
    with open_store(tmp_path, readonly=True) as store:
        with pytest.raises(LockFileBroken):
            sync(store, path)
        with pytest.raises(StateError, match="closed"):
            store.bindings()
    with open_store(tmp_path, readonly=True) as store:
        path.unlink()
        assert sync(store, path)[1].outcome is Reconciliation.MISSING


def test_carriage_returns_of_a_checkout_are_no_change(path: Path) -> None:
    base_text(path, "a")
    store = clone(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert reconcile(store, path).outcome is Reconciliation.SAME
    assert not write(store, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"format": 2', '"format": 9'), "format version 9.*up to 3"),
        (lambda text: text[:-30], "sorasync.lock:4: the line is not valid JSON"),
        (lambda text: text.replace('"prompt":"A', '"prompt":"B'), "not the digest of its inputs"),
        (lambda text: text.replace('"key": "', '"kee": "'), "sorasync.lock:4: the line has no key"),
        (lambda text: text.replace('"0.80"', '"cheap"'), "not an amount of money"),
        (lambda text: text.replace('"0.80"', '"1e999999"'), "not an amount of money"),
        (lambda text: text.replace('"attempts": 1', '"attempts": true'), "attempts = True, .* a int"),
        (lambda text: text.replace('"attempts": 1', f'"attempts": {10**30}'), "not a usable number"),
        (lambda text: text.replace('"seconds": 8', '"seconds": NaN'), "NaN is no number"),
        (lambda text: text.replace('"seconds": 8', f'"seconds": {10**400}'), "not a usable number"),
        (lambda text: text.replace("2023-11-14T22", "2023-11-34T22"), "should be a time such as"),
        (lambda text: text.replace(sha("a"), "../../etc"), "not a SHA-256"),
        (lambda text: text.replace('"remote_id": "v', '"remote_id": "\\ud800'), "not valid JSON"),
        (lambda text: text.replace('"kind"', '"status": "asleep", "kind"', 1), "does not know"),
        (lambda text: re.sub(r'"inputs": .*', '"inputs": []}', text), "inputs = .* should be a dict"),
        (lambda text: re.sub(r'"inputs": .*', '"inputs": "[]"}', text), "not a JSON object"),
        (lambda text: re.sub(r'"inputs": .*', '"inputs": ' + "[" * 99_999, text), "not valid JSON"),
        (lambda text: text + "and more\n", "not valid TOML"),
        (lambda text: "state = 3\n", "not a table"),
        (lambda text: "", "no line with its format"),
    ],
)
def test_a_broken_lock_file_is_explained_and_changes_nothing(
    path: Path, change: object, message: str
) -> None:
    base_text(path, "a")
    assert callable(change)
    path.write_text(change(path.read_text()))
    store = new_store()
    with pytest.raises(LockFileBroken, match=message) as caught:
        reconcile(store, path)
    assert caught.value.hint
    assert store.briefs() == {}


def test_a_lock_file_of_bytes_is_explained(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(LockFileBroken, match="not UTF-8"):
        lockfile.read(path)
    path.unlink()
    assert lockfile.read(path) is None
    path.mkdir()
    with pytest.raises(LockFileBroken, match="is a directory"):
        lockfile.read(path)


def test_a_write_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store()
    render(store)
    write(store, path)
    old = path.read_text()
    render(store, "more")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sorasync.durable.os.fsync", full)
    with pytest.raises(StateError, match="No space left"):
        write(store, path)
    assert path.read_text() == old
    assert [file.name for file in path.parent.iterdir()] == ["sorasync.lock"]


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


MONEY = st.none() | st.decimals(0, 1000, places=4).map(lambda amount: Decimal(str(amount)))


@given(
    name=TEXT,
    provider=TEXT,
    remote_id=st.none() | TEXT,
    cost=MONEY,
    reported=MONEY,
    seconds=st.none() | st.floats(0, 1e6),
    status=st.sampled_from(list(Status)),
    protect=st.booleans(),
    bound=st.booleans(),
)
def test_every_record_reads_back_as_it_was_written(
    name: str,
    provider: str,
    remote_id: str | None,
    cost: Decimal | None,
    reported: Decimal | None,
    seconds: float | None,
    status: Status,
    protect: bool,
    bound: bool,
) -> None:
    record = a_record(
        name,
        provider=provider,
        remote_id=remote_id,
        cost_usd=cost,
        reported_usd=reported,
        seconds=seconds,
        status=status,
        progress=100 if status in (Status.RENDERED, Status.STORED) else 0,
        asset=sha(name),
    )
    bindings = {record.address: Binding(record.key, protect)} if bound else {}
    lock = LockFile("abc", bindings, {record.key: record}, {sha(name): 5}, {sha(name): ""})
    text = dumps(lock)
    assert loads(text) == lock
    assert dumps(loads(text)) == text


def test_two_machines_do_not_hand_to_and_fro_what_gc_deleted_on_one(path: Path) -> None:
    mine = new_store()
    render(mine, "a")
    gone = render(mine, "gone")
    mine.unbind(gone.address)
    write(mine, path)
    theirs = clone(path)
    mine.forget([gone.key])
    write(mine, path)
    without = path.read_text()

    assert reconcile(theirs, path).outcome is Reconciliation.ADVANCED
    assert not write(theirs, path)
    render(theirs, "more")
    write(theirs, path)
    assert gone.key not in loads(path.read_text()).records
    assert gone.key in theirs.briefs()
    reconcile(mine, path)
    assert gone.key not in mine.briefs()

    theirs.bind("clip.again#1", gone.key, run=None)
    write(theirs, path)
    assert loads(path.read_text()).bindings["clip.again#1"].key == gone.key
    theirs.unbind("clip.again#1")
    write(theirs, path)
    assert gone.key in loads(path.read_text()).records
    path.write_text(without)


def test_an_address_that_was_dropped_and_deleted_elsewhere_retires_here_alone(path: Path) -> None:
    mine = new_store()
    render(mine, "a")
    gone = render(mine, "gone")
    write(mine, path)
    theirs = clone(path)
    mine.unbind(gone.address)
    mine.forget([gone.key])
    write(mine, path)

    assert reconcile(theirs, path).addresses == ("clip.gone#1",)
    assert theirs.briefs()[gone.key].status is Status.STORED
    assert not write(theirs, path)


def test_a_checkout_of_an_earlier_commit_and_back_drops_nothing_for_good(path: Path) -> None:
    earlier = base_text(path, "a")
    later = branch(path, earlier, "b")
    path.write_text(later)
    store = clone(path)
    store.unbind("clip.b#1")
    write(store, path)
    retired = path.read_text()
    path.write_text(earlier + "\n# another branch\n")
    reconcile(store, path)
    path.write_text(retired)
    reconcile(store, path)
    write(store, path)
    assert a_record("b").key in loads(path.read_text()).records


@pytest.mark.parametrize("end", [Status.FAILED, Status.BLOCKED])
def test_a_failure_of_others_does_not_put_out_of_mind_a_render_that_they_had_deleted(
    path: Path, end: Status
) -> None:
    mine = new_store()
    render(mine, "a")
    gone = render(mine, "gone")
    mine.unbind(gone.address)
    write(mine, path)
    theirs = clone(path)
    mine.forget([gone.key])
    write(mine, path)
    reconcile(theirs, path)

    mine.intend(a_record("gone"), run=None)
    mine.move(gone.key, end, run=None, error_code="no")
    write(mine, path)
    reconcile(theirs, path)
    found = theirs.record(gone.key)
    assert found is not None
    assert (found.status, found.remote_id, found.asset) == (Status.STORED, "video_gone", sha("gone"))
    write(theirs, path)
    reconcile(mine, path)
    assert mine.briefs()[gone.key].status is Status.STORED
    assert not write(mine, path)
    reconcile(theirs, path)
    assert theirs.briefs()[gone.key].status is Status.STORED


def test_what_was_paid_for_again_and_is_wanted_no_more_stays_in_the_lock_file(path: Path) -> None:
    mine = new_store()
    render(mine, "a")
    gone = mine.intend(a_record("gone"), run=None)
    mine.move(gone.key, Status.FAILED, run=None, error_code="no")
    write(mine, path)
    theirs = clone(path)
    mine.forget([gone.key])
    write(mine, path)
    reconcile(theirs, path)

    theirs.intend(a_record("gone"), run=None)
    theirs.move(gone.key, Status.SUBMITTED, run=None, remote_id="video_gone")
    write(theirs, path)
    theirs.move(gone.key, Status.RENDERED, run=None)
    theirs.add_asset(sha("gone"), 5, "video", ".mp4")
    theirs.move(gone.key, Status.STORED, run=None, asset=sha("gone"))
    write(theirs, path)
    assert loads(path.read_text()).records[gone.key].status is Status.STORED


def test_what_a_lock_file_brings_raises_the_serial(path: Path) -> None:
    base_text(path, "a", "b")
    store = clone(path)
    first = store.serial
    assert first > 0
    theirs = clone(path)
    theirs.unbind("clip.b#1")
    write(theirs, path)
    reconcile(store, path)
    assert store.serial > first
    again = store.serial
    reconcile(store, path)
    assert store.serial == again


OTHER_HOST = "openai@https://other.example/v1"


@pytest.mark.parametrize("video", ["same", "theirs"])
def test_two_renders_of_a_key_at_two_hosts_are_both_kept_whatever_their_ids(path: Path, video: str) -> None:
    base = base_text(path, "a")
    mine = clone(path)
    render(mine, "twice", video="same")
    path.write_text(base)
    theirs = Store.memory(later := TickingClock())
    later.at += 60
    reconcile(theirs, path)
    render(theirs, "twice", video=video, provider=OTHER_HOST)
    write(theirs, path)
    assert reconcile(mine, path).twice == (PaidTwice("clip.twice#1", "video_same", f"video_{video}"),)
    assert {
        (one.provider, one.remote_id) for one in mine.every_record() if one.address == "clip.twice#1"
    } == {
        (a_record().provider, "video_same"),
        (OTHER_HOST, f"video_{video}"),
    }
    assert mine.spent().usd == Decimal("2.40")
    (told,) = paid_twice(mine)
    assert (told.kept, told.other) == ("video_same", f"video_{video}")
    write(mine, path)
    fresh = clone(path)
    assert fresh.spent() == mine.spent()
    assert reconcile(mine, path).outcome is Reconciliation.SAME
    assert mine.prefer(told.name, run=None).provider == OTHER_HOST
    assert mine.spent().usd == Decimal("2.40")


def test_of_two_clips_whose_other_renders_have_the_same_id_the_named_one_changes(path: Path) -> None:
    base = base_text(path, "a")
    mine = clone(path)
    path.write_text(base)
    theirs = Store.memory(later := TickingClock())
    later.at += 60
    reconcile(theirs, path)
    for name, host in (("one", a_record().provider), ("two", OTHER_HOST)):
        render(mine, name, video=f"mine-{name}", provider=host)
        render(theirs, name, video="theirs", provider=host)
    write(theirs, path)
    reconcile(mine, path)
    first, second = paid_twice(mine)
    assert [first.name, second.name] == ["clip.one#1:video_theirs", "clip.two#1:video_theirs"]
    with pytest.raises(StateError, match="video_theirs is several renders: "):
        mine.prefer("video_theirs", run=None)
    assert mine.prefer(second.name, run=None).address == "clip.two#1"


def test_a_lock_file_may_grow_with_its_library(path: Path) -> None:
    store = new_store()
    render(store)
    write(store, path)
    # A quarter of a million renders take twice as much.
    with path.open("a") as file:
        file.write(f"# {'x' * (64 << 20)}\n")
    assert clone(path).briefs() == store.briefs()
