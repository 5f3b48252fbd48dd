"""What a runner does beside renders: checks of videos, and the films of cuts."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from sorasync.assets.disk import hash_file
from sorasync.operations.project import Project
from sorasync.state.job_queue import MediaJob
from sorasync.state.queue_worker import JobEnding
from sorasync.text import counted


def do_media_job(project: Project, job: MediaJob, progress: Callable[[str, float], None]) -> JobEnding:
    """Do it. `progress` may raise to end it early. Raises `SorasyncError`."""
    return _film(project, job, progress) if job.kind == "cut" else _checks(project, job, progress)


def _checks(project: Project, job: MediaJob, progress: Callable[[str, float], None]) -> JobEnding:
    """Check videos. What could not be checked is kept nowhere, so the ending says it."""
    from sorasync.checks.check_result import Verdict
    from sorasync.operations.check import check_library

    report = check_library(project, job.names, progress, only=job.only, again=job.again, exact=True)
    broken = {
        checked.render.address: [result.fields() for result in checked.of(Verdict.ERROR)]
        for checked in report.renders
        if checked.of(Verdict.ERROR)
    }
    away = [checked.render.address for checked in report.renders if not checked.here]
    message = f"{counted(len(report.renders) - len(away), 'video')} checked"
    return JobEnding(message, {"broken": broken, "away": away})


def _film(project: Project, job: MediaJob, progress: Callable[[str, float], None]) -> JobEnding:
    """Make the film, and put it into the bucket for who asked for it."""
    from sorasync.operations.cut import film_path, look_at_cut, make_film

    (name,) = job.names
    view, assets = look_at_cut(project, name), project.assets()
    film = make_film(project, view, film_path(project, view.timeline.cut), progress)
    digest = hash_file(film.path)
    part = assets.temporary(f"film-{digest}")
    shutil.copyfile(film.path, part)
    assets.adopt(part, digest)
    assets.keep(digest)
    assets.remove(digest)
    return JobEnding(f"cut.{name} made", {"asset": digest, "key": film.key})
