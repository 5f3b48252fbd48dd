"""An answer as it came, and what its error says for people and for decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sorasync.provider.values import table, word
from sorasync.provider.words import message_in


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower-case names) and the JSON of the body, None where it holds none.

    `said` is what a body that is no JSON says to people: the visible text of a page, or plain text.
    """

    status: int
    headers: Mapping[str, str]
    body: object
    said: str = ""

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
    """What an error body says, in any of the forms that servers use (`sorasync.provider.words`).

    Codes stand beside the message, in an `error` object or at the top. A body of another kind has no message
    and no codes.
    """
    data = table(body)
    error = data.get("error")
    inner = table(error) if isinstance(error, Mapping) else data
    more = table(inner.get("metadata"))
    found = (word(inner.get("code")), word(inner.get("type")), word(more.get("error_type")), _flagged(more))
    codes = tuple(one.lower() for one in found if one is not None and not one.isdigit())
    return Complaint(message_in(body) or "", codes)


def _flagged(metadata: Mapping[str, object]) -> str | None:
    """OpenRouter has no code for what it will not render: it says which input was flagged."""
    return "moderation_flagged" if "flagged_input" in metadata else None
