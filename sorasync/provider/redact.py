"""What may be shown of a server's text: no secret, no control characters, not too long."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_LONGEST = 500
_HIDDEN = "[hidden]"
_SHORTEST_SECRET = 8
"""Characters from which on a key is looked for in what servers send."""


def clean(text: str, longest: int = _LONGEST) -> str:
    """One line without control characters, bidirectional marks or lone surrogates, cut at `longest`."""
    line = _UNPRINTABLE.sub(" ", text[: longest * 4]).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"


def redact(text: str, secret: str | None) -> str:
    """The text fit to show, with the key taken out wherever it stands."""
    return clean(text.replace(secret, _HIDDEN) if secret else text)


_OTHER_WRITINGS = (b"\\u", b"\\/", b"\0")
"""What lets a text stand in JSON in other bytes than its own: escapes, and UTF-16 or UTF-32."""


def may_hold(content: bytes, secret: str) -> bool:
    """Whether a text may stand in a JSON document, judged by its bytes alone: False is certain."""
    return secret.encode() in content or any(writing in content for writing in _OTHER_WRITINGS)


def scrub(value: object, secret: str) -> object:
    """JSON with the key taken out of every text in it, names included."""
    if isinstance(value, str):
        return value.replace(secret, _HIDDEN)
    if isinstance(value, list):
        return [scrub(one, secret) for one in value]
    if isinstance(value, dict):
        return {str(scrub(name, secret)): scrub(one, secret) for name, one in value.items()}
    return value


class Secret:
    """A key that shows itself to nobody but the one who asks for `value`."""

    __slots__ = ("value",)

    def __init__(self, value: str | None) -> None:
        self.value = value or None

    @property
    def sought(self) -> str | None:
        """The key where it is one to hide. What servers without keys are given (`x`, `EMPTY`) hides nothing,
        and stands by chance in ids and sizes, which must stay what they are.
        """
        return self.value if self.value and len(self.value) >= _SHORTEST_SECRET else None

    def __repr__(self) -> str:
        return "Secret()" if self.value is None else f"Secret({_HIDDEN})"

    def __bool__(self) -> bool:
        return self.value is not None
