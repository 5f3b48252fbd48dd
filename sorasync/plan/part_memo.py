"""Remembers one value for each part of a graph, from plan to plan."""

from __future__ import annotations

from typing import Generic, TypeVar

from sorasync.graph.graph import GraphPart

T = TypeVar("T")


class PartMemo(Generic[T]):
    """One value for each part, valid while the part and the facts behind it are the same objects."""

    def __init__(self) -> None:
        self._facts: tuple[object, ...] = ()
        self._values: dict[str, tuple[object, T]] = {}

    def begin(self, *facts: object) -> None:
        """Forget everything unless the facts are the same as last time."""
        same = len(facts) == len(self._facts) and all(a is b for a, b in zip(facts, self._facts, strict=True))
        if not same:
            self._facts, self._values = facts, {}

    def recall(self, part: GraphPart) -> T | None:
        """The value of a part, None if the part has changed."""
        kept = self._values.get(part.name)
        return kept[1] if kept is not None and kept[0] is part.source else None

    def keep(self, part: GraphPart, value: T) -> None:
        """Remember a value."""
        if part.source is not None:
            self._values[part.name] = (part.source, value)
