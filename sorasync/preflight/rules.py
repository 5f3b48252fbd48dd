"""The rules for reference files, on facts from their headers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from sorasync.manifest.diagnostic import Severity
from sorasync.preflight.facts import ClipFacts, ImageFacts, Unreadable
from sorasync.profile.profile import Profile
from sorasync.text import and_more, counted

# The image formats of the API and the suffixes of their files.
FORMATS: Final = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",)}

# The shorter side of a reference clip that works well, 720p to 1080p.
SHORT_SIDES: Final = (720, 1080)

# Two aspect ratios that differ by less look the same: 1792x1024 is no stretched 16:9.
SAME_SHAPE: Final = 0.05

LARGEST_IMAGE: Final = 20 * 2**20
# Bytes. No server documents a limit; larger uploads are slow, and proxies refuse them.
LARGEST_CLIP: Final = 100 * 2**20

_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class MediaFinding:
    """One thing that speaks against a file; see `Diagnostic` for the fields."""

    code: str
    severity: Severity
    message: str
    expected: str | None = None


def image_findings(file: str, facts: ImageFacts | Unreadable, size: str) -> Iterator[MediaFinding]:
    """What speaks against an image as first frame of a clip of that size."""
    if isinstance(facts, Unreadable):
        message = f"{file} cannot be a first frame: {facts.reason}"
        yield MediaFinding("S221", Severity.ERROR, message, "a JPEG, PNG or WebP image")
        return
    if facts.format not in FORMATS:
        message = f"{file} is a {facts.format} image"
        yield MediaFinding("S221", Severity.ERROR, message, "JPEG, PNG or WebP")
    elif PurePosixPath(file).suffix.lower() not in FORMATS[facts.format]:
        message = f"{file} is a {facts.format} image by another name"
        yield MediaFinding("S223", Severity.WARNING, message, " or ".join(FORMATS[facts.format]))
    if (own := f"{facts.width}x{facts.height}") != size:
        message = f"{file} is {own}, and the clip is {size}"
        yield MediaFinding("S222", Severity.ERROR, message, f"exactly {size}")
    if facts.orientation != 1:
        turned = f"EXIF orientation {facts.orientation}"
        message = f"{file} is not stored upright ({turned}): a server may take it as it is stored"
        yield MediaFinding("S222", Severity.ERROR, message, "a picture stored as it is shown")
    if facts.animated:
        message = f"{file} is animated: only its first picture can be the first frame"
        yield MediaFinding("S224", Severity.WARNING, message, "a single picture")
    elif facts.alpha:
        message = f"{file} has an alpha channel: the server decides what shows through"
        yield MediaFinding("S224", Severity.HINT, message, "an image without transparency")
    yield from _large(file, facts.bytes, LARGEST_IMAGE)


def clip_findings(
    file: str, facts: ClipFacts | Unreadable, profile: Profile, users: Mapping[str, Sequence[str]]
) -> Iterator[MediaFinding]:
    """What speaks against a character's clip; `users` are addresses of the clips that use it, by size."""
    if isinstance(facts, Unreadable):
        message = f"{file} cannot be a character's clip: {facts.reason}"
        yield MediaFinding("S226", Severity.ERROR, message, "an MP4 video")
        return
    if (facts.container, facts.codec) != ("mp4", "h264"):
        message = f"{file} is {facts.codec} in a {facts.container} file"
        yield MediaFinding("S227", Severity.WARNING, message, "H.264 in an MP4 file")
    yield from _advice(file, facts, profile)
    yield from _stretched(file, facts, users)
    yield from _large(file, facts.bytes, LARGEST_CLIP)


def good_shape(facts: ClipFacts, profile: Profile) -> bool:
    """Whether the clip has one of the shapes that the profile names."""
    length = profile.limits.character_seconds.min
    return not profile.clip_advice(length, facts.width, facts.height)


def good_length(facts: ClipFacts, profile: Profile) -> bool:
    """Whether the clip's length is one that works well; a frame more or less does not matter."""
    span = profile.limits.character_seconds
    return span.min - 0.1 <= facts.seconds <= span.max + 0.1


def good_sides(facts: ClipFacts) -> bool:
    """Whether the clip has neither too few nor too many pixels."""
    return SHORT_SIDES[0] <= min(facts.width, facts.height) <= SHORT_SIDES[1]


def shape(width: int, height: int) -> float:
    """Width in relation to height."""
    return width / max(height, 1)


def alike(one: float, other: float) -> bool:
    """Whether two shapes look the same."""
    return abs(one / other - 1) < SAME_SHAPE if one and other else False


def pixels(size: str) -> tuple[int, int]:
    """Width and height of a size as manifests write it; zeros where a profile knows sizes of other kinds."""
    width, _, height = size.partition("x")
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else (0, 0)


def _advice(file: str, facts: ClipFacts, profile: Profile) -> Iterator[MediaFinding]:
    span = profile.limits.character_seconds
    if not good_length(facts, profile):
        message = f"{file} is {counted(facts.seconds, 'second')} long"
        yield MediaFinding("S228", Severity.WARNING, message, f"{span.min} to {span.max} seconds")
    own = f"{facts.width}x{facts.height}"
    if not good_shape(facts, profile):
        expected = " or ".join(profile.limits.character_aspects)
        yield MediaFinding(
            "S229", Severity.WARNING, f"{file} is {own}: its subject may look stretched", expected
        )
    elif not good_sides(facts):
        expected = f"{SHORT_SIDES[0]}p to {SHORT_SIDES[1]}p"
        yield MediaFinding("S229", Severity.WARNING, f"{file} is {own}", expected)


def _stretched(file: str, facts: ClipFacts, users: Mapping[str, Sequence[str]]) -> Iterator[MediaFinding]:
    own = shape(facts.width, facts.height)
    for size, addresses in sorted(users.items()):
        wanted = shape(*pixels(size))
        if wanted and not alike(own, wanted):
            message = (
                f"{file} is {facts.width}x{facts.height}, and is used in {size}: its subject may look "
                f"stretched in {and_more(addresses, _NAMES)}"
            )
            yield MediaFinding(
                "S229", Severity.WARNING, message, "a clip in the shape of the videos that use it"
            )


def _large(file: str, size: int, most: int) -> Iterator[MediaFinding]:
    if size > most:
        message = f"{file} is {size / 2**20:,.0f} MiB"
        yield MediaFinding("S225", Severity.WARNING, message, f"at most {most // 2**20} MiB")
