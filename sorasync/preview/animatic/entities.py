"""The things, people and characters that a text names, and boxes for what nobody knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import colours_in
from sorasync.preview.animatic.vocabulary import Match, Place, Thing, split_words, words_of
from sorasync.preview.animatic.word_context import (
    DETERMINERS,
    NO_HEADS,
    NUMBERS,
    ReadText,
    compound_head,
    count_of,
    is_denied,
    is_material,
    is_preposition,
    is_verb,
    noun_phrase,
    scale_in,
    tint_of,
    where_said,
    without_camera,
)

# Nouns that nothing can be drawn for, or that are parts of the picture.
ABSTRACT = words_of("abstract")
_MOST_THINGS = 5
_MOST_BOXES = 3
_WORN = words_of("worn")
_BODY_PARTS = words_of("body_parts")
_HEAPS = words_of("heaps")
_VESSELS = words_of("vessels")
_CLOTHES = words_of("clothes")
_LONG_HAIRED, _GREY_HAIRED = words_of("long_haired"), words_of("grey_haired")
_WEARS = frozenset(["in", "wearing", "wears", "with"])
_WEARS_TOO = _WEARS | {"his", "her", "en", "mit", "con", "com", "avec", "в", "vestida", "vestido"}
_PERSONAL = frozenset(["he", "she", "him", "her", "his", "they", "them"])
_FILLERS = words_of("fillers")
_UPON = words_of("upon")
_LED_AWAY = words_of("led_away")
# What people are called by what they do.
_SOMEBODY = re.compile(
    r"(?:maker|smith|keeper|man|woman|men|women|ologist|[a-z]{4}(?<!eckl)(?<!layl)ist|ician|eer|boy|girl|blower|driver"
    r"|seller|rider|player|watcher|washer|cleaner|master|singer|fighter|catcher|tamer|teller|charmer|bearer|walker"
    r"|climber|hunter|herder|trainer|trader|dealer|teacher|worker|[a-z]{3}eteer)s?$"
)
CROWD = 14


@dataclass(frozen=True, slots=True)
class Path:
    """Where something goes and when: `way` is a key of the table of paths, times are parts of the shot."""

    way: str
    start: float
    stop: float
    side: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """Something to draw: a thing, somebody (`person`), a character (`cast`), or a box for anything else.

    `small` is a child, and `long_hair` and `grey` say how people are told apart.
    `scale` is how much larger than usual it is said to be, `where` its place in the picture, `upon` the label
    of what it is on.
    """

    kind: str
    label: str
    count: int = 1
    thing: Thing | None = None
    scale: float = 1.0
    tint: RGB | None = None
    where: str = ""
    first: int = 0
    small: bool = False
    long_hair: bool = False
    grey: bool = False
    pose: str = ""
    path: Path | None = None
    upon: str = ""


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
    # What says where and when is no thing to see there.
    spots = vocabulary.place_table(english).find(whole.words)
    if english:
        spots = [match for match in spots if not is_verb(whole, match)]
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
        found += _boxes_in(whole, crowded=len(found) > 1)
    if any(one.kind == "person" and one.label for one in found):
        # A pronoun is one of those who are named.
        found = [one for one in found if one.kind != "person" or one.label]
    found = _with_tools(_dressed(found, whole), whole)
    held = {vocabulary.data()["pose_holds"].get(one.pose) for one in found if one.pose}
    found = [one for one in found if one.thing is None or one.thing.pictogram not in held]
    if any(one.kind in ("person", "cast") for one in found):
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
        upon = max((number for number, word in enumerate(between) if word.text in _UPON), default=None)
        if carries and together and upon is not None and not any(word.after_comma for word in between[upon:]):
            found[place] = replace(above, upon=below.label)
    return tuple(found)


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
        whole.take(match)
        if _only_holds(whole, match):
            continue
        if match.entry in found or len(found) == _MOST_THINGS:
            continue
        thing = vocabulary.things()[match.entry]
        found[match.entry] = Entity(
            "thing",
            whole.label(match),
            count_of(whole, match),
            thing,
            scale_in(" ".join(whole.before(match.first, 3))),
            tint_of(whole, match),
            where_said(whole, match),
            match.first,
        )
    return list(found.values())


def _with_tools(found: list[Entity], whole: ReadText) -> list[Entity]:
    """Somebody who is called by an instrument or tool has it, named or not."""
    present = {one.thing.pictogram for one in found if one.thing is not None}
    tools = {match.first: match.entry for match in vocabulary.table("tools", whole.english).find(whole.words)}
    for one in list(found):
        sign = tools.get(one.first)
        if one.kind == "person" and sign is not None and sign not in present:
            present.add(sign)
            thing = vocabulary.things()[sign]
            found.append(Entity("thing", thing.name, 1, thing, first=one.first))
    return found


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
    near = whole.after(person.first + max(1, len(person.label.split())), 6)
    if not whole.english or person.tint is not None or not near or near[0] not in _WEARS:
        return person
    for number, word in enumerate(near[1:], 1):
        named = colours_in(word)
        if named and any(one in _CLOTHES for one in near[number + 1 :]):
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
    poses = vocabulary.table("poses", whole.english).find(whole.words)
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
                tint=tint_of(whole, match),
                where=where_said(whole, match),
                first=match.first,
                small=match.first in small,
                long_hair=bool(_LONG_HAIRED.intersection({word.text, *label.split()})),
                grey=bool(_GREY_HAIRED.intersection({word.text, *whole.before(match.first, 2)})),
                pose=pose,
            )
        )
    return found


def _is_other_beside(whole: ReadText, match: Match) -> bool:
    """Whether another word of the text makes it something else: the keys of a piano."""
    others = vocabulary.data()["not_beside"].get(match.entry, "")
    return whole.english and any(word.text in others.split() for word in whole.words)


def _only_holds(whole: ReadText, match: Match) -> bool:
    """Whether a vessel only says how much there is of something that is drawn with it: a bowl of ramen."""
    if match.entry not in _VESSELS or whole.after(match.after, 1) != ["of"]:
        return False
    after = vocabulary.thing_table(whole.language).find(whole.words)
    held = next((one for one in after if 0 < one.first - match.after < 4), None)
    return held is not None and vocabulary.things()[held.entry].on == "table"


def _narrows(whole: ReadText, match: Match) -> bool:
    """Whether a noun only says which one of the next noun it is, and is not to be seen itself.

    A palm beach has palms, though: a place is where things are, unless it is made of them.
    """
    head = compound_head(whole, match)
    if head is None or whole.words[match.first].text.endswith("ing"):
        # A burning castle has both.
        return False
    places = {one.first for one in vocabulary.place_table(True).find(whole.words)}
    return head not in places or is_material(whole, match)


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
    return any(one.first in near for table in tables for one in table.find(whole.words))


@lru_cache(maxsize=2)
def _small_table(english: bool) -> vocabulary.WordTable:
    return vocabulary.WordTable(
        (phrase, "small") for phrase in vocabulary.phrases(vocabulary.data()["people"]["small"], english)
    )


def _boxes_in(whole: ReadText, crowded: bool) -> list[Entity]:
    """Noun phrases that nobody knows: what stands after a determiner or number up to a word that ends it.

    Where enough else is to be seen, what something only lies on or leads to is left out.
    """
    known = _known_words()
    found: list[Entity] = []
    number = 0
    while number < len(whole.words):
        word = whole.words[number]
        number += 1
        opens = word.text in DETERMINERS or word.text in NUMBERS
        if not opens or number - 1 in whole.taken:
            continue
        if crowded and _LED_AWAY.intersection(whole.before(number - 1, 1)):
            continue
        phrase = noun_phrase(whole, number, word.text)
        end = number + len(phrase)
        if phrase and end in whole.taken and end < len(whole.words) and not is_preposition(whole, end):
            continue
        number = end
        after = number
        while phrase and phrase[-1] in NO_HEADS:
            phrase, number = phrase[:-1], number - 1
        while phrase and (phrase[0].endswith("ly") or phrase[0] in _FILLERS):
            phrase = phrase[1:]
        if (
            not phrase
            or phrase[-1] in NUMBERS
            or phrase[-1] in ABSTRACT
            or phrase[-1] in _CLOTHES
            or phrase[-1] in known
            or colours_in(phrase[-1])
        ):
            continue
        if is_denied(whole, number - len(phrase)) or any(phrase[-1] in one.label.split() for one in found):
            continue
        if phrase[-1] in _HEAPS and whole.after(number, 1) == ["of"] and number + 1 in whole.taken:
            # What it is a heap of is drawn.
            continue
        match = Match(
            "", number - len(phrase), number, phrase[-1].endswith("s") and not phrase[-1].endswith("ss")
        )
        his = {"his", "her", "their"}.intersection(whole.after(number, 5))
        somebody = _SOMEBODY.search(phrase[-1]) or (his and phrase[-1].endswith(("er", "or", "ian", "ant")))
        found.append(
            Entity(
                "person" if somebody else "box",
                " ".join(phrase[-3:]) + _made_of(whole, number),
                count_of(whole, match),
                None,
                scale_in(" ".join(phrase)),
                tint_of(whole, match),
                where_said(whole, match),
                match.first,
            )
        )
        number = after
        if len(found) == _MOST_BOXES:
            break
    return found


def _made_of(whole: ReadText, number: int) -> str:
    """What a heap or a drop is of: the words behind it, if nothing else is drawn for them."""
    if whole.after(number, 1) != ["of"] or number + 1 in whole.taken:
        return ""
    phrase = noun_phrase(whole, number + 1, "a")
    return f" of {' '.join(phrase[-2:])}" if phrase else ""


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    """Single words that some table knows, which are drawn in another way or not at all."""
    found: set[str] = set()
    for section in ("times", "weather", "cover", "poses", "paths", "people"):
        for words in vocabulary.data()[section].values():
            found.update(vocabulary.phrases(words, english=True))
    for row in vocabulary.data()["places"]:
        found.update(vocabulary.phrases(row["words"], english=True))
    return frozenset(found)
