"""Changes to the state: locked, merged with the lock file before and after, logged in the history."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.operations.project import Project, told_notices, told_twice
from sorasync.state.process import user_name
from sorasync.state.store import Store
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.state.lock import LockWait


@dataclass(frozen=True, slots=True)
class ChangeSession:
    """A locked state, and the number of the run that makes the changes."""

    store: Store
    run: int


@contextmanager
def changing(project: Project, waiting: LockWait) -> Iterator[ChangeSession]:
    """Lock the state for a `with` block; merge the lock file before and write it after.

    Raises `StateLocked`, `StateError` and `StateDiverged`.
    """
    from sorasync.state.lock import held

    with project.store(write=True) as store:
        for text in store.warnings:
            waiting.notice(text)
        with held(store, project.clock, waiting):
            bring_up(project, store, waiting.notice)
            number = begin_run(project, store, waiting.command)
            outcome = "failed"
            try:
                yield ChangeSession(store, number)
                outcome = "done"
            finally:
                store.finish_run(number, outcome)
                if outcome == "done":
                    write_lock_file(project, store)
                    _keep_assets(project, store, waiting)


def _keep_assets(project: Project, store: Store, waiting: LockWait) -> None:
    """Take what the command has stored on this disk to the bucket, where there is one."""
    from sorasync.operations.local_videos import keep_all

    try:
        keep_all(project, store.briefs)
    except SorasyncError as error:
        waiting.notice(f"some videos are on this disk only: {error.message}; the next apply takes them along")


def begin_run(
    project: Project,
    store: Store,
    command: str,
    *,
    plan_token: str | None = None,
    cost_estimate: Decimal | None = None,
) -> int:
    """Open a run in the history, with who starts it, where, and on which commit; its number."""
    return store.start_run(
        command=command,
        user=user_name(),
        host=platform.node(),
        pid=os.getpid(),
        git_commit=_git_commit(project.root),
        plan_token=plan_token,
        cost_estimate=cost_estimate,
    )


def bring_up(project: Project, store: Store, notice: Callable[[str], None]) -> None:
    """Merge the lock file into the state, and back the state up.

    Raises `StateDiverged` and `StateError`.
    """
    from sorasync.operations.import_stage import finish
    from sorasync.state.backup import backup

    if project.lock_path is not None:
        from sorasync.state.compare_lockfile import Reconciliation
        from sorasync.state.lockfile import reconcile

        found = reconcile(store, project.lock_path)
        if found.addresses and found.outcome in (Reconciliation.RESTORED, Reconciliation.ADVANCED):
            count = counted(len(found.addresses), "address", "addresses")
            notice(f"from {project.lock_path.name}, {found.outcome.value}: {count}")
        for one in found.twice:
            notice(told_twice(one))
    store.notices = told_notices(store)
    for path in finish(project, store):
        notice(f"{path.name} was put in place: an earlier import was interrupted before that")
    backup(store)


def write_lock_file(project: Project, store: Store) -> None:
    """Write the lock file, if the library keeps one."""
    if project.lock_path is not None:
        from sorasync.state.lockfile import write

        write(store, project.lock_path)


def _git_commit(root: Path) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
