"""What every table of the language has in common."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

LINE: Final = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"


class Table(BaseModel):
    """A table of a manifest: immutable, and strict about keys and types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
