"""Cleans a server's text for display: no secrets, no control characters, not too long."""

from __future__ import annotations

import re
from functools import lru_cache

_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
_LONGEST = 500
# Replaces a key in shown text.
HIDDEN = "[hidden]"
# Keys from this many characters on are searched for in what servers send.
_SHORTEST_SECRET = 8


def clean(text: str, longest: int = _LONGEST) -> str:
    """One line without control characters, bidirectional marks or lone surrogates, cut at `longest`."""
    line = _UNPRINTABLE.sub(" ", text[: longest * 4]).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"


def same_words(said: str, text: str) -> bool:
    """Whether a server said this text. Where that holds the key by chance, since the key is a word, the
    client has taken it out of what the server said.
    """
    if HIDDEN not in said:
        return said == text
    return re.fullmatch(".+".join(map(re.escape, said.split(HIDDEN))), text, re.DOTALL) is not None


def redact(text: str, secret: str | None) -> str:
    """The text fit to show, with the key taken out wherever it stands."""
    return clean(hide(text, secret) if secret else text)


def hide(text: str, secret: str) -> str:
    """The text without the key: as it is, in other cases, escaped for an address or inside a JSON text."""
    return _writings(secret).sub(HIDDEN, text)


@lru_cache(maxsize=8)
def _writings(secret: str) -> re.Pattern[str]:
    signs = (f"(?:{_ESCAPED if not c.isalnum() else ''}{re.escape(c)}|%{ord(c):02x})" for c in secret)
    return re.compile("".join(signs), re.IGNORECASE)


_ESCAPED = r"\\?"
_UNTOUCHED = re.compile(r"[A-Za-z0-9]+")


# How a text may appear in JSON in other bytes than its own: escapes, UTF-16, UTF-32.
_OTHER_WRITINGS = (b"\\u", b"\\/", b"%", b"\0")


def may_hold(content: bytes, secret: str) -> bool:
    """Whether a text may stand in a JSON document, judged by its bytes alone: False is certain."""
    core = max(_UNTOUCHED.findall(secret), key=len, default="")
    return core.lower().encode() in content.lower() or any(w in content for w in _OTHER_WRITINGS)


def scrub(value: object, secret: str) -> object:
    """JSON with the key taken out of every text in it, names included."""
    if isinstance(value, str):
        return hide(value, secret)
    if isinstance(value, list):
        return [scrub(one, secret) for one in value]
    if isinstance(value, dict):
        return {str(scrub(name, secret)): scrub(one, secret) for name, one in value.items()}
    return value


class Secret:
    """A key that shows itself to nobody but the one who asks for `value`.

    White space around it is no part of it.
    """

    __slots__ = ("value",)

    def __init__(self, value: str | None) -> None:
        self.value = (value or "").strip() or None

    @property
    def sought(self) -> str | None:
        """The key where it is one to hide. What servers without keys are given (`x`, `EMPTY`) hides nothing,
        and stands by chance in ids and sizes, which must stay what they are.
        """
        return self.value if self.value and len(self.value) >= _SHORTEST_SECRET else None

    def __repr__(self) -> str:
        return "Secret()" if self.value is None else f"Secret({HIDDEN})"

    def hide(self, text: str) -> str:
        """A text without the key."""
        return text if self.value is None else hide(text, self.value)

    def __bool__(self) -> bool:
        return self.value is not None
