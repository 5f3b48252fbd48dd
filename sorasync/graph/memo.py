"""The parts of a graph as they were last made, for a program that expands one library again and again.

A clip's part follows from its declaration and from what it stands on: its characters' keys, or the end of the
clip that it branches from. While both are the same, its renders are taken over as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sorasync.graph.address import natural
from sorasync.graph.graph import ClipNode
from sorasync.graph.render import Render
from sorasync.manifest.library import ClipSpec
from sorasync.profile.profile import Profile


@dataclass(frozen=True, slots=True)
class ClipPart:
    """A clip with its renders. `basis` is what they stand on, as values that can be compared."""

    spec: ClipSpec
    basis: tuple[object, ...]
    node: ClipNode
    renders: tuple[Render, ...]


@dataclass(slots=True)
class Memo:
    """Clips without faults as they were last expanded for one profile."""

    profile: Profile
    _parts: dict[str, ClipPart] = field(default_factory=dict)
    _names: frozenset[str] = frozenset()
    _order: tuple[str, ...] = ()

    def part(self, spec: ClipSpec, basis: tuple[object, ...]) -> ClipPart | None:
        """What became of the clip the last time, if that still holds."""
        part = self._parts.get(spec.name)
        if part is None or part.basis != basis or not _same(part.spec, spec):
            return None
        return part

    def keep(self, part: ClipPart) -> None:
        """Remember a clip."""
        self._parts[part.spec.name] = part

    def ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names in natural order; clips that are not among them are forgotten."""
        # A library's names are sorted nearly so already, which is what sorts fast; a set's are not.
        given = tuple(names)
        now = frozenset(given)
        if now != self._names:
            self._names = now
            self._order = tuple(sorted(given, key=natural))
            self._parts = {name: part for name, part in self._parts.items() if name in now}
        return self._order


def _same(one: ClipSpec, other: ClipSpec) -> bool:
    """Whether two declarations are the same and stand at the same places."""
    if one is other:
        return True
    return (
        one == other
        and one.origin == other.origin
        and all(a.origin == b.origin for a, b in zip(one.steps, other.steps, strict=True))
    )
