"""Who is on stage in a shot: the characters that its own words name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sorasync.preview.animatic.camera import Framing
from sorasync.preview.animatic.script import Shot
from sorasync.preview.animatic.sprite import Sprite

MOST_ON_STAGE = 3
_NEAR = frozenset({Framing.EXTREME, Framing.CLOSE, Framing.MEDIUM_CLOSE})
_PEOPLE = re.compile(
    r"\b(?:he|she|they|him|her|his|man|men|woman|women|boy|girl|child|children|kid|kids|person|people"
    r"|chef|cook|baker|dancer|singer|rider|runner|walker|worker|farmer|fisher\w*|sailor|pilot|astronaut"
    r"|doctor|nurse|teacher|student|musician|painter|artist|smiles?|laughs?|says|whispers"
    r"|hands?(?![- ]?(?:painted|drawn|held|made|written))|face|eyes|couple|crowd|friend|mother|father|king"
    r"|queen|knight|detective|soldier|hero|robot|vendor|waiter|waitress|driver|host|presenter)\b",
    re.IGNORECASE,
)


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


@dataclass(frozen=True, slots=True)
class Company:
    """Those on stage: characters in the order the shot names them, and how many others."""

    sprites: tuple[Sprite, ...]
    others: int


def has_people(text: str) -> bool:
    """Whether a text speaks of somebody."""
    return _PEOPLE.search(text[:8000]) is not None


def on_stage(shot: Shot, scene: str, troupe: Troupe, framing: Framing) -> Company:
    """Who a shot shows: the characters it names, or all if it names none; one only in a near shot.

    Speakers without a clip of their own are others.
    """
    words = " ".join((*shot.beats, shot.camera, *(f"{line.speaker}: {line.text}" for line in shot.lines)))
    sprites = _mentioned_cast(words, troupe.cast) or troupe.unnamed
    known = {sprite.name.lower() for sprite in troupe.cast}
    strangers = {line.speaker for line in shot.lines if line.speaker and line.speaker.lower() not in known}
    others = len(strangers)
    if not sprites and not others:
        others = max(troupe.others, 1 if has_people(f"{scene} {words}") else 0)
    most = 1 if framing in _NEAR else MOST_ON_STAGE
    return Company(sprites[:most], max(0, min(others, most - len(sprites))))


def _mentioned_cast(words: str, cast: tuple[Sprite, ...]) -> tuple[Sprite, ...]:
    """The characters whose names stand in the words, in the order of their first mention."""
    found: list[tuple[int, int, Sprite]] = []
    for sprite in cast:
        match = (
            re.search(rf"(?<!\w){re.escape(sprite.name)}(?!\w)", words, re.IGNORECASE)
            if sprite.name
            else None
        )
        if match:
            found.append((match.start(), len(found), sprite))
    return tuple(sprite for _, _, sprite in sorted(found, key=lambda entry: entry[:2]))
