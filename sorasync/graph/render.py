"""One node of the graph: something that is rendered, or uploaded, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sorasync.manifest.library import Origin


class Kind(StrEnum):
    """What is asked of the provider."""

    CHARACTER = "character"
    CREATE = "create"
    EXTEND = "extend"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Render:
    """A node: its identity, what is sent for it and what it needs.

    `inputs` is the canonical JSON that `key` is the digest of. `prompt` is the text as sent (a character:
    its name). `seconds` is the length of the result, `billed_seconds` what the provider charges for.
    `file` is the image or the character's clip, relative to the library, with its SHA-256. `source` and
    `characters` are addresses of other renders. `workflow` is the template that is sent with its values.
    """

    address: str
    kind: Kind
    key: str
    inputs: str
    prompt: str
    model: str = ""
    size: str = ""
    seconds: int = 0
    billed_seconds: int = 0
    take: int = 1
    source: str | None = None
    characters: tuple[str, ...] = ()
    file: str | None = None
    file_sha256: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    workflow: str | None = None
    protect: bool = False
    extensions: int = 0
    origin: Origin | None = field(default=None, compare=False)

    @property
    def needs(self) -> tuple[str, ...]:
        """The addresses that must be there before this one can be sent."""
        return self.characters if self.source is None else (self.source, *self.characters)
