"""One node of the graph: something that is rendered, or uploaded, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from sorasync.manifest.library import Origin
from sorasync.value_class import value_class


class Kind(StrEnum):
    """What is asked of the provider."""

    CHARACTER = "character"
    CREATE = "create"
    EXTEND = "extend"
    EDIT = "edit"
    STILL = "still"


@value_class
class Render:
    """A node: its identity, what is sent for it and what it needs.

    `inputs` is the canonical JSON that `key` is the digest of. `prompt` is the text as sent (a character:
    its name). `seconds` is the length of the result, `billed_seconds` what the provider charges for.
    `file` is the image or the character's clip, relative to the library, with its SHA-256; `last_file` the
    image of a last frame. `source`, `characters`, `still` (a first frame) and `last_still` are addresses of
    other renders. `references` are images that a still is made from. `workflow` is the template that is sent
    with its values.
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
    last_file: str | None = None
    last_sha256: str | None = None
    still: str | None = None
    last_still: str | None = None
    references: tuple[tuple[str, str], ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    workflow: str | None = None
    # Whether a row of a file made it: its prompt and its parameters are written down as digests only.
    private: bool = False
    protect: bool = False
    extensions: int = 0
    # The host that renders it (`profile@base_url`), empty for the library's default. Never part of the key.
    provider: str = ""
    # The hosts that are tried in turn, `provider` being the first; empty where there is only one.
    route: tuple[str, ...] = ()
    origin: Origin | None = field(default=None, compare=False)

    @property
    def told_prompt(self) -> str:
        """The prompt for what is handed on to others: nothing where it is made of a row."""
        return "" if self.private else self.prompt

    @property
    def needs(self) -> tuple[str, ...]:
        """The addresses that must be there before this one can be sent."""
        if self.still is None and self.last_still is None:
            return self.characters if self.source is None else (self.source, *self.characters)
        pictures = dict.fromkeys(one for one in (self.still, self.last_still) if one is not None)
        return (*self.characters, *pictures)

    @property
    def made_from(self) -> Mapping[str, tuple[str, ...]]:
        """The addresses of the renders whose keys are in `inputs`, by the field that holds them."""
        one_each = {"source": self.source, "image": self.still, "last_image": self.last_still}
        found = {name: (address,) for name, address in one_each.items() if address is not None}
        return found | {"characters": self.characters} if self.characters else found

    @property
    def files(self) -> Mapping[str, str]:
        """The SHA-256 of every file of the library that is sent for it, by its path."""
        named = [(self.file, self.file_sha256), (self.last_file, self.last_sha256), *self.references]
        return {file: digest for file, digest in named if file is not None and digest is not None}

    @property
    def first_frame(self) -> bool:
        """Whether it starts from an image."""
        return self.file is not None or self.still is not None
