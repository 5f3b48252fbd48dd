"""The output of `sorasync import`."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.cli.app.failure import one_line
from sorasync.operations.import_all import Clip, Gathered
from sorasync.operations.import_one import Imported
from sorasync.operations.project import Project
from sorasync.state.record import Status
from sorasync.text import counted

_SHOWN = 60


def imported_text(found: Imported) -> Iterator[str]:
    """What was bound, and what could not be compared."""
    what = {
        Status.STORED: "it is recorded",
        Status.RENDERED: "the next apply downloads it",
    }.get(found.status, "the next apply follows it")
    yield f"{found.label} is {one_line(found.file or found.remote_id or '')}: {what}, at no cost."
    if found.differs:
        yield f"  bound although {found.differs}"
    if found.likeness and found.likeness.differs:
        yield f"  bound although these differ: {', '.join(f.name for f in found.likeness.differs)}"
    if found.likeness and found.likeness.silent:
        yield f"  not compared, because the provider does not report it: {', '.join(found.likeness.silent)}"


def imported_json(found: Imported) -> dict[str, object]:
    """The same as plain data."""
    alike = found.likeness
    return {
        "format_version": 1,
        "address": found.label,
        "remote_id": found.remote_id,
        "file": found.file,
        "status": found.status.value,
        "differs": [field.name for field in alike.differs] if alike else ["size"] if found.differs else [],
        "silent": list(alike.silent) if alike else [],
    }


def gathered_text(found: Gathered, project: Project, *, done: bool) -> Iterator[str]:
    """A line for each clip, the videos that were left out, and the sum."""
    for clip in found.clips:
        takes = f"{counted(len(clip.jobs), 'take')}, " if len(clip.jobs) > 1 else ""
        prompt = one_line(clip.prompt)
        short = prompt if len(prompt) <= _SHOWN else prompt[: _SHOWN - 1] + "…"
        yield f"clip.{clip.slug}  {takes}{clip.seconds} s {clip.size} {one_line(clip.model)}  {short}"
    for left in found.left_out:
        yield f"- {one_line(left.remote_id)} left out: {one_line(left.why)}"
    videos = sum(len(clip.jobs) for clip in found.clips)
    if not videos:
        yield "No videos to import: the provider has no undeclared video that can be declared."
        return
    verb = "written to" if done else "would be written to"
    end = " The next apply downloads them at no cost." if done else " Nothing was changed."
    what = f"{counted(videos, 'video')} in {counted(len(found.clips), 'clip')}"
    yield f"{what} {verb} {_manifest_path(found, project)}.{end}"


def _manifest_path(found: Gathered, project: Project) -> str:
    path = found.path
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else str(path)


def gathered_json(found: Gathered, project: Project, *, done: bool) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "done": done and bool(found.clips),
        "manifest": _manifest_path(found, project) if found.clips else None,
        "clips": [_clip_json(clip) for clip in found.clips],
        "left_out": [{"remote_id": left.remote_id, "why": left.why} for left in found.left_out],
    }


def _clip_json(clip: Clip) -> dict[str, object]:
    return {
        "address": f"clip.{clip.slug}",
        "remote_ids": [job.id for job in clip.jobs],
        "model": clip.model,
        "size": clip.size,
        "seconds": clip.seconds,
    }
