"""An answer as it came, and the words of its error in the five forms that servers use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sorasync.provider.values import first, items, table, text, word


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower-case names) and the JSON of the body, None where it holds none."""

    status: int
    headers: Mapping[str, str]
    body: object

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says: `message` for people, `codes` for decisions, the most telling one first."""

    message: str
    codes: tuple[str, ...]

    @property
    def code(self) -> str | None:
        """The server's own code."""
        return self.codes[0] if self.codes else None


def complaint(body: object) -> Complaint:
    """Reads `{"error": {…}}`, `{"error": "…"}`, `{"detail": …}`, `{"message", "type", "code"}` and
    `{"code", "message", "data"}`. A body of another kind has no message and no codes.
    """
    data = table(body)
    error = data.get("error")
    inner = table(error) if isinstance(error, Mapping) else data
    message = first(text(error), text(inner.get("message")), _detail(data.get("detail")), "")
    more = table(inner.get("metadata"))
    found = (word(inner.get("code")), word(inner.get("type")), word(more.get("error_type")), _flagged(more))
    codes = tuple(one.lower() for one in found if one is not None and not one.isdigit())
    return Complaint(str(message), codes)


def _flagged(metadata: Mapping[str, object]) -> str | None:
    """OpenRouter has no code for what it will not render: it says which input was flagged."""
    return "moderation_flagged" if "flagged_input" in metadata else None


def _detail(value: object) -> str | None:
    """FastAPI's `detail`: a text, or a list of faults with a place and a message each."""
    if isinstance(value, Mapping):
        return text(value.get("message")) or text(value.get("error"))
    faults = []
    for entry in items(value):
        fault = table(entry)
        place = ".".join(str(part) for part in items(fault.get("loc")))
        said = text(fault.get("msg"))
        if said:
            faults.append(f"{place}: {said}" if place else said)
    return text(value) or "; ".join(faults) or None
