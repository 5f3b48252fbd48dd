"""A library for programs: check, plan, apply and look, with the promises of the command line."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from sorasync.api.apply_run import ApplyRun
from sorasync.api.arguments import Words, dollars, several
from sorasync.api.library_changes import LibraryChanges
from sorasync.api.library_plan import LibraryPlan
from sorasync.api.library_reading import LibraryReading
from sorasync.api.library_state import LibraryState
from sorasync.api.outside_loop import outside_loop
from sorasync.installed import refuse_windows
from sorasync.operations.project import Project

if TYPE_CHECKING:
    from sorasync.apply.events import ChangeEvent
    from sorasync.apply.report import Report
    from sorasync.operations.apply import ApplyOptions
    from sorasync.operations.wait import WebhookSettings
    from sorasync.state.job_queue import Placing


# A plan, or the file that one was saved to.
Plannable = LibraryPlan | str | PathLike[str]
# US dollars.
Money = Decimal | float | str


class WaitChoices(TypedDict, total=False):
    """How a run is carried out, as on the command line: how long the lock of the state is waited for, how
    many seconds a render is waited for, and where news from the provider is listened for.
    """

    lock_timeout: float
    wait: float | None
    webhooks: WebhookSettings | None


class ApplyChoices(WaitChoices, total=False):
    """What an apply may be told, as on the command line. `detach` waits for no render; the `allow_*` values
    override the limits of `sorasync.toml` in this run. `placing` names the queue whose runners carry it out;
    with `here` this machine does, whatever `[apply] queue` says.
    """

    parallelism: int | None
    detach: bool
    allow_unknown_cost: bool
    allow_replace_pct: int | None
    allow_retire_pct: int | None
    allow_creates: int | None
    placing: Placing | None
    here: bool


class Library(LibraryReading, LibraryChanges):
    """One library in one environment. Files are read anew by every method: nothing is kept between calls."""

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] = ".",
        *,
        env: str | None = None,
        notice: Callable[[str], object] | None = None,
    ) -> Self:
        """The library at `path`, or the nearest one upwards from there.

        `notice` hears the sentences that the command line prints on standard error. Raises `SorasyncError`
        where there is no library, and `ManifestError` or `ProfileError` where its configuration cannot be
        used.
        """
        refuse_windows()
        return cls(Project.open(Path(path), env).root, env, notice)

    @classmethod
    def init(cls, path: str | PathLike[str] = ".") -> Self:
        """Write the first files of a library at `path`, or those that an existing one lacks, and open it."""
        from sorasync.operations.init import start

        refuse_windows()
        start(Path(path))
        return cls.open(path)

    @property
    def state(self) -> LibraryState:
        """The state: what has been paid for, and which address points to it."""
        return LibraryState(self.root, self.env, self._heard)

    def plan(
        self,
        *,
        target: Words = (),
        exclude: Words = (),
        replace: Words = (),
        retry: Words = (),
        offline: bool = False,
        refresh: bool = False,
        batch: bool | None = None,
        sample: int | None = None,
    ) -> LibraryPlan:
        """What an apply would do, why, and what it would cost. Nothing is sent, changed or locked.

        The options are those of `sorasync plan`; a single pattern may be given as text. Raises
        `ManifestError`, `StateError`, `ProviderError`, or `SorasyncError` for a pattern that matches nothing.
        """
        from sorasync.operations.plan import PlanOptions, make_plan
        from sorasync.plan.selection import Selection

        options = PlanOptions(
            selection=Selection(several(target, "target"), several(exclude, "exclude")),
            replace=several(replace, "replace"),
            retry=several(retry, "retry"),
            offline=offline,
            refresh=refresh,
            batch=batch,
            sample=sample,
            lint=True,
        )
        return LibraryPlan(outside_loop(lambda: make_plan(self._project(), options).plan), options)

    def start(
        self,
        plan: Plannable,
        *,
        max_cost: Money | None = None,
        **choices: Unpack[ApplyChoices],
    ) -> ApplyRun:
        """Begin to carry out a plan, in a thread; see `apply`."""
        from sorasync.operations.apply import ApplyOptions

        limit = dollars(max_cost, "max_cost")
        if isinstance(plan, LibraryPlan):
            options = ApplyOptions(planning=plan.options, expect=plan.token, max_cost=limit, **choices)
        else:
            options = ApplyOptions(plan_file=Path(plan), max_cost=limit, **choices)
        return self._run(options, "apply")

    def apply(
        self,
        plan: Plannable,
        *,
        max_cost: Money | None = None,
        on_event: Callable[[ChangeEvent], object] | None = None,
        **choices: Unpack[ApplyChoices],
    ) -> Report:
        """Carry out exactly a plan that was made before, or the file it was saved to.

        `max_cost` refuses a plan that costs more. Raises `PlanStale` where something that the plan touches
        has changed since, `PlanRefused` where the limits of the library forbid it, `StateLocked` while
        another apply runs, and `AuthFailed` without a key; nothing was sent then. Ctrl-C sends nothing more
        and is raised once what was sent is recorded.
        """
        run = self.start(plan, max_cost=max_cost, **choices)
        _tell(run, on_event)
        return run.result()

    async def apply_async(
        self,
        plan: Plannable,
        *,
        max_cost: Money | None = None,
        **choices: Unpack[ApplyChoices],
    ) -> Report:
        """`apply` for programs with an event loop; a cancellation stops it as Ctrl-C does."""
        return await self.start(plan, max_cost=max_cost, **choices).wait()

    def wait(
        self,
        *patterns: str,
        on_event: Callable[[ChangeEvent], object] | None = None,
        **choices: Unpack[WaitChoices],
    ) -> Report:
        """Wait for renders in flight, and download them. Starts nothing and pays nothing.

        Raises `StateLocked`, and `AuthFailed` without a key.
        """
        from sorasync.operations.apply import ApplyOptions
        from sorasync.operations.plan import PlanOptions
        from sorasync.plan.selection import Selection

        options = ApplyOptions(planning=PlanOptions(Selection(patterns)), only_pending=True, **choices)
        run = self._run(options, "wait")
        _tell(run, on_event)
        return run.result()

    def _run(self, options: ApplyOptions, method: str) -> ApplyRun:
        from sorasync.operations.apply import apply

        def work(run: ApplyRun) -> Report:
            report = apply(self._project(), options, run, lambda planned: True, f"sorasync.Library.{method}")
            assert report is not None
            return report

        return ApplyRun(work, options.stop)


def _tell(run: ApplyRun, on_event: Callable[[ChangeEvent], object] | None) -> None:
    from sorasync.apply.events import ChangeEvent

    if on_event is not None:
        with run:
            for event in run:
                if isinstance(event, ChangeEvent):
                    on_event(event)
