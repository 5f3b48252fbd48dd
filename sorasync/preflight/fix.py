"""Writes corrected copies of reference files beside the originals."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sorasync.graph.graph import Graph
from sorasync.manifest.diagnostic import Position
from sorasync.manifest.library import Library
from sorasync.preflight.facts import (
    ClipFacts,
    ImageFacts,
    Unreadable,
    can_read_clips,
    can_read_images,
    clip_facts,
    image_facts,
)
from sorasync.preflight.fix_clip import Target, fix_clip
from sorasync.preflight.fix_image import fix_image
from sorasync.preflight.rules import (
    SHORT_SIDES,
    alike,
    clip_findings,
    good_length,
    good_shape,
    good_sides,
    image_findings,
    pixels,
    shape,
)
from sorasync.preflight.uses import ClipUse, ImageUse, clip_uses, image_uses
from sorasync.profile.hosts import Hosts
from sorasync.profile.profile import Profile
from sorasync.text import counted

_MENDS_IMAGE = frozenset({"S221", "S222", "S223", "S224"})
_MENDS_CLIP = frozenset({"S227", "S228", "S229"})


@dataclass(frozen=True, slots=True)
class Mended:
    """The result for one faulty file.

    `copy` is the corrected file, relative to the library, None where there is none; `done` what was changed
    in it, `left` what nobody but its author can mend. `position` and `line` say where the manifest is to
    name it, and how. `addresses` are the clips or the character that it is for.
    """

    file: str
    copy: str | None
    done: tuple[str, ...]
    left: tuple[str, ...]
    addresses: tuple[str, ...]
    position: Position
    line: str


def mend(library: Library, graph: Graph, hosts: Hosts) -> Iterator[Mended]:
    """Write a corrected copy of every file that one can be made of. Existing files are never written over."""
    if can_read_images():
        yield from _images(library, graph)
    if can_read_clips():
        yield from _clips(library, graph, hosts)


def _images(library: Library, graph: Graph) -> Iterator[Mended]:
    groups: dict[tuple[str, str], list[ImageUse]] = {}
    for use in image_uses(library, graph):
        groups.setdefault((use.file, use.size), []).append(use)
    for (file, size), uses in groups.items():
        facts = image_facts(library.root / file, uses[0].sha256)
        codes = {finding.code for finding in image_findings(file, facts, size)}
        if codes & _MENDS_IMAGE and pixels(size) != (0, 0):
            several = sum(other == file for other, _ in groups) > 1
            yield _image(library, uses, facts, f".{size}.fixed.png" if several else ".fixed.png")


def _image(library: Library, uses: Sequence[ImageUse], facts: ImageFacts | Unreadable, suffix: str) -> Mended:
    use = uses[0]
    if isinstance(facts, Unreadable):
        return _mended(library, uses, "image", None, (), (facts.reason,))
    copy = _beside(use.file, suffix)
    try:
        done = fix_image(library.root / use.file, facts, library.root / copy, use.size)
    except FileExistsError:
        return _mended(library, uses, "image", copy, (), (f"{copy} already exists and was not touched",))
    except (OSError, ValueError, SyntaxError) as error:
        return _mended(library, uses, "image", None, (), (f"it cannot be read to the end ({error})",))
    return _mended(library, uses, "image", copy, done, ())


def _clips(library: Library, graph: Graph, hosts: Hosts) -> Iterator[Mended]:
    groups: dict[tuple[str, str], list[ClipUse]] = {}
    for use in clip_uses(library, graph):
        groups.setdefault((use.file, use.provider), []).append(use)
    for (file, provider), uses in groups.items():
        profile = hosts.at(provider)
        facts = clip_facts(library.root / file, uses[0].sha256)
        if isinstance(facts, Unreadable):
            yield _mended(library, uses, "video", None, (), (facts.reason,))
            continue
        users: dict[str, tuple[str, ...]] = {}
        for use in uses:
            users |= use.users
        codes = {finding.code for finding in clip_findings(file, facts, profile, users)}
        if codes & _MENDS_CLIP:
            yield _fix_clip(library, uses, facts, profile, wanted_shapes(users))


def _fix_clip(
    library: Library, uses: Sequence[ClipUse], facts: ClipFacts, profile: Profile, wanted: Sequence[float]
) -> Mended:
    left = _beyond_mending(facts, profile, wanted)
    target = target_of(facts, profile, wanted)
    good = (facts.container, facts.codec) == ("mp4", "h264") and facts.seconds <= target.seconds + 0.1
    if good and (target.width, target.height) == (facts.width, facts.height):
        return _mended(library, uses, "video", None, (), left)
    copy = _beside(uses[0].file, ".fixed.mp4")
    try:
        done = fix_clip(library.root / uses[0].file, facts, library.root / copy, target)
    except FileExistsError:
        left = (*left, f"{copy} already exists and was not touched")
        return _mended(library, uses, "video", copy, (), left)
    except (OSError, ValueError) as error:
        return _mended(library, uses, "video", None, (), (*left, f"it cannot be read to the end ({error})"))
    return _mended(library, uses, "video", copy, done, left)


def wanted_shapes(users: dict[str, tuple[str, ...]]) -> list[float]:
    """The shapes of the videos that use a clip, the one that most of them have first."""
    counts: dict[float, int] = {}
    for size, addresses in users.items():
        one = shape(*pixels(size))
        if one:
            counts[one] = counts.get(one, 0) + len(addresses)
    return sorted(counts, key=lambda one: (-counts[one], one))


def target_of(facts: ClipFacts, profile: Profile, wanted: Sequence[float]) -> Target:
    """The size and length to bring a clip to: the shape of its users, as far as reference clips have it."""
    own = shape(facts.width, facts.height)
    shapes = [_ratio(aspect) for aspect in profile.limits.character_aspects]
    aim = wanted[0] if wanted else own
    best = min(shapes, key=lambda one: abs(one - aim), default=own)
    seconds = float(profile.limits.character_seconds.max)
    if good_shape(facts, profile) and good_sides(facts) and alike(own, best):
        return Target(facts.width // 2 * 2, facts.height // 2 * 2, seconds)
    side = SHORT_SIDES[1] if min(facts.width, facts.height) >= SHORT_SIDES[1] else SHORT_SIDES[0]
    long = round(side * max(best, 1 / best) / 2) * 2
    return Target(long, side, seconds) if best >= 1 else Target(side, long, seconds)


def _ratio(aspect: str) -> float:
    width, _, height = aspect.partition(":")
    return int(width) / int(height)


def _beyond_mending(facts: ClipFacts, profile: Profile, wanted: Sequence[float]) -> tuple[str, ...]:
    left = []
    span = profile.limits.character_seconds
    if not good_length(facts, profile) and facts.seconds < span.min:
        left.append(f"it is only {counted(facts.seconds, 'second')} long: at least {span.min} are needed")
    if len(wanted) > 1 and not alike(wanted[0], wanted[-1]):
        left.append("clips of several shapes use it: one reference clip suits only one of them")
    return tuple(left)


def _beside(file: str, suffix: str) -> str:
    return str(PurePosixPath(file).with_suffix("")) + suffix


def _mended(
    library: Library,
    uses: Sequence[ImageUse] | Sequence[ClipUse],
    key: str,
    copy: str | None,
    done: Sequence[str],
    left: Sequence[str],
) -> Mended:
    use = uses[0]
    named = posixpath.relpath(copy or use.file, posixpath.dirname(use.origin.file) or ".")
    return Mended(
        file=use.file,
        copy=copy,
        done=tuple(done),
        left=tuple(left),
        addresses=tuple(one.address for one in uses),
        position=library.position(use.origin),
        line=f'{key} = "{named}"',
    )
