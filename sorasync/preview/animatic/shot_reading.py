"""What a shot shows by its words: place, time, weather, what is seen, and where it goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.colours import colours_in
from sorasync.preview.animatic.entities import ABSTRACT, Entity, Path, find_entities, people_in, things_in
from sorasync.preview.animatic.pictogram_names import language_of
from sorasync.preview.animatic.vocabulary import Match, Place, split_words, words_of
from sorasync.preview.animatic.word_context import (
    DETERMINERS,
    PRONOUNS,
    ReadText,
    is_verb,
    noun_phrase,
    without_camera,
)

_INTO_PLACE = words_of("into_place")
# Nobody sees more in one shot, and reading it would take long.
_LONGEST_BEAT, _MOST_BEATS = 1_500, 16
_DISCS, _LAMPS = words_of("discs"), words_of("lamps")
INSIDE = frozenset(
    {
        "room",
        "shelves",
        "hall",
        "stage",
        "tunnel",
        "module",
        "carriage",
        "tabletop",
        "sweep",
        "underwater",
        "space",
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a shot shows. `unknown_place` are the words for a place that nothing is known about."""

    place: Place | None
    unknown_place: str
    time: str
    weather: frozenset[str]
    snow: bool
    entities: tuple[Entity, ...] = ()

    @property
    def outside(self) -> bool:
        """Whether weather and sky can be seen."""
        return self.place is None or self.place.set not in INSIDE


def read_shot(
    beats: Sequence[str], scene: str, mood: str, cast: Iterable[str] = (), camera: str = ""
) -> Reading:
    """Read a shot: its beats (and what its camera looks at) for what is seen, also `scene` for the place and
    people, also `mood` (light and style) for time and weather. `cast` are the characters with pictures."""
    beats = [beat[:_LONGEST_BEAT] for beat in beats[:_MOST_BEATS]]
    own, scene = " . ".join(beats), scene[:_LONGEST_BEAT]
    everything = f"{own} . {camera} . {scene} . {mood}"
    language = language_of(f"{own} {scene}")
    english = language == "en"
    place, unknown = _place(own, language), ""
    if place is None or place.weak:
        place = _place(scene, language) or place or _place(mood, language)
    seen = find_entities(f"{without_camera(camera)} . {own}" if camera else own, language, tuple(cast), place)
    seen = _on_paths(seen, beats, language, tuple(cast))
    if not seen:
        seen = _people_of(scene, language)
    if place is None:
        place = _implied_place(seen)
    if place is None:
        unknown = _unknown_place(own, english) or _unknown_place(scene, english) if english else ""
        seen = tuple(one for one in seen if one.kind != "box" or one.label != unknown)
    if place is not None and place.set not in INSIDE and len(seen) > 1:
        # The set has a sun or moon of its own, and no ceiling for a lamp.
        seen = tuple(one for one in seen if one.thing is None or one.thing.pictogram not in _DISCS | _LAMPS)
    weather = frozenset(match.entry for match in _matches("weather", everything, english))
    snow = bool(place and place.snow) or any(
        match.entry == "snow" for match in _matches("cover", everything, english)
    )
    return Reading(place, unknown, _time(own, scene, mood, camera, english), weather, snow, seen)


def _matches(section: str, text: str, english: bool) -> list[Match]:
    return vocabulary.table(section, english).find(split_words(text))


def _time(own: str, scene: str, mood: str, camera: str, english: bool) -> str:
    """The time of day that the nearest words name: the shot's own, its light, then the scene's."""
    for text in (own, mood, camera, scene):
        found = _matches("times", text, english)
        if found:
            return found[0].entry
    return "day"


def _place(text: str, language: str) -> Place | None:
    """The place a text plays in: one that a preposition leads to, else the first; weak ones come last."""
    english = language == "en"
    whole = ReadText(split_words(without_camera(text)), english, language)
    found: list[tuple[int, int, str]] = []
    for match in vocabulary.thing_table(language).find(whole.words):
        if match.after - match.first > 1:
            # A space station is no railway station.
            whole.take(match)
    matches = vocabulary.place_table(english).find(whole.words)
    for number, match in enumerate(matches):
        after = matches[number + 1] if number + 1 < len(matches) else None
        if after is not None and after.first == match.after and not vocabulary.places()[after.entry].weak:
            # A restaurant kitchen is a kitchen, and a kitchen table stands in one.
            continue
        own = match.after - match.first > 1 or whole.free(match)
        if not own or (english and is_verb(whole, match)):
            continue
        led = bool(_INTO_PLACE.intersection(whole.before(match.first, 4)))
        place = vocabulary.places()[match.entry]
        found.append((2 * place.weak + (not led), match.first, match.entry))
    return vocabulary.places()[min(found)[2]] if found else None


def _people_of(scene: str, language: str) -> tuple[Entity, ...]:
    """The people that the scene's own words name, for shots that name nobody."""
    whole = ReadText(split_words(without_camera(scene)), language == "en", language)
    things_in(whole)
    return tuple(people_in(whole))


def _unknown_place(text: str, english: bool) -> str:
    """The words for a place that nobody knows: what "in a ..." or "inside the ..." leads to."""
    whole = ReadText(split_words(without_camera(text)), english, "en")
    for match in vocabulary.thing_table("en").find(whole.words):
        whole.take(match)
    for number, word in enumerate(whole.words[:-2]):
        if (
            word.text in ("in", "inside", "at", "aboard", "within")
            and whole.words[number + 1].text in DETERMINERS
        ):
            phrase = noun_phrase(whole, number + 2, whole.words[number + 1].text)
            if phrase and phrase[-1] not in ABSTRACT and not colours_in(phrase[-1]):
                return " ".join(phrase[-3:])
    return ""


def _implied_place(seen: tuple[Entity, ...]) -> Place | None:
    """Boats lie on water and planets hang in space; nothing else says where it is."""
    ons = {entity.thing.on for entity in seen if entity.thing is not None}
    things = {entity.thing.pictogram for entity in seen if entity.thing is not None}
    if things & {"⛵", "🚤", "🛶", "🚢", "⛴", "🚣", "🏊", "🐬", "🐳", "🦈", "🛟"}:
        return vocabulary.places()["sea"]
    if things & {"🪐", "🌍", "☄️"} or ("🛰" in things and "ground" not in ons):
        return vocabulary.places()["space"]
    if "🏘" in things:
        return vocabulary.places()["field"]
    if "🌋" in things:
        return vocabulary.places()["mountains"]
    return None


def _on_paths(
    seen: tuple[Entity, ...], beats: Sequence[str], language: str, cast: tuple[str, ...]
) -> tuple[Entity, ...]:
    """The entities with where they go: each path belongs to what was named last before it in its beat."""
    if not seen:
        return seen
    changed = list(seen)
    count = max(1, len(beats))
    for number, beat in enumerate(beats):
        whole = ReadText(split_words(without_camera(beat)), language == "en", language)
        table = vocabulary.table("paths", language == "en")
        for match in table.find(whole.words):
            if number and match.entry == "passes" and any(one.path for one in changed):
                continue
            mover = _mover(changed, beat, whole, match)
            if mover is None or changed[mover].path is not None:
                continue
            after = whole.after(match.after, 5)
            side = next((word for word in after if word in ("left", "right")), "")
            if side and "from" in after[: after.index(side)]:
                side = {"left": "right", "right": "left"}[side]
            path = Path(match.entry, number / count, (number + 1) / count, side)
            changed[mover] = replace(changed[mover], path=path)
            break
    return tuple(changed)


def _mover(entities: list[Entity], beat: str, whole: ReadText, match: Match) -> int | None:
    """Which entity a path belongs to: the one named last before it, or the first of all."""
    before = " ".join(reversed(whole.before(match.first, match.first)))
    named = [
        (before.rindex(entity.label.lower()), number)
        for number, entity in enumerate(entities)
        if entity.label and entity.label.lower() in before
    ]
    if named:
        nearest = max(named)
        first = min(named)
        # The nearest may be an object of the verb before; the subject of a short sentence stands first.
        return first[1] if match.first - len(before[: first[0]].split()) <= 8 else nearest[1]
    if len(before.split()) > 1 or (before and before not in PRONOUNS):
        return None
    movable = [
        number
        for number, entity in enumerate(entities)
        if entity.thing is None or entity.thing.on in ("ground", "air", "water")
    ]
    return movable[0] if movable else None
