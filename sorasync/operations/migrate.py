"""`sorasync migrate`: what it takes to render clips or stills with another model, and the lines for it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.graph.address import kind_of, natural, owner
from sorasync.graph.expand import expand_as_far
from sorasync.graph.graph import Graph
from sorasync.library_file import CONFIG_FILE, read_file
from sorasync.manifest.diagnostic import Diagnostic
from sorasync.manifest.library import ClipSpec, Library, Origin
from sorasync.manifest.provenance import Origins
from sorasync.manifest.still_spec import StillSpec
from sorasync.operations.project import Project, profile_of
from sorasync.plan.cost import NOTHING, Total, cost_at, total
from sorasync.plan.selection import matches
from sorasync.profile.hosts import DEFAULT_HOST, Hosts
from sorasync.state.record import Brief, Status
from sorasync.text import and_more, close_match
from sorasync.toml.positions import Positions

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of a file that says another model, or that is new (`before` is None)."""

    file: str
    line: int
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class MigratedClip:
    """A clip or still that changes its model.

    `before` and `after` are the price of all its renders with each model, `to_pay` what the next apply would
    cost. `rendered` of its renders are paid for today. `lacks` says what no longer fits. `by_hand` is why its
    line cannot be written, None where it can.
    """

    address: str
    before: Total
    after: Total
    to_pay: Total
    rendered: int
    lacks: tuple[Diagnostic, ...] = ()
    by_hand: str | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """A change of model, not written yet. `kept` are addresses that stay with the old one as was asked.

    `profile` names the hosts. `moves`: the profile is none of the library's. `host` is the one of the library
    that the clips are to be moved to, empty where they stay. `simulated`: it bills nothing. `remade` are the
    clips that are made from what changes, so that they are rendered again: `remade_cost` is what that costs.
    """

    source: str
    target: str
    profile: str
    moves: bool
    simulated: bool
    clips: tuple[MigratedClip, ...]
    kept: tuple[str, ...]
    edits: tuple[Edit, ...]
    remade: tuple[str, ...] = ()
    remade_cost: Total = NOTHING
    host: str = ""
    _texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    _before: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def lacks(self) -> tuple[Diagnostic, ...]:
        """Everything that no longer fits, once each, in the order of the files."""
        return tuple(sorted({one for clip in self.clips for one in clip.lacks}, key=Diagnostic.sort_key))

    def write(self, project: Project) -> None:
        """Write the lines, and read the library again to see that they say what they should.

        Raises `SorasyncError` with every file as it was before.
        """
        from sorasync.durable import write_atomic

        paths = {name: project.root / name for name in self._texts}
        try:
            for name, text in self._texts.items():
                write_atomic(_path_inside(paths[name], project.root), text.encode())
            if self._said_by(Project.open(project.root, project.config.env)):
                return
        except (OSError, SorasyncError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
        else:
            reason = "the changed manifests would not have the new model everywhere"
        for name, text in self._before.items():
            write_atomic(paths[name], text.encode())
        raise SorasyncError(f"nothing was changed: {reason}")

    def _said_by(self, project: Project) -> bool:
        specs = _specs(project.library())
        written = {one.address for one in self.clips if one.by_hand is None}
        return all(specs[address].model == self.target for address in written) and all(
            _model_of(specs[address], project.hosts) == self.source for address in self.kept
        )


def _path_inside(path: Path, root: Path) -> Path:
    target = path.resolve()
    if not target.is_relative_to(root.resolve()):
        raise SorasyncError(f"{path.name} leads out of the library")
    return target


def migration(
    project: Project,
    source: str,
    target: str,
    *,
    provider: str | None = None,
    patterns: Sequence[str] = (),
    only_unpicked: bool = False,
) -> Migration:
    """What changes when clips or stills of the model `source` are rendered with `target`; nothing is written.

    `provider` is a host of the library, or a profile, to check against if it is to be another one. `patterns`
    choose clips; `only_unpicked` leaves out those with a pick and those whose only take is rendered. Raises
    `SorasyncError` where nothing has that model, or the host does not offer the other one.
    """
    library, hosts = project.library(), _target_hosts(project, provider)
    graph, _ = expand_as_far(library, project.hosts)
    named = _addresses_of(library, project.hosts, source)
    _refuse_unknown(hosts, target, [_specs(library)[address] for address in sorted(named)])
    with project.synced_store() as store:
        briefs = store.briefs()
    specs = _specs(library)
    chosen = {
        address
        for address in named
        if _is_targeted(patterns, address, graph)
        and not (only_unpicked and _is_chosen(specs[address], graph, briefs))
    }
    if not chosen:
        raise SorasyncError(f"nothing of {source} is left to change")
    later, lacks = expand_as_far(_with_model(library, chosen, target), hosts)
    writing = _LineWriter(library, Origins(library), source, target, chosen)
    writing.plan()
    edits, texts, before = writing.changed()
    clips = tuple(
        _migrated_clip(
            address, graph, later, project.hosts, hosts, briefs, lacks, writing.by_hand.get(address)
        )
        for address in sorted(chosen, key=natural)
    )
    remade = _remade(chosen, later, briefs)
    return Migration(
        source,
        target,
        _names_of(hosts, specs, chosen),
        hosts.default.name not in {profile.name for _, profile in project.hosts},
        hosts.default.simulated,
        clips,
        tuple(sorted(named - chosen, key=natural)),
        tuple(edits),
        tuple(dict.fromkeys(map(later.label, remade))),
        total(cost_at(hosts, later.renders[address]) for address in remade),
        _new_host(project, provider, [specs[address] for address in chosen]),
        texts,
        before,
    )


def _names_of(hosts: Hosts, specs: Mapping[str, ClipSpec | StillSpec], chosen: Iterable[str]) -> str:
    """What the hosts are called that the clips go to."""
    return ", ".join(sorted({hosts.named(specs[address].provider).name for address in chosen}))


def _new_host(project: Project, provider: str | None, specs: Iterable[ClipSpec | StillSpec]) -> str:
    """The host of the library that clips are to be moved to, empty where all of them are there."""
    hosts = project.hosts
    if provider is None or (provider != DEFAULT_HOST and provider not in hosts.others):
        return ""
    there = hosts.named(provider)
    return "" if all(hosts.named(spec.provider) is there for spec in specs) else provider


def _target_hosts(project: Project, provider: str | None) -> Hosts:
    """The hosts that renders would be made at: those of the library, or one for all of them."""
    if provider is None:
        return project.hosts
    if provider == DEFAULT_HOST or provider in project.others:
        return Hosts(project.hosts.named(provider))
    config = project.config
    moved = config.provider.model_copy(update={"profile": provider, "base_url": None, "overrides": {}})
    return Hosts(profile_of(project.root, config.model_copy(update={"provider": moved})))


def _refuse_unknown(hosts: Hosts, target: str, specs: Iterable[ClipSpec | StillSpec]) -> None:
    """Raise `SorasyncError` where a host does not offer a model for what is to be rendered with it."""
    for spec in specs:
        still, profile = kind_of(spec.address) == "still", hosts.named(spec.provider)
        if (profile.images.model(target) if still else profile.model(target)) is not None:
            continue
        names = list(profile.images.models if still else profile.model_names)
        what = "image model" if still else "model"
        near = close_match(target, names)
        hint = f'did you mean "{near}"?' if near else f"it offers {and_more(names, 12)}" if names else None
        raise SorasyncError(f'{profile.name} does not offer the {what} "{target}"', hint=hint)


def _specs(library: Library) -> dict[str, ClipSpec | StillSpec]:
    """Every clip that has a model of its own, and every still, by address."""
    clips = {spec.address: spec for spec in library.clips.values() if spec.source is None}
    return {**clips, **{spec.address: spec for spec in library.stills.values()}}


def _with_model(library: Library, chosen: Container[str], model: str) -> Library:
    """The library with another model at those addresses."""
    return replace(
        library,
        clips={
            name: replace(spec, model=model) if spec.address in chosen else spec
            for name, spec in library.clips.items()
        },
        stills={
            name: replace(spec, model=model) if spec.address in chosen else spec
            for name, spec in library.stills.items()
        },
    )


def _model_of(spec: ClipSpec | StillSpec, hosts: Hosts) -> str | None:
    if spec.model is not None:
        return spec.model
    profile = hosts.named(spec.provider)
    return profile.default_model if kind_of(spec.address) == "clip" else profile.images.default_model


def _addresses_of(library: Library, hosts: Hosts, model: str) -> set[str]:
    models = {address: _model_of(spec, hosts) for address, spec in _specs(library).items()}
    found = {address for address, used in models.items() if used == model}
    if not found:
        known = sorted({used for used in models.values() if used})
        hint = f"they use {and_more(known, 12)}" if known else None
        raise SorasyncError(f'no clip or still has the model "{model}"', hint=hint)
    return found


def _remade(chosen: Container[str], later: Graph, briefs: Container[str]) -> list[str]:
    """The renders of other clips that are made from what changes, and that nobody has paid for."""
    changed = [place for node in later.nodes() if node.address in chosen for place in node.renders]
    return [
        address
        for address in sorted(later.dependants(changed), key=natural)
        if owner(address) not in chosen and later.keys[address] not in briefs
    ]


def _is_targeted(patterns: Sequence[str], address: str, graph: Graph) -> bool:
    node = graph.node(address)
    return not patterns or any(
        matches(pattern, place, graph)
        for pattern in patterns
        for place in (address, *(node.takes if node is not None else ()))
    )


def _is_chosen(spec: ClipSpec | StillSpec, graph: Graph, briefs: Mapping[str, Brief]) -> bool:
    """Whether somebody picked a take, or there is only one and it is rendered."""
    node = graph.node(spec.address)
    if spec.pick is not None:
        return True
    return node is not None and node.single and _rendered_count(node.takes, graph, briefs) == len(node.takes)


def _rendered_count(addresses: Iterable[str], graph: Graph, briefs: Mapping[str, Brief]) -> int:
    found = (briefs.get(graph.keys[address]) for address in addresses)
    return sum(one is not None and one.status in (Status.STORED, Status.RENDERED) for one in found)


def _migrated_clip(
    address: str,
    graph: Graph,
    later: Graph,
    now: Hosts,
    then: Hosts,
    briefs: Mapping[str, Brief],
    lacks: Sequence[Diagnostic],
    by_hand: str | None,
) -> MigratedClip:
    nodes = graph.node(address), later.node(address)
    before, after = (node.renders if node is not None else () for node in nodes)
    unpaid = [place for place in after if later.keys[place] not in briefs]
    return MigratedClip(
        address,
        total(cost_at(now, graph.renders[place]) for place in before),
        total(cost_at(then, later.renders[place]) for place in after),
        total(cost_at(then, later.renders[place]) for place in unpaid),
        _rendered_count(before, graph, briefs),
        tuple(one for one in lacks if (one.address or "").partition("#")[0] == address),
        by_hand,
    )


@dataclass
class _LineWriter:
    """Finds the lines to write: the one that says the model where all of its clips change, else one each."""

    library: Library
    origins: Origins
    source: str
    target: str
    chosen: set[str]
    by_hand: dict[str, str] = field(default_factory=dict)
    specs: dict[str, ClipSpec | StillSpec] = field(default_factory=dict)
    _files: dict[str, _EditedFile] = field(default_factory=dict)

    def plan(self) -> None:
        """Collect the lines, and what has to be changed by hand."""
        users: dict[Origin, list[str]] = {}
        self.specs = _specs(self.library)
        for address, spec in self.specs.items():
            users.setdefault(self._written_at(spec), []).append(address)
        for place, names in users.items():
            wanted = [address for address in names if address in self.chosen]
            if len(wanted) == len(names) and self._edited_file(place).positions.has(place.path):
                self._replace_model(place, wanted)
            else:
                self._change_each_block(wanted)

    def changed(self) -> tuple[list[Edit], dict[str, str], dict[str, str]]:
        """The edits, and the texts of the files that they change, after and before."""
        changed = {name: file for name, file in sorted(self._files.items()) if file.lines}
        edits = [edit for name, file in changed.items() for edit in file.edits(name)]
        texts = {name: file.edited() for name, file in changed.items()}
        return edits, texts, {name: file.text for name, file in changed.items()}

    def _written_at(self, spec: ClipSpec | StillSpec) -> Origin:
        """Where the model is said: a still takes none from the defaults, a name of your own has a table."""
        if isinstance(spec, ClipSpec):
            place = self.origins.of(spec, "model")
        else:
            place = Origin(spec.origin.file, (*spec.origin.path, "model"))
        meant = Origin(CONFIG_FILE, ("models", self._written_value(place), "use"))
        return meant if self._edited_file(meant).positions.has(meant.path) else place

    def _written_value(self, place: Origin) -> str:
        """The text of a value without its quotes, empty where there is none."""
        file = self._edited_file(place)
        if not file.positions.has(place.path):
            return ""
        span = file.positions.span(place.path)
        return file.rows[span.line - 1][span.column - 1 : span.end_column - 1][1:-1]

    def _change_each_block(self, addresses: Iterable[str]) -> None:
        blocks: dict[Origin, list[str]] = {}
        for address in addresses:
            blocks.setdefault(self.specs[address].origin, []).append(address)
        for block, wanted in blocks.items():
            place = Origin(block.file, (*block.path, "model"))
            variants = sum(spec.origin == block for spec in self.specs.values())
            if variants > len(wanted):
                self._leave_to_a_person(wanted, "the other variants of its matrix keep their model")
            elif self._edited_file(place).positions.has(place.path):
                self._replace_model(place, wanted)
            else:
                self._insert_model_line(block, wanted)

    def _edited_file(self, place: Origin) -> _EditedFile:
        if place.file not in self._files:
            root = self.library.root
            self._files[place.file] = _EditedFile(read_file(root / place.file, within=root).decode("utf-8"))
        return self._files[place.file]

    def _replace_model(self, place: Origin, names: Sequence[str]) -> None:
        file = self._edited_file(place)
        span = file.positions.span(place.path)
        line = file.rows[span.line - 1]
        start, end = span.column - 1, span.end_column - 1
        written = line[start:end]
        if written[1:-1] != self.source or written[:1] not in ("'", '"'):
            self._leave_to_a_person(names, f"its model is written as {written} at {place.file}:{span.line}")
            return
        file.lines[span.line] = f"{line[: start + 1]}{self.target}{line[end - 1 :]}"

    def _insert_model_line(self, block: Origin, names: Sequence[str]) -> None:
        file = self._edited_file(block)
        number = file.positions.span(block.path).line
        header = file.rows[number - 1]
        if not re.match(r"\s*\[[^\[]", header):
            self._leave_to_a_person(names, f"its block at {block.file}:{number} has no line of its own")
            return
        ending = "\r" if header.endswith("\r") else ""
        file.lines[number] = f'{header}\nmodel = "{self.target}"{ending}'

    def _leave_to_a_person(self, names: Iterable[str], why: str) -> None:
        self.by_hand |= dict.fromkeys(names, why)


@dataclass
class _EditedFile:
    """A file with the lines that are to be others, by number. A new line follows the one before it."""

    text: str
    lines: dict[int, str] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[str]:
        return self.text.removeprefix(_BOM).split("\n")

    @cached_property
    def positions(self) -> Positions:
        return Positions(self.text.removeprefix(_BOM))

    def edited(self) -> str:
        rows = [self.lines.get(number, row) for number, row in enumerate(self.rows, 1)]
        return (_BOM if self.text.startswith(_BOM) else "") + "\n".join(rows)

    def edits(self, name: str) -> Iterator[Edit]:
        more = 0
        for number, after in sorted(self.lines.items()):
            before, new = self.rows[number - 1], after.partition("\n")[2]
            more += bool(new)
            yield Edit(name, number + more, None if new else before.strip(), (new or after).strip())


def total_costs(clips: Iterable[MigratedClip]) -> tuple[Total, Total, Total]:
    """The price of all renders before and after, and what there would be to pay."""
    before, after, to_pay = NOTHING, NOTHING, NOTHING
    for clip in clips:
        before, after, to_pay = before + clip.before, after + clip.after, to_pay + clip.to_pay
    return before, after, to_pay
