"""What a shot shows by its words: place, time, weather, what is seen, and where it goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.boxes import ABSTRACT
from sorasync.preview.animatic.camera import View, read_camera
from sorasync.preview.animatic.colours import colours_in
from sorasync.preview.animatic.entities import find_entities, is_inside, people_in, things_in
from sorasync.preview.animatic.entity import Entity, MovePath
from sorasync.preview.animatic.pictogram_names import language_of
from sorasync.preview.animatic.vocabulary import Match, Place, split_words, words_of
from sorasync.preview.animatic.word_context import (
    DETERMINERS,
    NUMBERS,
    PRONOUNS,
    ReadText,
    is_adjective,
    is_denied,
    is_material,
    is_metaphor,
    is_verb,
    noun_phrase,
    side_of,
    tint_of,
    without_camera,
)

_INTO_PLACE = words_of("into_place")
_CLOTHES = words_of("clothes")
# What falls or rises without being a thing, and what makes a noun of a verb: a walk.
_NOT_MOVERS = words_of("falls_itself") | {"a", "an", "the", "his", "her", "their"}
# After these, words for the sky are where it plays.
_IN_SKY = frozenset(["in", "through", "across", "above", "into", "among", "between"])

# Nobody sees more in one shot, and reading it would take long.
_LONGEST_BEAT, _MOST_BEATS = 1_500, 16
_BACKDROP = re.compile(
    r"\b((?:[a-z]+[ -]){1,3})(?:background|backdrop|studio background|seamless)\b",
    re.IGNORECASE,
)
_VEHICLES = words_of("vehicles")
_FROM = frozenset({"from", "von", "depuis", "desde", "dalla"})
AUTUMN, AUTUMNAL = (204, 126, 58), frozenset("🌳")
_DARK_BACKDROP = 44, 45, 52
_DARK_ROOM = re.compile(
    r"\b(?:in (?:the|near|total|complete) dark(?:ness)?|in darkness|pitch[- ](?:dark|black)|unlit"
    r"|by candlelight|candle-?lit|(?:lights|power) (?:are |is |go(?:es)? )?(?:off|out)"
    r"|(?:dark|darkened|dim|gloomy|shadowy)(?: [a-z-]+)? (?:\w*room|office|kitchen|hall\w*|corridor|bar|club"
    r"|shop|church|library|theat\w+|studio|workshop|cellar|basement|attic|apartment|lab\w*"
    r"|warehouse|garage|café|cafe|hut|cabin))\b",
    re.IGNORECASE,
)
_DARK_FOREIGN = re.compile(
    r"\b(?:dunkl?e?[nmrs]?|sombre|oscur[oa]|escur[oa]|buio|buia|темнот[еы]|т[её]мн(?:ой|ая|ом|ый|ую))\b"
    r"|暗い|黑暗|昏暗",
    re.IGNORECASE,
)
_DISCS, _LAMPS = words_of("discs"), words_of("lamps")
_MOUNTS = words_of("mounts")
_RIDES = frozenset(["passes", "enters", "leaves", "approaches"])
# These sets show a sun or moon of their own, unless clouds cover it.
_HALLS, _CARRIAGES = words_of("halls"), words_of("carriages")
_EXTERIOR = re.compile(
    r"\b(?:chimneys?|fa[cç]ade|exterior|from (?:the )?outside|in the distance|on (?:a|the) hill)\b",
    re.IGNORECASE,
)
# After it has rained it does not rain.
_AFTER = re.compile(
    r"\b(?:after|following|nach|après|después de|dopo|depois d[ae]|после)"
    r"(?: (?:the|a|an|dem|der|einem|la|le|l'|il|el|una?|une))? ?(?:[a-z]+ )?"
    r"(?:rain\w*|storm\w*|snow\w*|regen|sturm|gewitter|pluie|orage|lluvia|tormenta|pioggia|temporale|chuva|дождя)",
    re.IGNORECASE,
)
_AFLOAT = frozenset(["⛵", "🚤", "🛶", "🚢", "⛴", "🚣", "🏊", "🐬", "🐳", "🦈", "🛟", "iceberg", "submarine"])
_GLOOM = frozenset(["dark", "darkened", "dim", "gloomy", "unlit", "shadowy", "pitch-black"])
_WITH_DISC = frozenset(
    {"open", "hills", "peaks", "dunes", "canyon", "sea", "pier", "beach", "sky", "city", "road"}
)
_COVERING = frozenset({"rain", "storm", "overcast", "snow", "dust"})
INSIDE = frozenset(
    {
        "room",
        "metro",
        "pool",
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
    """All that a shot shows. `unknown_place` are the words for a place that nothing is known about,
    `air` what is seen in the air."""

    place: Place | None
    unknown_place: str
    time: str
    weather: frozenset[str]
    snow: bool
    entities: tuple[Entity, ...] = ()
    air: frozenset[str] = frozenset()
    autumn: bool = False
    unlit: bool = False

    @property
    def outside(self) -> bool:
        """Whether weather and sky can be seen."""
        return self.place is None or self.place.set not in INSIDE


def read_shot(
    beats: Sequence[str],
    scene: str,
    mood: str,
    cast: Iterable[str] = (),
    camera: str = "",
    *,
    speakers: tuple[str, ...] = (),
) -> Reading:
    """Read a shot: its beats (and what its camera looks at) for what is seen, also `scene` for the place and
    people, also `mood` (light and style) for time and weather. `cast` are the characters with pictures,
    `speakers` the names of others who speak."""
    beats = [beat[:_LONGEST_BEAT] for beat in beats[:_MOST_BEATS]]
    own, scene = " . ".join(beats), scene[:_LONGEST_BEAT]
    everything = f"{own} . {camera} . {scene} . {mood}"
    language = language_of(f"{own} {scene}")
    english = language == "en"
    place, unknown = _place(own, language), ""
    if (place is None or place.weak) and not _other_place(own, language):
        place = _place(scene, language) or place or _place(mood, language)
    if place is not None and place.set == "room" and english and read_camera(camera).view is View.TOP_DOWN:
        place = _table(own) or place
    # What the camera of a free prompt does was read from the same words.
    said = all(part in own.lower() for part in camera.lower().split(", "))
    looked_at = own if said else f"{without_camera(camera)} . {own}"
    seen = find_entities(looked_at, language, tuple(cast), place, speakers)
    seen = _past_shoulder(seen, looked_at, read_camera(camera).view is View.OVER_SHOULDER)
    seen = _ridden(_on_paths(seen, beats, language, tuple(cast)))
    if not seen:
        seen = _people_of(scene, language)
    place, seen = _at_table(place, seen)
    place = _fitting(place or _implied_place(seen), seen, own, english)
    if english and (place is None or place.set not in INSIDE):
        seen = (*seen, *_fronts(own))
    place = _backdrop(own, scene, mood) or place
    if english and (place is None or place.name == "room") and _is_within(own):
        place = _inside_of(own)
    if place is None:
        unknown = _other_place(own, language) or _other_place(scene, language)
    if place is None and not unknown and english:
        unknown = _unknown_place(own) or _unknown_place(scene)
    if unknown:
        seen = tuple(one for one in seen if one.kind != "box" or one.label != unknown)
    dark = _is_dark(own, mood, place, seen)
    weather = frozenset(match.entry for match in _matches("weather", _AFTER.sub(" ", everything), english))
    if place is not None and place.set not in INSIDE and len(seen) > 1:
        # The set has a sun or moon of its own, and no ceiling for a lamp.
        own_disc = place.set in _WITH_DISC and not weather & _COVERING
        seen = tuple(one for one in seen if not _is_shown(one, own_disc))
    cover = {match.entry for match in _matches("cover", everything, english)}
    snow = bool(place and place.snow) or "snow" in cover
    air = frozenset(match.entry for match in _matches("air", everything, english))
    if place is not None and place.dark_sky:
        # Where there is no air there is no weather, but for the dust of Mars.
        weather &= {"dust"}
    time = _time(own, scene, mood, camera, english)
    if time == "day" and (dark or "aurora" in air):
        time = "night"
    unlit = dark and place is not None and place.set in INSIDE
    if "autumn" in cover:
        seen = tuple(_in_autumn(one) for one in seen)
    return Reading(place, unknown, time, weather, snow, seen, air, "autumn" in cover, unlit)


def _at_table(place: Place | None, seen: tuple[Entity, ...]) -> tuple[Place | None, tuple[Entity, ...]]:
    """A table at which people sit is a thing, and not all that is to be seen."""
    seated = any(one.kind in ("person", "cast") and one.where != "shoulder" for one in seen)
    if place is None or place.name != "table" or not seated:
        return place, seen
    return None, (*seen, Entity("thing", "table", 1, vocabulary.things()["table"], tint=_own_ground(place)))


def _fitting(place: Place | None, seen: tuple[Entity, ...], own: str, english: bool) -> Place | None:
    """The place that goes with what is seen."""
    if place is None:
        return None
    if place.name == "platform" and any(one.thing and one.thing.pictogram == "🚇" for one in seen):
        return vocabulary.places()["underground station"]
    if place.set == "sky" and not _plays_in_sky(own, seen, english):
        return None
    if place.set == "room" and place.name != "workshop" and _holds_vehicle(seen):
        # An ambulance leaves the hospital: it was not in a ward.
        return None
    return place


def _is_shown(one: Entity, own_disc: bool) -> bool:
    """Whether a set outside shows something already, or has no place for it."""
    if one.thing is None:
        return False
    return one.thing.pictogram in _LAMPS or (own_disc and one.count == 1 and one.thing.pictogram in _DISCS)


def _in_autumn(one: Entity) -> Entity:
    """A tree in the colour of its leaves."""
    if one.thing is None or one.thing.pictogram not in AUTUMNAL or one.tint is not None:
        return one
    return replace(one, tint=AUTUMN)


def _table(text: str) -> Place | None:
    """The table that a text names, if it names one, in its colour."""
    whole = ReadText(split_words(without_camera(text)), True, "en")
    found = (match for match in vocabulary.place_table(True).find(whole.words) if match.entry == "table")
    match = next(found, None)
    return _in_colour(whole, match) if match is not None else None


def _in_colour(whole: ReadText, match: Match) -> Place:
    """A place in the colour that its words give it: a white desk, a red room."""
    place = vocabulary.places()[match.entry]
    tint = tint_of(whole, match) if place.set in ("tabletop", "room") else None
    if tint is None:
        return place
    return replace(place, ground=tint) if place.set == "tabletop" else replace(place, wall=tint)


def _own_ground(place: Place) -> tuple[int, int, int] | None:
    """The colour that words give a table, if they do."""
    return place.ground if place.ground != vocabulary.places()[place.name].ground else None


def _past_shoulder(seen: tuple[Entity, ...], text: str, over: bool) -> tuple[Entity, ...]:
    """The entities; whose shoulder the camera looks past (`over`: it does) is not seen in the picture."""
    words = split_words(without_camera(text))
    people = [one for one in seen if one.kind == "person"]
    for number, word in enumerate(words[1:-1], 1):
        if word.text not in ("shoulder", "shoulders"):
            continue
        near = range(number + 1, number + 6) if words[number + 1].text == "of" else range(number - 3, number)
        owns = words[number + 1].text == "of" or words[number - 1].owner
        owns = owns or words[number - 1].text in ("his", "her", "their")
        whose = next(
            (one for one in seen if owns and one.kind in ("person", "cast") and one.first in near), None
        )
        if whose is not None:
            return tuple(replace(one, where="shoulder") if one is whose else one for one in seen)
    if len(people) > 1 and people[0].count == 1 and over:
        # One looks at another.
        return tuple(replace(one, where="shoulder") if one is people[0] else one for one in seen)
    return seen


def _ridden(seen: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """The entities with riders and what they ride on one way."""
    found = list(seen)
    for place, rider in enumerate(found):
        below = next(
            (number for number, one in enumerate(found) if rider.upon and one.label == rider.upon), None
        )
        base = found[below] if below is not None else None
        if below is None or base is None or base.thing is None or base.thing.pictogram not in _MOUNTS:
            continue
        path = rider.path or base.path
        if path is not None and path.way in _RIDES:
            found[place], found[below] = replace(rider, path=path, pose=""), replace(base, path=path)
    return tuple(found)


def _is_within(text: str) -> bool:
    """Whether it plays in a house or vehicle that is known from outside."""
    whole = ReadText(split_words(without_camera(text)), True, "en")
    return any(is_inside(whole, match) for match in vocabulary.thing_table("en").find(whole.words))


def _inside_of(text: str) -> Place | None:
    """The room of a house or vehicle that something is said to be in: a church is a hall."""
    whole = ReadText(split_words(without_camera(text)), True, "en")
    for match in vocabulary.thing_table("en").find(whole.words):
        if is_inside(whole, match):
            rooms = (("hall", _HALLS), ("train carriage", _CARRIAGES))
            name = next((name for name, signs in rooms if match.entry in signs), "")
            return vocabulary.places().get(name)
    return None


def _holds_vehicle(seen: tuple[Entity, ...]) -> bool:
    return any(one.thing is not None and one.scale >= 1 and one.thing.pictogram in _VEHICLES for one in seen)


def _backdrop(*texts: str) -> Place | None:
    """A studio in the colour that a background is said to have."""
    for text in texts:
        for match in _BACKDROP.finditer(text):
            named = colours_in(match[1])
            rgb = named[-1].rgb if named else _DARK_BACKDROP if "dark" in match[1].lower().split() else None
            if rgb is not None:
                return replace(vocabulary.places()["studio"], ground=rgb, wall=rgb)
    return None


def _plays_in_sky(own: str, seen: tuple[Entity, ...], english: bool) -> bool:
    """Whether a shot plays up there, and does not only look there from the ground."""
    grounded = any(
        one.kind in ("person", "cast", "box") or (one.thing is not None and one.thing.on == "ground")
        for one in seen
    )
    whole = ReadText(split_words(without_camera(own)), english, "en")
    spots = [one for one in vocabulary.place_table(english).find(whole.words) if one.entry == "sky"]
    return not grounded or any(_IN_SKY.intersection(whole.before(one.first, 3)) for one in spots)


def _is_dark(own: str, mood: str, place: Place | None, seen: tuple[Entity, ...]) -> bool:
    """Whether it is night without a word for it: a dark room, or the moon over the ground."""
    if place is not None and place.set in INSIDE:
        words = split_words(f"{own} . {mood}")
        spots = vocabulary.place_table(True).find(words)
        before = {word.text for one in spots for word in words[max(0, one.first - 2) : one.first]}
        said = any(pattern.search(f"{own} . {mood}") for pattern in (_DARK_ROOM, _DARK_FOREIGN))
        return said or bool(before & _GLOOM) or any(word.text == "darkness" for word in words)
    moon = any(one.thing is not None and one.thing.pictogram in ("🌙", "🌕") for one in seen)
    return moon and (place is None or not place.dark_sky)


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
    found: list[tuple[int, int, int]] = []
    for match in vocabulary.thing_table(language).find(whole.words):
        if match.after - match.first > 1:
            # A space station is no railway station.
            whole.take(match)
    if english:
        # A desk lamp is no desk.
        others = [vocabulary.other_words(name).find(whole.words) for name in ("other_places", "other_things")]
        for match in chain(*others):
            whole.take(match)
    for match in vocabulary.people_table(language).find(whole.words):
        whole.take(match)
    matches = vocabulary.place_table(english).find(whole.words)
    matches = [match for match in matches if not (english and is_verb(whole, match))]
    for number, match in enumerate(matches):
        after = matches[number + 1] if number + 1 < len(matches) else None
        together = after is not None and after.first == match.after
        together = together and not whole.words[match.after].after_comma
        if after is not None and together and not vocabulary.places()[after.entry].weak:
            # A restaurant kitchen is a kitchen, and a kitchen table stands in one.
            continue
        own = match.after - match.first > 1 or whole.free(match)
        if not own or (english and is_denied(whole, match.first)):
            continue
        word = whole.words[match.first].text
        if word in ("café", "caffè") and whole.before(match.first, 1) in (["de"], ["di"]):
            # Deux tasses de café.
            continue
        if english and (is_adjective(whole, match) or _is_stuff(whole, match)):
            continue
        if is_metaphor(whole, match) or (word in NUMBERS and whole.after(match.after, 1) == ["of"]):
            # A school of fish is no school, and a sea of clouds no sea.
            continue
        if english and match.plural and vocabulary.places()[match.entry].set in INSIDE:
            # Gold bars are no bar.
            continue
        if vocabulary.places()[match.entry].set in INSIDE and _is_outside(whole, match):
            continue
        led = bool(_INTO_PLACE.intersection(whole.clause_before(match.first, 4)))
        if _seen_from_afar(text, match, led):
            continue
        place = vocabulary.places()[match.entry]
        found.append((2 * place.weak + (not led), match.first, number))
    return _in_colour(whole, matches[min(found)[2]]) if found else None


def _fronts(text: str) -> tuple[Entity, ...]:
    """Boxes for the houses before which something is, of which only the inside is known: a diner."""
    whole = ReadText(split_words(without_camera(text)), True, "en")
    for match in vocabulary.thing_table("en").find(whole.words):
        whole.take(match)
    return tuple(
        Entity("box", whole.label(match), 1, scale=1.9, where="behind", first=match.first)
        for match in vocabulary.place_table(True).find(whole.words)
        if vocabulary.places()[match.entry].set in INSIDE
        and whole.free(match)
        and (
            _is_outside(whole, match)
            or _seen_from_afar(text, match, bool(_INTO_PLACE & set(whole.before(match.first, 4))))
        )
    )


def _seen_from_afar(text: str, match: Match, led: bool) -> bool:
    """Whether the house of a room is spoken of: a factory with chimneys."""
    return vocabulary.places()[match.entry].set in INSIDE and not led and _EXTERIOR.search(text) is not None


def _is_stuff(whole: ReadText, match: Match) -> bool:
    """Whether a word says what the next one is made of: wood shavings are no forest."""
    after = whole.words[match.after] if match.after < len(whole.words) else None
    noun = after is not None and not after.after_comma and after.text.endswith("s")
    return is_material(whole, match) and noun


def _is_outside(whole: ReadText, match: Match) -> bool:
    """Whether a room is only what something stands before: outside a bakery."""
    before = whole.before(match.first, 4)
    return "outside" in before[:3] or any(pair == ("of", "front") for pair in pairwise(before))


def _other_place(text: str, language: str) -> str:
    """A place of which one word is known, and which is another one all the same: a petrol station."""
    if language != "en":
        return ""
    words = split_words(without_camera(text))
    found = vocabulary.other_words("other_places").find(words)
    return ReadText(words, True, language).label(found[0]) if found else ""


def _people_of(scene: str, language: str) -> tuple[Entity, ...]:
    """The people that the scene's own words name, for shots that name nobody."""
    whole = ReadText(split_words(without_camera(scene)), language == "en", language)
    things_in(whole)
    return tuple(people_in(whole))


def _unknown_place(text: str) -> str:
    """The words for a place that nobody knows: what "in a ..." or "inside the ..." leads to."""
    whole = ReadText(split_words(without_camera(text)), True, "en")
    for match in vocabulary.thing_table("en").find(whole.words):
        whole.take(match)
    for number, word in enumerate(whole.words[:-2]):
        if (
            word.text in ("in", "inside", "at", "aboard", "within")
            and whole.words[number + 1].text in DETERMINERS
        ):
            phrase = noun_phrase(whole, number + 2, whole.words[number + 1].text)
            if number + 2 + len(phrase) in whole.taken:
                # In a rocking chair: a thing that is drawn.
                continue
            if phrase and phrase[-1] not in ABSTRACT | _CLOTHES and not colours_in(phrase[-1]):
                return " ".join(phrase[-3:])
    return ""


def _implied_place(seen: tuple[Entity, ...]) -> Place | None:
    """Boats lie on water and planets hang in space; nothing else says where it is."""
    ons = {entity.thing.on for entity in seen if entity.thing is not None}
    things = {entity.thing.pictogram for entity in seen if entity.thing is not None}
    if "table" not in ons and things & {
        "⛵",
        "🚤",
        "🛶",
        "iceberg",
        "submarine",
        "🚢",
        "⛴",
        "🚣",
        "🏊",
        "🐬",
        "🐳",
        "🦈",
        "🛟",
    }:
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
        for thing in vocabulary.thing_table(language).find(whole.words):
            if thing.after - thing.first > 1:
                # Autumn leaves and racing cars.
                whole.take(thing)
        for match in table.find(whole.words):
            before = whole.before(match.first, 1)
            if not whole.free(match) or _has_object(whole, match) or (before and before[0] in _NOT_MOVERS):
                continue
            if whole.words[match.first].text == "crossing" and DETERMINERS.intersection(
                whole.before(match.first, 2)
            ):
                # On a busy crossing.
                continue
            if number and match.entry == "passes" and any(one.path for one in changed):
                continue
            mover = _mover(changed, beat, whole, match)
            if mover is None or changed[mover].path is not None:
                continue
            after = whole.after(match.after, 5)
            said = next((word for word in after if side_of(word)), "")
            side = side_of(said)
            across = side and after[after.index(said) + 1 :][:1] == ["to"]
            if side and (across or _FROM.intersection(after[: after.index(said)])):
                side = {"left": "right", "right": "left"}[side]
            path = MovePath(match.entry, number / count, (number + 1) / count, side)
            changed[mover] = replace(changed[mover], path=path)
            break
    return tuple(changed)


def _has_object(whole: ReadText, match: Match) -> bool:
    """Whether something else is turned, lifted or dropped, and not whoever does it: turns the page."""
    after = whole.after(match.after, 1)
    alone = match.after - match.first == 1
    if not whole.english and match.entry == "leaves":
        # Une boulangère sort six baguettes.
        return bool(after) and (after[0] in NUMBERS or after[0] in ("le", "la", "les", "des"))
    return alone and match.entry in ("turns", "rises", "falls") and bool(after) and after[0] in DETERMINERS


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
        verb = whole.words[match.first].text
        if verb.endswith("ing") and before.endswith(entities[nearest[1]].label.lower()):
            return nearest[1]
        clause = next((at for at in range(match.first - 1, 0, -1) if whole.words[at].after_comma), None)
        for place, number in sorted(named):
            if clause is not None and match.first - len(before[place:].split()) >= clause:
                # A clause of its own: a waterfall, and a parrot flies.
                return number
        if clause is not None and whole.words[clause].text in DETERMINERS:
            # The clause has a subject of its own, which is not drawn.
            return None
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
