"""The checks of what a team shares: the queues of runners, and what applies have leased."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.doctor.checks import Check, Level
from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.state.postgres_url import is_postgres
from sorasync.text import counted


def queue_checks(project: Project) -> Iterator[Check]:
    """Whether the queues of the database can be used, and what nobody carries out."""
    url, wanted = project.config.state.url, project.config.apply.queue
    if not is_postgres(url):
        if wanted is not None:
            hint = 'set [state] url = "postgresql://…", or take [apply] queue out; see docs/team.md'
            yield Check("queue", Level.ERROR, "[apply] queue is set, and the state is a file", hint)
        return
    from sorasync.state.queue_health import queue_health

    try:
        found = queue_health(url)
    except SorasyncError as error:
        if wanted is not None:
            yield Check("queue", Level.ERROR, error.message, error.hint)
        return
    if found is None:
        if wanted is not None:
            yield Check("queue", Level.OK, "not made yet: the first apply makes it")
        return
    if found.unknown:
        message = f"a later procrastinate has upgraded its tables ({counted(found.unknown, 'step')})"
        yield Check("queue", Level.WARNING, message, "upgrade sorasync and procrastinate here as well")
    elif found.missing:
        message = f"its tables are of an earlier procrastinate ({counted(found.missing, 'step')} missing)"
        yield Check("queue", Level.WARNING, message, "the next apply into a queue upgrades them")
    known = {line.name for line in found.lines}
    if wanted is not None and wanted not in known:
        yield _nobody(wanted, "nothing is queued")
    for line in found.lines:
        said = f"{line.name}: {line.due} due, {line.doing} running, {counted(line.runners, 'runner')}"
        if line.due + line.doing and not line.runners:
            yield _nobody(line.name, f"{counted(line.due + line.doing, 'job')} waiting")
        elif line.stalled:
            message = f"{said}; {counted(line.stalled, 'job')} of dead runners"
            yield Check("queue", Level.WARNING, message, "other runners take them over within a minute")
        else:
            yield Check("queue", Level.OK, said)
        if line.given_up:
            message = f"{line.name}: {counted(line.given_up, 'job')} given up"
            yield Check("queue", Level.WARNING, message, "sorasync queue says why")


def _nobody(name: str, what: str) -> Check:
    hint = f"sorasync run --queue {name}"
    return Check("queue", Level.WARNING, f"{name}: no runner is at work, {what}", hint)
