"""File names for clips, stills and takes, as relative paths. Pure.

```
market.mp4  market.webp              the video that counts, and its picture
market/take-1.mp4  take-1.webp       every take, where there is more than one render
market/take-2-step-1.mp4             a step's result on the way to the last one
stills/quay.png                      a still, its takes and steps in the same way
```
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from sorasync.assets.store import COMPANIONS, MAIN, SIDECAR, VIDEO, VIDEOS

# Longest file name in UTF-8, without suffix: file systems stop at 255, Windows paths at 260 in all.
MAX_BYTES = 120

_HASH_DIGITS = 10
_FORBIDDEN = frozenset('<>:"/\\|?*')
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])", re.IGNORECASE)
_OWN_SUFFIX = re.compile(r"\.(?=[^.]+\Z)")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_HASHED = re.compile(rf".*~[0-9a-f]{{{_HASH_DIGITS}}}")
_VARIANT = re.compile(r"(?P<clip>[^\[]+)\[(?P<values>.*)\]")
_FIELD = re.compile(r"\{([A-Za-z][\w-]*)\}")
_SUFFIXES = (*VIDEOS, *COMPANIONS, SIDECAR)


@dataclass(frozen=True, slots=True)
class Link:
    """The target of a name: the file `<sha256><suffix>` of the store."""

    sha256: str
    suffix: str = VIDEO

    @property
    def file(self) -> str:
        """The object's file name."""
        return self.sha256 + self.suffix

    @property
    def main(self) -> bool:
        """Whether it is a video or still, not a picture of one."""
        return self.suffix in MAIN


@dataclass(frozen=True, slots=True)
class ClipFile:
    """A stored render of a clip or still: take from 1, step from 1 (0: the take itself).

    `final`: the clip's own name links to it. `picture` is the suffix of the picture stored with it, `suffix`
    that of the render itself in the store.
    """

    take: int
    step: int
    sha256: str
    final: bool = False
    picture: str | None = None
    suffix: str = VIDEO


def file_naming(clips: Collection[str], pattern: str | None) -> Callable[[str], str]:
    """The function that names each clip's files, without suffix.

    With a pattern the variants of a matrix are named by it: `{clip}` is the declared name, `{variant}` all
    values joined by `-`, `{city}` the value of that variable; blanks become `-`. A variant that lacks a
    variable of the pattern keeps its own name; one that would share its name with another ends in a digest.
    """
    if pattern is None:
        return file_name
    made = {clip: _by_pattern(clip, pattern) for clip in clips}
    names = {clip: file_name(name) for clip, name in made.items()}
    uses = Counter(name.casefold() for name in names.values())
    shared = [clip for clip, name in names.items() if uses[name.casefold()] > 1]
    names |= {clip: f"{names[clip][: MAX_BYTES // 4]}~{_name_digest(clip)}" for clip in shared}
    return lambda clip: names.get(clip) or file_name(clip)


def _by_pattern(clip: str, pattern: str) -> str:
    variant = _VARIANT.fullmatch(clip)
    if variant is None:
        return clip
    values = dict(part.split("=", 1) for part in variant["values"].split(",") if "=" in part)
    fields = {"variant": "-".join(values.values()), **values, "clip": variant["clip"]}
    wanted = [match[1] for match in _FIELD.finditer(pattern)]
    if not all(name in fields for name in wanted):
        return clip
    return re.sub(r"\s+", "-", _FIELD.sub(lambda match: fields[match[1]], pattern))


def view_names(base: str, files: Iterable[ClipFile]) -> dict[str, Link]:
    """The names of one clip's files, which begin with `base`. A clip with one render gets no folder."""
    renders = list(files)
    names: dict[str, Link] = {}
    for file in renders:
        if file.final:
            names |= _video_and_picture(base, file)
        if len(renders) > 1 and not (file.final and file.step):
            step = f"-step-{file.step}" if file.step else ""
            names |= _video_and_picture(f"{base}/take-{file.take}{step}", file)
    return names


def _video_and_picture(stem: str, file: ClipFile) -> dict[str, Link]:
    """The names of the video or still and of its picture, if there is one."""
    pair = {stem + PurePosixPath(f"x{file.suffix}").suffix: Link(file.sha256, file.suffix)}
    if file.picture:
        pair[stem + file.picture] = Link(file.sha256, file.picture)
    return pair


def file_name(clip_name: str) -> str:
    """A file name without suffix for a clip, valid on Linux, macOS and Windows.

    Most names are unchanged. Characters that some system forbids become `_`, and every name that had to be
    changed ends in `~` and ten hex digits of its digest, so that different clips keep different names.
    """
    if _PLAIN.fullmatch(clip_name) and not _RESERVED.fullmatch(clip_name):
        return clip_name
    name = "".join(_safe(character) for character in unicodedata.normalize("NFC", clip_name))
    name = _guard_ends(name)
    if name == clip_name and len(name.encode()) <= MAX_BYTES and not _HASHED.fullmatch(name):
        return name
    room = MAX_BYTES - _HASH_DIGITS - 1
    return f"{name.encode()[:room].decode(errors='ignore')}~{_name_digest(clip_name)}"


def _name_digest(clip_name: str) -> str:
    return hashlib.sha256(clip_name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]


def _safe(character: str) -> str:
    if character in _FORBIDDEN or unicodedata.category(character) in _UNSEEN:
        return "_"
    return character


def _guard_ends(name: str) -> str:
    """Mend names that are hidden, mean a device, lose their end on Windows or end like a file of ours."""
    if not name or name[0] in " ." or _RESERVED.fullmatch(name.partition(".")[0].rstrip(" ")):
        name = f"_{name}"
    if name[-1] in " .":
        name = f"{name[:-1]}_"
    if name.lower().endswith(_SUFFIXES):
        name = _OWN_SUFFIX.sub("_", name)
    return name
