"""Keys: the content address of a render.

A key is the SHA-256 of the canonical JSON of everything that decides the result: sorted names, no white
space, UTF-8, and every field that has its default value left out. That last rule lets the language grow
without changing a key that somebody has paid for. White space in a prompt does not decide anything, so a
prompt enters with its runs of white space folded and in Unicode's composed form.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping

# The version inside every key; raised only if the meaning of a field has to change.
VERSION = 1

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


def canonical(inputs: Mapping[str, object]) -> str:
    """The canonical JSON of a render's inputs, defaults left out."""
    kept = {name: value for name, value in inputs.items() if value}
    kept["v"] = VERSION
    return encoded(kept)


def encoded(inputs: Mapping[str, object]) -> str:
    """Inputs as JSON in the one form that keys are digests of."""
    return _ENCODER.encode(inputs)


def recoded(text: str) -> str | None:
    """The canonical form of inputs that were read as JSON, None for what is no JSON object.

    Equal to `text` exactly if the object alone gives back every byte that a key is the digest of.
    """
    try:
        inputs = json.loads(text)
        return encoded(inputs) if isinstance(inputs, dict) else None
    except (ValueError, RecursionError):
        return None


def digest(text: str) -> str:
    """The key of a canonical JSON: 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def folded(prompt: str) -> str:
    """A prompt as it enters a key."""
    return unicodedata.normalize("NFC", " ".join(prompt.split()))
