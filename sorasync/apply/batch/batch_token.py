"""The placeholder that a record keeps until its batch has an id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

# No provider's id begins with it.
_SIGN = "?"


@dataclass(frozen=True, slots=True)
class Mark:
    """A batch without an id yet: `token` is our own name for it, also sent in its metadata.

    `file_id` is the uploaded input file. It is noted after the upload and before the batch is asked for:
    without it there certainly is no batch, with it there may be one.
    """

    token: str
    file_id: str | None = None

    def __str__(self) -> str:
        return _SIGN + self.token + (f"/{self.file_id}" if self.file_id else "")

    @property
    def short(self) -> str:
        """The short token that people type."""
        return self.token[:12]

    @classmethod
    def of(cls, batch_id: str | None) -> Self | None:
        """The mark in a record's `batch_id`; None for a provider's own id and for none at all."""
        if batch_id is None or not batch_id.startswith(_SIGN):
            return None
        token, _, file_id = batch_id.removeprefix(_SIGN).partition("/")
        return cls(token, file_id or None)
