"""The methods that look at a library, its state and its provider, and change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from sorasync.api.arguments import Duration, Since, Words, duration, moment, one_of, several
from sorasync.api.open_library import OpenLibrary
from sorasync.api.outside_loop import outside_loop

if TYPE_CHECKING:
    from sorasync.api.take import Take
    from sorasync.doctor.checks import Checkup
    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.operations.address_view import AddressView
    from sorasync.operations.cancel import InProgress
    from sorasync.operations.check import CheckReport
    from sorasync.operations.cost import Spending
    from sorasync.operations.cut import CutView
    from sorasync.operations.cut_diff import CutComparison
    from sorasync.operations.diff import RevisionComparison
    from sorasync.operations.drift import Drift
    from sorasync.operations.estimate_accuracy import Accuracies
    from sorasync.operations.find import FoundEntry
    from sorasync.operations.gc import Garbage
    from sorasync.operations.graph_view import GraphView
    from sorasync.operations.history_view import LogView, RunView
    from sorasync.operations.media_check import MediaReport
    from sorasync.operations.prices import Price
    from sorasync.operations.resolve import Questions
    from sorasync.operations.status_view import StatusView
    from sorasync.operations.usable_cost import UsableCosts
    from sorasync.profile.profile import Profile
    from sorasync.state.account import Spent
    from sorasync.state.history import Run

CostGroup = Literal["clip", "day", "month", "model", "host", "run"]
Progress = Callable[[str, float], object]


class LibraryReading(OpenLibrary):
    """What can be asked of a library. Only the methods that say so ask the provider; none pays."""

    @property
    def name(self) -> str:
        """The library's name."""
        return self._project().name

    @property
    def profile(self) -> Profile:
        """What the default host can do and what it costs, with the library's own prices."""
        return self._project().profile

    @property
    def hosts(self) -> dict[str, Profile]:
        """The same for every host, by what manifests call it: that of `[provider]` is `default`."""
        return dict(self._project().hosts)

    def validate(self, *, strict: bool = False) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the manifests, sorted; with `strict` warnings are errors."""
        from sorasync.operations.validate import check

        return check(self._project, strict=strict).diagnostics

    def status(self, *patterns: str, stages: Words = ()) -> StatusView:
        """Every clip and character and its progress in `rows`, and the sums over them.

        Raises `SorasyncError` for a pattern that matches nothing.
        """
        from sorasync.operations.status import RenderStage
        from sorasync.operations.status_view import look

        wanted = tuple(one_of(RenderStage, stage, "a stage") for stage in several(stages, "stages"))
        return outside_loop(lambda: look(self._project(), patterns, wanted))

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

    def show(self, address: str) -> AddressView:
        """Everything known of one address: its renders, each with its record and why it would change."""
        from sorasync.operations.address_view import look

        return outside_loop(lambda: look(self._project(), address))

    def find(self, *words: str, regex: bool = False) -> tuple[FoundEntry, ...]:
        """The clips, stills and characters whose names, tags, descriptions or prompts contain all words."""
        from sorasync.operations.find import find_entries

        return tuple(find_entries(self._project(), words, regex=regex))

    def graph(self, *patterns: str) -> GraphView:
        """The dependency graph, or what the patterns match with what it needs and what needs it."""
        from sorasync.operations.graph_view import graph_view

        return graph_view(self._project(), patterns)

    def diff(self, revision: str) -> RevisionComparison:
        """The manifests here beside those of a git revision, and what the difference costs."""
        from sorasync.operations.diff import compare

        return outside_loop(lambda: compare(self._project(), revision))

    def diff_cuts(self, revision: str, cut: str | None = None) -> CutComparison:
        """The shots of all cuts, or of one, beside those of a git revision."""
        from sorasync.operations.cut_diff import compare_cuts

        return outside_loop(lambda: compare_cuts(self._project(), revision, cut))

    def drift(self, *, full: bool = False, offline: bool = False) -> Drift:
        """How the state differs from the files here and, unless `offline`, from the provider's list.

        With `full` every file is read. Raises `ProviderError`.
        """
        from sorasync.operations.plan import PlanOptions, make_plan

        options = PlanOptions(refresh=True, full_check=full, offline=offline)
        found = outside_loop(lambda: make_plan(self._project(), options)).drift
        assert found is not None
        return found

    def history(self, limit: int = 20) -> tuple[tuple[Run, Spent], ...]:
        """The latest runs, newest first, with what each has spent."""
        from sorasync.operations.history_view import runs_of

        return tuple(runs_of(self._project(), limit))

    def run(self, number: int) -> RunView:
        """One run: what it changed, its paid requests, and the commit and plan it was started with."""
        from sorasync.operations.history_view import look_at

        return look_at(self._project(), number)

    def log(self, address: str, limit: int | None = None) -> LogView:
        """Everything that happened to one address, oldest first."""
        from sorasync.operations.history_view import log_of

        return log_of(self._project(), address, limit)

    def cost(self, by: CostGroup = "clip", *, since: Since | None = None) -> Spending:
        """What was spent, summed up; requests count at the moment they were sent."""
        from sorasync.operations.cost import By, cost_report

        project = self._project()
        group = one_of(By, by, "by")
        return cost_report(project, group, moment(since, project.clock.now()) or 0.0)

    def usable_cost(
        self, by: Literal["clip", "model"] = "model", *, since: Since | None = None
    ) -> UsableCosts:
        """What each second that the library uses has cost, with every try counted."""
        from sorasync.operations.cost import By
        from sorasync.operations.usable_cost import usable_cost_report

        project = self._project()
        group = one_of(By, by, "by", only=(By.CLIP, By.MODEL))
        return usable_cost_report(project, group, moment(since, project.clock.now()) or 0.0)

    def estimate_accuracy(self, by: CostGroup = "model", *, since: Since | None = None) -> Accuracies:
        """How far estimates were from what the provider reported."""
        from sorasync.operations.cost import By
        from sorasync.operations.estimate_accuracy import accuracy_report

        project = self._project()
        group = one_of(By, by, "by")
        return accuracy_report(project, group, moment(since, project.clock.now()) or 0.0)

    def prices(self, *, used: bool = False) -> tuple[Price, ...]:
        """The prices that plans go by, each with its source; with `used` those of the manifests."""
        from sorasync.operations.prices import price_list

        return tuple(price_list(self._project(), used=used))

    def questions(self, address: str | None = None, *, thumbnails: bool = False) -> Questions:
        """Paid requests whose answer was lost, each with the provider's jobs that may be the answer.

        Asks the provider where there are any; `Library.resolve` settles them.
        """
        from sorasync.operations.resolve import questions

        return outside_loop(lambda: questions(self._project(), address, thumbnails=thumbnails))

    def in_progress(self, *patterns: str) -> tuple[InProgress, ...]:
        """Renders in progress, with what each is charged if cancelled; asks their hosts."""
        from sorasync.operations.cancel import in_progress

        return outside_loop(lambda: in_progress(self._project(), patterns))

    def retired(self, *patterns: str, older_than: Duration | None = None) -> Garbage:
        """Renders that were paid for and are no longer wanted; `Library.gc` deletes them."""
        from sorasync.operations.gc import garbage

        return garbage(self._project(), patterns, duration(older_than, "older_than"))

    def check(
        self,
        *patterns: str,
        only: Words = (),
        again: bool = False,
        allow_commands: bool = False,
        queue: str | None = None,
        progress: Progress | None = None,
    ) -> CheckReport:
        """Check finished videos, as `[checks]` says. Results are kept in the state and used again.

        Runners of a `queue` decode the videos where one is named; they run no commands. `progress` hears a
        title and the part that is done. Raises `SorasyncError` for a pattern that matches nothing, and where
        the extra `checks` is not installed.
        """
        from sorasync.operations.check import check_library, named_checks

        project = self._project()
        names = named_checks(project, several(only, "only"))
        if queue is not None:
            from sorasync.operations.queue_media_jobs import check_by_queue

            return outside_loop(
                lambda: check_by_queue(project, patterns, queue, self._notice, only=names, again=again)
            )
        return check_library(
            project, patterns, heard(progress), only=names, again=again, commands=allow_commands
        )

    @property
    def cuts(self) -> Mapping[str, CutView]:
        """Every cut as it is now, by its name: its length, its clips, and what they still cost."""
        from sorasync.operations.cut import look_at_cut

        project = self._project()
        return {name: look_at_cut(project, name) for name in project.library().cuts}

    def preflight(self, *, fix: bool = False) -> MediaReport:
        """Check reference clips and images; with `fix` write corrected copies beside them."""
        from sorasync.operations.media_check import check_references

        return check_references(self._project(), fix=fix)

    def doctor(self, *, offline: bool = False) -> Checkup:
        """Check the provider and this machine without spending anything."""
        from sorasync.doctor.checks import examine

        return outside_loop(lambda: examine(self._project(), offline=offline))


def heard(progress: Progress | None) -> Callable[[str, float], None]:
    """What an operation tells its progress to."""

    def hear(title: str, done: float) -> None:
        if progress is not None:
            progress(title, done)

    return hear
