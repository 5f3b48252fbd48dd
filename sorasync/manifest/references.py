"""Checks references between clips: characters, sources, picks, and names that differ only in case. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sorasync.manifest.cut_spec import CutSpec
from sorasync.manifest.faults import Fault
from sorasync.manifest.library import CharacterSpec, ClipSpec, Origin
from sorasync.manifest.still_spec import STILL_PREFIX, StillSpec
from sorasync.manifest.suggest import Speller, listed, shown
from sorasync.text import counted

_LONGEST_CYCLE = 30
_STILL = "still."


@dataclass(slots=True)
class Names:
    """Every name of the library: where characters and clips are declared, faulty ones too.

    `clips` and `characters` are specs by name; `slugs` and `cast` the declarations; `matrices` the slugs
    that make several clips, `instances` the names of those clips. `cuts` and `reel` are the same for cuts,
    `stills` and `album` for stills.
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
    yield from _cut_clips(names)
    yield from _stills(names)


def check_picks(names: Names, picks: Iterable[tuple[str, int, Origin]]) -> Iterator[Fault]:
    """What is wrong with the entries of all `[picks]` tables, given in order."""
    before: dict[str, Origin] = {}
    for name, _, origin in picks:
        still = name.startswith(_STILL)
        clip = names.stills.get(name.removeprefix(_STILL)) if still else names.clips.get(name)
        address = name if still else f"clip.{name}"
        if clip is None:
            if name.removeprefix(_STILL) in names.album if still else _is_faulty(names, name):
                continue
            if still:
                undeclared = Fault("S107", "", origin.file, origin.path, address=address, on_key=True)
                yield _no_still(names, name.removeprefix(_STILL), _STILL, undeclared)
                continue
            yield _dangling(
                names, name, Fault("S107", "", origin.file, origin.path, address=address, on_key=True)
            )
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
            if name is not None and name not in names.album:
                path = (*clip.origin.path, key)
                fault = Fault("S107", "", clip.origin.file, path, address=clip.address)
                yield _no_still(names, name, STILL_PREFIX, fault)


def _no_still(names: Names, name: str, written: str, fault: Fault) -> Fault:
    """The fault where there is no still of that name; `written` is what stands before it there."""
    expected = None if names.album else "no stills are declared"
    near = names.speller.nearest(name, lambda: names.album)
    fix = None if near is None else f"{written}{near}"
    return replace(fault, message=f"still {shown(name)} is not declared", expected=expected, fix=fix)


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
        if _is_faulty(names, clip.source):
            continue
        path = (*clip.origin.path, "from")
        yield _dangling(
            names, clip.source, Fault("S107", "", clip.origin.file, path, address=f"clip.{clip.name}")
        )


def _cut_clips(names: Names) -> Iterator[Fault]:
    """What cuts name that is not declared: clips, and takes of them."""
    for cut in names.cuts.values():
        for event in cut.events:
            if event.clip is None:
                continue
            file, path, address = event.origin.file, event.origin.path, f"cut.{cut.name}"
            clip = names.clips.get(event.clip)
            if clip is not None:
                if (event.take or 0) > clip.takes:
                    takes = "one take" if clip.takes == 1 else counted(clip.takes, "take")
                    message = f"take {event.take} is shown, but clip.{clip.name} has {takes}"
                    yield Fault("S114", message, file, (*path, "take"), address=address)
            elif not _is_faulty(names, event.clip):
                yield _dangling(names, event.clip, Fault("S107", "", file, (*path, "clip"), address=address))


def _dangling(names: Names, name: str, fault: Fault) -> Fault:
    base = _base_name(name)
    if base in names.matrices:
        made = names.instances.get(base, [])
        if name == base:
            message = f"clip.{base} is a matrix of {counted(len(made), 'clip')}; name one of them"
        else:
            message = f"clip.{base} has no instance {shown(name[len(base) :])}"
        return replace(
            fault, message=message, expected=listed(made, 6), fix=names.speller.nearest(name, lambda: made)
        )
    message = f"clip {shown(name)} is not declared"
    return replace(fault, message=message, fix=names.speller.nearest(name, lambda: names.clips))


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
    for clip in names.clips.values() if names.matrices else ():
        if "[" not in clip.name:
            continue
        other = folded.setdefault(clip.name.casefold(), clip.name)
        if other != clip.name and _base_name(other) == _base_name(clip.name):
            message = f"clip.{other} and clip.{clip.name} differ in case only"
            path = (*clip.origin.path, "matrix")
            yield Fault("S105", message, clip.origin.file, path, address=f"clip.{clip.name}", on_key=True)


def _is_faulty(names: Names, name: str) -> bool:
    """Whether the name was declared but rejected earlier; do not report it again."""
    base = _base_name(name)
    return base not in names.instances if base in names.matrices else name in names.slugs


def _base_name(name: str) -> str:
    return name.partition("[")[0]


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
    cuts: Mapping[str, CutSpec], faults: Iterable[Fault], clips: Mapping[str, ClipSpec]
) -> dict[str, CutSpec]:
    """The cuts that no fault touches, of clips that none touches."""
    files = {fault.file for fault in faults if len(fault.path) < 2 or fault.path[0] not in _DECLARING}
    places = {(fault.file, fault.path[:2]) for fault in faults}
    return {
        name: cut
        for name, cut in cuts.items()
        if cut.origin.file not in files
        and (cut.origin.file, cut.origin.path[:2]) not in places
        and all(event.clip in clips for event in cut.events if event.clip is not None)
    }


_DECLARING = ("clips", "characters", "stills", "cuts")
