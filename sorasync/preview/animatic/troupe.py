"""Who may come on stage in a shot."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.animatic.sprite import Sprite


@dataclass(frozen=True, slots=True)
class Troupe:
    """Who may come on stage: the characters, the names of those on stage before, and how many others
    there were where the words speak of nobody."""

    cast: tuple[Sprite, ...] = ()
    before: tuple[str, ...] = ()
    others: int = 0

    @property
    def unnamed(self) -> tuple[Sprite, ...]:
        """Those who stay where nobody is named: who was there before, else all."""
        return tuple(sprite for sprite in self.cast if sprite.name in self.before) or self.cast
