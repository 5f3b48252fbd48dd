"""What a runner does beside renders: checks of videos, and the films of cuts."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from sorasync.assets.disk import hash_file
from sorasync.operations.project import Project
from sorasync.state.job_queue import Chore
from sorasync.state.queue_worker import JobEnding
from sorasync.text import counted


def do_chore(project: Project, chore: Chore, progress: Callable[[str, float], None]) -> JobEnding:
    """Do it. `progress` may raise to end it early. Raises `SorasyncError`."""
    return _film(project, chore, progress) if chore.what == "cut" else _checks(project, chore, progress)


def _checks(project: Project, chore: Chore, progress: Callable[[str, float], None]) -> JobEnding:
    from sorasync.operations.check import check_library

    report = check_library(project, chore.names, progress, only=chore.only, again=chore.again)
    return JobEnding(f"{counted(len(report.renders), 'video')} checked")


def _film(project: Project, chore: Chore, progress: Callable[[str, float], None]) -> JobEnding:
    """Make the film, and put it into the bucket for who asked for it."""
    from sorasync.operations.cut import film_path, look_at_cut, make_film

    (name,) = chore.names
    view, assets = look_at_cut(project, name), project.assets()
    film = make_film(project, view, film_path(project, view.timeline.cut), progress)
    digest = hash_file(film.path)
    part = assets.temporary(f"film-{digest}")
    shutil.copyfile(film.path, part)
    assets.adopt(part, digest)
    assets.keep(digest)
    assets.remove(digest)
    return JobEnding("made", {"asset": digest, "key": film.key})
