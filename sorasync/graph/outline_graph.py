"""A graph of outlines: addresses and keys of all renders, and the renders themselves once somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sorasync.graph.address import natural, owner
from sorasync.graph.graph import ClipNode, Graph, GraphPart
from sorasync.graph.outline import Outline
from sorasync.graph.render import Render

# Gives the renders of a clip, by address, perhaps among others.
Make = Callable[[str], Mapping[str, Render]]


class Columns:
    """The outlines of a whole library, joined.

    `others` are the renders of its characters and stills, in order; `stills` are these by name.
    """

    def __init__(
        self, outlines: Iterable[Outline], others: Mapping[str, Render], stills: Mapping[str, ClipNode]
    ) -> None:
        self.outlines = tuple(outlines)
        self.others = others
        self.stills = stills
        self.keys: dict[str, str] = {address: render.key for address, render in others.items()}
        self.owners: dict[str, Outline] = {}
        self.branches: dict[str, str] = {}
        for outline in self.outlines:
            self.keys.update(zip(outline.addresses, outline.keys, strict=True))
            self.owners.update(dict.fromkeys(outline.names, outline))
            self.branches.update(outline.branches)

    def node(self, name: str) -> ClipNode:
        """A clip. Raises `KeyError`."""
        return self.owners[name].nodes[name]

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Clips in the order of a graph: by name, but a source before the first that branches off it."""
        first = self._first
        return sorted(names, key=lambda name: (first.get(name) or natural(name), self._depth(name)))

    def _depth(self, name: str) -> int:
        depth = 0
        while (source := self.branches.get(name)) is not None:
            name, depth = source, depth + 1
        return depth

    @cached_property
    def _first(self) -> dict[str, str]:
        """For every source the least name among itself and all that branches off it, as it is sorted."""
        found: dict[str, str] = {}
        for name, source in self.branches.items():
            least, above = natural(name), source
            while above:
                before = found.get(above) or natural(above)
                if above in found and before <= least:
                    break
                found[above] = least = min(before, least)
                above = self.branches.get(above, "")
        return found


class _Renders(Mapping[str, Render]):
    """Every render by address; a clip's are made when the first of them is asked for."""

    def __init__(self, columns: Columns, made: Mapping[str, Render], make: Make) -> None:
        self._columns = columns
        self._make = make
        self._made: dict[str, Render] = {**made, **columns.others}

    def __getitem__(self, address: str) -> Render:
        found = self._made.get(address)
        if found is None:
            if address not in self._columns.keys:
                raise KeyError(address)
            name = owner(address).removeprefix("clip.")
            made = self._make(name)
            self._made.update((a, made[a]) for a in self._columns.node(name).renders)
            found = self._made[address]
        return found

    def __contains__(self, address: object) -> bool:
        return address in self._columns.keys

    def __len__(self) -> int:
        return len(self._columns.keys)

    def __iter__(self) -> Iterator[str]:
        yield from self._columns.others
        for name in self._columns.in_order(self._columns.owners):
            yield from self._columns.node(name).renders


class _Clips(Mapping[str, ClipNode]):
    """Every clip by name."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> ClipNode:
        return self._columns.node(name)

    def __contains__(self, name: object) -> bool:
        return name in self._columns.owners

    def __len__(self) -> int:
        return len(self._columns.owners)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns.in_order(self._columns.owners))


class _Tags(Mapping[str, tuple[str, ...]]):
    """Tags by the address of a clip, still or character; `others` are those of the last two."""

    def __init__(self, columns: Columns, others: Mapping[str, tuple[str, ...]]) -> None:
        self._columns = columns
        self._others = others

    @cached_property
    def _found(self) -> dict[str, tuple[str, ...]]:
        nodes = (node for outline in self._columns.outlines for node in outline.nodes.values())
        return {**self._others, **{f"clip.{node.name}": node.tags for node in nodes if node.tags}}

    def __getitem__(self, address: str) -> tuple[str, ...]:
        return self._found[address]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)


@dataclass(frozen=True, kw_only=True)
class PartedGraph(Graph):
    """See `Graph`."""

    columns: Columns

    @classmethod
    def over(
        cls,
        columns: Columns,
        tags: Mapping[str, tuple[str, ...]],
        made: Mapping[str, Render],
        make: Make,
    ) -> PartedGraph:
        """The graph of those columns: `tags` are those of characters and stills, `made` renders there are."""
        return cls(
            renders=_Renders(columns, made, make),
            clips=_Clips(columns),
            tags=_Tags(columns, tags),
            stills=columns.stills,
            columns=columns,
        )

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """See `Graph.keys`."""
        return self.columns.keys

    @cached_property
    def cast(self) -> tuple[str, ...]:
        """See `Graph.cast`."""
        return tuple(address for address in self.columns.others if address.startswith("character."))

    @cached_property
    def sending(self) -> frozenset[str]:
        """See `Graph.sending`."""
        sent = (address for outline in self.columns.outlines for address in outline.sending)
        return frozenset((*sent, *(a for a, render in self.columns.others.items() if render.files)))

    def in_order(self, addresses: Collection[str]) -> list[Render]:
        """See `Graph.in_order`."""
        others = [address for address in self.columns.others if address in addresses]
        names = {owner(a).removeprefix("clip.") for a in addresses if a not in self.columns.others}
        nodes = map(self.columns.node, self.columns.in_order(names))
        places = [*others, *(a for node in nodes for a in node.renders if a in addresses)]
        return [self.renders[address] for address in places]

    def several(self) -> Iterator[ClipNode]:
        """See `Graph.several`."""
        for part in self.parts():
            yield from part.several

    def parts(self) -> Iterator[GraphPart]:
        """See `Graph.parts`: its characters and stills, then each manifest."""
        others = self.columns.others
        stills = (node for node in self.columns.stills.values() if len(node.renders) > 1)
        yield GraphPart("", None, others.keys(), [render.key for render in others.values()], stills)
        for one in self.columns.outlines:
            yield GraphPart(one.file, one, one.addresses, one.keys, one.several_renders())

    def waiting(self) -> Iterator[ClipNode]:
        """See `Graph.waiting`."""
        outlines = (outline for outline in self.columns.outlines if outline.waiting)
        found = {node.name: node for one in outlines for node in one.nodes.values() if node.waits_for}
        yield from (node for node in self.columns.stills.values() if node.waits_for)
        yield from (found[name] for name in self.columns.in_order(found))
