"""Why a plan is not applied as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan is refused: one sentence, its cause, and each way past it (what to type, its reach)."""

    code: str
    message: str
    cause: str | None = None
    ways: tuple[tuple[str, str], ...] = ()
    # The first change that brought it about, where its line in the manifests says more.
    address: str | None = field(default=None, compare=False)
