"""Loads a library: reads, checks, expands and connects all manifests.

Only `LibraryFiles` touches the disk. All faults of all files come at once.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.config import Config
from sorasync.manifest.diagnostic import Diagnostic, ManifestError
from sorasync.manifest.faults import Fault, Locator
from sorasync.manifest.files import FileFault, LibraryFiles
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, Origin
from sorasync.manifest.manifest_memo import Built, build_file
from sorasync.manifest.references import (
    Names,
    check_pick_ranges,
    check_picks,
    check_references,
    claim,
    sound,
    sound_cuts,
    sound_stills,
)
from sorasync.manifest.source_positions import SourcePositions
from sorasync.manifest.still_spec import StillSpec


def load(root: Path, config: Config, files: LibraryFiles | None = None) -> Library:
    """The library at `root`, resolved. Raises `ManifestError` with every fault of every file, sorted.

    `files` is the look at the disk to use.
    """
    look = files or LibraryFiles(root)
    loading = _loaded(config, look)
    if loading.faults:
        raise ManifestError(Locator(look.text_or_none).diagnostics(loading.faults))
    return _library(loading, look, loading.names.clips, loading.names.characters, loading.names.stills)


def load_sound(
    root: Path, config: Config, files: LibraryFiles | None = None
) -> tuple[Library, list[Diagnostic]]:
    """What no fault of the language touches, so that it can be checked all the same, and every fault."""
    look = files or LibraryFiles(root)
    loading = _loaded(config, look)
    stills = sound_stills(loading.names.stills, loading.faults)
    clips, characters = sound(loading.names, loading.faults, stills)
    faults = Locator(look.text_or_none).diagnostics(loading.faults)
    return _library(loading, look, clips, characters, stills), faults


def _loaded(config: Config, look: LibraryFiles) -> _Loading:
    loading = _Loading(config, look)
    with _collector_paused():
        loading.run()
    return loading


def _library(
    loading: _Loading,
    look: LibraryFiles,
    clips: Mapping[str, ClipSpec],
    characters: Mapping[str, CharacterSpec],
    stills: Mapping[str, StillSpec],
) -> Library:
    places = SourcePositions(look)
    return Library(
        root=look.root,
        config=loading.config,
        clips=dict(sorted(clips.items())),
        characters=dict(sorted(characters.items())),
        position=places.position,
        source=places.source,
        picks=loading.pick_origins,
        files=look.used,
        places=places,
        remarks=tuple(loading.remarks),
        cuts=dict(sorted(sound_cuts(loading.names.cuts, loading.faults, clips, stills).items())),
        stills=dict(sorted(stills.items())),
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
        self._folded_cuts: dict[str, str] = {}
        self._folded_stills: dict[str, str] = {}

    def run(self) -> None:
        for file in self._manifests():
            self._enter(self._built(file))
        # The names in an unreadable file are unknown: every reference to them would look wrong.
        if not self.unread:
            self.faults += check_references(self.names)
            self.faults += check_picks(self.names, self.picks)
        self._apply_picks()
        picked: list[ClipSpec | StillSpec] = [*self.names.clips.values(), *self.names.stills.values()]
        self.faults += check_pick_ranges(picked, self.pick_origins)

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

    def _built(self, file: str) -> Built:
        try:
            text = self.files.text(file)
        except FileFault as fault:
            return Built(file, faults=(fault.at(file),), unread=True)
        return build_file(self.config, self.files, file, text)

    def _enter(self, built: Built) -> None:
        names, file = self.names, built.file
        self.unread |= built.unread
        self.faults += built.faults
        self.faults += claim("clip", built.slugs, file, names.slugs, self._folded_clips)
        self.faults += claim("character", built.cast, file, names.cast, self._folded_cast)
        self.faults += claim("cut", built.reel, file, names.reel, self._folded_cuts)
        self.faults += claim("still", built.album, file, names.album, self._folded_stills)
        names.matrices |= built.matrices
        for still in built.stills:
            names.stills.setdefault(still.name, still)
            names.note_instance(still.address)
        for cut in built.cuts:
            names.cuts.setdefault(cut.name, cut)
        for character in built.characters:
            names.characters.setdefault(character.slug, character)
        for clip in built.clips:
            names.clips.setdefault(clip.name, clip)
            names.note_instance(clip.address)
        self.picks += built.picks
        if built.remark:
            self.remarks.append(file)

    def _apply_picks(self) -> None:
        clips, stills = self.names.clips, self.names.stills
        by_address = {still.picked_as: still for still in stills.values()}
        for name, take, origin in self.picks:
            if (still := by_address.get(name)) is not None:
                if still.pick is None:
                    stills[still.name] = replace(still, pick=take)
                    self.pick_origins[name] = origin
                continue
            clip = clips.get(name)
            if clip is not None and clip.pick is None:
                clips[name] = replace(clip, pick=take)
                self.pick_origins[name] = origin
