"""The output of `sorasync import`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from sorasync.cli.app.failure import one_line
from sorasync.operations.import_all import Clip, Gathered
from sorasync.operations.import_one import Imported
from sorasync.operations.import_workflow import FoundWorkflow
from sorasync.operations.project import Project
from sorasync.state.record import Status
from sorasync.text import and_more, counted

_SHOWN = 60
# Addresses in one line.
_NAMED = 8


def imported_text(found: Imported) -> Iterator[str]:
    """What was bound, and what could not be compared."""
    what = {
        Status.STORED: "it is recorded",
        Status.RENDERED: "the next apply downloads it",
    }.get(found.status, "the next apply follows it")
    where = "" if found.host is None else f" at {found.host}"
    yield f"{found.label} is {one_line(found.file or found.remote_id or '')}{where}: {what}, at no cost."
    if found.differs:
        yield f"  bound although {found.differs}"
    if found.likeness and found.likeness.differs:
        yield f"  bound although these differ: {', '.join(f.name for f in found.likeness.differs)}"
    if found.likeness and found.likeness.silent:
        yield f"  not compared, because the provider does not report it: {', '.join(found.likeness.silent)}"
    if found.outdated:
        yield f"  made from the earlier one, and left as it is: {and_more(found.outdated, _NAMED)}"
        yield f"  to see what rendering it again costs: {_replace_command(found)}"


def _replace_command(found: Imported) -> str:
    """The command that plans what was made from the earlier one again."""
    return shlex.join(
        ["sorasync", "plan", *(word for label in found.remade_by for word in ("--replace", label))]
    )


def imported_json(found: Imported) -> dict[str, object]:
    """The same as plain data."""
    alike = found.likeness
    return {
        "format_version": 1,
        "address": found.label,
        "remote_id": found.remote_id,
        "host": found.host,
        "file": found.file,
        "status": found.status.value,
        "differs": [field.name for field in alike.differs] if alike else ["size"] if found.differs else [],
        "silent": list(alike.silent) if alike else [],
        "outdated": list(found.outdated),
        "replace": list(found.remade_by),
        "command": _replace_command(found) if found.outdated else None,
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
    return _relative(found.path, project)


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


def workflow_text(found: FoundWorkflow, project: Project) -> Iterator[str]:
    """Where a workflow was written, and the lines that render it."""
    name = _relative(found.path, project)
    yield f"Wrote {name}: {counted(found.nodes, 'node')}. To render it, check and add to sorasync.toml:"
    yield ""
    yield "[defaults]"
    yield f'workflow = "{name}"'
    yield "[defaults.bind]"
    yield from (f'{word} = "{place}"' for word, place in found.bind.items())
    if "frames" in found.bind:
        yield f"fps = {found.fps or 16}"


def workflow_json(found: FoundWorkflow, project: Project) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "workflow": _relative(found.path, project),
        "nodes": found.nodes,
        "bind": dict(found.bind),
        "fps": found.fps or None,
    }


def _relative(path: Path, project: Project) -> str:
    path = path.absolute()
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else str(path)
