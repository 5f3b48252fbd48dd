"""Checks what an apply has stored, beside it: nothing that is paid for or recorded waits for a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sorasync.apply.events import ChangeEvent, Moment, Reporter
from sorasync.apply.report import FailedCheck
from sorasync.errors import SorasyncError
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.checks.check_result import CheckResult
    from sorasync.checks.worker_pool import WorkerPool
    from sorasync.operations.check import RenderToCheck
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.state.check_rows import CheckKey
    from sorasync.state.store import Store


class ChecksAfterApply(Reporter):
    """Hears of every render that is stored, has it checked, and passes everything on to a reporter.

    A context manager: whatever is still being checked when it is left is given up.
    """

    def __init__(self, project: Project, store: Store, reporter: Reporter) -> None:
        self._project = project
        self._store = store
        self._reporter = reporter
        self._planned: Planned | None = None
        self._addresses: Mapping[str, str] = {}
        self._pool: WorkerPool | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._running: list[Future[tuple[RenderToCheck, dict[CheckKey, CheckResult]] | None]] = []

    def expect(self, planned: Planned) -> None:
        """Say what will be applied. Where no `[checks]` asks for anything, nothing is done."""
        graph, clips = planned.graph, planned.library.clips
        self._addresses = {
            change.label: change.address
            for change in planned.plan.changes
            if (node := _clip_of(change.address)) in clips
            and clips[node].checks is not None
            and change.address in graph.renders
        }
        if not self._addresses:
            return
        from sorasync.checks.worker_pool import WorkerPool
        from sorasync.operations.check import require_check_packages

        try:
            require_check_packages()
        except SorasyncError as error:
            self._reporter.notice(f"[checks] cannot run: {error.message} ({error.hint})")
            return
        self._planned, self._pool = planned, WorkerPool()
        self._threads = ThreadPoolExecutor(self._pool.size, thread_name_prefix="checks")

    def event(self, event: ChangeEvent) -> None:
        """See `Reporter`."""
        self._reporter.event(event)
        if event.moment is Moment.DONE and self._threads is not None and event.label in self._addresses:
            self._running.append(self._threads.submit(self._check, self._addresses[event.label]))

    def notice(self, text: str) -> None:
        """See `Reporter`."""
        self._reporter.notice(text)

    def _check(self, address: str) -> tuple[RenderToCheck, dict[CheckKey, CheckResult]] | None:
        from sorasync.operations.check import Checking, known_results, render_to_check, results_by_key

        planned, pool = self._planned, self._pool
        assert planned is not None and pool is not None
        render = planned.graph.renders[address]
        record = self._store.record(render.key)
        if record is None or record.asset is None:
            return None
        graph = planned.graph
        source = self._store.record(graph.keys[render.source]) if render.source else None
        wanted = render_to_check(
            self._project, planned.library, graph, render, record.asset, source.asset if source else None
        )
        found = known_results(self._store, [wanted])
        # Commands of the user's own wait for `sorasync check --allow-commands`.
        checking = Checking(pool, self._project.root)
        missing = tuple(
            name for name, key in wanted.keys.items() if key not in found and checking.takes(name)
        )
        if missing:
            found |= results_by_key(wanted, checking.run(replace(wanted.video, names=missing)))
        return wanted, found

    def finish(self, *, interrupted: bool = False) -> tuple[FailedCheck, ...]:
        """Wait for the rest, unless the run was told to stop; keep all results, and say what fails.

        Ctrl-C ends the wait and nothing else. Raises nothing: every render is stored and recorded.
        """
        from sorasync.operations.check import keep_results

        try:
            if not interrupted:
                self._wait()
        except KeyboardInterrupt:
            self._reporter.notice("checks were stopped; `sorasync check` runs the rest")
        failed = []
        for render, results in self._found():
            # What cannot be kept now is measured again another time.
            with suppress(SorasyncError):
                keep_results(self._store, results)
            failed += [
                FailedCheck(render.label, result.check, result.verdict.value, result.message)
                for result in results.values()
                if result.verdict.value in ("failed", "error")
            ]
        order = {label: place for place, label in enumerate(self._addresses)}
        return tuple(sorted(failed, key=lambda one: order[one.label]))

    def _found(self) -> Iterator[tuple[RenderToCheck, dict[CheckKey, CheckResult]]]:
        for future in self._running:
            if future.done() and not future.cancelled() and not future.exception():
                found = future.result()
                if found is not None:
                    yield found

    def _wait(self) -> None:
        left = sum(not future.done() for future in self._running)
        if left:
            self._reporter.notice(f"checking {counted(left, 'video')}")
        for future in self._running:
            future.exception()

    def __enter__(self) -> ChecksAfterApply:
        return self

    def __exit__(self, *_: object) -> None:
        if self._threads is not None and self._pool is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._pool.close()


def _clip_of(address: str) -> str:
    from sorasync.graph.address import owner

    return owner(address).removeprefix("clip.")
