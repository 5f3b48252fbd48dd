"""Groups a clip's lines: renaming or removing a clip is one change, not one per render."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from sorasync.graph import address as addresses
from sorasync.graph.graph import Graph
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.prior_state import Known


def group_moves(changes: list[Change], graph: Graph) -> list[Change]:
    """The changes with each rename of a whole clip as one `move`.

    A clip was renamed when all its renders come from one other clip, each from the same take and step.
    """
    by_clip: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.action is Action.MOVE and change.binds[0].origin:
            by_clip[addresses.owner(change.address)].append(change)
    renamed = {owner: moves for owner, moves in by_clip.items() if _is_rename(owner, moves, graph)}
    return _fold(changes, renamed, _renamed)


def _is_rename(owner: str, moves: list[Change], graph: Graph) -> bool:
    node = graph.node(owner)
    if node is None or len(moves) != len(node.renders):
        return False
    origins = [move.binds[0].origin or "" for move in moves]
    same_place = all(
        addresses.suffix(o) == addresses.suffix(m.address) for o, m in zip(origins, moves, strict=True)
    )
    return same_place and len({addresses.owner(origin) for origin in origins}) == 1


def _renamed(owner: str, moves: list[Change]) -> Change:
    origin = addresses.owner(moves[0].binds[0].origin or "")
    return replace(
        moves[0],
        label=owner,
        reason=f"renamed from {origin}",
        binds=tuple(bind for move in moves for bind in move.binds),
        before={"address": origin},
        after={"address": owner},
        fields=(),
        depends_on=(),
    )


def group_retired(changes: list[Change], graph: Graph, known: Known) -> list[Change]:
    """The changes with each clip that is gone altogether as one `retire`."""
    bound: dict[str, int] = defaultdict(int)
    for address in known.bindings:
        bound[addresses.owner(address)] += 1
    by_clip: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_clip[addresses.owner(change.address)].append(change)
    whole = {
        owner: found
        for owner, found in by_clip.items()
        if graph.node(owner) is None and len(found) == bound[owner]
    }
    return sorted(_fold(changes, whole, _retired), key=_sort_place)


def _sort_place(change: Change) -> str:
    """Keeps a clip's lines together, sorted by name only."""
    owner, suffix = addresses.owner(change.address), addresses.suffix(change.address)
    return f"{addresses.natural(owner)}\0{addresses.natural(suffix)}"


def _retired(owner: str, changes: list[Change]) -> Change:
    count = len(changes)
    return replace(
        changes[0],
        label=owner,
        reason=changes[0].reason + (f" ({count} renders)" if count > 1 else ""),
        drops={address: key for change in changes for address, key in change.drops.items()},
    )


def _fold(
    changes: list[Change], groups: dict[str, list[Change]], merge: Callable[[str, list[Change]], Change]
) -> list[Change]:
    members = {change.address: owner for owner, group in groups.items() for change in group}
    result, done = [], set()
    for change in changes:
        owner = members.get(change.address)
        if owner is None:
            result.append(change)
        elif owner not in done:
            done.add(owner)
            result.append(merge(owner, groups[owner]))
    return result
