"""The check of the bucket that a library keeps its videos in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from sorasync.doctor.checks import Check, Level
from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.state.record import Status
from sorasync.text import counted

_NOWHERE = "sorasync apply on a machine that has them uploads them; sorasync drift names them"


def bucket_checks(project: Project, *, offline: bool) -> Iterator[Check]:
    """Whether the bucket keeps objects as it must, and has all that the state calls stored."""
    try:
        archive = project.archive()
        if not archive.remote:
            return
        if offline:
            yield Check("bucket", Level.UNKNOWN, f"{archive.name} was not asked")
            return
        archive.probe()
        sizes = archive.sizes()
        objects = counted(len(sizes), "object")
        yield Check("bucket", Level.OK, f"{archive.name} can be written and read; {objects}")
        with project.synced_store() as store:
            briefs = store.briefs().values()
        stored = {b.asset for b in briefs if b.status is Status.STORED and b.asset is not None}
    except SorasyncError as error:
        yield Check("bucket", Level.ERROR, error.message, error.hint)
        return
    if absent := stored.difference(sizes):
        here = sum(map(project.assets().is_here, absent))
        message = f"{counted(len(absent), 'stored file')} not in it, {here} of them on this disk"
        way = (
            f"`sorasync assets move --to {shlex.quote(project.config.assets.url or '')}` uploads what is here"
        )
        yield Check("bucket", Level.WARNING, message, way if here else _NOWHERE)
