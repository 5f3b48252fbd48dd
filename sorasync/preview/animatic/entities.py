"""The things, people and characters that a text names, and boxes for what nobody knows."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.boxes import MOST_BOXES, boxes_in, listed_in
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import colours_in
from sorasync.preview.animatic.entity import CROWD, Entity
from sorasync.preview.animatic.vocabulary import Match, Place, split_words, words_of
from sorasync.preview.animatic.word_context import (
    DETERMINERS,
    ReadText,
    compound_head,
    count_of,
    is_denied,
    is_material,
    is_metaphor,
    is_preposition,
    is_verb,
    scale_in,
    tint_of,
    where_said,
    without_camera,
)

_MOST_THINGS = 5
_WORN = words_of("worn")
_BODY_PARTS = words_of("body_parts")
_VESSELS = words_of("vessels")
_RIDES = words_of("rides")
_AND = frozenset(["and", "und", "et", "y", "e", "и", "with", "mit"])
_DETAIL = re.compile(r"close|closeup|close-up|insert|macro|detail|extreme")
_CLOTHES = words_of("clothes")
_LONG_HAIRED, _GREY_HAIRED = words_of("long_haired"), words_of("grey_haired")
_WEARS = frozenset(["in", "wearing", "wears", "with"])
_WEARS_TOO = _WEARS | {"his", "her", "en", "mit", "con", "com", "avec", "в", "vestida", "vestido"}
_POSSESSIVES = frozenset(["his", "her", "their"])
_PERSONAL = frozenset(["he", "she", "him", "her", "his", "they", "them"])
_UPON = words_of("upon")
_SEATS, _HELMETED = words_of("seats"), words_of("helmeted")
_INSIDES, _SOMEBODIES = words_of("insides"), words_of("somebodies")
_DEPICTING = words_of("depicting")
_ROCKS = re.compile(r"rocks?|cliffs?|mountain|wall|summit|peak|boulder|climber|el|glacier")
_STONE = (176, 172, 164)
_IN_RING = re.compile(
    r"\b(?:in|forms?|forming|into|makes?) an? (?:[a-z]+ )?(?:circle|ring)\b"
    r"|im kreis|en cercle|en círculo|in cerchio"
)


def find_entities(
    text: str, language: str, cast: tuple[str, ...], place: Place | None, speakers: tuple[str, ...] = ()
) -> tuple[Entity, ...]:
    """What a text names, in its order: things, people, characters, and boxes for what nobody knows."""
    english = language == "en"
    whole = ReadText(split_words(without_camera(text)), english, language)
    found = [*_named_in(whole, cast, "cast"), *_named_in(whole, speakers, "person")]
    if english:
        for match in vocabulary.other_words("unseen").find(whole.words):
            whole.take(match)
        found += _other_things(whole)
    for match in vocabulary.table("air", english).find(whole.words):
        whole.take(match)
    # What says where and when is no thing to see there.
    spots = vocabulary.place_table(english).find(whole.words)
    if english:
        spots = [match for match in spots if not is_verb(whole, match)]
    longer = {
        number
        for one in vocabulary.thing_table(language).find(whole.words)
        if one.after - one.first > 1
        for number in range(one.first, one.after)
    }
    # A street lamp is no street.
    spots = [one for one in spots if one.after - one.first > 1 or one.first not in longer]
    for match in (*spots, *vocabulary.table("times", english).find(whole.words)):
        here = place is not None and match.entry == place.name
        if whole.free(match) and (here or match.after - match.first > 1 or match not in spots):
            whole.take(match)
    # A pirate ship is a ship, and nobody.
    found += things_in(whole, least_words=2)
    found += people_in(whole)
    found += things_in(whole)
    if english:
        for match in spots:
            head = compound_head(whole, match)
            if head is None or head in whole.taken:
                whole.take(match)
        found += boxes_in(whole, crowded=len(found) > 1)
        found += listed_in(whole)[: max(0, MOST_BOXES - sum(one.kind == "box" for one in found))]
    acting = any(one.thing is not None and one.thing.pictogram in _SOMEBODIES for one in found)
    if acting or any(one.kind == "person" and one.label for one in found):
        # A pronoun is one of those who are named.
        found = [one for one in found if one.kind != "person" or one.label]
    found = _with_tools(_dressed(found, whole), whole)
    held = {vocabulary.data()["pose_holds"].get(one.pose) for one in found if one.pose}
    found = [one for one in found if one.thing is None or one.thing.pictogram not in held]
    parts = any(one.thing is not None and one.thing.pictogram in _BODY_PARTS for one in found)
    if parts:
        # Her cheek: show the eye and no other person.
        found = [one for one in found if one.label or whole.words[one.first].text not in _POSSESSIVES]
    detail = _detail_of(found, whole)
    if detail is not None:
        # A close-up of hands shows nobody else, and the hands in front.
        found = [replace(detail, first=-1), *(one for one in found if one.thing and one is not detail)]
    elif any(one.kind in ("person", "cast") for one in found):
        found = [one for one in found if one.thing is None or one.thing.pictogram not in _BODY_PARTS]
    return _stacked(sorted(found, key=lambda entity: entity.first), whole)


def _stacked(found: list[Entity], whole: ReadText) -> tuple[Entity, ...]:
    """The entities with what they are on: a cat on a sofa."""
    for place, (above, below) in enumerate(pairwise(found)):
        carries = below.kind == "box" or (below.thing is not None and below.thing.on in ("ground", "table"))
        together = (
            above.first < below.first
            and whole.words[above.first].sentence == whole.words[below.first].sentence
        )
        between = whole.words[max(above.first + 1, below.first - 3) : below.first + 1]
        rides = (
            above.kind in ("person", "cast") and below.thing is not None and below.thing.pictogram in _SEATS
        )
        rides = rides and any(word.text in _RIDES for word in whole.words[above.first + 1 : below.first])
        upon = max((number for number, word in enumerate(between) if word.text in _UPON), default=None)
        upon = upon if upon is None or not any(word.after_comma for word in between[upon:]) else None
        reader = found[place - 1] if place else None
        seat = below.thing is not None and below.thing.pictogram in _SEATS
        held = above.thing is not None and above.thing.on == "table"
        sits = seat and held and reader is not None and reader.kind in ("person", "cast")
        if carries and together and upon is not None and sits and reader is not None:
            # A man reads a newspaper on a bench: he sits there.
            found[place - 1] = replace(reader, upon=below.label)
        elif carries and together and (rides or upon is not None):
            found[place] = replace(above, upon=below.label)
            while place and _goes_with(found[place - 1], found[place], whole):
                # A dog and two cats on a sofa.
                place -= 1
                found[place] = replace(found[place], upon=below.label)
    return tuple(found)


def _goes_with(first: Entity, second: Entity, whole: ReadText) -> bool:
    """Whether two are named in one breath: a dog and two cats."""
    between = [word.text for word in whole.words[first.first + 1 : second.first]]
    joined = any(word in _AND for word in between)
    return joined and len(between) < 5 and not first.upon and not any(is_upon in between for is_upon in _UPON)


def _other_things(whole: ReadText) -> list[Entity]:
    """Boxes for what only sounds like something known: a wax seal."""
    found = []
    for match in vocabulary.other_words("other_things").find(whole.words):
        if is_denied(whole, match.first) or not whole.free(match):
            continue
        whole.take(match)
        label, where = whole.label(match), where_said(whole, match)
        found.append(Entity("box", label, count_of(whole, match), where=where, first=match.first))
    return found


def _named_in(whole: ReadText, names: tuple[str, ...], kind: str) -> list[Entity]:
    found = []
    for name in names:
        wanted = [word.text for word in split_words(name)]
        for number in range(len(whole.words)):
            if [word.text for word in whole.words[number : number + len(wanted)]] == wanted:
                whole.take(Match(name, number, number + len(wanted)))
                found.append(Entity(kind, name, first=number))
                break
    return found


def things_in(whole: ReadText, least_words: int = 1) -> list[Entity]:
    """The things that a text names by so many words or more, each once, in its order."""
    found: dict[str, Entity] = {}
    held: dict[int, int] = {}
    stone = -1
    for match in vocabulary.thing_table(whole.language).find(whole.words):
        if (
            match.after - match.first < least_words
            or not whole.free(match)
            or (whole.english and is_verb(whole, match))
            or is_denied(whole, match.first)
            or _narrows(whole, match)
            or _is_other_beside(whole, match)
        ):
            continue
        if is_inside(whole, match) or is_metaphor(whole, match):
            whole.take(match)
            continue
        inside = _held_by(whole, match)
        if inside is not None:
            held[inside] = count_of(whole, match)
            whole.take(match)
            continue
        whole.take(match)
        of = _subject_of(whole, match)
        if of is not None and match.entry == "🗿":
            # A statue of a lion is a lion of stone.
            stone = of.first
            continue
        if of is not None and match.entry in _DEPICTING:
            # What is in a painting is not there.
            whole.take(of)
        known = found.get(match.entry)
        if known is not None:
            # The same once more: only where it is may be new.
            count = max(known.count, count_of(whole, match))
            found[match.entry] = replace(known, count=count, where=known.where or where_said(whole, match))
            continue
        if len(found) == _MOST_THINGS:
            continue
        thing = vocabulary.things()[match.entry]
        if thing.on == "ceiling" and whole.english and whole.after(match.after, 1) == ["on"]:
            # A lamp on the floor does not hang.
            thing = replace(thing, on="ground", height=max(0.5, thing.height))
        found[match.entry] = Entity(
            "thing",
            whole.label(match),
            held.get(match.first) or count_of(whole, match),
            thing,
            scale_in(" ".join(whole.before(match.first, 3))),
            _STONE if match.first == stone else tint_of(whole, match),
            where_said(whole, match),
            match.first,
        )
    return list(found.values())


def _subject_of(whole: ReadText, match: Match) -> Match | None:
    """The thing that another one shows: a statue of a lion."""
    if not whole.english or whole.after(match.after, 1) != ["of"]:
        return None
    near = range(match.after + 1, match.after + 4)
    return next((one for one in vocabulary.thing_table("en").find(whole.words) if one.first in near), None)


def _with_tools(found: list[Entity], whole: ReadText) -> list[Entity]:
    """Give people the instrument or tool that their name or action implies, even if it is not named."""
    present = {one.thing.pictogram for one in found if one.thing is not None}
    people = [one for one in found if one.kind in ("person", "cast")]
    firsts = [one.first for one in found if one.thing is not None and one.thing.on == "table"]
    for match in vocabulary.table("tools", whole.english).find(whole.words):
        sentence = whole.words[match.first].sentence
        somebody = any(
            one.first <= match.after and whole.words[one.first].sentence == sentence for one in people
        )
        # Reads a letter: what it is done with is named.
        named = any(match.after <= first <= match.after + 3 for first in firsts)
        if somebody and not named and match.entry not in present:
            present.add(match.entry)
            thing = vocabulary.things()[match.entry]
            found.append(Entity("thing", thing.name, 1, thing, first=match.first))
    return found


def _detail_of(found: list[Entity], whole: ReadText) -> Entity | None:
    """The part of a body, or the thing, that a near shot is said to be of."""
    for one in found:
        if one.thing is None or one.thing.on != "table":
            continue
        before = whole.before(one.first, 5)
        led = next((number for number, word in enumerate(before) if word in ("on", "of")), None)
        near = 4 if one.thing.pictogram in _BODY_PARTS else 1
        if led is not None and led <= near and any(_DETAIL.match(word) for word in before[led + 1 :]):
            return one
    return None


def _dressed(found: list[Entity], whole: ReadText) -> list[Entity]:
    """What somebody wears is part of the figure, and lends it its colour."""
    kept: list[Entity] = []
    found = [_in_colour(one, whole) if one.kind == "person" else one for one in found]
    for entity in sorted(found, key=lambda one: one.first):
        worn = entity.thing is not None and entity.thing.pictogram in _WORN
        somebody = bool(kept) and kept[-1].kind in ("person", "cast")
        wears = _WEARS_TOO & set(whole.before(entity.first, 5))
        if worn and somebody and wears:
            kept[-1] = replace(kept[-1], tint=entity.tint or kept[-1].tint)
        else:
            kept.append(entity)
    return kept


def _in_colour(person: Entity, whole: ReadText) -> Entity:
    """Somebody in the colour of the clothes right behind: a girl in a yellow raincoat."""
    end = person.first + max(1, len(person.label.split()))
    near = whole.after(end, 6)
    if not whole.english or not near or near[0] not in _WEARS:
        return person
    for number, word in enumerate(near[1:], 1):
        named = colours_in(word)
        if not named:
            continue
        after = near[number + 1 : number + 2]
        ends = (
            not after or whole.words[end + number + 1].after_comma or is_preposition(whole, end + number + 1)
        )
        if any(one in _CLOTHES for one in near[number + 1 :]) or ends:
            return replace(person, tint=named[0].rgb)
    return person


def people_in(whole: ReadText) -> list[Entity]:
    """The people that a text speaks of; a pronoun is nobody new."""
    found: list[Entity] = []
    small = {
        match.first
        for match in vocabulary.people_table(whole.language).find(whole.words)
        if match.entry == "small"
    }
    small |= {match.first for match in _small_table(whole.english).find(whole.words)}
    falling = {
        number
        for match in vocabulary.table("weather", whole.english).find(whole.words)
        for number in range(match.first, match.after)
    }
    poses = vocabulary.table("poses", whole.english).find(whole.words)
    if whole.english and not any(_ROCKS.match(word.text) for word in whole.words):
        # The pictogram of a climber has a cliff.
        poses = [match for match in poses if match.entry != "🧗"]
    # The snow walks, not a person: идёт снег.
    poses = [match for match in poses if falling.isdisjoint(range(match.first, match.after))]
    for match in vocabulary.people_table(whole.language).find(whole.words):
        if (
            not whole.free(match)
            or is_denied(whole, match.first)
            or (whole.english and is_verb(whole, match))
            or _narrows(whole, match)
        ):
            continue
        word = whole.words[match.first]
        if _is_adjective(whole, match):
            continue
        of_animal = whole.before(match.first, 1) == ["its"]
        if of_animal or (word.owner and _owns_what_is_seen(whole, match)):
            whole.take(match)
            continue
        if word.text not in _PERSONAL:
            whole.take(match)
        if word.text in _PERSONAL and found:
            continue
        sentence = word.sentence
        pose = next(
            (
                one.entry
                for one in poses
                if one.first >= match.first and whole.words[one.first].sentence == sentence
            ),
            "",
        )
        count = {"one": 1, "two": 2, "some": 3, "crowd": CROWD, "small": 1}[match.entry]
        if match.entry in ("one", "small", "some"):
            named = count_of(whole, match)
            # Drei Mädchen: not every plural has an ending.
            plural = match.plural or match.entry == "some" or (not whole.english and named > 1)
            count = named if plural and named > 1 else count if not plural else 3
        if match.entry == "crowd" and any(one.count == CROWD for one in found):
            continue
        label = "" if word.text in _PERSONAL else whole.label(match)
        found.append(
            Entity(
                "person",
                label,
                count,
                tint=tint_of(whole, match) or _uniform(whole, match),
                where=where_said(whole, match),
                first=match.first,
                helmet=word.text in _HELMETED or whole.words[match.after - 1].text in _HELMETED,
                small=match.first in small,
                long_hair=bool(_LONG_HAIRED.intersection({word.text, *label.split()})),
                grey=bool(_GREY_HAIRED.intersection({word.text, *whole.before(match.first, 2)})),
                pose=pose,
                ring=_IN_RING.search(" ".join(one.text for one in whole.words if one.sentence == sentence))
                is not None,
            )
        )
    return found


def _is_other_beside(whole: ReadText, match: Match) -> bool:
    """Whether another word of the text makes it something else: the keys of a piano."""
    others = vocabulary.data()["not_beside"].get(match.entry, "")
    return whole.english and any(word.text in others.split() for word in whole.words)


def is_inside(whole: ReadText, match: Match) -> bool:
    """Whether it plays in a house or vehicle, which is not seen from outside then."""
    if not whole.english or match.entry not in _INSIDES:
        return False
    for number, word in enumerate(whole.clause_before(match.first, 4)):
        if word in ("inside", "aboard", "interior", "within"):
            return True
        if word == "in" or (
            word == "of" and whole.before(match.first, 5)[number + 1 : number + 2] == ["interior"]
        ):
            return True
        if word not in DETERMINERS and is_preposition(whole, match.first - number - 1):
            return False
    return False


def _uniform(whole: ReadText, match: Match) -> RGB | None:
    """What people wear by their trade."""
    table = vocabulary.table("uniforms", whole.english)
    worn = next((one for one in table.find(whole.words) if match.first <= one.first < match.after), None)
    return vocabulary.colour_of(worn.entry) if worn is not None else None


def _held_by(whole: ReadText, match: Match) -> int | None:
    """The word for a vessel that is drawn with its content and only counts it: a bowl of ramen."""
    if match.entry not in _VESSELS or whole.after(match.after, 1) != ["of"]:
        return None
    after = vocabulary.thing_table(whole.language).find(whole.words)
    held = next((one for one in after if 0 < one.first - match.after < 4), None)
    drawn = held is not None and vocabulary.things()[held.entry].on == "table"
    return held.first if held is not None and drawn else None


def _narrows(whole: ReadText, match: Match) -> bool:
    """Whether a noun only says which one of the next noun it is, and is not to be seen itself.

    A palm beach has palms, though: a place is where things are, unless it is made of them.
    """
    head = compound_head(whole, match)
    if head is None or whole.words[match.first].text.endswith("ing"):
        # A burning castle has both.
        return False
    places = {one.first for one in vocabulary.place_table(True).find(whole.words)}
    # A hotel lobby is in the hotel.
    return match.entry in _INSIDES or head not in places or is_material(whole, match)


def _is_adjective(whole: ReadText, match: Match) -> bool:
    """Whether "vecchio" is no old man, but says that the train behind it is old."""
    if whole.english or whole.words[match.first].text not in _GREY_HAIRED:
        return False
    tables = (vocabulary.thing_table(whole.language), vocabulary.people_table(whole.language))
    return any(one.first == match.after for table in tables for one in table.find(whole.words))


def _owns_what_is_seen(whole: ReadText, match: Match) -> bool:
    """Whether a possessive leads to a thing or place that is drawn: in a chef's kitchen nobody need be."""
    near = range(match.after, match.after + 2)
    tables = (vocabulary.thing_table(whole.language), vocabulary.place_table(whole.english))
    if {"his", "her", "their"}.intersection(whole.before(match.first, 1)):
        # Her mother's hand: the mother is there.
        return False
    return any(one.first in near for table in tables for one in table.find(whole.words))


@lru_cache(maxsize=2)
def _small_table(english: bool) -> vocabulary.WordTable:
    return vocabulary.WordTable(
        (phrase, "small") for phrase in vocabulary.phrases(vocabulary.data()["people"]["small"], english)
    )
