"""What pictograms are called in other languages, and which language a text is in."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from sorasync.preview.animatic.vocabulary import words_of

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
        "le la les un une des du et dans sur avec au aux est de sous par en il elle qui devant je tu nous "
        "vous ils ne pas ce cette mon ton que quoi oui non suis mais si où"
    ),
    "es": (
        "el la los las un una y en con sobre de del al por bajo es se que su entre hacia yo tú ella "
        "nosotros no sí qué quién me te está estoy mi muy pero si donde como"
    ),
    "it": (
        "il lo la gli le un una e in nel nella con su di del della al alla per sotto che sul io tu lui "
        "lei noi non sì mi ti ci cosa chi sono è mio ma se dove come"
    ),
    "pt": (
        "o a os as um uma e em no na com sobre de do da ao à por sob que seu pelo pela eu você ele ela "
        "nós não sim me te está são meu mas onde como"
    ),
    "tr": "bir ve ile bu için gibi içinde üzerinde altında ben sen o biz siz değil ne kim evet hayır ama",
    "id": (
        "di dan yang dengan dari ke seorang sebuah seekor ini itu aku saya kamu dia kami kita tidak bukan "
        "apa siapa ya tetapi"
    ),
}
# Letters that tell languages apart which share their little words.
_LETTERS = {"de": "äöüß", "fr": "èêàçœû", "es": "íñóú¿¡", "it": "òùì", "pt": "ãõç", "tr": "ğşı"}
_SCRIPTS = (
    (r"[\u4e00-\u9fff]", "zh"),
    (r"[\uac00-\ud7af]", "ko"),
    (r"[\u0400-\u04ff]", "ru"),
    (r"[\u0600-\u06ff]", "ar"),
)
_LEAST = 4
_HEAD_FIRST = ("fr", "es", "it", "pt", "id")
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
        language: sum(words[word] for word in known.split())
        + sum(text.lower().count(sign) for sign in _LETTERS.get(language, "")) / 2
        for language, known in _FUNCTION_WORDS.items()
    }
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > counts["en"] else "en"


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
        whole[name] = None
        if len(name) >= _LEAST:
            whole.update(dict.fromkeys(f"{name}{ending}" for ending in _ENDINGS.get(language, ())))
            whole.update(dict.fromkeys(f"{name[:-1]}{ending}" for ending in _LAST_VOWELS.get(language, ())))
        words = [word for word in re.split(r"[\s()]+", name) if word and word not in _BESIDE]
        if len(words) == 1 and len(name) > _LEAST and language in _INFLECTED:
            # An inflected form still begins like the name.
            parts[f"{name[:-1]}*"] = None
        for word in words:
            head = word == words[0] and language in _HEAD_FIRST
            if len(word) >= _LEAST and (head or not _heads(language)[word]):
                parts[word] = None
    return Names(list(whole), list(parts))
