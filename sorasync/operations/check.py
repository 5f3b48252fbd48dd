"""Checks of finished videos: what is to be checked, what is known of it, and the checking of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata, util
from typing import TYPE_CHECKING

from sorasync.assets.store import is_digest
from sorasync.checks.check_result import CheckResult, Verdict
from sorasync.checks.measure_request import VideoToCheck
from sorasync.checks.own_command import run_command
from sorasync.checks.settings_digest import settings_digest
from sorasync.errors import SorasyncError
from sorasync.graph.address import natural, owner
from sorasync.graph.render import Kind
from sorasync.manifest.check_schema import CHECK_NAMES, ChecksModel, CommandCheckModel, active_checks
from sorasync.state.check_rows import CheckKey
from sorasync.state.postgres_url import is_postgres
from sorasync.state.rows import fields_of
from sorasync.text import close_match

if TYPE_CHECKING:
    from pathlib import Path

    from sorasync.checks.worker_pool import WorkerPool
    from sorasync.graph.graph import Graph
    from sorasync.graph.render import Render
    from sorasync.manifest.diagnostic import Position
    from sorasync.manifest.library import Library, Origin
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.state.record import Brief
    from sorasync.state.store import Store

# Hears what is being checked, and how much of it is done, from 0 to 1.
Progress = Callable[[str, float], None]

_IMPLIED = ChecksModel()
_LEAST_AV = (18, 1)


@dataclass(frozen=True)
class RenderToCheck:
    """A finished render: its video, and what it is checked for.

    `declared` is whether a `[checks]` says so; otherwise it is the default set.
    """

    address: str
    label: str
    asset: str
    video: VideoToCheck
    declared: bool
    origin: Origin | None = None

    @cached_property
    def keys(self) -> dict[str, CheckKey]:
        """Where the result of each of its checks is kept, by name."""
        active = active_checks(self.video.checks)
        return {
            name: CheckKey(self.asset, name, settings_digest(name, active[name], self.video))
            for name in self.video.names
        }


@dataclass(frozen=True, slots=True)
class CheckedRender:
    """A render with the results that there are; `here` is whether its video is."""

    render: RenderToCheck
    results: tuple[CheckResult, ...]
    here: bool = True

    def of(self, *verdicts: Verdict) -> list[CheckResult]:
        """The results that ended in one of those ways."""
        return [result for result in self.results if result.verdict in verdicts]


def renders_to_check(
    project: Project, library: Library, graph: Graph, briefs: Mapping[str, Brief]
) -> Iterator[RenderToCheck]:
    """Every finished render of the library's clips, by address, and what it is to be checked for."""
    for address in sorted(graph.keys, key=natural):
        asset = asset_of(graph, briefs, address)
        if asset is not None and address.startswith("clip."):
            render = graph.renders[address]
            source = asset_of(graph, briefs, render.source)
            yield render_to_check(project, library, graph, render, asset, source)


def asset_of(graph: Graph, briefs: Mapping[str, Brief], address: str | None) -> str | None:
    """The video of a render, None where there is none yet or the state names no file that could be one."""
    brief = briefs.get(graph.keys.get(address or "", ""))
    return brief.asset if brief and brief.asset is not None and is_digest(brief.asset) else None


def render_to_check(
    project: Project, library: Library, graph: Graph, render: Render, asset: str, source: str | None
) -> RenderToCheck:
    """One finished render, and what it is to be checked for; `source` is the video that it was made from."""
    spec = library.clips[owner(render.address).removeprefix("clip.")]
    checks = spec.checks or _IMPLIED
    names = tuple(name for name in active_checks(checks) if _applies(name, render))
    # An unbound size or length is the workflow's own.
    asked = {"size": True, "seconds": True} if render.workflow is None else fields_of(render.inputs)
    video = VideoToCheck(
        path=project.assets().path_of(asset),
        checks=checks,
        names=names,
        size=render.size if asked.get("size") and render.size else None,
        seconds=render.seconds if asked.get("seconds") and render.seconds else None,
        tolerance_pct=project.config.assets.tolerance_pct,
        kind=render.kind.value,
        source=None if source is None else project.assets().path_of(source),
        prompt=render.prompt,
    )
    return RenderToCheck(
        address=render.address,
        label=graph.label(render.address),
        asset=asset,
        video=video,
        declared=spec.checks is not None,
        origin=render.origin,
    )


def _applies(name: str, render: Render) -> bool:
    """Whether a check has anything to do with a render of that kind."""
    return name != "same_as" or render.kind in (Kind.EXTEND, Kind.EDIT)


def known_results(store: Store, renders: Iterable[RenderToCheck]) -> dict[CheckKey, CheckResult]:
    """The results that are kept of those renders, as far as nothing that they depend on has changed."""
    found = {}
    for key, fields in store.check_results(
        [key for render in renders for key in render.keys.values()]
    ).items():
        try:
            found[key] = CheckResult.of_fields(fields)
        except (KeyError, TypeError, ValueError):
            continue
    return found


@dataclass(frozen=True, slots=True)
class Checking:
    """What checks are carried out with: processes that decode, and the library's directory for commands.

    Commands of the user's own are run with `commands` only.
    """

    pool: WorkerPool
    root: Path
    commands: bool = False

    def run(self, video: VideoToCheck) -> list[CheckResult]:
        """The results of one video, in a thread. Commands are run here, everything else elsewhere."""
        active = active_checks(video.checks)
        own = {
            name: table
            for name in video.names
            if isinstance(table := active[name], CommandCheckModel) and self.commands
        }
        rest = tuple(name for name in video.names if not isinstance(active[name], CommandCheckModel))
        found = self.pool.check(replace(video, names=rest)) if rest else []
        for name, table in own.items():
            found.append(run_command(name, table, video.path, video.prompt, self.root, self._stopped))
        return found

    def _stopped(self) -> bool:
        return self.pool.closed

    def takes(self, name: str) -> bool:
        """Whether a check is carried out."""
        return self.commands or not name.startswith("commands.")


def check_renders(
    store: Store,
    renders: Collection[RenderToCheck],
    checking: Checking,
    progress: Progress,
    *,
    again: bool = False,
) -> list[CheckedRender]:
    """Check what is not known yet, and keep it; the results of all those renders, in their order."""
    known = {} if again else known_results(store, renders)
    # Several addresses may have one video: it is decoded once for each set of checks.
    todo: dict[tuple[CheckKey, ...], VideoToCheck] = {}
    away = {render.asset for render in renders if not render.video.path.is_file()}
    for render in renders:
        missing = [name for name, key in render.keys.items() if key not in known and checking.takes(name)]
        if missing and render.asset not in away:
            keys = tuple(render.keys[name] for name in missing)
            todo.setdefault(keys, replace(render.video, names=tuple(missing)))
    labels = {key: render.label for render in renders for key in render.keys.values()}
    with ThreadPoolExecutor(checking.pool.size, thread_name_prefix="checks") as threads:
        futures = {threads.submit(checking.run, video): keys for keys, video in todo.items()}
        try:
            for done, future in enumerate(as_completed(futures), 1):
                keys = futures[future]
                by_name = {result.check: result for result in future.result()}
                found = {key: by_name[key.name] for key in keys if key.name in by_name}
                known |= found
                keep_results(store, found)
                progress(labels[keys[0]], done / len(futures))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            checking.pool.close()
            raise
    return [_checked(render, known, here=render.asset not in away) for render in renders]


def results_by_key(render: RenderToCheck, results: Iterable[CheckResult]) -> dict[CheckKey, CheckResult]:
    """Results of a render by where they are kept."""
    return {render.keys[result.check]: result for result in results}


def _checked(
    render: RenderToCheck, known: Mapping[CheckKey, CheckResult], *, here: bool = True
) -> CheckedRender:
    return CheckedRender(render, tuple(known[key] for key in render.keys.values() if key in known), here)


def keep_results(store: Store, found: Mapping[CheckKey, CheckResult]) -> None:
    """Keep results; what could not be checked is tried again next time."""
    store.add_check_results(
        (key, result.verdict.value, result.fields())
        for key, result in found.items()
        if result.verdict is not Verdict.ERROR
    )


def checked_before(store: Store, renders: Iterable[RenderToCheck]) -> list[CheckedRender]:
    """What is known of those renders, without looking at a video."""
    listed = list(renders)
    known = known_results(store, listed)
    return [_checked(render, known) for render in listed]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a `sorasync check` found, render by render."""

    library: Library
    renders: tuple[CheckedRender, ...]

    def position(self, checked: CheckedRender) -> Position | None:
        """Where a render is declared."""
        origin = checked.render.origin
        return None if origin is None else self.library.position(origin)

    @property
    def declared(self) -> bool:
        """Whether any render is checked because a `[checks]` says so."""
        return any(checked.render.declared for checked in self.renders)

    @property
    def commands_left(self) -> int:
        """How many results of commands there are none of."""
        return sum(
            name.startswith("commands.") and all(result.check != name for result in checked.results)
            for checked in self.renders
            for name in checked.render.video.names
        )

    def counts(self) -> dict[Verdict, int]:
        """How many results ended in each way."""
        found = Counter(result.verdict for checked in self.renders for result in checked.results)
        return {verdict: found[verdict] for verdict in Verdict}


def failing_renders(project: Project, store: Store, planned: Planned) -> dict[str, CheckedRender]:
    """The renders that fail a check as it is set now, by address, with the checks that they fail."""
    return failing_among(project, store, planned.library, planned.graph, planned.known.briefs)


def failed_checks(project: Project, planned: Planned) -> list[str]:
    """A line for each check that a wanted video fails, for where a plan is read by others."""
    with project.synced_store() as store:
        found = failing_renders(project, store, planned)
    label = planned.graph.label
    return [
        f"{label(address)}: {one.check}: {one.message}"
        for address in sorted(found, key=natural)
        for one in found[address].results
    ]


def failing_among(
    project: Project, store: Store, library: Library, graph: Graph, briefs: Mapping[str, Brief]
) -> dict[str, CheckedRender]:
    """The same while there is no plan yet."""
    assets = store.assets_that_fail()
    suspects = _to_check(project, library, graph, briefs, assets) if assets else ()
    found = {}
    for checked in checked_before(store, suspects):
        if failed := checked.of(Verdict.FAILED):
            found[checked.render.address] = replace(checked, results=tuple(failed))
    return found


def unchecked_among(
    project: Project, store: Store, library: Library, graph: Graph, briefs: Mapping[str, Brief]
) -> int:
    """How many wanted videos have no result of some check as it is set now, programs left aside."""
    renders = list(_to_check(project, library, graph, briefs))
    known = known_results(store, renders)
    return sum(
        any(not name.startswith("commands.") and key not in known for name, key in render.keys.items())
        for render in renders
    )


def _to_check(
    project: Project,
    library: Library,
    graph: Graph,
    briefs: Mapping[str, Brief],
    among: Container[str] | None = None,
) -> Iterator[RenderToCheck]:
    """The wanted videos, or those of them that are among some assets."""
    for address in graph.keys:
        asset = asset_of(graph, briefs, address) if address.startswith("clip.") else None
        if asset is not None and (among is None or asset in among):
            render = graph.renders[address]
            source = asset_of(graph, briefs, render.source)
            yield render_to_check(project, library, graph, render, asset, source)


def check_library(
    project: Project,
    patterns: tuple[str, ...],
    progress: Progress,
    *,
    only: Collection[str] = (),
    again: bool = False,
    commands: bool = False,
    exact: bool = False,
) -> CheckReport:
    """Check the finished renders that the patterns match (none: all), and keep the results.

    Commands of the user's own are run with `commands` only. With `exact` the patterns are addresses.

    Raises `SorasyncError` for a pattern that matches nothing and where a package is missing.
    """
    from sorasync.checks.worker_pool import WorkerPool

    require_check_packages()
    library = project.library()
    with project.synced_store() as read:
        found = wanted_renders(project, library, read.briefs(), patterns, only, exact=exact)
        if not found:
            return CheckReport(library, ())
        _bring_unchecked(project, read, found, progress, again=again)
        with _results_store(project, read) as store, WorkerPool() as pool:
            checking = Checking(pool, project.root, commands)
            return CheckReport(library, tuple(check_renders(store, found, checking, progress, again=again)))


def wanted_renders(
    project: Project,
    library: Library,
    briefs: Mapping[str, Brief],
    patterns: tuple[str, ...],
    only: Collection[str],
    *,
    exact: bool = False,
) -> list[RenderToCheck]:
    """The finished renders that the patterns match (none: all), with those checks (none: all).

    With `exact` a clip's address does not mean its steps as well.
    """
    from sorasync.plan.selection import matching

    graph = project.graph(library)
    found = list(renders_to_check(project, library, graph, briefs))
    if patterns:
        wanted = set(patterns) if exact else matching(patterns, graph)
        found = [render for render in found if render.address in wanted]
    return [_narrowed(render, only) for render in found] if only else found


def _bring_unchecked(
    project: Project, store: Store, renders: Collection[RenderToCheck], progress: Progress, *, again: bool
) -> None:
    """Bring the videos to this disk that are about to be decoded; those that cannot be had are skipped."""
    from sorasync.operations.local_videos import bring_all

    known = {} if again else known_results(store, renders)
    unchecked = [render for render in renders if any(key not in known for key in render.keys.values())]
    labels = {render.video.path.stem: render.label for render in unchecked}
    labels |= {
        render.video.source.stem: render.label for render in unchecked if render.video.source is not None
    }
    bring_all(project, labels, lambda sha256, done: progress(labels[sha256], done))


def _results_store(project: Project, read: Store) -> Store:
    """Where results go: the state, or where there is no file of one yet, memory."""
    there = is_postgres(project.config.state.url) or (read.path is not None and read.path.exists())
    return project.store(write=True) if there else read.copy_in_memory()


def _narrowed(render: RenderToCheck, only: Collection[str]) -> RenderToCheck:
    names = tuple(name for name in render.video.names if name in only)
    return replace(render, video=replace(render.video, names=names))


def named_checks(project: Project, names: Collection[str]) -> frozenset[str]:
    """The checks of those names; a command may be named without `commands.`. Raises `SorasyncError`."""
    commands = {} if project.config.checks is None else project.config.checks.commands
    known = {name: name for name in CHECK_NAMES} | {name: f"commands.{name}" for name in commands}
    known |= {full: full for full in known.values()}
    for name in names:
        if name not in known:
            near = close_match(name, known)
            hint = f"did you mean {near}?" if near else f"the checks are: {', '.join(CHECK_NAMES)}"
            raise SorasyncError(f"there is no check {name!r}", hint=hint)
    return frozenset(known[name] for name in names)


def require_check_packages() -> None:
    """Raise `SorasyncError` where what decodes and measures is not installed."""
    if util.find_spec("av") and util.find_spec("numpy"):
        version = tuple(int(part) for part in metadata.version("av").split(".")[:2] if part.isdigit())
        if version >= _LEAST_AV:
            return
    from sorasync.installed import install_command, missing_extra

    raise SorasyncError(missing_extra("checking videos", "checks"), hint=install_command("checks"))
