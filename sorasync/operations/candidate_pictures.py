"""Pictures of the jobs that may be the answer to an open question, to decide by."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.operations.project import Project

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.provider.base import Provider
    from sorasync.provider.wire import Job

_THUMBNAIL_BYTES = 8 << 20


async def candidate_picture(host: Host, provider: Provider, job: Job) -> Path | None:
    """Download a thumbnail; None if there is none. It is deleted when the question is settled."""
    from sorasync.provider.errors import ProviderError
    from sorasync.provider.wire import JobStatus, Variant

    if job.status is not JobStatus.COMPLETED:
        return None
    data = b""
    try:
        async with provider.download(job, Variant.THUMBNAIL) as download:
            async for chunk in download.chunks():
                data += chunk
                if len(data) > _THUMBNAIL_BYTES:
                    return None
    except ProviderError:
        return None
    return _keep_picture(host, job.id, data)


def _keep_picture(host: Host, job_id: str, data: bytes) -> Path | None:
    from sorasync.assets.sniff import sniff
    from sorasync.durable import make_directory, write_atomic

    suffix = {"webp": ".webp", "jpeg": ".jpg", "png": ".png"}.get(sniff(data) or "")
    if suffix is None:
        return None
    # Two hosts may give the same id.
    named = f"{host.profile.provider_name}\n{job_id}".encode("utf-8", "replace")
    digest = hashlib.sha256(named).hexdigest()[:16]
    path = host.project.assets().root / "tmp" / f"candidate-{digest}{suffix}"
    try:
        make_directory(path.parent)
        write_atomic(path, data)
    except OSError:
        return None
    return path


def drop_pictures(project: Project) -> None:
    """Remove the thumbnails that were fetched to decide by."""
    with suppress(OSError):
        for path in (project.assets().root / "tmp").glob("candidate-*"):
            path.unlink(missing_ok=True)
