"""Lifts the protection that the state remembers for an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.graph.address import owner, spellings
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.library import Origin
from sorasync.operations.address_lookup import unknown
from sorasync.operations.locked_state import ChangeSession, changing

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.manifest.diagnostic import Position
    from sorasync.manifest.library import Library
    from sorasync.operations.project import Project
    from sorasync.state.lock import LockWait
    from sorasync.state.record import Binding


@dataclass(frozen=True, slots=True)
class Protections:
    """The addresses that a word means, bound or declared (none: it means nothing), and those `known` at all.

    `guarded` are the ones that the state protects; `declared_at` is where a manifest still protects one, so
    that the next apply protects it again.
    """

    addresses: tuple[str, ...]
    known: tuple[str, ...]
    guarded: tuple[str, ...] = ()
    declared_at: Position | None = None


def unprotect(project: Project, address: str, waiting: LockWait) -> Protections:
    """Lift the protection that the state remembers for an address; what there was of it.

    Raises `SorasyncError` for a word that means nothing.
    """
    found = protections(project, address)
    if not found.addresses:
        raise unknown(address, found.known)
    if found.guarded:
        with changing(project, waiting) as session:
            lift(session, found.guarded)
    return found


def protections(project: Project, text: str) -> Protections:
    """What protects the addresses that a person's word means; `clip.` and `#1` may be left out."""
    with project.synced_store() as store:
        bindings = store.bindings()
    manifests = _manifests(project)
    known = tuple(dict.fromkeys([*bindings, *(manifests[1].renders if manifests else ())]))
    addresses = _meant(text, known)
    return Protections(
        addresses,
        known,
        guarded=_guarded(addresses, bindings),
        declared_at=_declared_at(*manifests, addresses) if manifests else None,
    )


def lift(session: ChangeSession, addresses: Iterable[str]) -> None:
    """Remove the protection of bound addresses from the state."""
    for address in addresses:
        session.store.protect(address, False, run=session.run)


def _manifests(project: Project) -> tuple[Library, Graph] | None:
    """What is declared; None where a manifest cannot be read, and the state alone has to do."""
    try:
        library = project.library()
        return library, project.graph(library)
    except ManifestError:
        return None


def _meant(text: str, known: Iterable[str]) -> tuple[str, ...]:
    addresses = tuple(known)
    for name in spellings(text):
        found = tuple(a for a in addresses if name in (a, owner(a)) or a == f"{name}#1")
        if found:
            return found
    return ()


def _guarded(addresses: Iterable[str], bindings: Mapping[str, Binding]) -> tuple[str, ...]:
    return tuple(sorted(a for a in addresses if a in bindings and bindings[a].protect))


def _declared_at(library: Library, graph: Graph, addresses: Iterable[str]) -> Position | None:
    for address in addresses:
        render = graph.renders.get(address)
        if render is None or not render.protect:
            continue
        spec = library.spec(owner(address))
        assert spec is not None
        return library.position(Origin(spec.origin.file, (*spec.origin.path, "protect")))
    return None
