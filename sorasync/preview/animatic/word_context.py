"""What the words around a word say of it: whether it is a noun, how many, how large, what colour."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import colours_in
from sorasync.preview.animatic.vocabulary import Match, Word, words_of

NUMBERS = {
    word: number
    for number, words in {
        1: "a an one single lone solitary ein eine einen einem un une una uno um uma один одна 一",
        2: "two both pair couple zwei deux dos due dois duas два две 二 两 両",
        3: "three trio several some few drei trois tres tre três три 三",
        4: "four vier quatre cuatro quattro quatro четыре 四",
        5: "five fünf cinq cinco cinque пять 五",
        6: "six many sechs seis sei шесть 六",
        7: "seven 七 flock herd school pack swarm fleet",
        8: "eight 八 rows row",
        9: "nine 九 dozens",
        10: "ten 十 dozen",
        12: "twelve hundreds thousands countless",
    }.items()
    for word in words.split()
}
DETERMINERS = words_of("determiners")
_SINGLE = frozenset(["a", "an", "one", "this", "that", "another", "each", "every"])
_PREPOSITIONS = words_of("prepositions")
PRONOUNS = words_of("pronouns")
# Things whose names are verbs as well: they are things only after a determiner or the like.
_VERBS_TOO = words_of("verbs_too")
_IRREGULAR_PLURALS = words_of("irregular_plurals")
_STOPS = words_of("stops")
_OBJECTS = frozenset(["him", "her", "them", "it", "us", "me"])
_IN_AIR = words_of("in_air")
_BASE_VERBS, _MORE_VERBS = words_of("base_verbs"), words_of("more_verbs")
# What may follow a noun without being the noun that it belongs to.
NO_HEADS = words_of("no_heads")
_ABSTRACT = words_of("abstract") - {"window", "windows"}
_MATERIALS = words_of("materials")
_GROUPS = words_of("groups")
_PAIRS = words_of("pairs")
_COUNTERS = frozenset("只个位匹条头辆艘架棵朵本张把匹頭羽台本人枚杯つの")
_ONE_PAIR = words_of("one_pair")
_PEOPLE = frozenset({"one", "small", "some", "crowd"})
_CLUSTERED, _METAPHORS = words_of("clustered"), words_of("metaphors")
_ADJECTIVES_TOO, _BEDS = words_of("adjectives_too"), words_of("beds")
# Words of other languages in the singular that end like plurals, and what stands before one.
_SINGULAR, _ARTICLES = words_of("like_plurals"), words_of("articles")
# These words make many of the kind before them: a pine forest.
_STANDS = words_of("stands")
_GIANT = re.compile(r"giant|huge|massive|gigantic|enormous|towering|colossal|immense")
_TINY = re.compile(r"tiny|small|little|\bbaby\b|newborn")
_TOY = re.compile(r"\b(?:toy|miniature|model)\b")
_WHERE = {
    "behind": "background distance far horizon distant backdrop",
    "front": "foreground close-by nearby",
    "left": "left",
    "right": "right",
    "above": "above overhead sky upper",
    "below": "lower bottom",
}
# The sides in other languages, after these words a place and no direction.
_FOREIGN_SIDES = {
    "left": "links gauche izquierda sinistra esquerda слева",
    "right": "rechts droite derecha destra direita справа",
}
_DIRECTIONS = frozenset(["nach", "vers", "hacia", "verso", "para", "von", "depuis", "desde", "da"])
_CAMERA_WORDS = re.compile(
    r"\b(?:the )?(?<!film )(?<!movie )(?<!video )(?<!photo )(?<!vintage )camera\b"
    r"(?: (?:slowly|gently|then|now|smoothly|quickly|suddenly|is|moves?|moving))*(?: [a-z]+(?:s|ing|ed)\b)?"
    r"(?: (?:slowly|gently|smoothly|quickly|in|out|back|left|right|up|down|forwards?|backwards?|closer|away"
    r"|static|still))*"
    r"|\b(?:whip|swish)[- ]?pans?\b|\bpans? (?:left|right|up|down|across|over)\b"
    r"|\bcranes? (?:up|down|shot)\b|\btrack(?:s|ing)?(?: shot)?\b"
    r"|\bdrone[- ](?:shot|view|footage|flies|glides|rises|hovers)\b|(?<!a )(?<!the )(?<!delivery )\bdrone\b"
    r"|\bshot on [^.,;]*|\b\d+ ?mm\b[^.,;]*|\bbird'?s[- ]eye(?: view)?\b|\beye[- ]level\b|\bfish-?eye\b"
    r"|\b(?:push|pull)(?:es|ing|s)?[- ](?:in|out|back)\b"
    r"|\bworm'?s[- ]eye(?: view)?\b|\bslider\b|\bdolly\w*\b"
    r"|\b(?:die|la|a|il|з) (?:kamera|caméra|cámara|câmera)\b|\bкамера\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class ReadText:
    """A text on its way: words, and which of them are spoken for."""

    words: list[Word]
    english: bool
    language: str
    taken: set[int] = field(default_factory=set)

    def take(self, match: Match) -> None:
        """Nothing else begins inside this match."""
        self.taken.update(range(match.first, match.after))

    def free(self, match: Match) -> bool:
        """Whether no other match has one of these words."""
        return self.taken.isdisjoint(range(match.first, match.after))

    def label(self, match: Match) -> str:
        """The words of a match."""
        words = self.words[match.first : match.after]
        if vocabulary.is_unspaced(words[0].text):
            return words[0].text[: len(words)]
        return " ".join(word.text for word in words)

    def before(self, number: int, most: int) -> list[str]:
        """The words before one in its sentence, nearest first."""
        sentence = self.words[number].sentence
        found = [
            word.text for word in self.words[max(0, number - most) : number] if word.sentence == sentence
        ]
        return found[::-1]

    def clause_before(self, number: int, most: int) -> list[str]:
        """The same, but none from before a comma."""
        found: list[str] = []
        for word, text in zip(self.words[number::-1], self.before(number, most), strict=False):
            if word.after_comma:
                break
            found.append(text)
        return found

    def after(self, number: int, most: int) -> list[str]:
        """The words from one on in the sentence of the word before it."""
        if not number:
            return []
        sentence = self.words[number - 1].sentence
        return [word.text for word in self.words[number : number + most] if word.sentence == sentence]


def without_camera(text: str) -> str:
    """The text without what the camera does and without what is said."""
    text = re.sub(r"[\"“][^\"”\n]{1,300}[\"”]", " ", text)
    return _CAMERA_WORDS.sub(" ; ", vocabulary.foreign_camera().sub(" ; ", text))


def is_verb(text: ReadText, match: Match) -> bool:
    """Whether a word that can be a verb is one: nothing before it makes it a noun."""
    word = text.words[match.first]
    if match.after - match.first > 1 or not {word.text, word.text.removesuffix("s")} & _VERBS_TOO:
        return False
    if match.first and text.words[match.first - 1].owner:
        return False
    begins = word.after_comma or not text.before(match.first, 1)
    behind = text.after(match.after, 1)
    if begins and behind and behind[0].endswith(("ing", "ed")):
        # Hands reaching in.
        return False
    if (
        begins
        and word.text.endswith("s")
        and match.entry in _PEOPLE
        and behind
        and behind[0] in _PREPOSITIONS
    ):
        # Judges at a table, but guards the door.
        return False
    if (
        match.first - 1 in text.taken
        and text.before(match.first, 1)
        and text.before(match.first, 1)[0] not in DETERMINERS
    ):
        # "The farmer trains", "farmers train" and "children train", but a police car.
        before = text.words[match.first - 1].text
        return word.text.endswith("s") or before.endswith("s") or before in _IRREGULAR_PLURALS
    if word.text.endswith("s") and text.before(match.first, 1) in (["and"], ["then"]):
        return True
    nearest = text.before(match.first, 1)
    behind_it = text.words[match.after] if match.after < len(text.words) else None
    ends = behind_it is None or behind_it.after_comma or behind_it.sentence != word.sentence
    clause = text.clause_before(match.first, 3)
    if ends and not word.text.endswith("s") and len(clause) in (1, 2) and not PRONOUNS.intersection(clause):
        # ", foggy park."
        return False
    led = nearest and nearest[0] in DETERMINERS
    if nearest and not led and word.text in _BASE_VERBS and _is_known(text.words[match.first - 1]):
        # Fans in a stadium wave flags.
        return True
    for number, before in enumerate(text.before(match.first, 3)):
        noun_before = not text.before(match.first, 1)[0].endswith("s")
        if number and word.text.endswith("s") and noun_before and before in ("a", "an", "this", "that"):
            # An archaeologist brushes: one of something cannot be a plural.
            return True
        if before in DETERMINERS or before in NUMBERS or before in _PREPOSITIONS or before.isdecimal():
            return False
        if before in PRONOUNS or before.endswith("ly"):
            return True
    return len(text.before(match.first, 3)) > 1


def compound_head(whole: ReadText, match: Match) -> int | None:
    """The number of the word whose meaning a noun only narrows: a stone table, a lighthouse keeper.

    What happens to a thing (a car chase), or says how it is (a bottle full of sand), is no head.
    """
    number = match.after
    if not whole.english or match.plural or number >= len(whole.words):
        return None
    word, last = whole.words[number], whole.words[number - 1]
    if last.text in _IRREGULAR_PLURALS:
        return None
    text = word.text
    if word.sentence != last.sentence or word.after_comma or last.owner or not text.isascii():
        return None
    if text in DETERMINERS or text in _PREPOSITIONS or text in _STOPS or text in PRONOUNS or text in NUMBERS:
        return None
    if text in NO_HEADS or text in _BASE_VERBS:
        return None
    if text.endswith(("ing", "ed", "ly", "ward", "wards")) and not _is_known(word):
        return None
    if len(text) < 3 or colours_in(text) or (text in _ABSTRACT and last.text not in _MATERIALS):
        return None
    # A wolf howls, but stone steps and chess players: an -s is a verb's unless a noun speaks against it.
    if text.endswith("s") and not text.endswith(("ss", "us")):
        noun = text.removesuffix("s") not in _VERBS_TOO and text not in _VERBS_TOO
        named = noun and _is_known(word)
        return number if named or last.text in _MATERIALS else None
    if whole.before(match.first, 3).count("and") and not _is_known(word):
        # The knight and the dragon fight: after several, a verb has no ending.
        return None
    return number


def _is_known(word: Word) -> bool:
    """Whether one word names people, a thing or a place."""
    known = (vocabulary.table("people", True), vocabulary.thing_table("en"), vocabulary.place_table(True))
    return any(table.find([word]) for table in known)


def is_preposition(whole: ReadText, number: int) -> bool:
    """Whether a word leads on to something else, and is no noun."""
    return whole.words[number].text in _PREPOSITIONS


def is_material(whole: ReadText, match: Match) -> bool:
    """Whether a noun says what something is made of when another noun follows it."""
    return whole.words[match.first].text in _MATERIALS


def is_denied(whole: ReadText, first: int) -> bool:
    """Whether the words before say that there is none, or that it is only compared with."""
    before = whole.before(first, 3)
    return bool(
        {"no", "without", "like", "ohne", "kein", "sans", "sin", "senza", "sem"} & set(before[:2])
    ) or (before[:2] in (["a", "as"], ["the", "as"]) or before[1:3] == ["a", "like"])


def _somebody_from(whole: ReadText, match: Match, offset: int) -> bool:
    """Whether people are named between a number and a noun: they are as many, and it is not."""
    between = range(match.first - offset + 1, match.first)
    return any(one.first in between for one in vocabulary.people_table(whole.language).find(whole.words))


def is_adjective(whole: ReadText, match: Match) -> bool:
    """Whether a word that can name a place only says how the next one is: flat water, a square table."""
    number = match.after
    if whole.words[match.first].text not in _ADJECTIVES_TOO or number - match.first > 1:
        return False
    if number >= len(whole.words) or whole.words[number].sentence != whole.words[match.first].sentence:
        return False
    text = whole.words[number].text
    goes_on = text in _PREPOSITIONS or text in _STOPS or text in NO_HEADS or text in _BASE_VERBS
    return not whole.words[number].after_comma and not goes_on and not text.endswith(("ing", "ly"))


def is_metaphor(whole: ReadText, match: Match) -> bool:
    """Whether a word only says how much there is of what follows: a sea of clouds, a shower of tiles."""
    word = whole.words[match.first].text
    return match.after - match.first == 1 and word in _METAPHORS and whole.after(match.after, 1) == ["of"]


def count_of(whole: ReadText, match: Match) -> int:
    """How many of a thing there are, by the number before it or its plural."""
    behind = whole.after(match.after, 1)
    further = whole.after(match.after, 2)[1:]
    herded = bool(further) and _is_known(whole.words[match.after + 1])
    if behind and behind[0] in _GROUPS and not herded:
        return 6
    before = whole.before(match.first, 2)
    if before[:1] == ["of"] and before[1:] and before[1] in _BEDS:
        # A field of lavender.
        return 7
    if vocabulary.is_unspaced(whole.words[match.first].text):
        return _unspaced_count(whole, match.first)
    if behind and behind[0] in _STANDS:
        return 7
    for offset, word in enumerate(whole.clause_before(match.first, 4), 1):
        if match.first - offset in whole.taken:
            break
        if word.isdecimal() and int(word) <= 40:
            return max(1, int(word))
        if word == "pair" and whole.words[match.after - 1].text in _ONE_PAIR:
            return 1
        if word in NUMBERS and (NUMBERS[word] > 1 or not match.plural):
            return NUMBERS[word] if offset == 1 or not _somebody_from(whole, match, offset) else 1
        if word in _PREPOSITIONS and word != "of":
            break
    if whole.language == "ru" and whole.words[match.first].text.endswith(
        ("ей", "ов", "ами", "ями", "ах", "ях")
    ):
        return 3
    last = whole.words[match.after - 1].text
    ending = {"it": ("i",), "de": ("en",), "fr": ("s",), "es": ("s",), "pt": ("s",)}.get(whole.language)
    alone = not before or before[0] not in _ARTICLES
    if ending and alone and len(last) > 4 and last.endswith(ending) and last not in _SINGULAR:
        return 3
    return 1 if not match.plural else 2 if whole.words[match.first].text in _PAIRS else 3


def _unspaced_count(whole: ReadText, first: int) -> int:
    """The number before a word of an unspaced script, with or without a counter between: 两只熊猫."""
    signs = [word.text[:1] for word in whole.words[max(0, first - 2) : first]][::-1]
    named = [NUMBERS[sign] for sign in signs[:1] if sign in NUMBERS]
    named += [NUMBERS[sign] for sign in signs[1:] if sign in NUMBERS and signs[0] in _COUNTERS]
    return named[0] if named else 1


def scale_in(words: str) -> float:
    """How much larger than usual something is said to be."""
    return (
        1.9 if _GIANT.search(words) else 0.12 if _TOY.search(words) else 0.6 if _TINY.search(words) else 1.0
    )


def tint_of(whole: ReadText, match: Match) -> RGB | None:
    """The colour that the words right before a noun give it, in some languages also those behind it."""
    if not whole.english:
        near = tint_places(whole, match)
        sentence = whole.words[match.first].sentence
        for one in vocabulary.table("colours", False).find(whole.words):
            if one.first in near and whole.words[one.first].sentence == sentence:
                return colours_in(one.entry)[0].rgb
        return None
    for number, word in enumerate(whole.clause_before(match.first, 3), 1):
        if match.first - number in whole.taken:
            return None
        if word in DETERMINERS or word in _PREPOSITIONS:
            return None
        named = colours_in(word)
        if named:
            return named[0].rgb
    return None


def tint_places(whole: ReadText, match: Match) -> tuple[int, ...]:
    """Where the colour of a noun stands in another language: right behind it, or before."""
    if whole.language in ("fr", "es", "it", "pt", "id", "ar"):
        return match.after, match.after + 1, match.first - 1
    first = match.first
    return (
        (first - 1, first - 2, first - 3)
        if vocabulary.is_unspaced(whole.words[first].text)
        else (first - 1, first - 2)
    )


def where_said(whole: ReadText, match: Match) -> str:
    """Where in the picture the words around a noun put it."""
    near = whole.after(match.after, 6)
    if near and near[0] in _STANDS:
        near = near[1:]
    if not whole.english:
        return _foreign_side(near)
    if _IN_AIR.intersection(near[:2]):
        return "above"
    before = whole.before(match.first, 3)
    side = next((number for number, word in enumerate(near) if word in ("left", "right")), None)
    if side is not None and "empty" in whole.after(match.after + side, 8):
        # The left side is empty: all is at the other one.
        return {"left": "right", "right": "left"}[near[side]]
    for number, (preposition, previous, word) in enumerate(
        zip(["", "", *near], ["", *near], near, strict=False), match.after
    ):
        if word in ("and", "while", "as", "with"):
            break
        if whole.words[number].after_comma and word in DETERMINERS:
            # Something else: a boat, the lighthouse on the right.
            break
        for where, words in _WHERE.items():
            if word in words.split() and (
                (previous == "the" and preposition not in ("to", "from"))
                or (where == "above" and word in near[:3])
            ):
                return where
    if near[:1] == ["behind"] or "distant" in before:
        return "behind"
    if near[:2] == ["in", "front"] and near[2:3] != ["of"]:
        return "front"
    for person, word in pairwise(before):
        if word == "behind" and person in _OBJECTS:
            return "behind"
    return ""


def _foreign_side(near: list[str]) -> str:
    """The side that a word of another language names, unless something goes there."""
    for previous, word in pairwise(["", *near[:4]]):
        for side, words in _FOREIGN_SIDES.items():
            if word in words.split():
                return "" if previous in _DIRECTIONS else side
    return ""


def side_of(word: str) -> str:
    """The side that a word names, in any language, or nothing."""
    known = ((side, f"{side} {words}") for side, words in _FOREIGN_SIDES.items())
    return next((side for side, words in known if word in words.split()), "")


def noun_phrase(whole: ReadText, number: int, opener: str) -> list[str]:
    """The words of a noun phrase that begins at a word."""
    phrase: list[str] = []
    sentence = whole.words[number - 1].sentence
    for place in range(number, min(number + 4, len(whole.words))):
        word = whole.words[place]
        text = word.text
        several = opener not in _SINGLE or "and" in whole.before(number - 1, 4)
        if phrase and (text in _BASE_VERBS or (several and text in _MORE_VERBS)):
            break
        if (
            word.sentence != sentence
            or word.after_comma
            or place in whole.taken
            or text in _PREPOSITIONS
            or text in _STOPS
        ):
            break
        if text in DETERMINERS:
            break
        many = opener not in _SINGLE
        if phrase and (
            text.endswith(("ing", "ed", "ly"))
            or (text.endswith("s") and not text.endswith(("ss", "us")) and not many)
            or (text.endswith("s") and many and phrase[-1].endswith("s"))
            or (opener == "the" and text.endswith("s") and not text.endswith(("ss", "us")))
        ):
            break
        phrase.append(text)
    return phrase
