"""Merges a state and a lock file.

A lock file carries no date, so what is new is found by comparing three accounts, address by address and key
by key: the state, the lock file, and the last lock file that this state wrote or read. What only one side
changed is taken from that side. Nothing that was paid for is ever forgotten here: a record that only the
state knows stays, an address that the lock file has dropped is unbound (its record retires), and a protected
one stays bound. A retired record that `gc` deleted elsewhere stays known here and is not written back, so
that two machines do not hand it to and fro; should it come back all the same, it comes as retired, which
costs nothing. Where both sides bound an address anew, the lock file wins, since both renders stay known.
Where both paid for one key, the render that counts is found by a rule that every machine shares, and the
other one is set aside under a key of its own; both are named, so that a person can decide otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sorasync.state.errors import StateError
from sorasync.state.lockfile_merge import newer
from sorasync.state.lockfile_text import LockFile, PaidTwice
from sorasync.state.record import IN_FLIGHT, Binding, Record
from sorasync.state.two_renders_of_a_key import first_paid, job_of, set_aside, two_renders, worth_keeping


class Reconciliation(StrEnum):
    """The result of a merge.

    `same`: both say the same, or the state already has everything. `missing`: there is no lock file.
    `newer`: the lock file is one that the state has left behind. `restored`: the state was empty and has
    everything from the lock file now. `advanced`: the state took over what the lock file had beyond it.
    """

    SAME = "same"
    MISSING = "missing"
    NEWER = "newer"
    RESTORED = "restored"
    ADVANCED = "advanced"


class Side(StrEnum):
    """Which side to follow where both changed."""

    STATE = "state"
    LOCK = "lock"


class StateDiverged(StateError):
    """The state and the lock file belong to different libraries, or were created independently."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            hint="if this is one library, `sorasync state reconcile --keep lock` merges them; "
            "nothing that either side paid for is forgotten",
        )


@dataclass(frozen=True, slots=True)
class StateDifference:
    """What has to change in a state to merge a lock file. None as a binding: unbind.

    `overruled` are the state's own records that give way to another render of the same key, `dropped` the
    keys of retired ones that others have deleted: they stay here, and leave the lock file. `twice` names what
    was paid for on both sides.
    """

    records: Mapping[str, Record]
    bindings: Mapping[str, Binding | None]
    overruled: Mapping[str, Record]
    dropped: frozenset[str] = frozenset()
    twice: tuple[PaidTwice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.records or self.bindings or self.dropped)

    @property
    def only_adds(self) -> bool:
        """Whether it only adds to the state and changes nothing."""
        kept = all(binding is not None for binding in self.bindings.values())
        return kept and not self.overruled and not self.dropped


def compare(
    mine: LockFile, theirs: LockFile, base: LockFile | None, keep: Side | None = None
) -> StateDifference:
    """What the state `mine` has to change to merge `theirs`.

    Raises `StateDiverged` for a lock file of another lineage, unless told whom to follow.
    """
    kin = mine.lineage in theirs.lineages
    if mine.records and not kin and keep is None:
        raise StateDiverged(
            "the state and sorasync.lock belong to different libraries or were created independently "
            f"(lineage {mine.lineage[:8]} here, {theirs.lineage[:8]} in the file)"
        )
    if base is None or not kin:
        base = LockFile(theirs.lineage)
    records, overruled, twice = _records(mine, theirs, base, keep)
    bindings = _bindings(mine, theirs, base, keep)
    for binding in bindings.values():
        if binding is not None and binding.key not in mine.records:
            records.setdefault(binding.key, theirs.records[binding.key])
    return StateDifference(records, bindings, overruled, _dropped(mine, theirs, base, bindings), tuple(twice))


def _dropped(
    mine: LockFile, theirs: LockFile, base: LockFile, taken: Mapping[str, Binding | None]
) -> frozenset[str]:
    """Records that the lock file no longer lists, and that no address here points to."""
    bound = {binding.key for binding in {**mine.bindings, **taken}.values() if binding is not None}
    return frozenset(
        key
        for key, old in base.records.items()
        if key not in theirs.records
        and key not in bound
        and (my := mine.records.get(key)) is not None
        and my.status not in IN_FLIGHT
        and _same_account(old, my)
    )


def _records(
    mine: LockFile, theirs: LockFile, base: LockFile, keep: Side | None
) -> tuple[dict[str, Record], dict[str, Record], list[PaidTwice]]:
    taken: dict[str, Record] = {}
    overruled: dict[str, Record] = {}
    twice: list[PaidTwice] = []
    for key, their in theirs.records.items():
        my, old = mine.records.get(key), base.records.get(key)
        if _same_account(my, their):
            if my is not None and (filled := _filled(my, their)) != my:
                taken[key] = filled
            continue
        # Only the state has moved on since it last saw the file.
        if _same_account(old, their):
            continue
        if my is None:
            taken[key] = their
        # Both sides have paid for the key since then.
        elif not _same_account(old, my) and two_renders(my, their):
            kept = _kept(mine, my, theirs, their, keep)
            other = my if kept is their else their
            if kept is their:
                taken[key], overruled[key] = their, my
            aside = set_aside(other, kept)
            if worth_keeping(other) and aside.key not in mine.records:
                taken.setdefault(aside.key, aside)
                # If the file has it set aside already, whoever did that has reported it.
                if aside.key not in theirs.records:
                    twice.append(PaidTwice(their.address, job_of(kept), job_of(other)))
        elif newer(their, my) is their:
            taken[key] = their
    return taken, overruled, twice


def _kept(mine: LockFile, my: Record, theirs: LockFile, their: Record, keep: Side | None) -> Record:
    """Which of two paid renders of a key is used; one with another key has already given this one up."""
    if keep is not None:
        return their if keep is Side.LOCK else my
    if set_aside(my, their).key in theirs.records:
        return their
    if set_aside(their, my).key in mine.records:
        return my
    return min(my, their, key=first_paid)


def _same_account(one: Record | None, other: Record) -> bool:
    """Whether two records of a key agree; their address does not matter.

    One that does not say when it was paid for, or how its video differs from that, like those of earlier
    versions, contradicts none that does.
    """
    if one is None or one == other:
        return one is not None
    return replace(_filled(one, other), address=other.address) == _filled(other, one)


def _filled(one: Record, other: Record) -> Record:
    """An account with what only the other one says."""
    at = other.intent_at if one.intent_at is None else one.intent_at
    differs = other.mismatch if one.mismatch is None and one.asset == other.asset else one.mismatch
    return replace(one, intent_at=at, mismatch=differs)


def _bindings(
    mine: LockFile, theirs: LockFile, base: LockFile, keep: Side | None
) -> dict[str, Binding | None]:
    taken: dict[str, Binding | None] = {}
    for address in mine.bindings.keys() | theirs.bindings.keys():
        my, their = mine.bindings.get(address), theirs.bindings.get(address)
        chosen = _binding(my, their, base.bindings.get(address), keep)
        if chosen != my:
            taken[address] = chosen
    return taken


def _binding(
    my: Binding | None, their: Binding | None, old: Binding | None, keep: Side | None
) -> Binding | None:
    """Which binding an address gets."""
    # The file says nothing new.
    if my == their or their == old:
        return my
    # Others have dropped the address: follow them, unless it has changed here too or is protected.
    if their is None:
        return None if my == old and my is not None and not my.protect else my
    if my is None or my == old:
        return their
    # Both sides bound it anew, and both renders stay known; a protection of either side holds.
    if keep is Side.STATE:
        return my
    return Binding(their.key, their.protect or my.protect)
