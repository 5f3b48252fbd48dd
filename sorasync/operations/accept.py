"""`sorasync accept`: uses an existing render for a changed declaration, without rendering."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.apply.sidecars import sidecar_of
from sorasync.assets.sidecar import write_sidecar
from sorasync.assets.store import AssetStore
from sorasync.errors import SorasyncError
from sorasync.graph.graph import Graph
from sorasync.graph.render import Render
from sorasync.operations.address_lookup import find_wanted
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.plan.change import FieldChange, inputs_of
from sorasync.plan.reason import changed_fields
from sorasync.state.record import IN_FLIGHT, Binding, Record, Status
from sorasync.state.store import Store

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.state.lock import LockWait


@dataclass(frozen=True, slots=True)
class Accepted:
    """One render of the chain: its old record, its new render, and the fields that differ.

    `follows`: it was not named itself; only what it is made from has new keys.
    """

    address: str
    label: str
    old: Record
    new: Render
    fields: tuple[FieldChange, ...]
    follows: bool


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Everything that would be accepted, sources first, and the dependants that would not, with reasons."""

    accepted: tuple[Accepted, ...]
    left: tuple[tuple[str, str], ...]


def accept_renders(
    project: Project,
    address: str,
    reason: str,
    waiting: LockWait,
    agreed: Callable[[Acceptance, Graph], bool] = lambda found, graph: True,
) -> Acceptance | None:
    """Accept the renders of an address, and what follows from them; None where `agreed` says no.

    `agreed` is asked while the state is locked, with everything that would be accepted.
    """
    if not reason.strip():
        raise SorasyncError("accepting a render needs a reason", hint="it is kept in the history")
    graph = project.graph(project.library())
    with project.synced_store() as store:
        named = set(find_wanted(address, graph, store.bindings()).renders)
    with changing(project, waiting) as session:
        found = acceptance(session.store, graph, named, address)
        if not agreed(found, graph):
            return None
        accept(project.assets(), session, found, reason.strip())
    return found


def acceptance(store: Store, graph: Graph, addresses: Container[str], label: str) -> Acceptance:
    """What accepting those addresses would do; nothing is changed.

    Raises `SorasyncError` if there is nothing to accept, or a render in flight forbids it.
    """
    bindings = store.bindings()
    keys = {binding.key for binding in bindings.values()} | {r.key for r in graph.renders.values()}
    work = _AcceptWork(store, graph, bindings, store.records(keys))
    for render in graph.renders.values():
        work.consider(render, named=render.address in addresses)
    if not work.accepted:
        raise work.nothing(addresses, label)
    return Acceptance(work.accepted, tuple(work.left))


class _AcceptWork:
    def __init__(
        self, store: Store, graph: Graph, bindings: Mapping[str, Binding], records: Mapping[str, Record]
    ) -> None:
        self._store = store
        self._graph = graph
        self._bindings = bindings
        self._records = records
        self._found: dict[str, Accepted] = {}
        self.left: list[tuple[str, str]] = []

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        return tuple(self._found.values())

    def consider(self, render: Render, *, named: bool) -> None:
        """Accept a render if it is named, or if nothing about it changed but what is accepted already."""
        follows = any(need in self._found for need in render.needs)
        binding = self._bindings.get(render.address)
        if not (named or follows) or binding is None or binding.key == render.key:
            return
        old, label = self._records[binding.key], self._graph.label(render.address)
        why = self._hindrance(old, render)
        fields = changed_fields(inputs_of(old.inputs), inputs_of(render.inputs))
        if not named and why is None:
            why = self._own_changes(old, render)
        if why is not None:
            if named:
                raise SorasyncError(f"{label} cannot be accepted: {why}", hint="nothing was changed")
            self.left.append((label, why))
            return
        self._found[render.address] = Accepted(render.address, label, old, render, fields, follows=not named)

    def _hindrance(self, old: Record, render: Render) -> str | None:
        """Why the record cannot be used for the new key, None if it can."""
        if old.status in IN_FLIGHT:
            return "its render is still in flight (apply first)"
        if old.status is not Status.STORED:
            return f"there is no video of it (it is {old.status.value})"
        if old.kind != render.kind:
            return f"it was a {old.kind} and is a {render.kind} now"
        new = self._records.get(render.key)
        if new is not None and new.status in IN_FLIGHT:
            return "the new render is paid for and in flight"
        if new is not None and new.status is Status.STORED:
            return "a render of the new declaration already exists (apply binds it, free)"
        return None

    def _own_changes(self, old: Record, render: Render) -> str | None:
        """What changed about a dependant beside the keys that are accepted, as a reason."""
        carried = inputs_of(old.inputs)
        for name, addresses in render.made_from.items():
            if name in carried:
                carried[name] = self._carried(carried[name], addresses)
        own, others = [], []
        for field in changed_fields(carried, inputs_of(render.inputs)):
            found = self._changed_sources(field, render.made_from.get(field.name, ()))
            others += found
            if not found:
                own.append(field.name)
        if own:
            others.insert(0, f"its own {', '.join(own)} changed too")
        return ", ".join(dict.fromkeys(others)) or None

    def _carried(self, held: object, addresses: Iterable[str]) -> object:
        """The keys that a field holds, with the present ones of addresses that still have the same render."""
        keys, renewed = _keys_of(held), []
        for address in addresses:
            result = self._result(address)
            same = next((key for key in keys if result is not None and self._is(key, result)), None)
            if same is not None:
                keys.remove(same)
                renewed.append(self._graph.renders[address].key)
        found = sorted(keys + renewed)
        return found if isinstance(held, list) else found[0]

    def _result(self, address: str) -> Record | None:
        """What an address has for its present declaration, with what is accepted; None if nothing."""
        if address in self._found:
            return self._found[address].old
        binding, key = self._bindings.get(address), self._graph.renders[address].key
        return self._record(key) if binding is not None and binding.key == key else None

    def _is(self, key: str, result: Record) -> bool:
        """Whether the render of a key is that one, or the one that it was accepted for."""
        if key == result.key:
            return True
        record = self._record(key)
        made = (result.provider, result.remote_id, result.asset)
        return (
            record is not None
            and made[1:] != (None, None)
            and made == (record.provider, record.remote_id, record.asset)
        )

    def _changed_sources(self, field: FieldChange, addresses: Collection[str]) -> list[str]:
        """Reasons for a field that differs since what it stands for was changed itself, none for another."""
        reasons = []
        for key in set(_keys_of(field.before)) - set(_keys_of(field.after)) if addresses else ():
            record = self._record(key)
            if record is None or record.address not in addresses:
                return []
            label, binding = self._graph.label(record.address), self._bindings.get(record.address)
            now = record.address not in self._found and binding is not None and binding.key == key
            reasons.append(f"{label} changed too" if now else f"it was made from an earlier {label}")
        return sorted(reasons)

    def _record(self, key: str) -> Record | None:
        return self._records.get(key) or self._store.record(key)

    def nothing(self, addresses: Container[str], label: str) -> SorasyncError:
        """The error that none of the named addresses has anything to accept."""
        bound = [a for a in self._graph.renders if a in addresses and a in self._bindings]
        if not bound:
            return SorasyncError(
                f"{label} has no render yet that could be accepted", hint="`sorasync plan` shows what is next"
            )
        return SorasyncError(f"{label} matches its manifest: there is nothing to accept")


def _keys_of(held: object) -> list[str]:
    """The keys in a field of inputs: one, a list of them, or none."""
    return [str(key) for key in held] if isinstance(held, list) else [str(held)] if held else []


def accept(assets: AssetStore, session: ChangeSession, found: Acceptance, reason: str) -> None:
    """Copy each record to its new key, bind it, and log who wanted it and why.

    The notes beside the videos are updated too, so that the copies survive a lost state.
    """
    store, run = session.store, session.run
    copies = [_copied_record(one, run) for one in found.accepted]
    with store.transaction():
        store.put_all(copies)
        for one in found.accepted:
            store.bind(one.address, one.new.key, run=run, protect=one.new.protect)
            store.log(
                "accepted",
                one.address,
                one.new.key,
                run,
                reason=reason,
                old_key=one.old.key,
                new_key=one.new.key,
                fields=[field.name for field in one.fields],
            )
    for copy in copies:
        if copy.asset is not None:
            write_sidecar(assets, sidecar_of(copy))


def _copied_record(one: Accepted, run: int) -> Record:
    return replace(
        one.old,
        key=one.new.key,
        inputs=one.new.inputs,
        address=one.address,
        source_key=json.loads(one.new.inputs).get("source"),
        run=run,
    )
