"""Which host has the video that is to be imported: two hosts may give the same id to different videos."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.render import Kind, Render
from sorasync.operations.resolve import refuse_held
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.match_job import JobComparison, Wanted, compare_job

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class Look:
    """What a host has under an id: a job and how it compares, or why there is none to bind.

    Of a character that is there nothing is known.
    """

    host: Host
    job: Job | None = None
    likeness: JobComparison | None = None
    refused: SorasyncError | None = None

    @property
    def fits(self) -> bool:
        """Whether it can be bound."""
        return self.refused is None and (self.likeness is None or self.likeness.same)

    @property
    def finding(self) -> str:
        """What was found, in words that begin with the host."""
        if self.refused is not None:
            return f"{self.host.name}: {self.refused.message.removeprefix(f'{self.host.name}: ')}"
        differs = self.likeness and differences(self.likeness)
        return f"{self.host.name}: {differs or 'it fits'}"


def host_option(host: Host, render: Render | None = None) -> str:
    """The option that names a host to `sorasync import`; nothing where no other host would be asked."""
    if not host.project.hosts.several or (
        render is not None and (render.route or (render.provider,)) == (host.provider,)
    ):
        return ""
    return f" --provider {shlex.quote(host.name)}"


def wanted_of(render: Render) -> Wanted:
    """What a declared render requests."""
    return Wanted(render.prompt, render.model or None, render.size or None, float(render.seconds) or None)


def look_for(
    hosts: Sequence[Host], store: Store, render: Render, label: str, remote_id: str, *, force: bool
) -> Look:
    """The one host whose video fits; with `force` the only one that has a video at all, if none fits.

    Raises `SorasyncError` with what each host has where that is none or several, and `ProviderError` where a
    host that may have it could not be asked.
    """
    found = [_look(host, store, render, remote_id) for host in hosts]
    _raise_unasked(found, remote_id)
    fitting = [one for one in found if one.fits]
    if not fitting and force:
        fitting = [one for one in found if one.refused is None]
    if len(fitting) == 1:
        return fitting[0]
    if len(found) == 1:
        raise _alone(found[0], label, remote_id)
    each = "; ".join(one.finding for one in found)
    if fitting:
        raise SorasyncError(
            f"{remote_id} is a video at several hosts: {each}",
            hint="choose a host with --provider NAME; nothing was changed",
        )
    choose = "choose a host with --provider NAME, and give --force to bind its video anyway"
    differ = any(one.refused is None for one in found)
    raise SorasyncError(
        f"no host has {remote_id} as {label} asks for it: {each}",
        hint=f"{choose}; nothing was changed" if differ else "nothing was changed",
    )


def _look(host: Host, store: Store, render: Render, remote_id: str) -> Look:
    from sorasync.operations.provider_jobs import job as ask

    provider = host.profile.provider_name
    try:
        host.require()
        refuse_held(store, remote_id, provider, render.key)
        if render.kind is Kind.CHARACTER:
            if not asyncio.run(_character_exists(host, remote_id)):
                raise SorasyncError(f"{provider} has no character {remote_id}")
            return Look(host)
        job = ask(host, remote_id)
        _refuse_unusable(host, job)
    except SorasyncError as error:
        return Look(host, refused=error)
    return Look(host, job, compare_job(wanted_of(render), job))


def _raise_unasked(found: Sequence[Look], remote_id: str) -> None:
    """Raises the error of a host that may have the video, and did not answer."""
    from sorasync.provider.errors import InvalidRequest, NotFound, NotSupported, ProviderError

    for one in found if len(found) > 1 else ():
        error = one.refused
        if isinstance(error, ProviderError) and not isinstance(
            error, NotFound | NotSupported | InvalidRequest
        ):
            alone = f"--provider NAME asks one host alone for {remote_id}"
            error.hint = alone if error.hint is None else f"{error.hint}; {alone}"
            raise error


def _alone(look: Look, label: str, remote_id: str) -> SorasyncError:
    """Why the video of the only host that was asked is not taken."""
    from sorasync.provider.errors import NotFound

    several = look.host.project.hosts.several
    if (error := look.refused) is not None:
        if several and isinstance(error, NotFound):
            error.hint = error.hint or "--provider NAME asks another host; nothing was changed"
        return error
    assert look.likeness is not None
    other = ", name another host with --provider NAME" if several else ""
    return SorasyncError(
        f"{remote_id} is not what {label} asks for: {differences(look.likeness)}",
        hint=f"change the manifest{other}, or give --force to bind it anyway; nothing was changed",
    )


async def _character_exists(host: Host, remote_id: str) -> bool:
    async with host.client() as provider:
        return await provider.character_exists(remote_id)


def _refuse_unusable(host: Host, job: Job) -> None:
    """Raises `SorasyncError` for a job that has no video; one that is past its time is asked for its file."""
    if job.status.terminal and job.status is not JobStatus.COMPLETED:
        why = f": {job.error.message}" if job.error else ""
        raise SorasyncError(f"{job.id} has no video, it is {job.status.value}{why}")
    over = job.expires_at is not None and job.expires_at <= host.clock.now()
    if job.status is JobStatus.COMPLETED and over and not asyncio.run(_has_file(host, job)):
        raise SorasyncError(
            f"the file of {job.id} can no longer be downloaded: it expired", hint="nothing was changed"
        )


async def _has_file(host: Host, job: Job) -> bool:
    from sorasync.provider.errors import NotFound

    async with host.client() as provider:
        try:
            async with provider.download(job):
                return True
        except NotFound:
            return False


def differences(found: JobComparison) -> str:
    """How a job differs from what is asked for, as clauses; empty if it does not."""
    parts = []
    for field in found.differs:
        if field.name == "prompt":
            parts.append("its prompt differs")
        else:
            parts.append(f"{field.name} {field.after}, not {field.before}")
    return ", ".join(parts)
