"""A library for programs: check, plan, apply and look, with the promises of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from sorasync.api.apply_run import ApplyRun
from sorasync.api.library_plan import LibraryPlan
from sorasync.api.outside_loop import outside_loop
from sorasync.operations.project import Project

if TYPE_CHECKING:
    from sorasync.api.take import Take
    from sorasync.apply.events import ChangeEvent
    from sorasync.apply.report import Report
    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.operations.status import ClipStatus


# US dollars.
Money = Decimal | float | str


class ApplyChoices(TypedDict, total=False):
    """What an apply may be told, as on the command line. `detach` waits for no render, `wait` is how many
    seconds one is waited for.
    """

    parallelism: int | None
    detach: bool
    wait: float | None
    lock_timeout: float
    allow_unknown_cost: bool


class Library:
    """One library in one environment. Files are read anew by every method: nothing is kept between calls."""

    def __init__(self, root: Path, env: str | None = None) -> None:
        self.root = root
        self.env = env

    @classmethod
    def open(cls, path: str | PathLike[str] = ".", *, env: str | None = None) -> Self:
        """The library at `path`, or the nearest one upwards from there.

        Raises `SorasyncError` where there is none, and `ManifestError` or `ProfileError` where its
        configuration cannot be used.
        """
        return cls(Project.open(Path(path), env).root, env)

    @property
    def name(self) -> str:
        """The library's name."""
        return self._project().name

    def _project(self) -> Project:
        return Project.open(self.root, self.env)

    def validate(self, *, strict: bool = False) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the manifests, sorted; with `strict` warnings are errors."""
        from sorasync.operations.validate import check

        return check(self._project, strict=strict).diagnostics

    def plan(
        self,
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        replace: Iterable[str] = (),
        retry: Iterable[str] = (),
        offline: bool = False,
        refresh: bool = False,
        batch: bool | None = None,
    ) -> LibraryPlan:
        """What an apply would do, why, and what it would cost. Nothing is sent, changed or locked.

        The options are those of `sorasync plan`. Raises `ManifestError`, `StateError`, `ProviderError`, or
        `SorasyncError` for a pattern that matches nothing.
        """
        from sorasync.operations.plan import PlanOptions, make_plan
        from sorasync.plan.selection import Selection

        options = PlanOptions(
            selection=Selection(tuple(target), tuple(exclude)),
            replace=tuple(replace),
            retry=tuple(retry),
            offline=offline,
            refresh=refresh,
            batch=batch,
            lint=True,
        )
        return LibraryPlan(outside_loop(lambda: make_plan(self._project(), options).plan), options)

    def start(
        self, plan: LibraryPlan, *, max_cost: Money | None = None, **choices: Unpack[ApplyChoices]
    ) -> ApplyRun:
        """Begin to carry out a plan, in a thread; see `apply`."""
        from sorasync.operations.apply import ApplyOptions, apply

        options = ApplyOptions(
            planning=plan.options,
            expect=plan.token,
            max_cost=None if max_cost is None else Decimal(str(max_cost)),
            **choices,
        )

        def work(run: ApplyRun) -> Report:
            report = apply(self._project(), options, run, lambda planned: True, "sorasync.Library.apply")
            assert report is not None
            return report

        return ApplyRun(work, options.stop)

    def apply(
        self,
        plan: LibraryPlan,
        *,
        max_cost: Money | None = None,
        on_event: Callable[[ChangeEvent], object] | None = None,
        **choices: Unpack[ApplyChoices],
    ) -> Report:
        """Carry out exactly a plan that was made before, and report how each change ended.

        `max_cost` refuses a plan that costs more. Raises `PlanStale` where something that the plan touches
        has changed since, `PlanRefused` where the limits of the library forbid it, `StateLocked` while
        another apply runs, and `AuthFailed` without a key; nothing was sent then. Ctrl-C sends nothing more
        and is raised once what was sent is recorded.
        """
        run = self.start(plan, max_cost=max_cost, **choices)
        _tell(run, on_event)
        return run.result()

    async def apply_async(
        self, plan: LibraryPlan, *, max_cost: Money | None = None, **choices: Unpack[ApplyChoices]
    ) -> Report:
        """`apply` for programs with an event loop; a cancellation stops it as Ctrl-C does."""
        return await self.start(plan, max_cost=max_cost, **choices).wait()

    def status(self, *patterns: str) -> tuple[ClipStatus, ...]:
        """Every clip and character, or those that a pattern matches, and its progress.

        The provider is not asked. Raises what `plan` raises.
        """
        from sorasync.operations.plan import PlanOptions, make_plan
        from sorasync.operations.status import standings
        from sorasync.plan.selection import matches

        planned = make_plan(self._project(), PlanOptions(offline=True))
        rows = standings(planned)
        if not patterns:
            return tuple(rows)
        return tuple(row for row in rows if any(matches(one, row.address, planned.graph) for one in patterns))

    @property
    def clips(self) -> Mapping[str, tuple[Take, ...]]:
        """The takes of every clip, by its name."""
        from sorasync.api.take_list import takes_of

        return takes_of(self._project())

    @property
    def stills(self) -> Mapping[str, tuple[Take, ...]]:
        """The takes of every still, by its name."""
        from sorasync.api.take_list import takes_of

        return takes_of(self._project(), "still")

    def takes(self, name: str) -> tuple[Take, ...]:
        """The takes of one clip or still (`still.quay`). Raises `SorasyncError` for an unknown one."""
        from sorasync.api.take_list import takes_of_one

        return takes_of_one(self._project(), name)


def _tell(run: ApplyRun, on_event: Callable[[ChangeEvent], object] | None) -> None:
    from sorasync.apply.events import ChangeEvent

    if on_event is not None:
        with run:
            for event in run:
                if isinstance(event, ChangeEvent):
                    on_event(event)
