"""Binds a picture that was made elsewhere to a still: it is copied into the store, and nothing is paid."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.operations.import_one import Imported, record_import
from sorasync.state.record import Status

if TYPE_CHECKING:
    from sorasync.assets.picture import PictureFacts
    from sorasync.graph.graph import Graph
    from sorasync.graph.render import Render
    from sorasync.operations.locked_state import ChangeSession
    from sorasync.operations.project import Project


def bind_picture(
    project: Project, session: ChangeSession, graph: Graph, render: Render, file: Path, *, force: bool
) -> Imported:
    """Bind a declared still, `render`, to a PNG, WebP or JPEG of this machine.

    Raises `SorasyncError` for a file that is no picture, or of another size than the still (unless `force`).
    """
    from sorasync.apply.sidecars import sidecar_of
    from sorasync.assets.picture import picture_mismatch
    from sorasync.assets.sidecar import write_sidecar
    from sorasync.assets.store import STILLS

    label = graph.label(render.address)
    assets = project.assets()
    part = assets.temporary(render.key)
    try:
        sha256, size = _copied(file, part)
        facts = _facts_of(part, file)
        differs = picture_mismatch(part, facts, render.size, project.config.assets.tolerance_pct)
        if differs is not None and not force:
            raise SorasyncError(
                f"{file.name} is not what {label} asks for: {differs}",
                hint="change the manifest, or give --force to bind it anyway; nothing was changed",
            )
        suffix = STILLS[facts.format]
        with session.store.transaction():
            session.store.add_asset(sha256, size, "still", Path(suffix).suffix)
            record_import(
                project.hosts.at(render.provider),
                session,
                render,
                Status.STORED,
                label,
                force=force,
                file=file.name,
                asset=sha256,
                mismatch=differs,
            )
            session.store.bind(render.address, render.key, run=session.run, protect=render.protect)
            # The state must never be ahead of the store: nothing of it is kept if this fails.
            assets.adopt(part, sha256, suffix)
            assets.keep(sha256)
    finally:
        part.unlink(missing_ok=True)
    record = session.store.record(render.key)
    assert record is not None
    write_sidecar(assets, sidecar_of(record))
    return Imported(render.address, label, None, Status.STORED, None, file.name, differs)


def _facts_of(part: Path, file: Path) -> PictureFacts:
    from sorasync.assets.file_errors import DamagedFile
    from sorasync.assets.picture import inspect_picture

    try:
        return inspect_picture(part)
    except DamagedFile as error:
        raise SorasyncError(f"{file.name} cannot be a still: {error.fault}") from error


def _copied(file: Path, part: Path) -> tuple[str, int]:
    """Copy a file to a part; its SHA-256 and size."""
    from sorasync.assets.disk import exclusive_part
    from sorasync.durable import BLOCK
    from sorasync.library_file import FileRefused, open_file

    digest, size = hashlib.sha256(), 0
    try:
        with open_file(file, within=None) as source, exclusive_part(part, create=True) as handle:
            os.ftruncate(handle, 0)
            while block := source.read(BLOCK):
                digest.update(block)
                size += len(block)
                os.write(handle, block)
    except FileRefused as error:
        raise SorasyncError(f"{file} {error.strerror}") from error
    except OSError as error:
        raise SorasyncError(f"cannot read {file}: {error.strerror}") from error
    return digest.hexdigest(), size
