"""Any series of changes to records leaves exactly what a plain model of dictionaries says it should leave."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sorasync.errors import SorasyncError
from sorasync.graph.key import digest, encoded
from sorasync.state.errors import ForbiddenMove, StateError
from sorasync.state.record import MOVES, Binding, Record, Status
from sorasync.state.store import Store
from sorasync.state.two_renders_of_a_key import set_aside
from tests.state.making import TickingClock, a_record

NAMES = ("market", "harbour")
EMPTY: dict[str, Any] = dict.fromkeys(
    (
        "remote_id",
        "batch_id",
        "reported_usd",
        "asset",
        "submitted_at",
        "rendered_at",
        "stored_at",
        "expires_at",
        "mismatch",
        "error_stage",
        "error_code",
        "error_message",
    )
)
TIME_OF = {"submitted": "submitted_at", "rendered": "rendered_at", "stored": "stored_at"}
ENDED_BADLY = ("unknown", "failed", "blocked", "lost")


@dataclass
class Model:
    """The state as dictionaries and lists. Attempts lie in the order they were begun."""

    now: float = 1_700_000_000.0
    records: dict[str, Record] = field(default_factory=dict)
    bound: dict[str, Binding] = field(default_factory=dict)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    log: list[tuple[str, int | None, str, str, dict[str, Any]]] = field(default_factory=list)

    def tries_of(self, key: str) -> int:
        """How often a key was tried: the larger of both books, without a try whose outcome is open."""
        sent: int = sum(one["key"] == key and one["outcome"] != "unsent" for one in self.attempts)
        record = self.records.get(key)
        if record is None:
            return sent
        return max(0, max(record.attempts, sent) - (record.status in ("intent", "unknown", "batched")))

    def latest(self, key: str) -> dict[str, Any] | None:
        """The attempt that a record continues."""
        return next((one for one in reversed(self.attempts) if one["key"] == key), None)

    def put(self, record: Record) -> None:
        """Write a record, and what its attempt learns from it."""
        self.records[record.key] = record
        if (attempt := self.latest(record.key)) is not None:
            attempt["outcome"] = record.status.value
            attempt["remote_id"] = record.remote_id or attempt["remote_id"]
            if record.reported_usd is not None:
                attempt["reported_usd"] = record.reported_usd
            made_at = record.rendered_at if record.rendered_at is not None else record.stored_at
            attempt["rendered_at"] = attempt["rendered_at"] if made_at is None else made_at

    def moved(self, after: Record, before: Record | None, run: int | None, data: dict[str, Any]) -> None:
        """Log a change of status."""
        ends = {"from": before.status.value if before else None, "to": after.status.value}
        self.log.append(("moved", run, after.address, after.key, data | ends))

    def intend(self, record: Record, run: int | None) -> None:
        """See `Records.intend`."""
        before = self.records.get(record.key)
        if before is not None and before.status not in ("unknown", "failed", "blocked", "lost"):
            raise ForbiddenMove(record.key, record.address, before.status, Status.INTENT)
        tries = self.tries_of(record.key) + 1
        if (open_one := self.latest(record.key)) and open_one["outcome"] in ("intent", "unknown"):
            open_one["outcome"] = "unsent"
        fresh = replace(
            record, **EMPTY, progress=0, status=Status.INTENT, attempts=tries, run=run, intent_at=self.now
        )
        self.records[record.key] = fresh
        self.attempts.append(
            {
                "key": record.key,
                "at": self.now,
                "outcome": "intent",
                "run": run,
                "address": record.address,
                "provider": record.provider,
                "remote_id": None,
                "estimate_usd": record.cost_usd,
                "reported_usd": None,
                "seconds": record.seconds if record.billed_seconds is None else record.billed_seconds,
                "rendered_at": None,
                "simulated": False,
                "resends": 0,
            }
        )
        cost = None if record.cost_usd is None else str(record.cost_usd)
        self.moved(fresh, before, run, {"cost_usd": cost, "attempt": tries})

    def move(self, key: str, to: Status, run: int | None, fields: dict[str, Any]) -> None:
        """See `Records.move`."""
        before = self.records.get(key)
        if to not in MOVES[before.status if before else None]:
            raise ForbiddenMove(key, key, before.status if before else None, to)
        if before is None:
            raise StateError("a record cannot be made of nothing")
        if to is Status.INTENT:
            return self.intend(replace(before, **fields), run)
        values: dict[str, Any] = {"status": to}
        if to not in ENDED_BADLY:
            values |= dict.fromkeys(("error_stage", "error_code", "error_message"))
        if to in ("rendered", "stored"):
            values["progress"] = 100
        if to in TIME_OF:
            values[TIME_OF[to]] = self.now
        if run is not None:
            values["run"] = run
        after = replace(before, **(values | fields))
        self.put(after)
        self.moved(after, before, run, _logged(fields))
        return None

    def amend(self, key: str, run: int | None, fields: dict[str, Any]) -> None:
        """See `Records.amend`."""
        before = self._known(key)
        after = replace(before, **fields)
        if after != before:
            self.put(after)
            self.log.append(("amended", run, after.address, key, _logged(fields)))

    def withdraw(self, key: str, run: int | None, **fields: Any) -> None:
        """See `Records.withdraw`."""
        tries = self.tries_of(key)
        self.move(key, Status.FAILED, run, {"attempts": tries} | fields)
        if (attempt := self.latest(key)) is not None:
            attempt["outcome"] = "unsent"

    def take_back(self, intent: Record, before: Record | None, aside: str | None, run: int | None) -> None:
        """See `Records.take_back`."""
        present = self.records.get(intent.key)
        if present is None or present.intent_at != intent.intent_at:
            return
        if present.status is Status.UNKNOWN:
            self.withdraw(intent.key, run, error_message="it was never sent")
        if present.status is not Status.INTENT:
            return
        if aside is not None:
            self._point(aside, intent.key)
            self.records.pop(aside, None)
        if before is None and intent.key in {binding.key for binding in self.bound.values()}:
            raise StateError("an address points to it")
        if before is None:
            del self.records[intent.key]
        else:
            self.records[intent.key] = before
        if (attempt := self.latest(intent.key)) is not None:
            attempt["outcome"] = "unsent"
        self.log.append(("withdrawn", run, intent.address, intent.key, {}))

    def supersede(self, key: str, run: int | None) -> str:
        """See `Records.supersede`."""
        record = self._known(key)
        name = record.remote_id or record.asset or record.attempts
        inputs = json.loads(record.inputs) | {"superseded": name}
        if inputs == json.loads(record.inputs):
            raise StateError("it is set aside already")
        aside = replace(record, key=digest(encoded(inputs)), inputs=encoded(inputs))
        self.records[aside.key] = aside
        self._point(key, aside.key)
        del self.records[key]
        self.log.append(("superseded", run, record.address, key, {"kept_as": aside.key}))
        return aside.key

    def prefer(self, remote_id: str, run: int | None) -> None:
        """See `Records.prefer`."""
        kept = [
            one
            for one in self.records.values()
            if one.remote_id == remote_id and "superseded" in json.loads(one.inputs)
        ]
        if not kept:
            raise StateError("no such render")
        inputs = json.loads(kept[0].inputs)
        del inputs["superseded"]
        key = digest(encoded(inputs))
        if key not in self.records:
            raise StateError("nothing shares its key")
        present = self.records[key]
        addresses = [address for address, binding in self.bound.items() if binding.key == key]
        self.supersede(key, run)
        self.records[key] = replace(kept[0], key=key, inputs=present.inputs, address=present.address)
        for address in addresses:
            self.bound[address] = self.bound[address]._replace(key=key)
        self._point(kept[0].key, key)
        self.records.pop(kept[0].key, None)
        self.log.append(("preferred", run, present.address, key, {"remote_id": remote_id}))

    def forget(self, keys: list[str], run: int | None) -> None:
        """See `Records.forget`."""
        found = {key: self.records[key] for key in keys if key in self.records}
        if {binding.key for binding in self.bound.values()} & found.keys():
            raise StateError("still bound")
        for key in sorted(found):
            record = self.records.pop(key)
            names = ("status", "provider", "remote_id", "asset", "cost_usd", "reported_usd")
            remains = {name: getattr(record, name) for name in names if getattr(record, name) is not None}
            self.log.append(("forgotten", run, record.address, key, _logged(remains)))

    def set_progress(self, progress: dict[str, int]) -> None:
        """See `Records.set_progress`."""
        for key, said in progress.items():
            if key in self.records:
                self.records[key] = replace(self.records[key], progress=min(max(said, 0), 100))

    def bind(self, address: str, key: str, run: int | None, protect: bool | None) -> None:
        """See `Bindings.bind`."""
        self._known(key)
        before = self.bound.get(address)
        was = before is not None and before.protect
        after = Binding(key, was if protect is None else protect)
        self.bound[address] = after
        if before is None or before.key != key:
            self.log.append(("bound", run, address, key, {"before": before.key if before else None}))
        if after.protect != was:
            self.log.append(("protected" if after.protect else "unprotected", run, address, key, {}))

    def unbind(self, address: str, run: int | None) -> None:
        """See `Bindings.unbind`."""
        before = self.bound.pop(address, None)
        if before is not None:
            self.log.append(("unbound", run, address, before.key, {}))

    def _known(self, key: str) -> Record:
        if key not in self.records:
            raise StateError(f"there is no record of {key}")
        return self.records[key]

    def _point(self, key: str, to: str) -> None:
        for address, binding in self.bound.items():
            if binding.key == key:
                self.bound[address] = binding._replace(key=to)


def _logged(fields: dict[str, Any]) -> dict[str, Any]:
    plain = {
        name: str(value) if isinstance(value, Decimal | Status) else value for name, value in fields.items()
    }
    return {name: value for name, value in plain.items() if name not in ("inputs", "request", "address")}


def observed(store: Store) -> dict[str, object]:
    """All that the store holds, in the form of the model."""
    names = "key at outcome run address provider remote_id estimate_usd reported_usd seconds rendered_at"
    events = store.session.rows("SELECT what, run, address, key, data FROM events ORDER BY id")
    return {
        "records": {record.key: record for record in store.every_record()},
        "bound": store.bindings(),
        "attempts": [
            {name: getattr(one, name) for name in (*names.split(), "simulated", "resends")}
            for one in store.attempts()
        ],
        "log": [(what, run, address, key, json.loads(data)) for what, run, address, key, data in events],
    }


def expected(model: Model) -> dict[str, object]:
    """All that the model holds."""
    names = ("records", "bound", "attempts", "log")
    return {name: deepcopy(getattr(model, name)) for name in names}


# Operations name what they work on by numbers, which always find something in the state as it is then.
NUMBER = st.integers(0, 5)
RUN = st.sampled_from([None, 1, 2])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "remote_id": st.sampled_from(["video_1", "video_2", "video_3"]),
        "reported_usd": st.sampled_from([Decimal("0.80"), Decimal("1.50")]),
        "asset": st.sampled_from(["a" * 64, "b" * 64]),
        "error_stage": st.just("create"),
        "error_message": st.sampled_from(["no capacity", "refused"]),
        "progress": st.integers(0, 100),
        "address": st.just("clip.moved#1"),
        "request": st.just('{"prompt":"A market"}'),
        "rendered_at": st.just(1_700_000_500.0),
        "expires_at": st.just(1_700_009_000.0),
        "cost_usd": st.sampled_from([Decimal("0.80"), None]),
    },
)
INTEND = st.tuples(st.just("intend"), NUMBER, RUN, st.sampled_from([None, 4.0]))
ADVANCE = st.tuples(st.just("advance"), NUMBER, RUN, FIELDS)
# What leads far into a render's life comes more often than what ends it.
STEP = st.one_of(
    *(INTEND,) * 4,
    *(ADVANCE,) * 6,
    st.tuples(st.just("move"), NUMBER, RUN, st.sampled_from(Status), FIELDS),
    st.tuples(st.just("amend"), NUMBER, RUN, FIELDS),
    st.tuples(st.just("withdraw"), NUMBER, RUN),
    st.tuples(st.just("take back"), NUMBER, RUN),
    st.tuples(st.just("intend and take back"), NUMBER, RUN),
    st.tuples(st.just("supersede"), NUMBER, RUN),
    st.tuples(st.just("render again"), NUMBER, RUN),
    st.tuples(st.just("prefer"), NUMBER, RUN),
    st.tuples(st.just("forget"), st.lists(NUMBER, max_size=2), RUN),
    st.tuples(st.just("progress"), NUMBER, st.integers(-5, 120)),
    st.tuples(st.just("bind"), NUMBER, RUN, st.sampled_from([None, True, False])),
    st.tuples(st.just("unbind"), NUMBER, RUN),
)
NEXT = {
    Status.INTENT: Status.SUBMITTED,
    Status.UNKNOWN: Status.SUBMITTED,
    Status.BATCHED: Status.RENDERED,
    Status.SUBMITTED: Status.RENDERED,
    Status.RENDERED: Status.STORED,
    Status.STORED: Status.LOST,
    Status.FAILED: Status.INTENT,
    Status.BLOCKED: Status.INTENT,
    Status.LOST: Status.STORED,
}


class Both:
    """The store and its model, which every step is done to."""

    def __init__(self) -> None:
        self.clock = TickingClock()
        self.store = Store.memory(self.clock)
        self.model = Model()
        self.intents: list[tuple[Record, Record | None, str | None]] = []

    def take(self, step: tuple[Any, ...]) -> None:
        """Do one step to both; both refuse it or neither does."""
        self.clock.at += 1
        self.model.now = self.clock.at
        before, serial = expected(self.model), self.store.serial
        name, *rest = step
        ours, theirs = getattr(self, "_" + name.replace(" ", "_"))(*rest)
        refusal = _refusal(theirs)
        assert _refusal(ours) is refusal
        now = expected(self.model)
        assert observed(self.store) == now
        if refusal is not None:
            assert self.store.serial == serial
        assert self.store.serial - serial <= 1
        quiet = name == "progress" or now == before
        assert (self.store.serial > serial) is not quiet

    def _key(self, number: int) -> str:
        """The key of a record that there is, or one that has none."""
        known = sorted(self.model.records)
        return known[number % len(known)] if known else a_record(NAMES[0]).key

    def _address(self, number: int) -> str:
        return ("clip.market#1", "clip.harbour#1", "clip.other#1")[number % 3]

    def _intend(self, number: int, run: int | None, billed: float | None) -> Pair:
        name = NAMES[number % 2]
        fresh = a_record(name, billed_seconds=billed)
        before = self.model.records.get(fresh.key)
        again = before is not None and before.status in (Status.STORED, Status.LOST) and number > 3
        aside = set_aside(before).key if before is not None and again else None
        self.intents.append((replace(fresh, intent_at=self.clock.at), before, aside))

        def ours() -> None:
            with self.store.transaction():
                if again:
                    self.store.supersede(fresh.key, run=run)
                self.store.intend(fresh, run)

        def theirs() -> None:
            if again:
                self.model.supersede(fresh.key, run)
            self.model.intend(fresh, run)

        return ours, theirs

    def _move(self, number: int, run: int | None, to: Status, fields: dict[str, Any]) -> Pair:
        key = self._key(number)
        return (
            lambda: self.store.move(key, to, run=run, **fields),
            lambda: self.model.move(key, to, run, fields),
        )

    def _advance(self, number: int, run: int | None, fields: dict[str, Any]) -> Pair:
        record = self.model.records.get(self._key(number))
        return self._move(number, run, NEXT[record.status] if record else Status.FAILED, fields)

    def _amend(self, number: int, run: int | None, fields: dict[str, Any]) -> Pair:
        key = self._key(number)
        return (
            lambda: self.store.amend(key, run=run, **fields),
            lambda: self.model.amend(key, run, fields),
        )

    def _withdraw(self, number: int, run: int | None) -> Pair:
        key = self._key(number)
        return (
            lambda: self.store.withdraw(key, run=run, error_code="busy"),
            lambda: self.model.withdraw(key, run, error_code="busy"),
        )

    def _take_back(self, number: int, run: int | None) -> Pair:
        if not self.intents:
            return (lambda: None), (lambda: None)
        intent, before, aside = self.intents[-1 - number % len(self.intents)]
        return (
            lambda: self.store.take_back(intent, before, aside, run=run),
            lambda: self.model.take_back(intent, before, aside, run),
        )

    def _intend_and_take_back(self, number: int, run: int | None) -> Pair:
        """What an apply does that is stopped between the intent and the request."""
        sent, modelled = self._intend(number, run, None)
        undo, undo_modelled = self._take_back(0, run)

        def ours() -> None:
            with self.store.transaction():
                sent()
                undo()

        def theirs() -> None:
            modelled()
            undo_modelled()

        return ours, theirs

    def _supersede(self, number: int, run: int | None) -> Pair:
        key = self._key(number)
        return lambda: self.store.supersede(key, run=run), lambda: self.model.supersede(key, run)

    def _render_again(self, number: int, run: int | None) -> Pair:
        """Set a record aside, and let another job of its key be on its way."""
        key, remote_id = self._key(number), f"video_{len(self.model.log)}"
        record = self.model.records.get(key)
        if record is None or set_aside(record).key == key:
            return (lambda: None), (lambda: None)

        def ours() -> None:
            with self.store.transaction():
                self.store.supersede(key, run=run)
                self.store.intend(record, run)
                self.store.move(key, Status.SUBMITTED, run=run, remote_id=remote_id)

        def theirs() -> None:
            self.model.supersede(key, run)
            self.model.intend(record, run)
            self.model.move(key, Status.SUBMITTED, run, {"remote_id": remote_id})

        return ours, theirs

    def _prefer(self, number: int, run: int | None) -> Pair:
        kept = sorted(
            one.remote_id
            for one in self.model.records.values()
            if one.remote_id is not None and "superseded" in json.loads(one.inputs)
        )
        remote_id = kept[number % len(kept)] if kept and number else "video_1"
        jobs = [one for one in self.model.records.values() if one.remote_id == remote_id]
        if len([one for one in jobs if "superseded" in json.loads(one.inputs)]) > 1:
            return (lambda: None), (lambda: None)  # which of two is meant is the caller's to say
        return (
            lambda: self.store.prefer(remote_id, run=run),
            lambda: self.model.prefer(remote_id, run),
        )

    def _forget(self, numbers: list[int], run: int | None) -> Pair:
        keys = [self._key(number) for number in numbers]
        return lambda: self.store.forget(keys, run), lambda: self.model.forget(keys, run)

    def _progress(self, number: int, percent: int) -> Pair:
        progress = {self._key(number): percent}
        return lambda: self.store.set_progress(progress), lambda: self.model.set_progress(progress)

    def _bind(self, number: int, run: int | None, protect: bool | None) -> Pair:
        key, address = self._key(number), self._address(number)
        return (
            lambda: self.store.bind(address, key, run=run, protect=protect),
            lambda: self.model.bind(address, key, run, protect),
        )

    def _unbind(self, number: int, run: int | None) -> Pair:
        address = self._address(number)
        return lambda: self.store.unbind(address, run), lambda: self.model.unbind(address, run)


Pair = tuple[Callable[[], object], Callable[[], object]]


def _refusal(act: Callable[[], object]) -> type[SorasyncError] | None:
    try:
        act()
    except ForbiddenMove:
        return ForbiddenMove
    except StateError:
        return StateError
    return None


def test_any_series_of_changes_leaves_what_the_model_says(database: str) -> None:
    @given(st.lists(STEP, min_size=25, max_size=50))
    @settings(max_examples=100 if database == "sqlite" else 3)
    def try_series(steps: list[tuple[Any, ...]]) -> None:
        both = Both()
        with both.store:
            for step in steps:
                both.take(step)

    try_series()
