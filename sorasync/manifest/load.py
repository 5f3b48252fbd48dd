"""A library from its files: every manifest read, checked, expanded and bound together.

Only `LibraryFiles` touches the disk. All faults of all files come at once.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sorasync.manifest.build import build
from sorasync.manifest.config import CONFIG_FILE, Config
from sorasync.manifest.declare import Declared, declare, syntax_faults
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.faults import Fault, Locator
from sorasync.manifest.files import FileFault, LibraryFiles
from sorasync.manifest.library import REMARK, ClipSpec, Library, Origin
from sorasync.manifest.matrix import canonical_name
from sorasync.manifest.places import Places
from sorasync.manifest.references import (
    Names,
    check_pick_ranges,
    check_picks,
    check_references,
    claim,
)
from sorasync.manifest.toml import TomlError, parse


def load(root: Path, config: Config, files: LibraryFiles | None = None) -> Library:
    """The library at `root`, resolved. Raises `ManifestError` with every fault of every file, sorted.

    `files` is the look at the disk to use; a caller that loads again and again passes one made with the
    digests of the look before.
    """
    look = files or LibraryFiles(root)
    loading = _Loading(config, look)
    with _collector_paused():
        loading.run()
    if loading.faults:
        raise ManifestError(Locator(look.text_or_none).diagnostics(loading.faults))
    places = Places(look)
    return Library(
        root=look.root,
        config=config,
        clips=dict(sorted(loading.names.clips.items())),
        characters=dict(sorted(loading.names.characters.items())),
        position=places.position,
        source=places.source,
        picks=loading.pick_origins,
        files=look.used,
        places=places,
        remarks=tuple(loading.remarks),
    )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No cyclic garbage collection inside: a load makes many objects and no cycles, and scans cost time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Loading:
    """The work on one library."""

    def __init__(self, config: Config, files: LibraryFiles) -> None:
        self.config = config
        self.files = files
        self.faults: list[Fault] = []
        self.names = Names()
        self.picks: list[tuple[str, int, Origin]] = []
        self.pick_origins: dict[str, Origin] = {}
        self.remarks: list[str] = []
        self.unread = False
        self._folded_clips: dict[str, str] = {}
        self._folded_cast: dict[str, str] = {}

    def run(self) -> None:
        for file in self._manifests():
            self._file(file)
        # A file that could not be read declares names nobody knows: every reference to them would look wrong.
        if not self.unread:
            self.faults += check_references(self.names)
            self.faults += check_picks(self.names, self.picks)
        self._apply_picks()
        self.faults += check_pick_ranges(self.names.clips.values(), self.pick_origins)

    def _manifests(self) -> list[str]:
        directory = self.config.library.manifests
        try:
            self.files.resolve_directory(directory)
        except FileFault as fault:
            self.faults.append(fault.at(CONFIG_FILE, ("library", "manifests")))
            return []
        found, faults = self.files.manifests(directory)
        self.faults += faults
        return found

    def _file(self, file: str) -> None:
        try:
            text = self.files.text(file)
            raw = parse(text)
        except FileFault as fault:
            self.unread = True
            self.faults.append(fault.at(file))
        except TomlError as error:
            self.unread = True
            self.faults += syntax_faults(file, error)
        else:
            if REMARK in text:
                self.remarks.append(file)
            self._enter(declare(file, raw, self.config.vars, templates="{{" in text))

    def _enter(self, declared: Declared) -> None:
        names, file = self.names, declared.file
        cast, clips, faults = build(declared, self.config.defaults, self.files)
        self.faults += declared.faults
        self.faults += faults
        self.faults += claim("clip", declared.slugs, file, names.slugs, self._folded_clips)
        self.faults += claim("character", declared.cast, file, names.cast, self._folded_cast)
        names.matrices |= declared.matrices
        for character in cast:
            names.characters.setdefault(character.slug, character)
        for clip in clips:
            names.clips.setdefault(clip.name, clip)
            if "[" in clip.name:
                names.instances.setdefault(clip.name.partition("[")[0], []).append(clip.name)
        for name, take in declared.model.picks.items():
            self.picks.append((canonical_name(name), take, Origin(file, ("picks", name))))

    def _apply_picks(self) -> None:
        clips: dict[str, ClipSpec] = self.names.clips
        for name, take, origin in self.picks:
            clip = clips.get(name)
            if clip is not None and clip.pick is None:
                clips[name] = replace(clip, pick=take)
                self.pick_origins[name] = origin
