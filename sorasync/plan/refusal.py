"""Why apply refuses a plan."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: one sentence, its cause, and each remedy (what to type, its scope)."""

    code: str
    message: str
    cause: str | None = None
    ways: tuple[tuple[str, str], ...] = ()
    # Address of the first offending change, used to point at its manifest line.
    address: str | None = field(default=None, compare=False)
