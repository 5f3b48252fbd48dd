"""What pictograms are called in other languages, and which language a text is in."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from sorasync.preview.animatic.vocabulary import data, phrases, split_words, thing_table, words_of

# Little words of descriptions and of dialogue.
_FUNCTION_WORDS = {
    "en": (
        "the a an of and in on at with to is his her its their by from into over as under through i you "
        "he she it we they me him not no what who this that was are have be do will my your but if how "
        "yes"
    ),
    "de": (
        "der die das ein eine einen einem einer und im am mit auf von zu ist den dem über durch unter vor "
        "ich du er sie es wir ihr ihn ihm mich dich nicht kein ja nein was wer wie dass bis war sind hat "
        "noch schon mein aber"
    ),
    "fr": (
        "le la les un une des du et dans sur pour avec au aux est de sous par en il elle qui devant je tu "
        "nous vous ils ne pas ce cette mon ton que quoi oui non suis mais si où"
    ),
    "es": (
        "el la los las un una y en con sobre de del al por bajo es se que su entre hacia para yo tú ella "
        "nosotros no sí qué quién me te está estoy mi muy pero si donde como"
    ),
    "it": (
        "il lo la gli le un una e in nel nella con su sulla di del della al alla per sotto che sul io tu lui "
        "lei noi non sì mi ti ci cosa chi sono è mio ma se dove come"
    ),
    "pt": (
        "o a os as um uma e em no na com sobre de do da ao à por sob que seu para pelo pela eu você ele ela "
        "nós não sim me te está são meu mas onde como"
    ),
    "tr": "bir ve ile bu için gibi içinde üzerinde altında ben sen o biz siz değil ne kim evet hayır ama",
    "id": (
        "di dan yang dengan dari ke seorang sebuah seekor ini itu aku saya kamu dia kami kita tidak bukan "
        "apa siapa ya tetapi"
    ),
}
# Words that are frequent in prompts, beside the little ones.
_FREQUENT = {
    "de": "ohne mann frau kinder nacht straße zwei drei",
    "fr": "homme femme enfant nuit rue maison deux trois",
    "es": "hombre mujer niño niña noche calle toca casa dos tres",
    "it": "uomo donna bambino notte strada casa due tre",
    "pt": "homem mulher menino menina noite rua casa dois duas três",
}
# Letters that tell languages apart which share their little words.
_LETTERS = {"de": "äöüß", "fr": "èêàçœû", "es": "íñóú¿¡", "it": "òùì", "pt": "ãõç", "tr": "ğşı"}
_SCRIPTS = (
    (r"[\u4e00-\u9fff]", "zh"),
    (r"[\uac00-\ud7af]", "ko"),
    (r"[\u0400-\u04ff]", "ru"),
    (r"[\u0600-\u06ff]", "ar"),
)
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_LEAST = 4
_HEAD_FIRST = ("fr", "es", "it", "pt", "id", "ar")
_INFLECTED = ("ru", "tr", "id")
# Plurals that a blank final s does not make.
_ENDINGS = {"de": ("e", "n", "en", "er", "nen")}
_LAST_VOWELS = {"it": ("i", "e")}
# What stands in names beside the thing itself.
_BESIDE = words_of("beside")


@lru_cache(maxsize=256)
def language_of(text: str) -> str:
    """The language of a text by its script or its little words; English where nothing speaks against it."""
    if re.search(r"[\u3040-\u30ff]", text):
        return "ja"
    for pattern, language in _SCRIPTS:
        if len(re.findall(pattern, text)) * 4 > len(re.findall(r"[^\W\d_]", text)):
            return language
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    counts = {
        language: sum(words[word] for word in f"{known} {_FREQUENT.get(language, '')}".split())
        + sum(text.lower().count(sign) for sign in _LETTERS.get(language, "")) / 2
        for language, known in _FUNCTION_WORDS.items()
    }
    most = max(counts.values())
    if most <= counts["en"]:
        return "en"
    near = [language for language in counts if counts[language] >= most - 1 and language != "en"]
    return max(
        near, key=lambda language: (counts[language] + _things_named(language, text), counts[language])
    )


def _things_named(language: str, text: str) -> int:
    """How many things a text names if it is in that language."""
    return len(thing_table(language).find(split_words(text)))


@lru_cache(maxsize=4)
def _names(language: str) -> dict[str, str]:
    """Pictogram to name; none where the package or the language is missing."""
    try:
        text = files("emoji.unicode_codes").joinpath(f"emoji_{language}.json").read_text("utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return {}
    found = json.loads(text)
    return {str(sign): str(name).strip(":").replace("_", " ").lower() for sign, name in found.items()}


@lru_cache(maxsize=4)
def _heads(language: str) -> Counter[str]:
    """In how many names each word is the first."""
    return Counter(name.split()[0] for name in _names(language).values() if name)


@lru_cache(maxsize=4)
def _none_alone(language: str) -> frozenset[str]:
    """Words that name no thing: little words, and colours."""
    little = frozenset(_FUNCTION_WORDS.get(language, "").split())
    colours = (phrases(words, english=False) for words in data()["colours"].values())
    return _BESIDE | little | {word for listed in colours for word in listed}


class Names(NamedTuple):
    """Whole names with their plurals, and words of names that say enough alone."""

    whole: list[str]
    parts: list[str]


def names_in(language: str, pictograms: tuple[str, ...]) -> Names:
    """The names of some pictograms in a language."""
    known = _names(language)
    names = [name for sign in pictograms if (name := known.get(sign) or known.get(f"{sign}\ufe0f"))]
    whole: dict[str, None] = {}
    parts: dict[str, None] = {}
    for name in names:
        if name in _none_alone(language) or (language == "ko" and len(name) == 1):
            # A syllable alone is part of many words.
            continue
        if language in ("zh", "ja") and len(name) > 2 and _HAN.fullmatch(name):
            # What a compound is stands at its end.
            parts[name[-2:]] = None
        whole[name] = None
        if len(name) >= _LEAST:
            whole.update(dict.fromkeys(f"{name}{ending}" for ending in _ENDINGS.get(language, ())))
            whole.update(dict.fromkeys(f"{name[:-1]}{ending}" for ending in _LAST_VOWELS.get(language, ())))
        if language == "ko":
            # Particles follow without a blank.
            said = name.split()
            parts.update({f"{said[0]}*": None} if len(said) == 1 or said[1:] == ["얼굴"] else {})
        words = [word for word in re.split(r"[\s()]+", name) if word and word not in _none_alone(language)]
        if len(words) == 1 and len(name) == _LEAST and language == "ru":
            parts[f"{name}*"] = None
        if len(words) == 1 and len(name) > _LEAST and language in _INFLECTED:
            # An inflected form still begins like the name.
            parts[f"{name[:-1]}*"] = None
        for word in words:
            said = name.split()
            qualified = len(said) > 1 and said[1] in _none_alone(language)
            head = word == words[0] and (language in _HEAD_FIRST or qualified)
            named = _heads(language)[word] or _heads(language)[word.removesuffix("s")]
            if len(word) >= _LEAST and (head or (language not in _HEAD_FIRST and not named)):
                parts[word] = None
    return Names(list(whole), list(parts))


def person_names(language: str, pictograms: tuple[str, ...]) -> list[str]:
    """What people are called in a language: names of one word, in both of their forms."""
    known = _names(language)
    found: dict[str, None] = {}
    for sign in pictograms:
        name = known.get(sign) or known.get(f"{sign}\ufe0f") or ""
        ending = re.search(r"\((in)\)", name)
        for form in re.sub(r"\s*\([^)]*\)", "", name).split("/"):
            word = form.strip("- ")
            if not word or " " in word or word in _none_alone(language):
                continue
            found[word] = None
            if ending:
                found[f"{word}{ending[1]}"] = None
            if language == "ko":
                found[f"{word}*"] = None
            elif language in _INFLECTED and len(word) > _LEAST:
                found[f"{word[:-1]}*"] = None
    return list(found)
