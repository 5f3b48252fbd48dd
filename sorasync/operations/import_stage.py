"""Writes a manifest and the records that belong to it so that a crash leaves both or neither.

The manifest is written under a name that no library reads, its records are committed together with a line
of the log that names its text, and then it gets its own name. Whoever changes the state next finishes what
a crash left: a text that the log names is put in place, any other is thrown away.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.library_file import read_file

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.state.store import Store

_SUFFIX = ".importing"
_EVENT = "declared"


def stage(path: Path, text: str) -> Path:
    """Write the text beside its place, durably; where it is. Raises `SorasyncError`."""
    from sorasync.durable import make_directory, write_atomic

    staged = path.with_name(path.name + _SUFFIX)
    try:
        make_directory(path.parent)
        write_atomic(staged, text.encode())
    except OSError as error:
        raise SorasyncError(f"cannot write {path}: {error.strerror}") from error
    return staged


def commit(store: Store, staged: Path, run: int | None) -> None:
    """Note, in the transaction of its records, that the staged manifest belongs to the library."""
    store.log(_EVENT, run=run, file=staged.name.removesuffix(_SUFFIX), sha256=_file_digest(staged))


def publish(staged: Path) -> Path:
    """Give a committed manifest its name, or the next free one where somebody took that; where it is."""
    place = staged.with_name(staged.name.removesuffix(_SUFFIX))
    stem, number = place.stem, 1
    while place.exists():
        number += 1
        place = place.with_name(f"{stem}-{number}.toml")
    try:
        staged.replace(place)
    except OSError as error:
        raise SorasyncError(
            f"{place.name} cannot be written: {error.strerror}",
            hint="its videos are recorded; the next command that changes the state puts it in place",
        ) from error
    return place


def discard(staged: Path) -> None:
    """Delete a manifest that was not committed."""
    with suppress(OSError):
        staged.unlink(missing_ok=True)


def finish(project: Project, store: Store) -> list[Path]:
    """Finish or delete what a crash left; the manifests that were put in place."""
    directory = project.root / project.config.library.manifests
    found = sorted(directory.rglob(f"*.toml{_SUFFIX}"))
    if not found:
        return []
    known = {str(event.data.get("sha256")) for event in store.events(what=_EVENT)}
    placed = []
    for staged in found:
        if _file_digest(staged) in known:
            placed.append(publish(staged))
        else:
            discard(staged)
    return placed


def _file_digest(path: Path) -> str:
    return hashlib.sha256(read_file(path, within=path.parent)).hexdigest()
