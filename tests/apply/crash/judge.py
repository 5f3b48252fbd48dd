"""What is wrong with a library that was applied to its end, and with what its server billed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sorasync.apply.batch.batch_token import Mark
from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.mp4 import inspect_mp4
from sorasync.assets.picture import inspect_picture
from sorasync.errors import SorasyncError
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.state import lockfile
from sorasync.state.consistency import faults
from sorasync.state.durable_state import facts
from sorasync.state.lock import holder
from sorasync.state.lockfile_text import dumps
from sorasync.state.record import Record, Status
from sorasync.state.rows import fields_of
from sorasync.state.store import Store
from tests.apply.crash.hosts import VIDEOS, Host


def held(project: Project, host: Host = VIDEOS) -> dict[str, str]:
    """The key of every job that the state knows of, characters left out: they cost nothing.

    Jobs are named as the ledgers of the library's hosts name them.
    """
    with project.store() as store:
        records = {record.key: record for record in store.every_record()}
        kept = [
            (provider, job, key)
            for provider in sorted({record.provider for record in records.values()})
            for job, key in store.remote_ids(provider).items()
            if records[key].kind != "character"
        ]
    return {host.at(provider).billed_as(job): key for provider, job, key in kept}


def questions(project: Project, rows: Iterable[Mapping[str, Any]], host: Host) -> dict[str, str | None]:
    """What a person is asked about who has looked into the host's own list: the job of each address there.

    None for a request that made no job.
    """
    known = held(project, host)
    free = [row for row in rows if row["job"] not in known]
    found: dict[str, str | None] = {}
    with project.store() as store:
        asked = [one for one in store.in_flight() if one.status is Status.UNKNOWN]
    for record in asked:
        said = hashlib.sha256(str(fields_of(record.request).get("prompt", "")).encode()).hexdigest()
        fitting = next((row for row in free if row["prompt_digest"] == said), None)
        found[record.address] = None if fitting is None else str(fitting["job"])
        if fitting is not None:
            free.remove(fitting)
    return found


def in_vain(project: Project) -> set[str]:
    """What an apply asks a person about, since it sent the request again several times and saw nothing."""
    with project.store() as store:
        return {
            record.address if mark is None else f"batch:{mark.short}"
            for record in store.in_flight()
            if record.status is Status.UNKNOWN
            and sum(one.outcome == "unsent" for one in store.attempts(record.key)) >= 3
            for mark in [Mark.of(record.batch_id)]
        }


def look(project: Project) -> list[str]:
    """What is wrong with a library. Its plan has to be empty, its state and every file whole."""
    found = list(_planned(project))
    with project.store() as store:
        found += faults(store)
        found += [fault for record in store.every_record() for fault in _record(project, record)]
        if (other := holder(store)) is not None:
            found.append(f"the state is still locked by {other.describe(project.clock.now())}")
        found += _lock_file(project, store)
    return found


def torn(project: Project) -> list[str]:
    """What is half done where a process was killed: a reader must meet whole files at any moment."""
    assets = project.assets()
    found = [f"{sha256[:12]} is not whole" for sha256 in assets.present() if not assets.verify(sha256)]
    if project.lock_path is not None:
        try:
            lockfile.read(project.lock_path)
        except SorasyncError as error:
            found.append(error.message)
    with project.store() as store:
        return found + faults(store)


def bound(project: Project) -> frozenset[str]:
    """The addresses that stand for something."""
    with project.store() as store:
        return frozenset(store.bindings())


def files(project: Project) -> frozenset[str]:
    """The names of the videos, relative to the asset directory."""
    top = project.assets().path
    names = (path.relative_to(top) for path in top.rglob("*.mp4"))
    return frozenset(name.as_posix() for name in names if ".store" not in name.parts)


def bill(
    rows: Iterable[Mapping[str, Any]], libraries: Mapping[str, Mapping[str, str]]
) -> dict[str, list[str]]:
    """By library, what the server billed too often, or for jobs that nobody knows.

    `libraries` says of each which jobs its state holds, and for which key: every job that was billed must
    be held once, and every key have one job.
    """
    owners = {job: name for name, jobs in libraries.items() for job in jobs}
    billed = [str(row["job"]) for row in rows]
    wrong: dict[str, list[str]] = {}
    for row in rows:
        if row["job"] not in owners:
            what = row["label"] or row["kind"]
            wrong.setdefault("nobody", []).append(f"{row['job']} was billed for {what}")
    for name, jobs in libraries.items():
        found = [f"{job} was never billed" for job in sorted(set(jobs) - set(billed))]
        found += [f"{key[:12]} has {many} jobs" for key, many in Counter(jobs.values()).items() if many > 1]
        if found:
            wrong[name] = found
    return wrong


def _planned(project: Project) -> Iterator[str]:
    for change in make_plan(project, PlanOptions()).plan.changes:
        yield f"the plan says {change.action.value} {change.label}: {change.reason}"


def _record(project: Project, record: Record) -> Iterator[str]:
    assets = project.assets()
    if record.status is not Status.STORED:
        yield f"{record.address} is {record.status.value}"
    if record.asset is None:
        return
    if not assets.verify(record.asset):
        yield f"the file of {record.address} is not whole"
        return
    try:
        file = assets.file_of(record.asset)
        (inspect_picture if record.kind == "still" else inspect_mp4)(file)
    except DamagedFile as error:
        yield f"the file of {record.address} is no {record.kind}: {error.message}"


def _lock_file(project: Project, store: Store) -> Iterator[str]:
    path = project.lock_path
    if path is None:
        return
    if not path.exists():
        yield "there is no lock file"
    elif path.read_text() != dumps(facts(store)):
        yield "the lock file is not in step with the state"
