"""An HTTP answer, and the message and codes of its error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sorasync.provider.json_values import first, table, word
from sorasync.provider.server_words import message_in


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Status, headers (lower-case names) and the JSON of the body, None where it holds none.

    `said` is what a body that is no JSON says to people: the visible text of a page, or plain text.
    `files` has the files behind the marks in the body: see `sorasync.provider.wire.Job`.
    """

    status: int
    headers: Mapping[str, str]
    body: object
    said: str = ""
    files: Mapping[str, Path | int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page, which this API never sends."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind in _PAGES and self.body is None


_PAGES = ("text/html", "application/xhtml+xml")


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
    """What an error body says, in any of the forms that servers use (`sorasync.provider.server_words`).

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


def refused_with(answer: HttpResponse, unsaid: int = 400) -> int | None:
    """The status that a refusal has, or would have: some servers refuse with HTTP 200 and say so in the body.

    `unsaid` where the body names no status; None for an answer that is no refusal. A body with a job's id is
    none, and neither is one that only holds words: what may have been accepted must not be called refused.
    """
    if not answer.ok:
        return answer.status
    data = table(answer.body)
    if any(word(place.get(name)) for place in (data, table(data.get("data"))) for name in ("id", "task_id")):
        return None
    code, said = data.get("code"), complaint(answer.body)
    number = _status(first(table(data.get("error")).get("code"), data.get("status_code"), code))
    refuses = (
        message_in(data.get("error")) is not None
        or data.get("success") is False
        or (word(code) is not None and str(code).lower() not in _FINE and bool(said.message))
        or (answer.status == 200 and message_in(data.get("detail")) is not None)
    )
    return (number or unsaid) if refuses else None


# Codes in a body that mean success.
_FINE = frozenset({"0", "200", "201", "202", "ok", "success", "succeeded", "accepted", "none"})


def _status(code: object) -> int | None:
    """A code that is an HTTP status of failure."""
    said = word(code)
    number = int(said) if said is not None and said.isdecimal() and len(said) == 3 else 0
    return number if 400 <= number < 600 else None


def _flagged(metadata: Mapping[str, object]) -> str | None:
    """OpenRouter has no code for what it will not render: it says which input was flagged."""
    return "moderation_flagged" if "flagged_input" in metadata else None
