"""Loads and expands a library, doing again only what a change makes necessary.

One manifest is one part. A part holds while its text is the same, the other files that were read for it are,
and what it takes from other manifests is: characters, stills, sources of branches, picks. Parts that hold
are known by their outlines; the declarations and renders of their clips are made when somebody asks.

What is wrong with a library is found by `load` and `expand`, from nothing: where a library cannot be shown
to be sound, this gives up.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.graph import address as addresses
from sorasync.graph.expand import Expansion
from sorasync.graph.fit_to_profile import ProfileChecker
from sorasync.graph.memo import Memo
from sorasync.graph.outline import Outline, Standing, rows_of, standing
from sorasync.graph.outline_graph import Columns, PartedGraph
from sorasync.graph.render import Render
from sorasync.manifest.config import Config
from sorasync.manifest.cut_spec import CutEvent, CutSpec
from sorasync.manifest.diagnostic import Diagnostic
from sorasync.manifest.files import FileDigest, FileFault, LibraryFiles
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, Origin, same_place
from sorasync.manifest.manifest_memo import Built, build_file, holds
from sorasync.manifest.source_positions import SourcePositions
from sorasync.manifest.still_spec import StillSpec, still_of_row, still_row
from sorasync.profile.hosts import Hosts

# The takes of all `[picks]` tables, by clip.
Picks = dict[str, tuple[int, Origin]]

_SPARE = 1_000
# Up to this many vocabularies are searched for one by one.
_FEW = 8


@dataclass(frozen=True, slots=True)
class Findings:
    """What the lint found in a whole library, and the evidence that it follows from."""

    evidence: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class Part:
    """One manifest: its outline, and its clips, picks applied, once they were read in this process."""

    outline: Outline
    specs: dict[str, ClipSpec] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a library declares."""

    library: Library
    graph: PartedGraph


class _GiveUp(Exception):
    """Something is wrong, or might be."""


@dataclass(slots=True)
class Engine:
    """The parts of one library, for one configuration and profile at a time.

    `basis` stands for what decides them outside of the library's files. `made` are renders of parts that
    hold. `version` grows with every load that finds other files than the one before, `changed` tells whether
    the last one found anything that is worth keeping. `findings` are those of the whole library, as the lint
    was last asked for them.
    """

    basis: str = ""
    digests: Mapping[str, FileDigest] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    made: dict[str, Render] = field(default_factory=dict)
    # Clips as earlier loads expanded them; None for an engine that loads once.
    memo: Memo | None = None
    findings: Findings | None = None
    version: int = 0
    changed: bool = False
    _seen: tuple[object, ...] = ()

    def load(self, root: Path, config: Config, hosts: Hosts) -> Wanted | None:
        """The library and its graph; None where they have to be made from nothing."""
        basis = basis_of(config, hosts)
        if basis != self.basis:
            self.basis, self.parts, self.made = basis, {}, {}
            self.memo = None if self.memo is None else Memo()
        look = LibraryFiles(root, self.digests)
        loading = _Loading(self, config, hosts, look)
        try:
            return loading.run()
        except (_GiveUp, FileFault):
            # Which parts hold is only known once all of them do.
            look.digests = {**self.digests, **look.digests}
            loading.kept = self.parts
            return None
        finally:
            self._remember(loading.kept, look)

    def _remember(self, kept: dict[str, Part], look: LibraryFiles) -> None:
        self.changed = kept != self.parts or look.digests != self.digests
        for file in self.parts.keys() - kept.keys():
            self.forget(self.parts[file])
        if self.memo is not None and len(self.memo) > 2 * len(self.made) + _SPARE:
            self.memo.forget_all_but({name for part in kept.values() for name in part.outline.names})
        self.parts, self.digests = kept, look.digests
        seen = self._read()
        self.version += seen != self._seen
        self._seen = seen

    def _read(self) -> tuple[object, ...]:
        return (self.basis, *sorted((path, found.sha256) for path, found in self.digests.items()))

    @property
    def unmoved(self) -> bool:
        """Whether no file was found changed since the last load: a position reads its file once more."""
        return self._read() == self._seen

    def is_behind(self, root: Path) -> bool:
        """Whether a file was saved since it was read; ignores new files."""
        try:
            return any(not found.is_of((root / path).stat()) for path, found in self.digests.items())
        except OSError:
            return True

    def evidence(self, *facts: str) -> str:
        """A digest of everything that the last load was made from, and of those facts."""
        seen = json.dumps([self._seen, facts])
        return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()

    def forget(self, part: Part) -> None:
        """Let the renders of a part go."""
        for address in part.outline.addresses:
            self.made.pop(address, None)


def basis_of(config: Config, hosts: Hosts) -> str:
    """A digest of what decides every manifest of a library outside of its files."""
    facts = [
        json.dumps(dict(config.vars), sort_keys=True, default=repr),
        config.defaults.model_dump_json(),
        *(f"{name} {profile.model_dump_json()}" for name, profile in hosts),
        json.dumps({name: model.model_dump() for name, model in config.models.items()}),
        json.dumps([list(config.providers), {name: one.prefer for name, one in config.route.items()}]),
        config.library.manifests,
    ]
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogatepass")).hexdigest()


class Specs(Mapping[str, ClipSpec]):
    """Every clip by name; a manifest is read when one of its clips is asked for."""

    def __init__(self, read: Callable[[str], dict[str, ClipSpec]]) -> None:
        self.owners: dict[str, str] = {}
        self.parts: dict[str, Part] = {}
        self._read = read
        self._found: dict[str, ClipSpec] = {}

    def __getitem__(self, name: str) -> ClipSpec:
        found = self._found.get(name)
        if found is None:
            self._found.update(self._read(self.owners[name]))
            found = self._found[name]
        return found

    def __contains__(self, name: object) -> bool:
        return name in self.owners

    def __len__(self) -> int:
        return len(self.owners)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.owners))

    def models(self) -> dict[str | None, str]:
        """See `Library.models`."""
        found: dict[str | None, str] = {}
        for part in self.parts.values():
            for model, name in part.outline.models.items():
                found[model] = min(name, found.get(model, name))
        return found

    def alike(self, only: Collection[str]) -> Iterator[tuple[ClipSpec, str]]:
        """See `KnowsVocabularies.alike`."""
        files = {self.owners[name] for name in only if name in self.owners}
        spoken = (pair for file in files for pair in self.parts[file].outline.vocabularies())
        asked = {said for name, said in spoken if name in only}
        shared: dict[str, str] = {}
        for part in self.parts.values():
            if len(asked) > _FEW or any(said in part.outline.said for said in asked):
                shared.update(pair for pair in part.outline.vocabularies() if pair[1] in asked)
        uses = Counter(shared.values())
        for name in sorted(name for name, said in shared.items() if uses[said] > 1):
            yield self[name], shared[name]


def changed_clips(before: Library, now: Library) -> Iterator[tuple[str, ClipSpec | None, ClipSpec]]:
    """The clips whose declaration is another than before, or new, by name: the old one and the new one."""
    old, new = before.clips, now.clips
    names: Iterable[str] = new
    if isinstance(old, Specs) and isinstance(new, Specs):
        others = (file for file, part in new.parts.items() if old.parts.get(file) is not part)
        names = sorted(name for file in others for name in new.parts[file].outline.names)
    for name in names:
        was, spec = old.get(name), new[name]
        if was is not spec and was != spec:
            yield name, was, spec


class _Loading:
    """The work on one library: `kept` are the parts that hold, `fresh` the clips of all others by file."""

    def __init__(self, engine: Engine, config: Config, hosts: Hosts, look: LibraryFiles) -> None:
        self.engine = engine
        self.config = config
        self.look = look
        self.kept: dict[str, Part] = {}
        self.built: dict[str, Built] = {}
        self.fresh: dict[str, dict[str, ClipSpec]] = {}
        self.characters: dict[str, CharacterSpec] = {}
        self.stills: dict[str, StillSpec] = {}
        self.picks: Picks = {}
        self.cuts: dict[str, CutSpec] = {}
        self.specs = Specs(self._specs_of)
        limits = ProfileChecker(self._library(()), hosts)
        self.expansion = Expansion(limits.library, limits, hosts, memo=engine.memo)

    def run(self) -> Wanted:
        files = self._manifests()
        for file in files:
            part = self.engine.parts.get(file)
            if part is not None and self._same_files(part.outline):
                self.kept[file] = part
            else:
                self._build(file)
        self._claims()
        others = self._others()
        self._spread(others)
        self._bind()
        self._expand()
        outlines = [self.kept[file].outline for file in files]
        self.specs.parts = {file: self.kept[file] for file in files}
        library = self._library(outlines)
        columns = Columns(outlines, others, self.expansion.stills)
        tags = {addresses.character(slug): spec.tags for slug, spec in self.characters.items() if spec.tags}
        tags |= {spec.address: spec.tags for spec in self.stills.values() if spec.tags}
        return Wanted(library, PartedGraph.over(columns, tags, self.engine.made, self._make))

    def _manifests(self) -> list[str]:
        directory = self.config.library.manifests
        self.look.resolve_directory(directory)
        found, faults = self.look.manifests(directory)
        if faults:
            raise _GiveUp
        return found

    def _same_files(self, outline: Outline) -> bool:
        return self.look.sha256(outline.file) == outline.digest and holds(outline.asked, self.look)

    def _build(self, file: str) -> None:
        built = build_file(self.config, self.look, file, self.look.text(file))
        if built.faults:
            raise _GiveUp
        self.built[file] = built

    def _claims(self) -> None:
        """Give up where a name is declared twice, or in two spellings; collect characters, stills, picks."""
        slugs: list[str] = []
        picks: list[tuple[str, int, Origin]] = []
        for file, part in self.kept.items():
            slugs += part.outline.slugs
            picks += [(name, take, Origin(file, path)) for name, take, path in part.outline.picks]
            for row in part.outline.characters:
                self._enter(_character(file, *row))
            for still in part.outline.stills:
                self._enter_still(still_of_row(still))
        for built in self.built.values():
            slugs += built.slugs
            picks += built.picks
            for spec in built.characters:
                self._enter(spec)
            for found in built.stills:
                self._enter_still(found)
        self.picks = {name: (take, origin) for name, take, origin in picks}
        if len(set(map(str.casefold, slugs))) < len(slugs) or len(self.picks) < len(picks):
            raise _GiveUp
        for names in (self.characters, self.stills):
            if len(set(map(str.casefold, names))) < len(names):
                raise _GiveUp

    def _enter(self, spec: CharacterSpec) -> None:
        if spec.slug in self.characters:
            raise _GiveUp
        self.characters[spec.slug] = spec

    def _enter_still(self, spec: StillSpec) -> None:
        if spec.name in self.stills:
            raise _GiveUp
        self.stills[spec.name] = spec

    def _others(self) -> dict[str, Render]:
        """The renders of all characters and stills, picks applied."""
        for slug in sorted(self.characters, key=addresses.natural):
            self.expansion.add_character(self.characters[slug])
        for name in sorted(self.stills, key=addresses.natural):
            spec = self.stills[name]
            if spec.picked_as in self.picks:
                if spec.pick is not None:
                    raise _GiveUp
                spec = self.stills[name] = replace(spec, pick=self.picks[spec.picked_as][0])
            if (spec.pick or 0) > spec.takes:
                raise _GiveUp
            self.expansion.add_still(spec)
        return dict(self.expansion.renders)

    def _still_standing(self, name: str) -> Standing | None:
        node = self.expansion.stills.get(name)
        return None if node is None else standing(node, self._key)

    def _spread(self, others: Mapping[str, Render]) -> None:
        """Build again what does not hold because of other manifests, until nothing more is moved by it."""
        cast = {address: self._key(address) for address in others}
        while True:
            owners = {name: part for part in self.kept.values() for name in part.outline.names}
            picked = self._picked(owners)
            stale = [
                file
                for file, part in self.kept.items()
                if part.outline.picked != picked.get(file, {})
                or any(cast.get(addresses.character(s)) != key for s, key in part.outline.cast.items())
                or any(self._still_standing(n) != stood for n, stood in part.outline.pictures.items())
                or any(
                    name not in owners or owners[name].outline.standing(name) != stood
                    for name, stood in part.outline.sources.items()
                )
            ]
            if not stale:
                return
            for file in stale:
                del self.kept[file]
                self._build(file)

    def _picked(self, owners: Mapping[str, Part]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for name, (take, _) in self.picks.items():
            if name in owners:
                found.setdefault(owners[name].outline.file, {})[name] = take
        return found

    def _bind(self) -> None:
        """Apply picks and check what the clips of rebuilt manifests say of others."""
        for file, part in self.kept.items():
            self.specs.owners.update(dict.fromkeys(part.outline.names, file))
        for file, built in self.built.items():
            known = self.engine.parts.get(file)
            before = (known.specs if known is not None else None) or {}
            specs = self._with_picks(built)
            self.fresh[file] = {name: _kept(before.get(name), spec) for name, spec in specs.items()}
            self.specs.owners.update(dict.fromkeys(specs, file))
        owners = self.specs.owners
        if not self.picks.keys() <= owners.keys() | {spec.picked_as for spec in self.stills.values()}:
            raise _GiveUp
        for specs in self.fresh.values():
            for spec in specs.values():
                cast = set(spec.characters)
                if not cast <= self.characters.keys() or len(cast) < len(spec.characters):
                    raise _GiveUp
                if not self.stills.keys() >= set(spec.stills):
                    raise _GiveUp
                if (spec.pick or 0) > spec.takes or (spec.source is not None and spec.source not in owners):
                    raise _GiveUp
            variants = [name.casefold() for name in specs if "[" in name]
            if len(set(variants)) < len(variants):
                raise _GiveUp
        self._cuts()
        self._acyclic()

    def _cuts(self) -> None:
        """Read every cut, and give up where one names what is not there."""
        for file, part in self.kept.items():
            if part.outline.cuts:
                self._add_cuts(build_file(self.config, self.look, file, self.look.text(file)))
        for built in self.built.values():
            self._add_cuts(built)
        if len(set(map(str.casefold, self.cuts))) < len(self.cuts):
            raise _GiveUp

    def _add_cuts(self, built: Built) -> None:
        for cut in built.cuts:
            shown = [event for event in cut.events if event.shown is not None]
            if cut.name in self.cuts or built.faults:
                raise _GiveUp
            if any((event.take or 1) > self._takes_shown(event) for event in shown):
                raise _GiveUp
            self.cuts[cut.name] = cut

    def _takes_shown(self, event: CutEvent) -> int:
        """How many takes there are of what an event shows, 0 where that is not declared."""
        if event.still is not None:
            return self.stills[event.still].takes if event.still in self.stills else 0
        return self._takes(event.clip or "")

    def _takes(self, name: str) -> int:
        """How many takes a clip has, 0 where there is none."""
        file = self.specs.owners.get(name, "")
        if file in self.fresh:
            return self.fresh[file][name].takes
        return max(1, len(self.kept[file].outline.nodes[name].takes)) if file else 0

    def _with_picks(self, built: Built) -> dict[str, ClipSpec]:
        specs = {}
        for clip in built.clips:
            spec = clip
            if clip.name in self.picks:
                if clip.pick is not None:
                    raise _GiveUp
                spec = replace(clip, pick=self.picks[clip.name][0])
            specs[clip.name] = spec
        return specs

    def _acyclic(self) -> None:
        branches: dict[str, str] = {}
        for part in self.kept.values():
            branches.update(part.outline.branches)
        for specs in self.fresh.values():
            branches.update((name, spec.source) for name, spec in specs.items() if spec.source is not None)
        done: set[str] = set()
        for start in branches:
            trail: set[str] = set()
            name: str | None = start
            while name is not None and name not in done:
                if name in trail:
                    raise _GiveUp
                trail.add(name)
                name = branches.get(name)
            done |= trail

    def _expand(self) -> None:
        for name in sorted((n for specs in self.fresh.values() for n in specs), key=addresses.natural):
            self.expansion.add_clip(name)
        if self.expansion.limits.diagnostics:
            raise _GiveUp
        for file, specs in self.fresh.items():
            if (known := self.engine.parts.get(file)) is not None:
                self.engine.forget(known)
            outline = self._outlined(file, specs)
            self.engine.made.update((a, self.expansion.renders[a]) for a in outline.addresses)
            self.kept[file] = Part(outline, specs)

    def _outlined(self, file: str, specs: Mapping[str, ClipSpec]) -> Outline:
        from sorasync.manifest.prompt_words import said_by

        built = self.built[file]
        expansion = self.expansion
        nodes = [expansion.clips[name] for name in specs]
        renders = [expansion.renders[address] for node in nodes for address in node.renders]
        cast = {slug for spec in specs.values() for slug in spec.characters}
        pictures = {name for spec in specs.values() for name in spec.stills}
        abroad = {s.source for s in specs.values() if s.source is not None and s.source not in specs}
        models: dict[str | None, str] = {}
        for name, spec in specs.items():
            models[spec.model] = min(name, models.get(spec.model, name))
        return Outline(
            file=file,
            digest=self.look.digests[file].sha256,
            asked=built.asked,
            slugs=built.slugs,
            characters=tuple(map(_row, built.characters)),
            picks=tuple((name, take, origin.path) for name, take, origin in built.picks),
            remark=built.remark,
            names=tuple(specs),
            addresses=tuple(render.address for render in renders),
            keys=tuple(render.key for render in renders),
            sending=tuple(render.address for render in renders if render.files),
            models=models,
            branches={name: spec.source for name, spec in specs.items() if spec.source is not None},
            picked={name: self.picks[name][0] for name in specs if name in self.picks},
            cast={slug: self._key(addresses.character(slug)) for slug in cast},
            sources={name: standing(expansion.clips[name], self._key) for name in abroad},
            several=any(len(node.renders) > 1 for node in nodes),
            waiting=any(node.waits_for for node in nodes),
            cuts=built.reel,
            stills=tuple(map(still_row, built.stills)),
            pictures={name: standing(expansion.stills[name], self._key) for name in pictures},
            providers={render.address: render.provider for render in renders if render.provider},
            rows=rows_of(nodes),
            said="".join(map(said_by, specs.values())),
            made={node.name: node for node in nodes},
        )

    def _key(self, address: str) -> str:
        return self.expansion.standing_key(address)

    def _make(self, name: str) -> Mapping[str, Render]:
        """Make the renders of a clip. Raises `SorasyncError` where its manifest has changed since."""
        self.expansion.add_clip(name)
        if self.expansion.limits.diagnostics:
            raise _moved(self.specs.owners[name])
        return self.expansion.renders

    def _specs_of(self, file: str) -> dict[str, ClipSpec]:
        """The clips of a manifest. Raises `SorasyncError` where one that holds has changed since."""
        part = self.kept.get(file)
        if part is None:
            return self.fresh[file]
        if part.specs is None:
            try:
                built = build_file(self.config, self.look, file, self.look.text(file))
            except FileFault:
                raise _moved(file) from None
            same = self.look.digests[file].sha256 == part.outline.digest and built.asked == part.outline.asked
            if built.faults or not same:
                raise _moved(file)
            part.specs = self._with_picks(built)
        return part.specs

    def _library(self, outlines: Iterable[Outline]) -> Library:
        places = SourcePositions(self.look)
        return Library(
            root=self.look.root,
            config=self.config,
            clips=self.specs,
            characters=dict(sorted(self.characters.items())),
            position=places.position,
            source=places.source,
            picks={name: origin for name, (_, origin) in self.picks.items()},
            files=self.look.used,
            places=places,
            remarks=tuple(outline.file for outline in outlines if outline.remark),
            cuts=dict(sorted(self.cuts.items())),
            stills=dict(sorted(self.stills.items())),
        )


def _character(
    file: str,
    slug: str,
    name: str,
    video: str,
    sha: str,
    protect: bool,
    tags: Iterable[str],
    words: str | None,
    provider: str | None,
) -> CharacterSpec:
    origin = Origin(file, ("characters", slug))
    return CharacterSpec(slug, name, video, sha, origin, protect, tuple(tags), words, provider)


def _row(spec: CharacterSpec) -> tuple[object, ...]:
    words = (spec.tags, spec.description, spec.provider)
    return (spec.slug, spec.name, spec.video, spec.video_sha256, spec.protect, *words)


def _kept(before: ClipSpec | None, now: ClipSpec) -> ClipSpec:
    """The declaration of before where it says the same at the same place: what hangs on it holds then."""
    return before if before is not None and same_place(before, now) else now


def _moved(file: str) -> SorasyncError:
    return SorasyncError(f"{file} was changed while it was read", hint="run the command again")
