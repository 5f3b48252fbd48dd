"""A library as loaded: every default, variable, matrix and storyboard resolved.

These are the values that the graph is built from. Nothing here has been checked against a provider.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from sorasync.manifest.config import Config
from sorasync.manifest.diagnostic import Diagnostic, Position
from sorasync.toml.positions import TomlPath
from sorasync.value_class import value_class

if TYPE_CHECKING:
    from sorasync.manifest.check_schema import ChecksModel
    from sorasync.manifest.cut_spec import CutSpec
    from sorasync.manifest.source_positions import SourcePositions
    from sorasync.manifest.still_spec import StillSpec

# The start of a comment for this program.
REMARK: Final = "sorasync:"


@value_class
class Origin:
    """The place a declaration or a value comes from: a file of the library and a path inside it."""

    file: str
    path: TomlPath


@dataclass(frozen=True, slots=True)
class CharacterSpec:
    """A declared character. `video` is a path relative to the library (POSIX)."""

    slug: str
    name: str
    video: str
    video_sha256: str
    origin: Origin = field(compare=False)
    protect: bool = False
    tags: tuple[str, ...] = ()
    description: str | None = None
    # The host that has it, None for the default. Never part of a key.
    provider: str | None = None


@value_class
class StepSpec:
    """One step of a clip: an `extend` or an `edit`. `seconds` is what an extension adds, else None."""

    kind: str
    prompt: str
    seconds: int | None
    origin: Origin = field(compare=False)
    revision: int = 0
    params: Mapping[str, object] = field(default_factory=dict)


@value_class
class ClipSpec:
    """One clip, or one instance of a matrix.

    `name` is the address without `clip.`: `market`, `promo[city=Lisbon,mood=rainy]`. A clip either has a
    `prompt` (then `source` is None) or continues the clip that `source` names (then prompt, model, size,
    seconds, image and characters are None or empty, and there is at least one step). `pick` is the 1-based
    picked take, None if there is no pick. `image` and `last_image` are paths relative to the library, or
    `still` and `last_still` the names of stills in their place. `prompt_file`, also a path, is given where
    the prompt was read from a file of its own. `workflow` is a template of `sorasync.manifest.workflow`.
    """

    name: str
    origin: Origin = field(compare=False)
    steps: tuple[StepSpec, ...] = ()
    prompt: str | None = None
    source: str | None = None
    model: str | None = None
    size: str | None = None
    seconds: int | None = None
    characters: tuple[str, ...] = ()
    image: str | None = None
    image_sha256: str | None = None
    last_image: str | None = None
    last_sha256: str | None = None
    still: str | None = None
    last_still: str | None = None
    takes: int = 1
    pick: int | None = None
    revision: int = 0
    protect: bool = False
    tags: tuple[str, ...] = ()
    description: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    workflow: str | None = None
    prompt_file: str | None = field(default=None, compare=False)
    # Whether a row of a file made it: what the row says stands in no key, only its digest.
    row: bool = False
    # The host that renders it, None for the default or for that of its source. Never part of a key.
    provider: str | None = None
    # What its videos are checked for, None where that is written nowhere. Never part of a key.
    checks: ChecksModel | None = None

    @property
    def address(self) -> str:
        """Its address."""
        return f"clip.{self.name}"

    @property
    def picked_as(self) -> str:
        """What it is called in a `[picks]` table."""
        return self.name

    @property
    def stills(self) -> tuple[str, ...]:
        """The names of the stills that it is made from."""
        if self.still is None and self.last_still is None:
            return ()
        return tuple(dict.fromkeys(one for one in (self.still, self.last_still) if one is not None))


def same_place(one: ClipSpec, other: ClipSpec) -> bool:
    """Whether two declarations are the same and have the same positions."""
    if one is other:
        return True
    return (
        one == other
        and one.origin == other.origin
        and all(a.origin == b.origin for a, b in zip(one.steps, other.steps, strict=True))
    )


@runtime_checkable
class HasModels(Protocol):
    """Clips that know their models without being read."""

    def models(self) -> Mapping[str | None, str]:
        """See `Library.models`."""
        ...


@runtime_checkable
class KnowsVocabularies(Protocol):
    """Clips that can tell which of them may say the same without reading them."""

    def alike(self, only: Collection[str]) -> Iterable[tuple[ClipSpec, str]]:
        """Clips that share a `prompt_words.vocabulary` with one of these: that vocabulary by name."""
        ...


@dataclass(frozen=True, slots=True)
class Library:
    """Everything declared, by name, and a way to find its position.

    `position` maps an origin to a span, reading the file's syntax tree only on demand, at no cost for
    positions in a library without faults. `source` is the text of the line at a position. Where each value
    of a clip came from is `provenance.provenance`. `picks` says where the picks of `[picks]` tables stand,
    by clip name; `files` are all files that the library was read from (manifests, prompt files, videos,
    images), relative to `root`, sorted. `places` finds parts of values, None for a library that was not read
    from files; `remarks` are the manifests with a comment that is addressed to this program.
    """

    root: Path
    config: Config
    clips: Mapping[str, ClipSpec]
    characters: Mapping[str, CharacterSpec]
    position: Callable[[Origin], Position]
    warnings: tuple[Diagnostic, ...] = ()
    picks: Mapping[str, Origin] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    source: Callable[[Position], str | None] = field(default=lambda position: None, compare=False)
    places: SourcePositions | None = field(default=None, compare=False)
    remarks: tuple[str, ...] = field(default=(), compare=False)
    cuts: Mapping[str, CutSpec] = field(default_factory=dict)
    stills: Mapping[str, StillSpec] = field(default_factory=dict)

    def spec(self, owner: str) -> ClipSpec | StillSpec | CharacterSpec | None:
        """The declaration at the address of a clip, still or character."""
        kind, _, name = owner.partition(".")
        if kind == "character":
            return self.characters.get(name)
        return self.stills.get(name) if kind == "still" else self.clips.get(name)

    def models(self) -> Mapping[str | None, str]:
        """Every model that a clip names, None for those that name none, with the first such clip by name."""
        if isinstance(self.clips, HasModels):
            return self.clips.models()
        found: dict[str | None, str] = {}
        for name, spec in self.clips.items():
            found.setdefault(spec.model, name)
        return found
