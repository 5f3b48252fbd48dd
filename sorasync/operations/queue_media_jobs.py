"""`sorasync check --queue` and `sorasync cut --queue`: runners do the decoding and encoding.

Results of checks are kept in the shared state. A film reaches whoever asked for it through the bucket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sorasync.apply.events import ChangeEvent, Reporter
from sorasync.checks.check_result import CheckResult, broken
from sorasync.durable import BLOCK
from sorasync.errors import SorasyncError
from sorasync.library_file import open_file
from sorasync.operations.apply import ApplyOptions
from sorasync.operations.check import (
    CheckedRender,
    CheckReport,
    checked_before,
    known_results,
    wanted_renders,
)
from sorasync.operations.cut import CutFilm, look_at_cut
from sorasync.operations.library_bundle import pack_library
from sorasync.operations.output_file import require_output_file, write_output
from sorasync.operations.project import Project
from sorasync.operations.queue_apply import Following, put_into_queue, require_shared_storage
from sorasync.state.job_queue import JobState, MediaJob, Placing, Terms
from sorasync.state.process import user_name
from sorasync.state.store import Store
from sorasync.text import counted

# Takes one sentence about the work as a whole.
Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _NoticesOnly(Reporter):
    tell: Notice

    def event(self, event: ChangeEvent) -> None:
        """Checks and films are no changes of a plan."""

    def notice(self, text: str) -> None:
        self.tell(text)


# Videos that one job checks.
_AT_ONCE = 8


def check_by_queue(
    project: Project,
    patterns: tuple[str, ...],
    queue: str,
    notice: Notice,
    *,
    only: Collection[str] = (),
    again: bool = False,
) -> CheckReport:
    """Let runners check what is not known yet, and wait for them. The user's own programs are not run.

    Raises `SorasyncError`, and `KeyboardInterrupt` where somebody leaves: what is queued stays queued.
    """
    require_shared_storage(project)
    library = project.library()
    with project.store(write=True) as store:
        renders = wanted_renders(project, library, store.briefs(), patterns, only)
        known = {} if again else known_results(store, renders)
        todo = [
            render.address
            for render in renders
            if any(key not in known and not name.startswith("commands.") for name, key in render.keys.items())
        ]
        parts = [todo[first : first + _AT_ONCE] for first in range(0, len(todo), _AT_ONCE)]
        jobs = [MediaJob("check", tuple(part), tuple(sorted(only)), again) for part in parts]
        left: dict[str, _Unchecked] = {}
        if jobs:
            states = _carried_out(project, store, jobs, pack_library(project), queue, notice)
            for part, state in zip(parts, states, strict=True):
                left |= _unchecked(part, state)
        checked = checked_before(store, renders)
        return CheckReport(library, tuple(_with_rest(one, left.get(one.render.address)) for one in checked))


@dataclass(frozen=True, slots=True)
class _Unchecked:
    """Why a video has no results: the runner could not have it, or what went wrong, by check or for all."""

    away: bool = False
    broken: tuple[CheckResult, ...] = ()
    why: str | None = None


def _unchecked(addresses: Sequence[str], state: JobState) -> dict[str, _Unchecked]:
    """What a job left unchecked, by address."""
    if state.status != "succeeded":
        why = f"no runner checked it: its job {_how_left(state)}"
        return {address: _Unchecked(why=why) for address in addresses}
    result = state.result or {}
    found = {address: _Unchecked(away=True) for address in result.get("away", ())}
    for address, results in result.get("broken", {}).items():
        # A newer runner may say more of a result than this program knows.
        with suppress(KeyError, TypeError, ValueError):
            found[address] = _Unchecked(broken=tuple(map(CheckResult.of_fields, results)))
    return found


def _with_rest(checked: CheckedRender, left: _Unchecked | None) -> CheckedRender:
    """What is known of a render, and what could not be found out."""
    if left is None:
        return checked
    known = {result.check for result in checked.results}
    names = [name for name in checked.render.keys if not name.startswith("commands.")]
    rest = left.broken if left.why is None else [broken(name, left.why) for name in names]
    results = (*checked.results, *(result for result in rest if result.check not in known))
    return replace(checked, results=results, here=not left.away)


def cut_by_queue(project: Project, name: str, out: Path, queue: str, notice: Notice) -> CutFilm:
    """Let a runner make the film of a cut, wait for it, and fetch it.

    Raises `SorasyncError`, and `KeyboardInterrupt` where somebody leaves: what is queued stays queued.
    """
    require_shared_storage(project)
    view, assets = look_at_cut(project, name), project.assets()
    require_output_file(out, view.library)
    files = pack_library(project, [track.file for track in view.timeline.cut.audio])
    job = MediaJob("cut", (view.name,))
    with project.store(write=True) as store:
        (state,) = _carried_out(project, store, [job], files, queue, notice)
    if state.result is None:
        raise SorasyncError(
            f"no runner made the film: its job {_how_left(state)}", hint=f"sorasync cut {view.name}"
        )
    digest = str(state.result["asset"])
    with open_file(assets.bring(digest), within=assets.root) as film:
        write_output(out, iter(lambda: film.read(BLOCK), b""), parents=True)
    # It was in the bucket only to get here.
    assets.remove(digest)
    assets.archive.release([digest])
    return CutFilm(view, out, str(state.result["key"]), made=True)


def _carried_out(
    project: Project,
    store: Store,
    wanted: Sequence[MediaJob],
    files: bytes,
    queue: str,
    notice: Notice,
) -> list[JobState]:
    """How each job ended, in their order."""
    terms = Terms(project.config.env, user_name(), batch=False)
    jobs = put_into_queue(project, terms, Placing(queue), store, wanted, files)
    notice(f"{counted(len(jobs), 'job')} queued at {queue}")
    following = Following(store, jobs, [], {}, _NoticesOnly(notice), queue)
    asyncio.run(following.follow(project, ApplyOptions()))
    if following.interrupted:
        raise KeyboardInterrupt
    found = {state.id: state for state in following.states}
    states = [found.get(job) or JobState(job, "cancelled") for job in jobs]
    for state in states:
        if state.status != "succeeded":
            notice(f"job {state.id} {_how_left(state)}")
    return states


def _how_left(state: JobState) -> str:
    """What became of a job that no runner did."""
    return "was cancelled" if state.status == "cancelled" else f"was given up: {state.message}"
