"""Which part of a plan is wanted: `--target` and `--exclude`, by address, glob and tag."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sorasync.errors import SorasyncError
from sorasync.graph import address as addresses
from sorasync.graph.graph import Graph
from sorasync.plan.change import Change


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns as given. `*` and `?` are the only wildcards, since brackets belong to matrix addresses."""

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.target or self.exclude)


def select(
    changes: Sequence[Change], selection: Selection, graph: Graph, lost: Collection[str] = ()
) -> list[Change]:
    """The changes that a selection keeps, in their order; the word `lost` means the addresses in `lost`.

    A target includes what it depends on; an exclusion also excludes what depends on it. Raises
    `SorasyncError` for a pattern that matches nothing in the library or the plan.
    """
    if not selection:
        return list(changes)
    if LOST in (*selection.target, *selection.exclude):
        matching((LOST,), graph, lost)
        selection = Selection(_spelled(selection.target, lost), _spelled(selection.exclude, lost))
    known = _names(graph, changes)
    for pattern in (*selection.target, *selection.exclude):
        if not any(matches(pattern, name, graph) for name in known):
            raise SorasyncError(f"{pattern!r} matches nothing", hint="sorasync status lists the addresses")
    kept = {c.label for c in changes if not selection.target or _any(selection.target, c, graph)}
    kept = _with_needs(kept, changes)
    dropped = {c.label for c in changes if _any(selection.exclude, c, graph)}
    dropped = _with_dependants(dropped, changes)
    return [c for c in changes if c.label in kept and c.label not in dropped]


def sampled(changes: Sequence[Change], most: int) -> list[Change]:
    """The changes without what is paid for variants beyond the first `most` of each clip or still."""
    chosen: dict[str, set[str]] = {}
    dropped = set()
    for change in changes:
        owner = addresses.owner(change.address)
        base, bracket, _ = owner.partition("[")
        if not bracket or not change.paid:
            continue
        variants = chosen.setdefault(base, set())
        if owner in variants or len(variants) < most:
            variants.add(owner)
        else:
            dropped.add(change.label)
    dropped = _with_dependants(dropped, changes)
    return [change for change in changes if change.label not in dropped]


def _spelled(patterns: tuple[str, ...], lost: Collection[str]) -> tuple[str, ...]:
    return tuple(one for pattern in patterns for one in (sorted(lost) if pattern == LOST else (pattern,)))


def keeps(selection: Selection, clip: str, source: str, graph: Graph) -> bool:
    """Whether a clip is selected that waits for a take of the clip `source`; both are addresses."""
    wanted = not selection.target or any(matches(pattern, clip, graph) for pattern in selection.target)
    return wanted and not any(
        matches(pattern, address, graph) for pattern in selection.exclude for address in (clip, source)
    )


# The word for every lost render, wherever a pattern is allowed.
LOST = "lost"
# The word for every video that fails a check, for `--replace`.
FAILING = "failing"


def matching(
    patterns: Iterable[str], graph: Graph, lost: Collection[str] = (), failing: Collection[str] | None = None
) -> set[str]:
    """The renders' addresses that the patterns match, `lost` being those that are lost.

    `failing` are those that fail a check, None where that word is none. Where nothing fails, it means none.
    Raises `SorasyncError` where a pattern matches none.
    """
    found: set[str] = set()
    for pattern in patterns:
        if pattern == FAILING and failing is not None:
            found |= set(failing)
            continue
        if pattern == LOST:
            hits = set(lost)
        else:
            hits = {address for address in graph.renders if matches(pattern, address, graph)}
        if not hits:
            what = "nothing is lost" if pattern == LOST else f"{pattern!r} matches no render"
            raise SorasyncError(what, hint="sorasync status lists the addresses")
        found |= hits
    return found


def _names(graph: Graph, changes: Sequence[Change]) -> list[str]:
    clips = (node.address for node in graph.nodes())
    return [*graph.renders, *clips, *(place for change in changes for place in _places(change))]


def _places(change: Change) -> tuple[str, ...]:
    return (change.address, *(bind.address for bind in change.binds), *change.drops)


def _any(patterns: tuple[str, ...], change: Change, graph: Graph) -> bool:
    return any(matches(pattern, place, graph) for pattern in patterns for place in _places(change))


def matches(pattern: str, address: str, graph: Graph) -> bool:
    """Whether a pattern means an address: the address itself, what it belongs to, or a tag of that.

    As everywhere, the kind may be left out: `market` means `clip.market`.
    """
    owner = addresses.owner(address)
    if pattern.startswith("tag:"):
        return any(glob(pattern[4:], tag) for tag in graph.tags.get(owner, ()))
    names = {address, graph.label(address), owner, owner.partition("[")[0], address.partition("/")[0]}
    meant = {pattern, *addresses.spellings(pattern)}
    return any(glob(one, name) for one in meant for name in names)


def glob(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern with `*` and `?`."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _with_needs(kept: set[str], changes: Sequence[Change]) -> set[str]:
    for change in reversed(changes):
        if change.label in kept:
            kept.update(change.depends_on)
    return kept


def _with_dependants(dropped: set[str], changes: Sequence[Change]) -> set[str]:
    for change in changes:
        if dropped.intersection(change.depends_on):
            dropped.add(change.label)
    return dropped
