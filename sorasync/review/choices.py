"""Picks, rejections and notes made on the page, written among the manifests, each with its undo."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sorasync.errors import SorasyncError
from sorasync.manifest.library import Library
from sorasync.operations.check import failing_renders
from sorasync.operations.pick import (
    library_if_picked,
    pick,
    picked_address,
    picks_file,
    spec_named,
    write_manifest,
)
from sorasync.operations.pick_outcome import link_names_again, outcome
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.operations.revision import committed_text
from sorasync.plan.cost import Total
from sorasync.review.notes_file import (
    KEY_DIGITS,
    Note,
    Rejection,
    ReviewNotes,
    manifest_text,
    notes_text,
    parse_notes,
    plain_text,
    review_file,
)

_MOST_UNDONE = 100
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class _Step:
    """A file that `user` wrote: what it said before and after, and what that was.

    `pick` is the clip of a pick with its takes before and after; None where notes were written.
    """

    user: str
    file: str
    before: str | None
    after: str
    what: str
    pick: tuple[str, int | None, int | None] | None = None


@dataclass(frozen=True, slots=True)
class _Picking(Project):
    """The project with another library: that of a pick which was not written."""

    supposed: Library | None = field(default=None, compare=False, repr=False)

    def library(self) -> Library:
        """The supposed library."""
        assert self.supposed is not None
        return self.supposed


@dataclass(slots=True)
class Choices:
    """Writes choices, and remembers how to undo them. `project` opens the library anew."""

    project: Callable[[], Project]
    _steps: list[_Step] = field(default_factory=list)

    def pick_cost(self, clip: str, take: int | None) -> dict[str, Any]:
        """What the plan would cost after a pick, and what it costs now; nothing is written."""
        project = self.project()
        library = project.library()
        _require_clip(library, clip)
        supposed = library_if_picked(project, library, clip, take)
        with project.synced_store() as store:
            planned = make_plan(project, PlanOptions(offline=True), store)
            failing = failing_renders(project, store, planned)
        now, node = planned.plan, planned.graph.node(picked_address(clip))
        takes = node.takes if node is not None else ()
        failed = failing.get(takes[take - 1]) if take is not None and take <= len(takes) else None
        wanted = _Picking(
            project.root,
            project.config,
            project.profile,
            project.clock,
            others=project.others,
            supposed=supposed,
        )
        then = make_plan(wanted, PlanOptions(offline=True)).plan
        owners = [one.removeprefix("clip.") for one in then.by_owner if one not in now.by_owner]
        return {
            "before": spec_named(library, clip).pick,
            "changes": len(then.changes),
            "cost": str(then.cost) if _costs(then.cost) else "$0",
            "cost_now": str(now.cost) if _costs(now.cost) else "$0",
            "dearer": _costs(then.cost) and then.cost != now.cost,
            "simulated": then.simulated,
            "clips": sorted(owners)[:20],
            "failed": [f"{one.check}: {one.message}" for one in failed.results] if failed else [],
            "file": picks_file(project),
        }

    def pick(self, clip: str, take: int | None, user: str) -> dict[str, Any]:
        """Pick a take, or none."""
        project = self.project()
        library = project.library()
        _require_clip(library, clip)
        file = picks_file(project)
        before = manifest_text(project, file)
        picked = pick(project, library, clip, take)
        result = outcome(self.project(), picked)
        address = picked_address(clip)
        what = f"pick of {address}" if take is None else f"pick of {address}#{take}"
        after = manifest_text(project, file) or ""
        self._wrote(_Step(user, file, before, after, what, (clip, picked.before, take)))
        cost = str(result.plan.cost) if _costs(result.plan.cost) else "$0"
        return {
            "changed": picked.changed,
            "file": file,
            "notes": list(result.notes),
            "changes": len(result.plan.changes),
            "cost": cost,
        }

    def reject(self, address: str, key: str, reason: str | None, user: str) -> None:
        """Reject a render of a take with a reason, or take that back with None."""
        render, words = key[:KEY_DIGITS], _text(reason, "a reason") if reason is not None else ""

        def change(notes: ReviewNotes) -> ReviewNotes:
            if reason is None:
                return notes.without_rejection(address, render).without_rejection(address, None)
            return notes.with_rejection(Rejection(address, words, render, user, _now()))

        taken_back = f"removal of the rejection of {address}"
        self._write_notes(change, taken_back if reason is None else f"rejection of {address}", user)

    def add_note(self, fields: Mapping[str, Any], user: str) -> str:
        """Add a note; its id."""
        note = Note(
            id=secrets.token_hex(4),
            on=str(fields.get("on", "")),
            text=_text(fields.get("text"), "a note"),
            render=str(fields.get("key", ""))[:KEY_DIGITS] or None,
            frame=fields.get("frame"),
            box=_corners(fields.get("box")),
            arrow=_corners(fields.get("arrow")),
            by=user,
            at=_now(),
            reply_to=str(fields["reply_to"]) if fields.get("reply_to") else None,
        )

        def add(notes: ReviewNotes) -> ReviewNotes:
            if note.reply_to is not None and notes.note(note.reply_to) is None:
                raise SorasyncError("the note that this answers is gone")
            return notes.with_note(note)

        self._write_notes(add, f"note on {note.on}", user)
        return note.id

    def change_note(self, note_id: str, fields: Mapping[str, Any], user: str) -> None:
        """Settle a note or open it again, or give it another text; `remove` takes it away."""

        def change(notes: ReviewNotes) -> ReviewNotes:
            note = notes.note(note_id)
            if note is None:
                raise SorasyncError("there is no such note any more")
            if fields.get("remove") is True:
                return notes.without_note(note_id)
            if "text" in fields:
                note = replace(note, text=_text(fields["text"], "a note"), at=_now())
            return notes.with_note(replace(note, done=bool(fields.get("done", note.done))))

        self._write_notes(change, "change of a note", user)

    def take_in(self, given: ReviewNotes) -> int:
        """Take in notes and rejections of another review; how many were new or different."""
        new = 0

        def change(notes: ReviewNotes) -> ReviewNotes:
            nonlocal new
            for note in given.notes:
                new += notes.note(note.id) != note
                notes = notes.with_note(note)
            for one in given.rejected:
                new += one not in notes.rejected
                notes = notes.with_rejection(one)
            return notes

        self._write_notes(change, "notes taken in", "")
        return new

    def undo(self, user: str) -> str:
        """Take back the last choice of a user; what it was.

        What was written besides, by others or by hand, stays. Raises `SorasyncError` where that choice itself
        was changed since.
        """
        step = next((one for one in reversed(self._steps) if one.user == user), None)
        if step is None:
            raise SorasyncError("there is nothing to undo")
        project = self.project()
        now = manifest_text(project, step.file) or ""
        if now != step.after:
            _take_out(project, step, now)
        elif step.before is None:
            (project.root / step.file).unlink(missing_ok=True)
        else:
            write_manifest(project, step.file, step.before)
        self._steps = [one for one in self._steps if one is not step]
        if step.pick is not None:
            link_names_again(self.project())
        return step.what

    def diff(self) -> str:
        """What the files of picks and notes say now against the last commit, as a unified diff."""
        project = self.project()
        parts: list[str] = []
        for file in (picks_file(project), review_file(project)):
            now = manifest_text(project, file) or ""
            before = committed_text(project.root, file)
            origin = "/dev/null" if before is None else f"a/{file}"
            old, new = (before or "").splitlines(), now.splitlines()
            parts += difflib.unified_diff(old, new, origin, f"b/{file}", lineterm="", n=1)
        return "\n".join(parts)

    def _write_notes(self, change: Callable[[ReviewNotes], ReviewNotes], what: str, user: str) -> None:
        project = self.project()
        file = review_file(project)
        before = manifest_text(project, file)
        after = notes_text(change(parse_notes(before or "")))
        # Read back before it is written: a value that the language refuses is refused here.
        parse_notes(after)
        write_manifest(project, file, after)
        self._wrote(_Step(user, file, before, after, what))

    def _wrote(self, step: _Step) -> None:
        if (step.before or "") != step.after:
            self._steps = [*self._steps[-_MOST_UNDONE:], step]


def _take_out(project: Project, step: _Step, now: str) -> None:
    """Undo one step in a file that has changed since."""
    if step.pick is not None:
        clip, before, after = step.pick
        library = project.library()
        if spec_named(library, clip).pick != after:
            raise _changed_since(step)
        pick(project, library, clip, before)
        return
    old, new, current = parse_notes(step.before or ""), parse_notes(step.after), parse_notes(now)
    added = [one for one in new.notes if one not in old.notes]
    verdicts = [one for one in new.rejected if one not in old.rejected]
    gone = {one.id for one in added} - {one.id for one in old.notes}
    answered = any(one.reply_to in gone for one in current.notes)
    if answered or not (set(added) <= set(current.notes) and set(verdicts) <= set(current.rejected)):
        raise _changed_since(step)
    result = ReviewNotes(
        tuple(one for one in current.notes if one not in added),
        tuple(one for one in current.rejected if one not in verdicts),
    )
    for note in old.notes:
        if note not in new.notes:
            result = result.with_note(note)
    for verdict in old.rejected:
        if verdict not in new.rejected:
            result = result.with_rejection(verdict)
    write_manifest(project, step.file, notes_text(result))


def _changed_since(step: _Step) -> SorasyncError:
    return SorasyncError(f"the {step.what} was changed or answered since, so it cannot be undone here")


def _require_clip(library: Library, clip: str) -> None:
    try:
        spec_named(library, clip)
    except KeyError:
        raise SorasyncError(f"there is no clip {clip!r}") from None


def _costs(cost: Total) -> bool:
    return bool(cost.known_usd or cost.unknown)


def _text(value: object, what: str) -> str:
    text = plain_text(value) if isinstance(value, str) else ""
    if not text or len(text) > _LONGEST:
        raise SorasyncError(f"{what} needs a text of at most {_LONGEST:,} characters")
    return text


def _corners(value: object) -> tuple[float, ...] | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    numbers = [float(n) for n in value if isinstance(n, int | float)]
    return tuple(min(1.0, max(0.0, n)) for n in numbers) if len(numbers) == 4 else None


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
