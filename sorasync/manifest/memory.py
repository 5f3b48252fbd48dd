"""What manifests declared when they were last read, for a program that loads one library again and again.

What a file declares follows from its text, from the configuration, and from what its paths led to. All three
are kept with it: while they are the same, so is what it declares, and no file is checked twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sorasync.manifest.config import Config
from sorasync.manifest.faults import Fault
from sorasync.manifest.files import FileDigest, FileFault, Look
from sorasync.manifest.library import CharacterSpec, ClipSpec, Origin

# A question to the disk: `("resolve", declared, beside)`, `("text", path)` or `("sha256", path)`.
Question = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """Everything that one manifest brings into a library.

    `slugs` and `cast` are all names that it declares, `matrices` the slugs that stand for several clips;
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


@dataclass(slots=True)
class Noting:
    """A look at the disk that notes what it was asked and what it answered."""

    look: Look
    asked: dict[Question, str | FileFault] = field(default_factory=dict)

    def resolve(self, declared: str, beside: str) -> str:
        """See `LibraryFiles.resolve`."""
        return self._ask("resolve", declared, beside)

    def text(self, path: str) -> str:
        """See `LibraryFiles.text`."""
        return self._ask("text", path)

    def sha256(self, path: str) -> str:
        """See `LibraryFiles.sha256`."""
        return self._ask("sha256", path)

    def _ask(self, *question: str) -> str:
        found = self.asked[question] = answer(self.look, question)
        if isinstance(found, FileFault):
            raise found
        return found


@dataclass(slots=True)
class _Kept:
    text: str | None
    built: Built
    asked: Mapping[Question, str | FileFault]


class Memory:
    """The manifests of one library as they were last built.

    `version` grows with every load that found something else than the load before; `digests` are those of
    the last look at the disk.
    """

    def __init__(self) -> None:
        self.version = 0
        self.digests: Mapping[str, FileDigest] = {}
        self._kept: dict[str, _Kept] = {}
        self._seen: set[str] = set()
        self._basis: tuple[object, ...] = ()

    def begin(self, config: Config) -> None:
        """Start a load. Nothing is kept over a change of what the configuration adds to every manifest."""
        basis = (dict(config.vars), config.defaults)
        if basis != self._basis:
            self._kept.clear()
            self._basis = basis
            self.version += 1
        self._seen = set()

    def recall(self, file: str, text: str, look: Look) -> Built | None:
        """What the file declares, if nothing that decides it has changed."""
        self._seen.add(file)
        kept = self._kept.get(file)
        if kept is None or kept.text != text:
            return None
        same = all(_same(answer(look, question), before) for question, before in kept.asked.items())
        return kept.built if same else None

    def keep(
        self, built: Built, text: str | None, asked: Mapping[Question, str | FileFault] | None = None
    ) -> None:
        """Remember a file; `text` is None for one that could not be read."""
        self._seen.add(built.file)
        before = self._kept.get(built.file)
        if text is not None or before is None or before.text is not None or before.built != built:
            self.version += 1
        self._kept[built.file] = _Kept(text, built, asked or {})

    def end(self, digests: Mapping[str, FileDigest]) -> None:
        """Finish a load: forget the files that are gone."""
        self.digests = digests
        gone = self._kept.keys() - self._seen
        for file in gone:
            del self._kept[file]
        self.version += bool(gone)


def answer(look: Look, question: Question) -> str | FileFault:
    """What the disk says now."""
    try:
        match question:
            case ("resolve", declared, beside):
                return look.resolve(declared, beside)
            case ("text", path):
                return look.text(path)
            case _:
                return look.sha256(question[1])
    except FileFault as fault:
        return fault


def _same(now: str | FileFault, before: str | FileFault) -> bool:
    if isinstance(now, FileFault) and isinstance(before, FileFault):
        return now.at("") == before.at("")
    return now == before
