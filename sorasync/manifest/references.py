"""Checks references between clips: characters, sources, picks, and names that differ only in case. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sorasync.manifest.cut_spec import CutSpec
from sorasync.manifest.faults import Fault
from sorasync.manifest.library import CharacterSpec, ClipSpec, Origin
from sorasync.manifest.still_spec import STILL_PREFIX, StillSpec
from sorasync.manifest.suggest import Speller, shown
from sorasync.text import and_more, counted

_LONGEST_CYCLE = 30
_STILL = "still."


@dataclass(slots=True)
class Names:
    """Every name of the library: where characters and clips are declared, faulty ones too.

    `clips` and `characters` are specs by name; `slugs` and `cast` the declarations; `cuts` and
    `reel` are the same for cuts, `stills` and `album` for stills. `matrices` are the addresses that make
    several clips or stills, `instances` the addresses of those.
    """

    speller: Speller = field(default_factory=Speller)

    clips: dict[str, ClipSpec] = field(default_factory=dict)
    characters: dict[str, CharacterSpec] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)
    cast: dict[str, str] = field(default_factory=dict)
    matrices: set[str] = field(default_factory=set)
    instances: dict[str, list[str]] = field(default_factory=dict)
    cuts: dict[str, CutSpec] = field(default_factory=dict)
    reel: dict[str, str] = field(default_factory=dict)
    stills: dict[str, StillSpec] = field(default_factory=dict)
    album: dict[str, str] = field(default_factory=dict)

    def note_instance(self, address: str) -> None:
        """Enter a clip or still under its declaration, if a matrix made it."""
        if "[" in address:
            self.instances.setdefault(_base_name(address), []).append(address)


def claim(
    kind: str, names: Iterable[str], file: str, taken: dict[str, str], folded: dict[str, str]
) -> Iterator[Fault]:
    """Enter a file's declarations into `taken` (name to file); yields those that are already there.

    `folded` holds the names without case, since files named after them must not collide.
    """
    table = f"{kind}s"
    for name in names:
        other = folded.get(name.casefold())
        if other is None:
            taken[name] = file
            folded[name.casefold()] = name
        elif other == name:
            yield Fault(
                "S105",
                f"{kind}.{name} is declared twice; first at {{other}}",
                file,
                (table, name),
                address=f"{kind}.{name}",
                on_key=True,
                other=(taken[name], (table, name)),
            )
        else:
            yield Fault(
                "S105",
                f"{kind}.{name} and {kind}.{other} differ in case only; the other is at {{other}}",
                file,
                (table, name),
                "names that differ in more than case, since files are named after them",
                address=f"{kind}.{name}",
                on_key=True,
                other=(taken[other], (table, other)),
            )


def check_references(names: Names) -> Iterator[Fault]:
    """Every dangling reference and every cycle."""
    yield from _characters(names)
    yield from _sources(names)
    yield from _cycles(names.clips)
    yield from _instances(names)
    yield from _cut_events(names)
    yield from _stills(names)


def check_picks(names: Names, picks: Iterable[tuple[str, int, Origin]]) -> Iterator[Fault]:
    """What is wrong with the entries of all `[picks]` tables, given in order."""
    before: dict[str, Origin] = {}
    for name, _, origin in picks:
        still = name.startswith(_STILL)
        clip = names.stills.get(name.removeprefix(_STILL)) if still else names.clips.get(name)
        address = name if still else f"clip.{name}"
        if clip is None:
            if not _is_faulty(names, address):
                undeclared = Fault("S107", "", origin.file, origin.path, address=address, on_key=True)
                yield _dangling(names, address, undeclared, _STILL if still else "")
            continue
        first = before.get(name)
        if first is None and clip.pick is not None:
            first = Origin(clip.origin.file, (*clip.origin.path, "pick"))
        before.setdefault(name, origin)
        if first is not None:
            message = f"the pick of {address} is given twice; first at {{other}}"
            yield Fault(
                "S114", message, origin.file, origin.path, address=address, other=(first.file, first.path)
            )


def check_pick_ranges(
    clips: Iterable[ClipSpec | StillSpec], origins: Mapping[str, Origin]
) -> Iterator[Fault]:
    """Picks of takes that a clip or still does not have. `origins` are those of the `[picks]` tables."""
    for clip in clips:
        if clip.pick is not None and clip.pick > clip.takes:
            at = origins.get(clip.picked_as) or Origin(clip.origin.file, (*clip.origin.path, "pick"))
            takes = "one take" if clip.takes == 1 else counted(clip.takes, "take")
            yield Fault(
                "S114",
                f"take {clip.pick} is picked, but {clip.address} has {takes}",
                at.file,
                at.path,
                "1" if clip.takes == 1 else f"1 to {clip.takes}",
                address=clip.address,
            )


def _stills(names: Names) -> Iterator[Fault]:
    """What clips take for their first and last frames that is not declared."""
    for clip in names.clips.values():
        for key, name in (("image", clip.still), ("last_image", clip.last_still)):
            if name is None or name in names.stills or _is_faulty(names, f"still.{name}"):
                continue
            fault = Fault("S107", "", clip.origin.file, (*clip.origin.path, key), address=clip.address)
            yield _dangling(names, f"still.{name}", fault, STILL_PREFIX)


def _characters(names: Names) -> Iterator[Fault]:
    for clip in names.clips.values():
        for index, slug in enumerate(clip.characters):
            path = (*clip.origin.path, "characters", index)
            address = f"clip.{clip.name}"
            if slug not in names.cast:
                message = f"character {shown(slug)} is not declared"
                expected = None if names.cast else "no characters are declared"
                fix = names.speller.nearest(slug, lambda: names.cast)
                yield Fault("S107", message, clip.origin.file, path, expected, fix, address)
            elif slug in clip.characters[:index]:
                yield Fault(
                    "S104",
                    f"character {shown(slug)} is listed twice",
                    clip.origin.file,
                    path,
                    address=address,
                )


def _sources(names: Names) -> Iterator[Fault]:
    for clip in names.clips.values():
        if clip.source is None or clip.source in names.clips:
            continue
        if _is_faulty(names, f"clip.{clip.source}"):
            continue
        fault = Fault("S107", "", clip.origin.file, (*clip.origin.path, "from"), address=clip.address)
        yield _dangling(names, f"clip.{clip.source}", fault)


def _cut_events(names: Names) -> Iterator[Fault]:
    """What cuts name that is not declared: clips, stills, and takes of them."""
    for cut in names.cuts.values():
        for event in cut.events:
            file, path, address = event.origin.file, event.origin.path, f"cut.{cut.name}"
            if event.shown is None:
                continue
            spec = names.clips.get(event.clip or "") or names.stills.get(event.still or "")
            if spec is None:
                if not _is_faulty(names, event.shown):
                    key = event.shown.partition(".")[0]
                    yield _dangling(
                        names, event.shown, Fault("S107", "", file, (*path, key), address=address)
                    )
            elif (event.take or 0) > spec.takes:
                takes = "one take" if spec.takes == 1 else counted(spec.takes, "take")
                message = f"take {event.take} is shown, but {spec.address} has {takes}"
                yield Fault("S114", message, file, (*path, "take"), address=address)


def _dangling(names: Names, address: str, fault: Fault, written: str = "") -> Fault:
    """The fault where there is no such clip or still; `written` is what stands before its name there."""
    kind, _, name = address.partition(".")
    base = _base_name(address)
    expected: str | None = None
    known: Collection[str]
    if base in names.matrices:
        known = [one.removeprefix(f"{kind}.") for one in names.instances.get(base, [])]
        expected = and_more(known, 6)
        if address == base:
            message = f"{base} means {counted(len(known), kind)}; name one of them"
        else:
            message = f"{base} has no instance {shown(address[len(base) :])}"
    else:
        known = names.stills if kind == "still" else names.clips
        message = f"{kind} {shown(name)} is not declared"
        if kind == "still" and not names.album:
            expected = "no stills are declared"
    near = names.speller.nearest(name, lambda: known)
    return replace(
        fault, message=message, expected=expected, fix=None if near is None else f"{written}{near}"
    )


def _cycles(clips: Mapping[str, ClipSpec]) -> Iterator[Fault]:
    """Each cycle once, starting at its first name; every clip has at most one source."""
    done: set[str] = set()
    for start in (name for name, clip in clips.items() if clip.source is not None):
        trail: dict[str, int] = {}
        name: str | None = start
        while name is not None and name in clips and name not in done and name not in trail:
            trail[name] = len(trail)
            name = clips[name].source
        if name in trail:
            cycle = list(trail)[trail[name] :]
            yield _cycle(clips, cycle)
        done.update(trail)


def _cycle(clips: Mapping[str, ClipSpec], cycle: list[str]) -> Fault:
    first = cycle.index(min(cycle))
    ring = [*cycle[first:], *cycle[:first]]
    clip = clips[ring[0]]
    links = [f"clip.{name}" for name in [*ring, ring[0]]]
    if len(links) > _LONGEST_CYCLE:
        links[_LONGEST_CYCLE - 1 : -1] = ["…"]
    trail = " -> ".join(links)
    if len(ring) == 1:
        message = f"clip.{ring[0]} starts from itself: {trail}"
    else:
        message = f"{len(ring)} clips start from each other: {trail}"
    path = (*clip.origin.path, "from")
    return Fault("S108", message, clip.origin.file, path, address=f"clip.{clip.name}")


def _instances(names: Names) -> Iterator[Fault]:
    """Instances of one matrix whose values differ in case only."""
    folded: dict[str, str] = {}
    specs: list[ClipSpec | StillSpec] = [*names.clips.values(), *names.stills.values()]
    for spec in specs if names.matrices else ():
        if "[" not in spec.name:
            continue
        other = folded.setdefault(spec.address.casefold(), spec.address)
        if other != spec.address and _base_name(other) == _base_name(spec.address):
            message = f"{other} and {spec.address} differ in case only"
            path = (*spec.origin.path, "matrix")
            yield Fault("S105", message, spec.origin.file, path, address=spec.address, on_key=True)


def _is_faulty(names: Names, address: str) -> bool:
    """Whether a clip or still was declared but rejected earlier; do not report it again."""
    base = _base_name(address)
    if base in names.matrices:
        return base not in names.instances
    kind, _, name = address.partition(".")
    return name in (names.album if kind == "still" else names.slugs)


def _base_name(address: str) -> str:
    return address.partition("[")[0]


def sound(
    names: Names, faults: Iterable[Fault], stills: Mapping[str, StillSpec]
) -> tuple[dict[str, ClipSpec], dict[str, CharacterSpec]]:
    """The clips and characters that no fault touches: neither their own, nor one of what they refer to.

    A fault that is not inside a declaration may be about everything in its file.
    """
    files = {fault.file for fault in faults if len(fault.path) < 2 or fault.path[0] not in _DECLARING}
    places = {(fault.file, fault.path[:2]) for fault in faults}

    def own(spec: ClipSpec | CharacterSpec) -> bool:
        return spec.origin.file not in files and (spec.origin.file, spec.origin.path[:2]) not in places

    characters = {slug: spec for slug, spec in names.characters.items() if own(spec)}
    clips = {
        name: spec
        for name, spec in names.clips.items()
        if own(spec)
        and characters.keys() >= set(spec.characters)
        and stills.keys() >= set(spec.stills)
        and (spec.pick or 0) <= spec.takes
    }
    rooted = _rooted(clips)
    return {name: spec for name, spec in clips.items() if rooted[name]}, characters


def _rooted(clips: Mapping[str, ClipSpec]) -> Mapping[str, bool]:
    """Whether a clip's sources, followed to their end, are all there: none is missing or in a circle.

    A circle need not be among the faults: references are not checked while a file cannot be read.
    """
    rooted: dict[str, bool] = {}
    for start in clips:
        trail: dict[str, None] = {}
        name: str | None = start
        while name is not None and name in clips and name not in rooted and name not in trail:
            trail[name] = None
            name = clips[name].source
        sound_end = name is None or rooted.get(name, False)
        rooted.update(dict.fromkeys(trail, sound_end))
    return rooted


def sound_stills(stills: Mapping[str, StillSpec], faults: Iterable[Fault]) -> dict[str, StillSpec]:
    """The stills that no fault touches."""
    files = {fault.file for fault in faults if len(fault.path) < 2 or fault.path[0] not in _DECLARING}
    places = {(fault.file, fault.path[:2]) for fault in faults}
    return {
        name: still
        for name, still in stills.items()
        if still.origin.file not in files
        and (still.origin.file, still.origin.path[:2]) not in places
        and (still.pick or 0) <= still.takes
    }


def sound_cuts(
    cuts: Mapping[str, CutSpec],
    faults: Iterable[Fault],
    clips: Mapping[str, ClipSpec],
    stills: Mapping[str, StillSpec],
) -> dict[str, CutSpec]:
    """The cuts that no fault touches, of clips and stills that none touches."""
    there = {*(clip.address for clip in clips.values()), *(still.address for still in stills.values())}
    files = {fault.file for fault in faults if len(fault.path) < 2 or fault.path[0] not in _DECLARING}
    places = {(fault.file, fault.path[:2]) for fault in faults}
    return {
        name: cut
        for name, cut in cuts.items()
        if cut.origin.file not in files
        and (cut.origin.file, cut.origin.path[:2]) not in places
        and all(event.shown in there for event in cut.events if event.shown is not None)
    }


_DECLARING = ("clips", "characters", "stills", "cuts")
