"""Boxes for unknown nouns: phrases after a determiner or number, and lists between commas."""

from __future__ import annotations

import re
from functools import lru_cache

from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.colours import colours_in
from sorasync.preview.animatic.entity import Entity
from sorasync.preview.animatic.vocabulary import Match, words_of
from sorasync.preview.animatic.word_context import (
    DETERMINERS,
    NO_HEADS,
    NUMBERS,
    ReadText,
    count_of,
    is_denied,
    is_preposition,
    noun_phrase,
    scale_in,
    tint_of,
    where_said,
)

# Nouns that nothing can be drawn for, or that are parts of the picture.
ABSTRACT = words_of("abstract")
MOST_BOXES = 3
_HEAPS = words_of("heaps")
_FILLERS = words_of("fillers")
_LED_AWAY = words_of("led_away")
_VERBS, _MACHINES = (
    words_of("base_verbs") | words_of("more_verbs") | words_of("verbs_too"),
    words_of("machines"),
)
_NO_LIST = DETERMINERS | words_of("prepositions") | words_of("pronouns") | words_of("stops")
# What people are called by what they do.
_SOMEBODY = re.compile(
    r"(?:maker|smith|keeper|man|woman|men|women|ologist|[a-z]{4}(?<!eckl)(?<!layl)ist|ician|eer|boy|girl|blower|driver"
    r"|seller|rider|player|watcher|washer|cleaner|master|singer|fighter|catcher|tamer|teller|charmer|bearer|walker"
    r"|climber|hunter|herder|trainer|trader|dealer|teacher|worker|[a-z]{3}eteer)s?$"
)
_CLOTHES = words_of("clothes")


def boxes_in(whole: ReadText, crowded: bool) -> list[Entity]:
    """Unknown noun phrases: from a determiner or number to the word that ends the phrase.

    If the shot shows enough else, leave out what something merely lies on or leads to.
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
        goes_on = (
            end < len(whole.words) and not whole.words[end].after_comma and not is_preposition(whole, end)
        )
        if phrase and end in whole.taken and goes_on:
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
        of_known = whole.after(number, 1) == ["of"] and not whole.taken.isdisjoint(
            range(number + 1, number + 4)
        )
        if phrase[-1] in _HEAPS and (of_known or whole.after(number, 1) != ["of"]):
            # What it is a heap of is drawn.
            continue
        match = Match(
            "", number - len(phrase), number, phrase[-1].endswith("s") and not phrase[-1].endswith("ss")
        )
        his = {"his", "her", "their"}.intersection(whole.after(number, 5))
        somebody = (
            _SOMEBODY.search(phrase[-1])
            or _does(phrase[-1])
            or (his and phrase[-1].endswith(("er", "or", "ian", "ant")))
        )
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
        if len(found) == MOST_BOXES:
            break
    return found


def _does(word: str) -> bool:
    """Whether a noun names a person by what they do: biker, but not toaster."""
    one = word.removesuffix("s")
    if one in _MACHINES or not one.endswith(("er", "or")):
        return False
    stem = one[:-2]
    return bool({stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem} & _VERBS)


def listed_in(whole: ReadText) -> list[Entity]:
    """Boxes for unknown plurals, listed between commas without an article: ", turnstiles,"."""
    known = _known_words()
    found: list[Entity] = []
    start = 0
    for number, word in enumerate(whole.words):
        after = whole.words[number + 1] if number + 1 < len(whole.words) else None
        start = (
            number
            if word.after_comma or (number and whole.words[number - 1].sentence != word.sentence)
            else start
        )
        if after is not None and after.sentence == word.sentence and not after.after_comma:
            continue
        phrase = [one.text for one in whole.words[start : number + 1]]
        last = phrase[-1]
        if (
            len(phrase) > 3
            or not last.isascii()
            or not last.endswith("s")
            or last.endswith(("ss", "us"))
            or not whole.taken.isdisjoint(range(start, number + 1))
            or {last, last.removesuffix("s")} & (ABSTRACT | NO_HEADS | _CLOTHES | known | _VERBS)
            or last.removesuffix("es") in _VERBS
            or any(colours_in(last))
            or any(one in _NO_LIST or one.endswith("ly") for one in phrase)
        ):
            continue
        match = Match("", start, number + 1, plural=True)
        found.append(Entity("box", " ".join(phrase), 3, tint=tint_of(whole, match), first=start))
    return found


def _made_of(whole: ReadText, number: int) -> str:
    """What a heap or drop consists of: the words after it, unless something else is drawn for them."""
    if whole.after(number, 1) != ["of"] or number + 1 in whole.taken:
        return ""
    phrase = noun_phrase(whole, number + 1, "a")
    return f" of {' '.join(phrase[-2:])}" if phrase else ""


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    """Single words of the other tables: they are drawn another way, or not at all."""
    found: set[str] = set()
    for section in ("times", "weather", "cover", "poses", "paths", "people"):
        for words in vocabulary.data()[section].values():
            found.update(vocabulary.phrases(words, english=True))
    for row in vocabulary.data()["places"]:
        found.update(vocabulary.phrases(row["words"], english=True))
    return frozenset(found)
