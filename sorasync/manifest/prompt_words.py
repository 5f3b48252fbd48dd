"""The words of a prompt, and a digest that is equal for prompts that may say the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Set
from functools import lru_cache
from typing import Final

from sorasync.manifest.library import ClipSpec

# The length of what `said_by` returns, and what it returns for a clip that is never compared.
DIGEST: Final = 16
NOTHING: Final = "-" * DIGEST

# Words that say nothing about the picture.
_FILLERS = (
    "a an the very really quite just some of in with beautiful cinematic stunning epic amazing gorgeous "
    "breathtaking please and is are"
)
FILLERS = frozenset(_FILLERS.split())
_SPELLINGS = {
    "gray": "grey",
    "color": "colour",
    "colors": "colours",
    "colored": "coloured",
    "harbor": "harbour",
    "closeup": "close",
}
_ENDING = re.compile(r"(?:ing|ed|es|s|e)$")
_SHORT_WORD = 4
# Shorter prompts are too short to call one a copy of another.
_SHORTEST = 6

_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~‘’“”„«»–—…·•×、。「」『』・！？：；（），"
_GAPS = str.maketrans(dict.fromkeys(_MARKS, " "))


def lowered(text: str) -> str:
    """The text in lower case with unchanged offsets: a few characters that would become two stay."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def spoken(low: str) -> list[str]:
    """The words of a text in lower case; hyphens and apostrophes separate words too."""
    return low.translate(_GAPS).split()


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a word: `drifts`, `drifting` and `drift` are one word here."""
    word = _SPELLINGS.get(word, word)
    return _ENDING.sub("", word) if len(word) > _SHORT_WORD else word


def vocabulary(used: Set[str]) -> str:
    """A digest of the words of a prompt, the same for prompts that may say the same; NOTHING for too few."""
    if len(used) < _SHORTEST:
        return NOTHING
    words = " ".join(sorted({stem(word) for word in used if word not in FILLERS}))
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=DIGEST // 2).hexdigest()


def said_by(clip: ClipSpec) -> str:
    """The vocabulary of a clip's prompt; rows of a file are never compared."""
    if not clip.prompt or clip.row:
        return NOTHING
    return vocabulary(frozenset(spoken(lowered(clip.prompt))))
