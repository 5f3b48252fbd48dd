"""The graph of renders: what a library asks for, as nodes with keys.

An edge a -> b reads "b needs a's result": a step needs the video before it, a create needs its characters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sorasync.graph import address as addresses
from sorasync.graph.render import Render
from sorasync.value_class import value_class


@value_class
class ClipNode:
    """One clip or still in the graph, its renders by address.

    `takes` are the first renders, one a take; `steps` what follows on the chosen take. `final` is the
    render that the clip stands for; without a choice it is the first take, and `waits_for` is the address of
    the clip or still whose take has to be picked before the steps (or all of this one) can be planned.
    """

    name: str
    takes: tuple[str, ...]
    steps: tuple[str, ...]
    final: str | None
    chosen: int | None
    waits_for: str | None
    tags: tuple[str, ...]
    kind: str = "clip"

    @property
    def address(self) -> str:
        """The address of the clip or still."""
        return f"{self.kind}.{self.name}"

    @property
    def single(self) -> bool:
        """Whether `#1` may be left out of its take's address."""
        return len(self.takes) < 2

    @property
    def renders(self) -> tuple[str, ...]:
        """Every render of the clip, takes first."""
        return self.takes + self.steps


class GraphPart(NamedTuple):
    """A part of a graph: its renders' addresses and, in the same order, keys; its clips of several renders.

    It is the same as a part of an earlier graph if `name` and `source` are; `source` is None if that
    cannot be told. `several` can be read once.
    """

    name: str
    source: object
    addresses: Collection[str]
    keys: Collection[str]
    several: Iterable[ClipNode]


@dataclass(frozen=True)
class Graph:
    """Every render by address, sources before what needs them, and every clip and still by name.

    What is needed of all of them comes in columns (`keys`, `cast`, `several`, `sending`), so that a
    graph of a large library need not hold every render.
    """

    renders: Mapping[str, Render]
    clips: Mapping[str, ClipNode]
    # Tags by the address of a clip, still or character; those without tags are left out.
    tags: Mapping[str, tuple[str, ...]]
    stills: Mapping[str, ClipNode] = field(default_factory=dict)

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The key of every render by address, in no particular order."""
        return {address: render.key for address, render in self.renders.items()}

    @cached_property
    def cast(self) -> tuple[str, ...]:
        """The addresses of the characters, in the order of `renders`."""
        return tuple(address for address in self.renders if address.startswith("character."))

    @cached_property
    def sending(self) -> frozenset[str]:
        """The addresses of the renders that a file is sent for."""
        return frozenset(address for address, render in self.renders.items() if render.files)

    def in_order(self, addresses: Collection[str]) -> list[Render]:
        """The renders at those addresses, sources before what needs them."""
        return [render for address, render in self.renders.items() if address in addresses]

    def several(self) -> Iterator[ClipNode]:
        """The clips and stills of more than one render."""
        return (node for node in self.nodes() if len(node.renders) > 1)

    def parts(self) -> Iterator[GraphPart]:
        """All of it, in parts."""
        yield GraphPart("", None, self.keys.keys(), self.keys.values(), self.several())

    def nodes(self) -> Iterator[ClipNode]:
        """Every still, then every clip."""
        yield from self.stills.values()
        yield from self.clips.values()

    def node(self, address: str) -> ClipNode | None:
        """The clip or still that an address is one of, or is part of; None for a character."""
        kind, _, name = addresses.owner(address).partition(".")
        if kind == "clip":
            return self.clips.get(name)
        return self.stills.get(name) if kind == "still" else None

    def label(self, address: str) -> str:
        """The address as people see it."""
        node = self.node(address)
        return addresses.label(address, single=node is None or node.single)

    def waiting(self) -> Iterator[ClipNode]:
        """The clips and stills that wait for somebody to pick a take."""
        return (node for node in self.nodes() if node.waits_for)

    def ancestors(self, start: Iterable[str]) -> set[str]:
        """Everything that the given renders need, at any distance, without themselves."""
        seen: set[str] = set()
        stack = list(start)
        while stack:
            render = self.renders.get(stack.pop())
            for need in render.needs if render else ():
                if need not in seen:
                    seen.add(need)
                    stack.append(need)
        return seen

    def dependants(self, start: Iterable[str]) -> set[str]:
        """Everything that needs one of the given renders, at any distance, with themselves.

        Addresses with the same key are one render, and stay together.
        """
        found = set(start)
        keys = {self.renders[address].key for address in found if address in self.renders}
        for address, render in self.renders.items():
            if render.key in keys or any(need in found for need in render.needs):
                found.add(address)
                keys.add(render.key)
        return found
