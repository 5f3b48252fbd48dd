"""The words that animatics understand, from `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sorasync.preview.animatic.canvas import RGB

# Scripts that are written without blanks between words.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
# Korean words begin with what they name, and particles follow without a blank.
_HANGUL = re.compile(r"[\uac00-\ud7af]")
# The Arabic article and what is written together with it.
_ARTICLE = re.compile(r"^(?:[وبفك]?ال|لل)(?=\w{3})")
# Articles and prepositions that French and Italian write together with the next word.
_ELISION = re.compile(r"^(?:l|d|un|all|dell|dall|nell|sull|quell)'(?=\w{3})")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_IRREGULAR = {
    "mice": "mouse", "geese": "goose", "wolves": "wolf", "calves": "calf", "knives": "knife", "oxen": "ox",
    "loaves": "loaf", "shelves": "shelf", "feet": "foot", "teeth": "tooth",
}  # fmt: skip


_SHORT_HEADS = frozenset(["bank", "boot", "haus", "baum", "buch", "hund", "bett", "auto"])


@dataclass(frozen=True, slots=True)
class Thing:
    """A pictogram with its height in metres, where it belongs, and its colour where nobody names one."""

    pictogram: str
    name: str
    height: float
    on: str
    tint: RGB


@dataclass(frozen=True, slots=True)
class Place:
    """What is drawn for a place: a set in its colours, and pictograms that stand there unnamed.

    A `weak` place only decides where a text names no other.
    """

    name: str
    set: str
    ground: RGB
    wall: RGB
    dress: tuple[str, ...] = ()
    weak: bool = False
    snow: bool = False
    dark_sky: bool = False
    awnings: bool = False
    lamps: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text in lower case: which sentence it stands in, whether a comma stands before it, and
    whether it is a possessive: the chef's."""

    text: str
    sentence: int
    after_comma: bool = False
    owner: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a table that a text names: the words `first` up to but without `after`."""

    entry: str
    first: int
    after: int
    plural: bool = False


class WordTable:
    """Finds phrases in texts: whole words, their plurals, beginnings marked by `*`, and unspaced scripts."""

    def __init__(self, rows: Iterable[tuple[str, str]], compounds: bool = False) -> None:
        self._compounds = compounds
        self._phrases: dict[tuple[str, ...], str] = {}
        self._beginnings: dict[str, str] = {}
        self._unspaced: dict[str, str] = {}
        for phrase, entry in rows:
            if _UNSPACED.search(phrase):
                self._unspaced.setdefault(phrase, entry)
            elif phrase.endswith("*") and " " not in phrase:
                self._beginnings.setdefault(phrase[:-1], entry)
            else:
                words = tuple(word.text for word in split_words(phrase.rstrip("*")))
                self._phrases.setdefault(words, entry)
        self._longest = max(map(len, self._phrases), default=1)

    def find(self, words: list[Word]) -> list[Match]:
        """All matches in order, the longest at each word, none inside another."""
        found: list[Match] = []
        number = 0
        while number < len(words):
            match = self._at(words, number)
            if match is not None:
                found.append(match)
            number = match.after if match is not None else number + 1
        return found

    def _at(self, words: list[Word], first: int) -> Match | None:
        for length in range(min(self._longest, len(words) - first), 0, -1):
            phrase = tuple(word.text for word in words[first : first + length])
            for form, plural in _forms(phrase):
                if form in self._phrases:
                    return Match(self._phrases[form], first, first + length, plural)
        word = words[first].text
        for length in range(len(word), 0 if _HANGUL.match(word) else 2, -1):
            if word[:length] in self._beginnings:
                return Match(self._beginnings[word[:length]], first, first + 1)
        if self._compounds:
            # What a German compound is stands at its end: a Parkbank is a Bank.
            for start in range(4, len(word) - 3):
                last = word[start:]
                if (len(last) > 4 or last in _SHORT_HEADS) and (last,) in self._phrases:
                    return Match(self._phrases[(last,)], first, first + 1)
        return self._unspaced_at(word, first)

    def _unspaced_at(self, word: str, first: int) -> Match | None:
        if not self._unspaced or not _UNSPACED.search(word):
            return None
        for length in range(len(word), 0, -1):
            if word[:length] in self._unspaced:
                return Match(self._unspaced[word[:length]], first, first + length)
        return None


def _forms(phrase: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """A phrase as it is, then with its last word in the singular."""
    yield phrase, False
    *head, last = phrase
    if len(phrase) > 2 and phrase[1] == "of" and phrase[0].endswith("s"):
        # Glasses of wine.
        for ending in ("es", "s"):
            yield (phrase[0].removesuffix(ending), *phrase[1:]), True
    if last in _IRREGULAR:
        yield (*head, _IRREGULAR[last]), True
    if last.endswith("ies"):
        yield (*head, f"{last[:-3]}y"), True
    if last.endswith("es"):
        yield (*head, last[:-2]), True
    if last.endswith("s") and not last.endswith("ss"):
        yield (*head, last[:-1]), True


def split_words(text: str) -> list[Word]:
    """The words of a text; in unspaced scripts what begins at each sign.

    A lantern-lit market has lanterns; any other compound is a word of its own, so a hand-painted wall shows
    no hand.
    """
    found: list[Word] = []
    sentence, before = 0, 0
    for match in _WORD.finditer(text.lower()):
        between = text[before : match.start()]
        if re.search(r"[.!?;\n。！？]", between):
            sentence += 1
        before = match.end()
        said = match.group().replace("’", "'")
        owner = said.endswith("'s") or text[match.end() : match.end() + 2] in ("' ", "’ ")
        word = _ARTICLE.sub("", _ELISION.sub("", re.sub(r"'s?$|-lit$", "", said)))
        if _UNSPACED.search(word):
            found += [Word(word[offset:], sentence) for offset in range(len(word))]
        else:
            found.append(Word(word, sentence, bool(re.search(r"[,:()–—]|\s-\s", between)), owner))
    return found


@lru_cache(maxsize=1)
def data() -> dict[str, Any]:
    """The whole table."""
    return tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))


def phrases(words: str, english: bool) -> list[str]:
    """The phrases of an entry; those of other languages only where the text is not English."""
    own, _, others = words.partition("|")
    chosen = own if english else f"{own},{others}"
    listed = [phrase.strip() for phrase in chosen.split(",") if phrase.strip()]
    return listed if not english else [*listed, *(one.strip() for one in others.split(",") if _foreign(one))]


def is_unspaced(word: str) -> bool:
    """Whether a word is in a script without blanks."""
    return _UNSPACED.search(word) is not None


def _foreign(phrase: str) -> bool:
    """Whether a phrase is in a script that English does not use, so that it can stand for nothing else."""
    return any(sign.isalpha() and ord(sign) > 0x24F for sign in phrase)


@lru_cache(maxsize=1)
def things() -> dict[str, Thing]:
    """All things by their pictogram."""
    found = {}
    for group in data()["things"]:
        for pictograms, height, words in group["list"]:
            first = pictograms.split()[0]
            tint = colour_of(data()["tints"].get(first, group["tint"]))
            found[first] = Thing(first, words.split(",")[0], float(height), group["on"], tint)
    return found


@lru_cache(maxsize=1)
def places() -> dict[str, Place]:
    """All places by name."""
    found = {}
    for row in data()["places"]:
        ground = colour_of(row["ground"])
        found[row["name"]] = Place(
            row["name"],
            row["set"],
            ground,
            colour_of(row["wall"]) if "wall" in row else ground,
            tuple(row.get("dress", "").split()),
            *(bool(row.get(flag)) for flag in ("weak", "snow", "dark_sky", "awnings", "lamps")),
        )
    return found


def colour_of(value: str) -> RGB:
    """The colour of six hexadecimal digits."""
    number = int(value, 16)
    return number >> 16, number >> 8 & 255, number & 255


@lru_cache(maxsize=2)
def place_table(english: bool) -> WordTable:
    """Place words to the names of places."""
    return _table([(row["words"], row["name"]) for row in data()["places"]], english)


def _table(rows: list[tuple[str, str]], english: bool) -> WordTable:
    """Phrases to entries; in another language its own words come before English ones: mesa is a table."""
    own = [(phrase, entry) for words, entry in rows for phrase in phrases(words, english=True)]
    if english:
        return WordTable(own)
    foreign = ((words.partition("|")[2], entry) for words, entry in rows)
    others = [(phrase, entry) for words, entry in foreign for phrase in phrases(words, english=True)]
    return WordTable((*others, *own))


@lru_cache(maxsize=2)
def other_words(section: str) -> WordTable:
    """The `other_places` or `other_things` that only sound like those of the tables."""
    return WordTable((phrase, phrase) for phrase in phrases(data()[section]["words"], english=True))


@lru_cache(maxsize=16)
def table(section: str, english: bool) -> WordTable:
    """The words of one of the simple sections, such as `weather`, to its keys."""
    return _table([(words, key) for key, words in data()[section].items()], english)


@lru_cache(maxsize=1)
def foreign_camera() -> re.Pattern[str]:
    """The words of other languages for what the camera does."""
    # Words with blanks between them end where they end; a sign of an unspaced script may go on.
    listed = [one if is_unspaced(one) else rf"\b{one}\b" for one in data()["camera_phrases"]["words"]]
    return re.compile("|".join(listed), re.IGNORECASE)


@lru_cache(maxsize=4)
def people_table(language: str) -> WordTable:
    """The words for people in a language to how many they are."""
    known = [
        (phrase, key)
        for key, words in data()["people"].items()
        for phrase in phrases(words, language == "en")
    ]
    if language == "en":
        return WordTable(known)
    from sorasync.preview.animatic.pictogram_names import person_names

    # Un chien et son maître: no English word.
    known = [(phrase, key) for phrase, key in known if phrase not in words_of("false_friends")]
    signs = tuple(data()["grammar"]["person_signs"].split())
    return WordTable((*known, *((name, "one") for name in person_names(language, signs))))


@lru_cache(maxsize=4)
def thing_table(language: str) -> WordTable:
    """The names of things in a language to their pictograms."""
    from sorasync.preview.animatic.pictogram_names import names_in

    rows = [(group, words) for part in data()["things"] for group, _, words in part["list"]]
    if language == "en":
        return WordTable(
            (one, group.split()[0]) for group, words in rows for one in phrases(words, english=True)
        )
    named = [(names_in(language, tuple(group.split())), group.split()[0]) for group, _ in rows]
    others = [
        (one, group.split()[0])
        for group, words in rows
        for one in phrases(words.partition("|")[2], english=True)
    ]
    # A whole name says more than a word of another one.
    whole = [(name, sign) for names, sign in named for name in names.whole]
    # What is a place alone is not part of a thing's name: montaña rusa.
    places = {
        phrase.rstrip("*") for row in data()["places"] for phrase in phrases(row["words"], english=False)
    }
    parts = ((name, sign) for names, sign in named for name in names.parts if name not in places)
    return WordTable((*others, *whole, *parts), compounds=language == "de")


def words_of(name: str) -> frozenset[str]:
    """The words of a group of the table `grammar`."""
    return frozenset(data()["grammar"][name].split())
