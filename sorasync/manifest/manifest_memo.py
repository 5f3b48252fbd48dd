"""Remembers what one manifest declares, and which files it was read from.

It follows from the manifest's text, from the configuration, and from what its paths led to. Where all three
are the same, so is what the manifest declares.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sorasync.manifest.config import Config
from sorasync.manifest.cut_spec import CutSpec
from sorasync.manifest.faults import Fault
from sorasync.manifest.files import LibraryFiles, Look
from sorasync.manifest.library import REMARK, CharacterSpec, ClipSpec, Origin
from sorasync.manifest.still_spec import StillSpec

# A question to the disk: `("resolve", declared, beside)`, or `text`, `data` or `sha256` and a path.
Question = tuple[str, ...]

# Questions in order, each with a path or a SHA-256 as its answer.
Asked = tuple[tuple[Question, str], ...]


@dataclass(frozen=True, slots=True)
class Built:
    """Everything that one manifest declares.

    `slugs` and `cast` are all names that it declares, `matrices` the addresses that make several;
    `remark` says whether it holds a comment addressed to this program, `unread` that it has no values.
    """

    file: str
    clips: tuple[ClipSpec, ...] = ()
    characters: tuple[CharacterSpec, ...] = ()
    picks: tuple[tuple[str, int, Origin], ...] = ()
    slugs: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    matrices: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()
    remark: bool = False
    unread: bool = False
    asked: Asked = ()
    cuts: tuple[CutSpec, ...] = ()
    # The names of all cuts, faulty ones too.
    reel: tuple[str, ...] = ()
    stills: tuple[StillSpec, ...] = ()
    # The names of all stills, faulty ones too.
    album: tuple[str, ...] = ()


@dataclass(slots=True)
class _Noting:
    """A look at the disk that notes what it was asked and what it answered."""

    look: Look
    asked: dict[Question, str] = field(default_factory=dict)

    def resolve(self, declared: str, beside: str) -> str:
        """See `LibraryFiles.resolve`."""
        found = self.asked["resolve", declared, beside] = self.look.resolve(declared, beside)
        return found

    def text(self, path: str) -> str:
        """See `LibraryFiles.text`."""
        found = self.look.text(path)
        self.asked["text", path] = self.look.sha256(path)
        return found

    def data(self, path: str) -> bytes:
        """See `LibraryFiles.data`."""
        found = self.look.data(path)
        self.asked["data", path] = self.look.sha256(path)
        return found

    def sha256(self, path: str) -> str:
        """See `LibraryFiles.sha256`."""
        found = self.asked["sha256", path] = self.look.sha256(path)
        return found


def build_file(config: Config, look: Look, file: str, text: str) -> Built:
    """Read the text of one manifest. What is wrong with it is among its `faults`."""
    # Not imported at the top: if no manifest has changed, none of this is needed.
    from sorasync.manifest.build_specs import build
    from sorasync.manifest.declare import declare, syntax_faults
    from sorasync.manifest.field_types import REVIEW_FILE
    from sorasync.manifest.matrix import canonical_name
    from sorasync.manifest.review_lines import without_repeats
    from sorasync.toml.parse import TomlError, parse

    try:
        raw = parse(without_repeats(text) if file.endswith(REVIEW_FILE) else text)
    except TomlError as error:
        return Built(file, faults=tuple(syntax_faults(file, error)), unread=True)
    noting = _Noting(look)
    declared = declare(file, raw, config.vars, noting, templates="{{" in text)
    characters, clips, faults = build(declared, config, noting)
    cuts: list[CutSpec] = []
    if declared.model.cuts:
        from sorasync.manifest.cut_build import build_cuts

        size = declared.model.defaults.size or config.defaults.size
        cuts, wrong = build_cuts(declared, size, noting)
        faults += wrong
    stills: list[StillSpec] = []
    if declared.model.stills:
        from sorasync.manifest.still_build import build_stills

        stills, wrong = build_stills(declared, config, noting)
        faults += wrong
    picks = declared.model.picks.items()
    return Built(
        file,
        clips=tuple(clips),
        characters=tuple(characters),
        picks=tuple((canonical_name(n), take, Origin(file, ("picks", n))) for n, take in picks),
        slugs=tuple(declared.slugs),
        cast=tuple(declared.cast),
        matrices=frozenset(declared.matrices),
        faults=(*declared.faults, *faults),
        remark=REMARK in text,
        asked=tuple(noting.asked.items()),
        cuts=tuple(cuts),
        reel=tuple(declared.cuts),
        stills=tuple(stills),
        album=tuple(declared.stills),
    )


def holds(asked: Asked, look: LibraryFiles) -> bool:
    """Whether the files on disk are unchanged. Raises `FileFault`."""
    return all(_answer(look, question) == before for question, before in asked)


def _answer(look: LibraryFiles, question: Question) -> str:
    match question:
        case ("resolve", declared, beside):
            return look.resolve(declared, beside)
        case (_, path):
            return look.sha256(path)
        case _:
            raise ValueError(f"not a question: {question}")
