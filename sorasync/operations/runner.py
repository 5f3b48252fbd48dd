"""`sorasync run`: carries out the jobs of a queue: renders, checks and cuts, for any number of libraries.

A job is unpacked, planned against its library's state, and what is left of it is applied like any other
plan: under leases, with intents and budgets. A job that comes twice finds nothing left to do.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sorasync.apply.events import ChangeEvent, Reporter
from sorasync.apply.report import End, Report
from sorasync.errors import Refused, SorasyncError
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.apply import ApplyOptions, apply
from sorasync.operations.cancellation import StopButton
from sorasync.operations.library_bundle import StrangeFiles
from sorasync.operations.plan import PlanOptions
from sorasync.operations.project import Project
from sorasync.operations.runner_trust import NotTrusted, RunnerTrust
from sorasync.operations.runner_workspace import remove_other_versions, unpacked_library
from sorasync.state.errors import DatabaseAway
from sorasync.state.postgres_url import in_schema
from sorasync.state.queue_schema import make_queue
from sorasync.text import counted

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sorasync.assets.archive import Archive
    from sorasync.state.job_queue import MediaJob, OrderedRender
    from sorasync.state.queue_worker import JobEnding, JobParts

# What a job ends with that no second try changes.
_FINAL = (ManifestError, NotTrusted, Refused, StrangeFiles)
# How often a job is tried that ends in another error, and the seconds between two tries, doubled each time.
_TRIES, _FIRST_PAUSE, _LONGEST_PAUSE = 12, 5, 600
# How often the database is tried at the start before that is an error, and the seconds between two tries.
_STARTS, _START_PAUSE = 3, 2
# Seconds before a job is tried again whose renders another apply is carrying out.
_ELSEWHERE = 10


class RunnerReporter(Protocol):
    """Shows what a runner does. Must not raise and must not wait; called from several threads."""

    def event(self, owner: str, event: ChangeEvent) -> None:
        """Take an event of a library's render."""
        ...

    def notice(self, text: str) -> None:
        """Take one sentence."""
        ...


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """How a runner works: `jobs` is how many it does at a time, `work` where libraries are unpacked.

    With `until_empty` it ends when nothing is queued.
    """

    url: str
    queue: str
    work: Path
    trust: RunnerTrust
    jobs: int = 2
    until_empty: bool = False


@dataclass
class _Totals:
    jobs: int = 0
    renders: int = 0


@dataclass
class Runner:
    """Takes jobs until it is told to stop. What it has sent by then is left for another runner to follow."""

    options: RunnerOptions
    reporter: RunnerReporter
    totals: _Totals = field(default_factory=_Totals)
    _buttons: set[StopButton] = field(default_factory=set)
    _stopped: bool = False
    # What it has said about directories that stay.
    _told: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Raises `StateError` where the queue cannot be reached at the start, not even after some tries."""
        for _ in range(_STARTS):
            try:
                make_queue(self.options.url)
                break
            except DatabaseAway as error:
                self.reporter.notice(f"{error.message}; trying again")
                time.sleep(_START_PAUSE)
        else:
            make_queue(self.options.url)
        self.reporter.notice(f"taking jobs from {self.options.queue}")
        asyncio.run(self._run())

    async def _run(self) -> None:
        from sorasync.state.queue_worker import QueueWorker

        options = self.options
        threads = ThreadPoolExecutor(options.jobs, thread_name_prefix="jobs")
        loop = asyncio.get_running_loop()

        async def carry_out(job: JobParts) -> JobEnding:
            return await loop.run_in_executor(threads, self._carry_out, job)

        worker = QueueWorker(options.url, options.queue, options.jobs, carry_out, self.reporter.notice)

        def stop() -> None:
            self._stopped = True
            self.reporter.notice("stopping: nothing more is started; what was sent is left to other runners")
            worker.stop()
            for button in list(self._buttons):
                button.press()
            # A second signal ends the process at once: every step is durable, and its leases run out.
            for one in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(one)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        try:
            await worker.run(until_empty=options.until_empty)
            await worker.leave()
        finally:
            threads.shutdown(wait=False)

    def _carry_out(self, job: JobParts) -> JobEnding:
        """What became of a job. Raises `CarryOnLater`, and `SorasyncError` where nobody should try again."""
        from sorasync.state.queue_worker import CarryOnLater, JobEnding

        owner, button = job.order.owner, StopButton()
        self._buttons.add(button)
        if self._stopped:
            button.press()
        what = counted(len(job.renders), "render") if job.media is None else job.media.title
        self.reporter.notice(f"{owner}: job {job.id}, {what}")
        try:
            if job.media is not None:
                ending = self._do(job, job.media)
            else:
                ending = JobEnding(self._judge(job, self._apply(job, button)))
        except CarryOnLater:
            raise
        except _FINAL as error:
            self.reporter.notice(f"{owner}: job {job.id} is given up: {error.text}")
            raise
        except Exception as error:
            said = error.message if isinstance(error, SorasyncError) else f"{type(error).__name__}: {error}"
            if job.attempts >= _TRIES:
                raise SorasyncError(said) from error
            pause = min(_FIRST_PAUSE * 2 ** min(job.attempts, 8), _LONGEST_PAUSE)
            self.reporter.notice(f"{owner}: job {job.id} is tried again in {pause} s: {said}")
            raise CarryOnLater(said, pause) from error
        finally:
            self._buttons.discard(button)
        self._clear(job)
        return ending

    def _judge(self, job: JobParts, report: Report | None) -> str:
        from sorasync.state.queue_worker import CarryOnLater

        if report is None:
            return "done"
        self.totals.jobs += 1
        self.totals.renders += len(report.of(End.DONE))
        if report.interrupted:
            raise CarryOnLater("its runner was stopped")
        if report.stopped is not None and not report.over_budget:
            raise CarryOnLater(report.stopped, _ELSEWHERE)
        if pending := report.of(End.PENDING):
            raise CarryOnLater(f"{pending[0].label} is pending: {pending[0].message}", _ELSEWHERE)
        left = [one for one in report.outcomes if one.end is not End.DONE]
        return "done" if not left else f"{left[0].label} {left[0].end.value}: {left[0].message}"

    def _do(self, job: JobParts, media: MediaJob) -> JobEnding:
        from sorasync.operations.runner_media_jobs import do_media_job
        from sorasync.state.queue_worker import CarryOnLater

        def progress(title: str, done: float) -> None:
            if self._stopped:
                raise CarryOnLater("its runner was stopped")

        with self._unpacked(job) as root:
            ending = do_media_job(self._opened(job, root), media, progress)
        self.totals.jobs += 1
        self.reporter.notice(f"{job.order.owner}: job {job.id}: {ending.message}")
        return ending

    def _unpacked(self, job: JobParts) -> AbstractContextManager[Path]:
        return unpacked_library(self.options.work, job.order, job.files)

    def _opened(self, job: JobParts, root: Path) -> Project:
        """A version of the job's library, for work that asks no host."""
        project = Project.open(root, job.order.terms.env)
        return _as_ordered(self.options.trust.trusted_here(project), job, self.options)

    def _clear(self, job: JobParts) -> None:
        """Remove the other versions of the job's library."""
        if self._stopped:
            return
        for one in remove_other_versions(self.options.work, job.order, lambda root: self._opened(job, root)):
            if one not in self._told:
                self._told.add(one)
                self.reporter.notice(f"{job.order.owner}: {one}")

    def _apply(self, job: JobParts, button: StopButton) -> Report | None:
        order, options = job.order, self.options
        chosen = ApplyOptions(
            planning=PlanOptions(batch=order.terms.batch),
            max_cost=None if order.terms.max_cost is None else Decimal(order.terms.max_cost),
            ordered=job.renders,
            stop=button,
            lock_timeout=60.0,
        )
        told = _Told(order.owner, self.reporter)
        with self._unpacked(job) as root:
            project = options.trust.trusted(Project.open(root, order.terms.env))
            project = _as_ordered(project, job, options)
            _look_again(project.archive(), job.renders)
            return apply(project, chosen, told, lambda _: True, f"run --queue {options.queue}")


def _look_again(archive: Archive, renders: Iterable[OrderedRender]) -> None:
    """Let the bucket be asked about what was ordered although it had been stored: it is missing or damaged.

    What this machine has seen there once would hide that.
    """
    named = {one.asset for one in renders if one.asset is not None and not one.how}
    archive.forget(named)
    for sha256 in sorted(archive.holds(named)) if named else ():
        archive.intact(sha256)


def _as_ordered(project: Project, job: JobParts, options: RunnerOptions) -> Project:
    """The project over the runner's own way to the database; a lock file is for who has a checkout."""
    state = project.config.state.model_copy(
        update={"url": in_schema(options.url, job.order.schema), "lock_file": False}
    )
    config = project.config.model_copy(update={"state": state})
    return replace(project, config=config)


@dataclass(frozen=True, slots=True)
class _Told(Reporter):
    owner: str
    reporter: RunnerReporter

    def event(self, event: ChangeEvent) -> None:
        self.reporter.event(self.owner, event)

    def notice(self, text: str) -> None:
        self.reporter.notice(f"{self.owner}: {text}")
