"""When something was paid for, in the lock file and back: what budgets know without a state."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.state.compare_lockfile import Reconciliation
from sorasync.state.lockfile import reconcile, write
from sorasync.state.lockfile_fields import LockFileBroken
from sorasync.state.lockfile_read import loads
from sorasync.state.paid_twice import paid_twice
from sorasync.state.record import Status
from sorasync.state.store import Store
from tests.state.making import TickingClock, a_record, render

DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sorasync.lock"


def clone(path: Path) -> Store:
    store = Store.memory(TickingClock())
    reconcile(store, path)
    return store


def without_dates(path: Path) -> str:
    """The file as a version wrote it that noted no times of payment."""
    text = path.read_text()
    old = re.sub(r'"paid_at": "[^"]*", ', "", text)
    assert old != text
    path.write_text(old)
    return old


def test_a_clone_knows_what_each_day_has_cost(path: Path) -> None:
    clock = TickingClock()
    store = Store.memory(clock)
    render(store, "yesterday")
    clock.at += DAY + 0.7
    render(store, "today", cost_usd=Decimal("0.30"))
    waiting = store.intend(a_record("waiting"), run=None)
    store.move(waiting.key, Status.SUBMITTED, run=None, remote_id="v1")
    failed = store.intend(a_record("failed"), run=None)
    store.move(failed.key, Status.FAILED, run=None)
    charged = store.intend(a_record("charged"), run=None)
    store.move(charged.key, Status.SUBMITTED, run=None, remote_id="v2")
    store.move(charged.key, Status.FAILED, run=None, reported_usd=Decimal("0.05"))
    write(store, path)

    fresh = clone(path)
    for since in (0.0, int(clock.at) - 1.0):
        assert fresh.spent(since) == store.spent(since)
    assert fresh.spent(int(clock.at) - 1.0).usd == Decimal("1.15")
    assert fresh.tried(a_record("today").key) == 1
    assert fresh.spent(clock.at + 1).usd == 0
    assert not write(fresh, path)


def test_taking_the_same_in_again_counts_nothing_twice(path: Path) -> None:
    store = Store.memory(TickingClock())
    record = store.intend(a_record(), run=None)
    store.move(record.key, Status.SUBMITTED, run=None, remote_id="v1")
    write(store, path)
    behind = clone(path)
    store.move(record.key, Status.RENDERED, run=None)
    store.move(record.key, Status.STORED, run=None)
    write(store, path)
    reconcile(behind, path)
    assert [attempt.outcome for attempt in behind.attempts()] == ["stored"]
    assert behind.spent() == store.spent()


def test_an_accepted_copy_is_no_second_payment(path: Path) -> None:
    store = Store.memory(TickingClock())
    record = render(store)
    store.put_all([replace(record, key=a_record("typo").key, inputs=a_record("typo").inputs)])
    write(store, path)
    assert clone(path).spent() == store.spent()
    assert store.spent().usd == Decimal("0.80")


def test_renders_of_one_second_on_two_sides_are_two_payments(path: Path) -> None:
    mine = Store.memory(TickingClock())
    render(mine, "base")
    write(mine, path)
    theirs = clone(path)
    render(theirs, "theirs")
    write(theirs, path)
    render(mine, "mine")
    reconcile(mine, path)
    assert mine.spent().usd == Decimal("2.40")


def test_a_file_without_dates_still_loads_and_gets_them_from_a_state_that_knows(path: Path) -> None:
    store = Store.memory(TickingClock())
    render(store)
    write(store, path)
    old = without_dates(path)

    fresh = clone(path)
    assert fresh.briefs() == store.briefs()
    assert fresh.spent().usd == 0
    assert not write(fresh, path)
    assert path.read_text() == old
    assert write(store, path)
    assert path.read_text().count('"paid_at": "2023-11-14T22:13:20Z"') == 1


def test_dates_that_a_state_lacks_are_taken_in_and_the_rest_of_it_stays(path: Path) -> None:
    store = Store.memory(TickingClock())
    record = render(store)
    write(store, path)
    dated = path.read_text()
    without_dates(path)
    behind = clone(path)
    path.write_text(dated)

    assert reconcile(behind, path).outcome is Reconciliation.ADVANCED
    assert behind.spent() == store.spent()
    assert behind.briefs()[record.key] == store.briefs()[record.key]
    assert reconcile(behind, path).outcome is Reconciliation.SAME
    assert not write(behind, path)


def test_a_date_that_one_side_lacks_is_no_contradiction(path: Path) -> None:
    store = Store.memory(TickingClock())
    render(store)
    write(store, path)
    without_dates(path)
    theirs = clone(path)
    theirs.bind("clip.renamed#1", a_record().key, run=None)
    write(theirs, path)
    assert reconcile(store, path).addresses == ("clip.renamed#1",)
    assert store.spent().usd == Decimal("0.80")


@pytest.mark.parametrize(
    ("written", "read"),
    [("2026-03-01T10:30:00+01:00", 1_772_357_400.0), ("2026-03-01T09:30:00", 1_772_357_400.0)],
)
def test_a_time_of_payment_may_be_written_in_any_zone(path: Path, written: str, read: float) -> None:
    store = Store.memory(TickingClock())
    record = render(store)
    write(store, path)
    text = path.read_text().replace("2023-11-14T22:13:20Z", written)
    assert loads(text).records[record.key].intent_at == read


def test_a_time_of_payment_that_is_none_is_explained(path: Path) -> None:
    store = Store.memory(TickingClock())
    render(store)
    write(store, path)
    with pytest.raises(LockFileBroken, match=r"lock:4: the line has paid_at = 'noon', which should be"):
        loads(path.read_text().replace("2023-11-14T22:13:20Z", "noon"))


def surplus_and_resent(store: Store) -> str:
    """A render that two runs paid for, whose second request a gateway sent again twice by itself."""
    first, later = (store.start_run("apply", who, "host", 1) for who in ("ada", "bob"))
    key = store.intend(a_record(cost_usd=Decimal("0.30")), first).key
    store.move(key, Status.UNKNOWN, run=later)
    store.intend(a_record(), later)
    store.move(key, Status.SUBMITTED, run=later, remote_id="v2")
    store.note_resends(key, 2, address="clip.market#1", run=later)
    assert store.keep_surplus(key, "v1", a_record().provider, address="clip.market#1", run=first)
    return key


def test_a_clone_counts_a_job_that_came_after_an_unlock_and_what_a_gateway_sent_again(path: Path) -> None:
    store = Store.memory(TickingClock())
    key = surplus_and_resent(store)
    write(store, path)
    spent = store.spent()
    assert (spent.usd, spent.resends) == (Decimal("1.10"), 2)

    fresh = clone(path)
    assert fresh.spent() == spent
    assert paid_twice(fresh) == paid_twice(store) != []
    assert not write(fresh, path)
    # The render goes on at the attempt that its record tells of.
    fresh.move(key, Status.FAILED, run=None)
    assert [(one.remote_id, one.outcome) for one in fresh.attempts(key)] == [
        ("v1", "submitted"),
        ("v2", "failed"),
    ]


def test_a_clone_counts_a_charged_failure_before_a_retry(path: Path) -> None:
    store = Store.memory(TickingClock())
    key = store.intend(a_record(), run=None).key
    store.move(key, Status.SUBMITTED, run=None, remote_id="v1")
    store.move(key, Status.RENDERED, run=None)
    store.move(key, Status.FAILED, run=None)
    store.intend(a_record(), run=None)
    store.move(key, Status.FAILED, run=None)
    write(store, path)
    assert store.spent().usd == Decimal("0.80")
    assert clone(path).spent() == store.spent()


def test_a_state_learns_attempts_of_a_render_that_it_has(path: Path) -> None:
    store = Store.memory(TickingClock())
    key = store.intend(a_record(), run=None).key
    store.move(key, Status.SUBMITTED, run=None, remote_id="v1")
    write(store, path)
    here = clone(path)
    store.note_resends(key, 3, address="clip.market#1", run=None)
    write(store, path)
    assert reconcile(here, path).outcome is Reconciliation.SAME
    assert here.spent() == store.spent()
    assert here.spent().resends == 3


def test_lines_of_attempts_merge_in_every_order(path: Path) -> None:
    store = Store.memory(TickingClock())
    key = surplus_and_resent(store)
    write(store, path)
    before = path.read_text()
    store.note_resends(key, 3, address="clip.market#1", run=None)
    write(store, path)
    both = [*before.splitlines(), *path.read_text().splitlines()]
    merged = loads("\n".join(both))
    assert merged == loads("\n".join(reversed(both))) == loads(path.read_text())
    assert [one.resends for one in merged.attempts if one.resends] == [3]


def test_only_a_file_with_attempts_asks_for_a_newer_sorasync(path: Path) -> None:
    store = Store.memory(TickingClock())
    render(store)
    write(store, path)
    assert '{"format": 2, ' in path.read_text()
    store.note_resends(a_record().key, 1, address="clip.market#1", run=None)
    write(store, path)
    assert '{"format": 3, ' in path.read_text()


@pytest.mark.parametrize("odd", ['"resends": -1', '"paid_at": 7', '"status": "gone"', '"provider": 1'])
def test_an_attempt_that_cannot_be_read_names_its_line(path: Path, odd: str) -> None:
    store = Store.memory(TickingClock())
    surplus_and_resent(store)
    write(store, path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], lines[-1][:-1] + ", " + odd + "}"]))
    with pytest.raises(LockFileBroken, match=f"sorasync.lock:{len(lines)}: the line has "):
        reconcile(Store.memory(TickingClock()), path)


def test_a_job_that_comes_late_counts_although_another_host_has_given_its_id() -> None:
    store = Store.memory(TickingClock())
    render(store, "pier", video="1", provider="openai@https://other.example/v1")
    first, later = (store.start_run("apply", who, "host", 1) for who in ("ada", "bob"))
    record = store.intend(a_record(), first)
    store.move(record.key, Status.UNKNOWN, run=later)
    store.intend(a_record(), later)
    assert store.keep_surplus(record.key, "video_1", record.provider, address=record.address, run=first)
    assert not store.keep_surplus(record.key, "video_1", record.provider, address=record.address, run=first)
