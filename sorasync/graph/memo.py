"""Remembers the parts of the last graph, for watch mode.

A clip's part depends on its declaration and on its characters' keys, or the end of the
clip that it branches from. While both are the same, its renders are taken over as they are.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from sorasync.graph.graph import ClipNode
from sorasync.graph.render import Render
from sorasync.manifest.library import ClipSpec, same_place
from sorasync.value_class import value_class


@value_class
class ClipPart:
    """A clip with its renders. `basis` is what they stand on, as values that can be compared."""

    spec: ClipSpec
    basis: tuple[object, ...]
    node: ClipNode
    renders: tuple[Render, ...]


@dataclass(slots=True)
class Memo:
    """Clips without faults as they were last expanded for one profile."""

    _parts: dict[str, ClipPart] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._parts)

    def part(self, spec: ClipSpec, basis: tuple[object, ...]) -> ClipPart | None:
        """What became of the clip the last time, if that still holds."""
        part = self._parts.get(spec.name)
        if part is None or part.basis != basis or not same_place(part.spec, spec):
            return None
        return part

    def keep(self, part: ClipPart) -> None:
        """Remember a clip."""
        self._parts[part.spec.name] = part

    def forget_all_but(self, names: Container[str]) -> None:
        """Forget clips that are no more."""
        self._parts = {name: part for name, part in self._parts.items() if name in names}
