"""Resolves what a person typed to an address, and suggests the nearest ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.text import and_more, counted

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph

_NEAREST = 3
# How alike a suggestion is at least; with less, four letters need only two in common.
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """`owner` is the address of the clip, still or character; `renders` the full addresses that were meant.

    `declared` tells whether the manifests have it; if not, only the state knows it. `whole` is False where
    a single take or step was named.
    """

    owner: str
    renders: tuple[str, ...]
    declared: bool
    whole: bool

    @property
    def picked_as(self) -> str | None:
        """What it is called in a `[picks]` table, None for a character."""
        return None if self.owner.startswith("character.") else self.owner.removeprefix("clip.")


def find(text: str, graph: Graph, bound: Iterable[str] = ()) -> FoundAddress:
    """What an address means: declared things first, then those that only the state knows (`bound`).

    `clip.`, `still.` and `character.` may be left out. Raises `SorasyncError` with the nearest addresses.
    """
    from sorasync.graph.address import owner, spellings

    if (found := declared(text, graph)) is not None:
        return found
    for address in spellings(text):
        gone = tuple(sorted(a for a in bound if address in (a, owner(a)) or graph.label(a) == address))
        if gone:
            return FoundAddress(owner(gone[0]), gone, declared=False, whole=address == owner(address))
    raise unknown(text, bound, [*graph.renders, *(node.address for node in graph.nodes())])


def declared(text: str, graph: Graph) -> FoundAddress | None:
    """What an address means in the manifests, None if nothing."""
    from sorasync.graph.address import spellings

    found = (_declared_address(address, graph) for address in spellings(text))
    return next((one for one in found if one is not None), None)


def find_wanted(text: str, graph: Graph, bound: Iterable[str]) -> FoundAddress:
    """What an address means in the manifests; of what only the state has (`bound`) nothing is wanted.

    Raises `SorasyncError` for that, and what `find` raises.
    """
    found = find(text, graph, bound)
    if not found.declared:
        raise SorasyncError(
            f"{text} is not in the manifests any more", hint="`sorasync plan` shows what leaves with it"
        )
    return found


def find_one(text: str, graph: Graph) -> str:
    """The full address of the one render that was named, by its label if that is a clip's address as well.

    Raises `SorasyncError` where there is none, or where several are meant.
    """
    from shlex import quote

    from sorasync.graph.address import spellings

    found = find(text, graph)
    labels = {graph.label(address): address for address in found.renders}
    if len(labels) == 1:
        return found.renders[0]
    for name in spellings(text):
        if name in labels:
            return labels[name]
    raise SorasyncError(
        f"{text} means several renders", hint=f"name one of them: {', '.join(map(quote, labels))}"
    )


def _declared_address(address: str, graph: Graph) -> FoundAddress | None:
    from sorasync.graph.address import owner, parse

    if address in graph.renders:
        whole = address == owner(address)
        return FoundAddress(owner(address), (address,), declared=True, whole=whole)
    node = graph.node(address)
    if node is not None and address == node.address:
        return FoundAddress(address, node.renders, declared=True, whole=True)
    try:
        named = parse(address)
    except SorasyncError:
        return None
    full = str(named._replace(take=named.take or 1))
    if named.kind != "character" and named.step is not None and full in graph.renders:
        return FoundAddress(named.owner, (full,), declared=True, whole=False)
    return None


def unknown(text: str, known: Iterable[str], declared: Iterable[str] = ()) -> SorasyncError:
    """The error for a word that means nothing, or several of the names `known` and those `declared` now."""
    from difflib import get_close_matches
    from shlex import quote as quoted

    from sorasync.graph.address import kind_of, natural, spellings

    now = {name.partition("#")[0] for name in declared}
    names = now | {name.partition("#")[0] for name in known}
    beginnings = tuple(f"{address.partition('#')[0]}[" for address in spellings(text))
    instances = sorted((name for name in names if name.startswith(beginnings)), key=natural)
    # What is no longer declared is of interest only where all of it is so.
    instances = [name for name in instances if name in now] or instances
    if instances:
        shown = and_more([quoted(name) for name in instances], _NEAREST)
        return SorasyncError(
            f"{text!r} means {counted(len(instances), kind_of(instances[0]))}",
            hint=f"name one of them: {shown}",
        )
    bare = {name.partition(".")[2]: name for name in sorted(names)}
    near = [bare[match] for match in get_close_matches(_bare(text), bare, n=_NEAREST, cutoff=_ALIKE)]
    hint = (
        f"did you mean {' or '.join(map(quoted, near))}?" if near else "sorasync status lists the addresses"
    )
    return SorasyncError(f"there is nothing called {text!r} here", hint=hint)


def _bare(text: str) -> str:
    from sorasync.graph.address import KINDS

    name = next((text.removeprefix(kind) for kind in KINDS if text.startswith(kind)), text)
    return name.partition("#")[0]
