"""Something a manifest asks for that the provider cannot do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lack:
    """One unsupported request.

    `field` is the manifest's own field (`size`, `seconds`, `characters`, `image`, `params.seed`, `extend`
    …); `message` one sentence with the value in it; `expected` what is allowed; `fix` the nearest value
    that would do; the last two are None where there is nothing to say.
    """

    field: str
    message: str
    expected: str | None = None
    fix: str | None = None
