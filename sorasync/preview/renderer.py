"""Drawing in the background: takes jobs that nobody draws and gives them to threads, some at once.

There is no start-up event to rely on (an in-process transport sends none), so every request calls `kick`.
It also takes over jobs whose process died, and its own when it finds itself on a new event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from sorasync.preview.drawing import DrawingJob, DrawingStoppedError, carry_out
from sorasync.preview.jobs import Jobs
from sorasync.preview.model import PreviewJob
from sorasync.preview.owner import DrawingOwner

_LOOK_FOR_DEAD_EVERY = 1.0


class Renderer:
    """Draws at most `workers` jobs at once. `describe` says what a job's drawing is, `forget` cleans up
    after an owner that died.
    """

    def __init__(
        self,
        jobs: Jobs,
        owner: DrawingOwner,
        *,
        workers: int,
        now: Callable[[], float],
        describe: Callable[[PreviewJob], DrawingJob],
        forget: Callable[[str], None],
    ) -> None:
        self._jobs = jobs
        self._owner = owner
        self._workers = workers
        self._now = now
        self._describe = describe
        self._forget = forget
        self._pool: ThreadPoolExecutor | None = None
        self._threads: set[Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: dict[str, tuple[asyncio.Task[None], Event]] = {}
        self._looked = -_LOOK_FOR_DEAD_EVERY
        # Progress of this process's drawings, 0 to 100, by job.
        self.progress: dict[str, int] = {}

    def kick(self) -> None:
        """Start what can be started. Call it on the event loop, as often as you like."""
        self._follow_loop()
        self._free_the_dead()
        while len(self._running) < self._workers:
            job = self._jobs.claim(self._owner.name, self._now(), self._running)
            if job is None:
                return
            stop = Event()
            self._running[job.id] = (asyncio.create_task(self._render(job, stop)), stop)

    async def aclose(self) -> None:
        """Give up what is being drawn, so that the next process draws it, and wait for the threads.

        Whoever cancels this leaves the threads alone as `abandon` does.
        """
        tasks = self.abandon()
        threads = map(asyncio.wrap_future, tuple(self._threads))
        await asyncio.gather(*tasks, *threads, return_exceptions=True)
        self._jobs.release(self._owner.name)

    def abandon(self) -> list[asyncio.Task[None]]:
        """Give up what is being drawn without a wait; what is cancelled by it.

        The jobs stay this owner's: a thread may still write, and its part is removed once the owner is dead.
        """
        tasks = self._stop_all()
        for task in tasks:
            task.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        return tasks

    def _follow_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        if self._loop is not None:
            self._stop_all()
            self._jobs.release(self._owner.name)
        self._loop = loop

    def _stop_all(self) -> list[asyncio.Task[None]]:
        running = list(self._running.values())
        self._running.clear()
        for _task, stop in running:
            stop.set()
        return [task for task, _stop in running if task.get_loop() is self._loop]

    def _free_the_dead(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_FOR_DEAD_EVERY:
            return
        self._looked = now
        for name in self._jobs.other_owners(self._owner.name):
            if not self._owner.is_alive(name):
                self._jobs.release(name)
                self._forget(name)

    async def _render(self, job: PreviewJob, stop: Event) -> None:
        try:
            drawn = await self._draw(job, stop)
        except DrawingStoppedError:
            return
        except Exception as error:
            # Whatever is wrong with one drawing must not end the others: the job fails, as on a real host.
            self._jobs.mark_failed(
                job.id, self._now(), "generation_failed", str(error) or type(error).__name__
            )
        else:
            if not self._jobs.mark_drawn(job.id, self._now()):
                drawn.unlink(missing_ok=True)
        finally:
            stop.set()
            self.progress.pop(job.id, None)
        self._running.pop(job.id, None)
        self.kick()

    async def _draw(self, job: PreviewJob, stop: Event) -> Path:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="preview-draw")

        def report(done: float) -> None:
            if stop.is_set():
                raise DrawingStoppedError(job.id)
            self.progress[job.id] = max(0, min(99, round(done * 100)))

        drawing = self._describe(job)
        thread = self._pool.submit(carry_out, drawing, report)
        self._threads.add(thread)
        thread.add_done_callback(self._threads.discard)
        await asyncio.wrap_future(thread)
        return drawing.out
