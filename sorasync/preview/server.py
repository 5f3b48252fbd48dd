"""The server's core: one object that holds its data and does what the routes ask."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sorasync.preview.batches import BatchRunner
from sorasync.preview.data_paths import DataPaths
from sorasync.preview.database import Database
from sorasync.preview.dialects import Dialect, dialect_of
from sorasync.preview.drawing import DrawingJob
from sorasync.preview.faults.choose import Faults
from sorasync.preview.faults.job import afflict
from sorasync.preview.faults.rule import FaultRule, load_plan
from sorasync.preview.job_factory import JobFactory
from sorasync.preview.job_view import Shown, show
from sorasync.preview.jobs import Jobs
from sorasync.preview.ledger import Ledger
from sorasync.preview.media import UnreadableError, look_at_video, unique_picture
from sorasync.preview.model import Character, PreviewJob
from sorasync.preview.owner import DrawingOwner
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.renderer import Renderer
from sorasync.preview.request_parsing import Picture
from sorasync.preview.settings import PreviewSettings
from sorasync.preview.stored_objects import StoredObjects
from sorasync.preview.webhooks import WebhookSender


class Server:
    """Jobs, characters, files, batches, ledger and faults over one data directory.

    Use it on one event loop at a time. `requests` counts what was asked, by route. Close it with `aclose`.
    """

    def __init__(self, settings: PreviewSettings) -> None:
        self.settings = settings
        self.dialect: Dialect = dialect_of(settings.dialect)
        self.faults = Faults(load_plan(settings.faults) if settings.faults else None)
        self.requests: Counter[str] = Counter()
        self.places = DataPaths(settings.data)
        self.database = Database(self.places.database)
        self.jobs = Jobs(self.database)
        self.ledger = Ledger(self.database)
        self.shelf = StoredObjects(self.database)
        self.owner = DrawingOwner(self.places.owners)
        self.intake = JobFactory(settings, self.places, self.jobs, self.shelf, self.dialect.new_id)
        self.renderer = Renderer(
            self.jobs,
            self.owner,
            workers=settings.workers,
            now=self.now,
            describe=self._describe,
            forget=self.places.forget_owner,
        )
        self.batches = BatchRunner(self)
        self.webhooks = WebhookSender(settings, self.jobs)
        self._closed = False

    def now(self) -> float:
        """Seconds since the epoch, by the injected clock."""
        return self.settings.clock.now()

    def wake(self) -> None:
        """Settle what is due and start what can be started. Every request does this first."""
        self.settle()
        self.batches.kick()
        if self.settings.draw:
            self.renderer.kick()
        self.webhooks.watch(self.settle)

    def settle(self) -> None:
        """Give every job that is due its outcome, and tell the webhook."""
        for settled in self.jobs.settle(self.now()):
            self.webhooks.tell_job(settled.id, settled.state, self.now())
        self.batches.settle()

    def check_capacity(self) -> None:
        """Raises `RefusedError` when there are too many unfinished jobs."""
        most = self.settings.max_in_flight
        if most is not None and self.jobs.in_flight() >= most:
            raise RefusedError(
                429,
                f"You have {most} videos in progress already.",
                code="rate_limit_exceeded",
                kind="requests",
                headers={"retry-after": str(max(1, int((self.settings.render_seconds or 0) / 2)))},
            )

    def accept(
        self, job: PreviewJob, rules: Iterable[FaultRule] = (), idempotency_key: str | None = None
    ) -> PreviewJob:
        """Keep and bill a new job, with what the fault rules do to it."""
        job, billed = afflict(job, rules)
        if self.settings.draw:
            # Another server over the data would give up its drawing when that one closes.
            job = replace(job, owner=self.owner.name)
        with self.database.write():
            if self.jobs.add(job) and billed:
                self.ledger.bill(job, idempotency_key)
            for old in self.jobs.surplus(self.dialect.most_jobs):
                self.remove(old)
        if self.settings.draw:
            self.renderer.kick()
        self.webhooks.watch(self.settle)
        return job

    def again(self, job: PreviewJob) -> PreviewJob:
        """The same request once more, as a gateway that resends makes it."""
        return replace(job, id=self.dialect.new_id())

    def show(self, job: PreviewJob, base: str = "") -> Shown:
        """A job as it looks now."""
        return show(
            job,
            self.now(),
            drawing=self.renderer.progress.get(job.id, 0),
            render_seconds=self.settings.render_seconds or 0,
            base=base,
        )

    def draw_picture(self, wanted: Picture, images: Sequence[Path]) -> bytes:
        """A still, or a tiny picture where nothing is drawn. Slow: run it in a thread."""
        width, height = wanted.sides
        if not self.settings.draw:
            return unique_picture(width, height, wanted.form, secrets.token_hex(8))
        from sorasync.preview.animatic import Scene, still

        scene = Scene(
            wanted.prompt,
            wanted.model,
            width,
            height,
            seconds=1,
            image=images[0] if images else None,
            label=wanted.label,
            clean=self.settings.clean,
        )
        return still(scene, wanted.form)

    def bill_picture(self, wanted: Picture, images: int, idempotency_key: str | None) -> None:
        """Charge a still, which is made by then."""
        with self.database.write():
            self.ledger.bill_picture(wanted, images, self.now(), idempotency_key)

    def cancel(self, job: PreviewJob, *, billed: bool) -> None:
        """End a job that has not ended."""
        with self.database.write():
            if self.jobs.cancel(job.id) and not billed:
                self.ledger.void(job.id)

    def remove(self, job: PreviewJob) -> None:
        """Forget a job and delete its files."""
        self.jobs.remove(job.id)
        self.places.remove_job(job.id)

    def add_character(self, name: str, video: Path) -> Character:
        """Keep an uploaded reference clip. Raises `RefusedError` for one that is no video."""
        if self.settings.draw:
            try:
                look_at_video(video)
            except UnreadableError as error:
                raise bad(f"The character clip cannot be used: {error}.", "video", "invalid_video") from error
        relative = video.relative_to(self.places.root).as_posix()
        character = Character(f"char_{secrets.token_hex(16)}", name, relative, self.now())
        with self.database.write():
            self.shelf.add_character(character)
            self.ledger.note_upload(name, character.id, character.created)
        return character

    async def find_characters(self, ids: Iterable[str]) -> None:
        """Take over what is not here from whoever knows it, under its id. It was noted where it was sent."""
        find = self.settings.find_character
        if find is None:
            return
        for character_id in ids:
            if self.shelf.character(character_id) is not None:
                continue
            found = await asyncio.to_thread(find, character_id)
            if found is not None:
                name, clip = found
                path = self.new_upload("character")
                await asyncio.to_thread(shutil.copyfile, clip, path)
                relative = path.relative_to(self.places.root).as_posix()
                self.shelf.add_character(Character(character_id, name, relative, self.now()))

    def new_upload(self, prefix: str) -> Path:
        """A path for an upload that nothing has yet."""
        return self.places.uploads / f"{prefix}_{secrets.token_hex(12)}"

    async def aclose(self) -> None:
        """Stop drawing and close the database; the next server over the data draws what was not finished.

        Safe to call twice.
        """
        if self._closed:
            return
        await self.webhooks.aclose()
        await self.batches.aclose()
        await self.renderer.aclose()
        self._closed = True
        self.database.close()
        self.owner.close()

    def abandon(self) -> None:
        """Leave at once, as a process does that is killed: whoever comes next finds its owner dead.

        Nothing else may be asked of this server; closing it does nothing more.
        """
        self._closed = True
        self.renderer.abandon()
        self.database.close()

    def _describe(self, job: PreviewJob) -> DrawingJob:
        cast = [self.shelf.character(character) for character in job.characters]
        return DrawingJob(
            kind=job.kind,
            prompt=job.prompt,
            model=job.model,
            width=job.width,
            height=job.height,
            seconds=job.billed if job.kind == "extend" else job.seconds,
            out=self.places.video(job.id),
            part=self.places.parts / self.owner.name / f"{secrets.token_hex(6)}.mp4",
            label=job.label,
            cast=tuple((item.name, self.places.inside(item.path)) for item in cast if item),
            image=self.places.inside(job.image) if job.image else None,
            last_image=last if (last := self.places.last_image(job.id)).exists() else None,
            source=self._source_of(job),
            damage=job.damage,
            clean=self.settings.clean,
        )

    def _source_of(self, job: PreviewJob) -> Path | None:
        """The file that a job is drawn on; a source made without drawing gets its file now."""
        if job.source_file is not None:
            return self.places.inside(job.source_file)
        source = self.jobs.get(job.source) if job.source is not None else None
        if source is not None:
            return self.places.make_tiny(source)
        return self.places.video(job.source) if job.source is not None else None
