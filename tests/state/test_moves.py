"""The store against a model of it: any order of allowed and forbidden steps."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sorasync.state.errors import ForbiddenMove, StateError
from sorasync.state.record import MOVES, Binding, Brief, Status
from sorasync.state.store import Store
from tests.state.making import TickingClock, a_record

NAMES = st.sampled_from(["a", "b", "c"])
ADDRESSES = st.sampled_from(["clip.x#1", "clip.y#1", "clip.z#1"])


class StoreAndModel(RuleBasedStateMachine):
    """Statuses, bindings, attempts and serial as plain dictionaries beside the store."""

    @initialize()
    def begin(self) -> None:
        self.store = Store.memory(TickingClock())
        self.statuses: dict[str, Status] = {}
        self.attempts: dict[str, int] = {}
        self.tries: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.unanswered: set[str] = set()
        self.bound: dict[str, Binding] = {}
        self.events = 0
        self.serial = 0

    def changed(self, events: int = 1) -> None:
        self.events += events
        self.serial += 1

    @rule(name=NAMES)
    def intend(self, name: str) -> None:
        record = a_record(name)
        allowed = Status.INTENT in MOVES[self.statuses.get(record.key)]
        try:
            self.store.intend(record, run=None)
        except ForbiddenMove:
            assert not allowed
            return
        assert allowed
        again = self.statuses.get(record.key) is Status.UNKNOWN
        sent = self.sent.get(record.key, 0)
        self.attempts[record.key] = max(self.attempts.get(record.key, 0), sent) - again + 1
        self.sent[record.key] = sent + (record.key not in self.unanswered)
        self.tries[record.key] = self.tries.get(record.key, 0) + 1
        self.unanswered.add(record.key)
        self.statuses[record.key] = Status.INTENT
        self.changed()

    @rule(name=NAMES, to=st.sampled_from([status for status in Status if status is not Status.INTENT]))
    def move(self, name: str, to: Status) -> None:
        record = a_record(name)
        allowed = to in MOVES[self.statuses.get(record.key)]
        try:
            moved = self.store.move(
                record.key, to, run=None, kind=record.kind, address=record.address, inputs=record.inputs
            )
        except ForbiddenMove:
            assert not allowed
            return
        assert allowed
        assert moved.status is to
        if to is Status.UNKNOWN:
            self.unanswered.add(record.key)
        else:
            self.unanswered.discard(record.key)
        self.statuses[record.key] = to
        self.attempts.setdefault(record.key, 0)
        self.changed()

    @rule(address=ADDRESSES, name=NAMES, protect=st.sampled_from([None, True, False]))
    def bind(self, address: str, name: str, protect: bool | None) -> None:
        key = a_record(name).key
        before = self.bound.get(address, Binding(""))
        try:
            self.store.bind(address, key, run=None, protect=protect)
        except StateError:
            assert key not in self.statuses
            return
        after = Binding(key, before.protect if protect is None else protect)
        self.bound[address] = after
        if after != before:
            self.changed((after.key != before.key) + (after.protect != before.protect))

    @rule(address=ADDRESSES)
    def unbind(self, address: str) -> None:
        self.store.unbind(address)
        if self.bound.pop(address, None):
            self.changed()

    @rule(name=NAMES)
    def forget(self, name: str) -> None:
        key = a_record(name).key
        bound = any(binding.key == key for binding in self.bound.values())
        try:
            dropped = self.store.forget([key])
        except StateError:
            assert bound
            return
        assert not bound
        assert dropped == (key in self.statuses)
        self.attempts.pop(key, None)
        if self.statuses.pop(key, None):
            self.changed()

    @invariant()
    def agree(self) -> None:
        briefs = self.store.briefs()
        assert {key: brief.status for key, brief in briefs.items()} == self.statuses
        assert self.store.bindings() == self.bound
        assert self.store.serial == self.serial
        assert len(self.store.events()) == self.events
        for key, status in self.statuses.items():
            record = self.store.record(key)
            assert record is not None
            assert briefs[key] == Brief(status, record.asset, record.provider, record.remote_id)
            assert record.attempts == self.attempts[key]
            assert len(self.store.attempts(key)) == self.tries.get(key, 0)

    @invariant()
    def nothing_costs_more_than_its_tries(self) -> None:
        assert self.store.spent().usd <= Decimal("0.80") * sum(self.tries.values())

    def teardown(self) -> None:
        self.store.close()


def test_any_order_of_steps_leaves_what_the_model_says(database: str) -> None:
    examples = 40 if database == "sqlite" else 2
    run_state_machine_as_test(StoreAndModel, settings=settings(max_examples=examples, stateful_step_count=30))
