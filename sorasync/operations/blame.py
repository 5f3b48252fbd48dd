"""Which line of the manifests a refusal comes from."""

from __future__ import annotations

from dataclasses import replace

from sorasync.graph.address import owner
from sorasync.manifest.library import Library, Origin
from sorasync.plan.change import Change
from sorasync.plan.plan import Plan
from sorasync.plan.refusal import Refusal


def placed(refusal: Refusal, plan: Plan, library: Library) -> Refusal:
    """The refusal with the line of the first change that brought it about, where there is one.

    What is retired has no line any more.
    """
    change = next((c for c in plan.changes if c.address == refusal.address), None)
    place = _line(change, library) if change is not None else None
    if place is None:
        return refusal
    return replace(refusal, cause=f"{refusal.cause}, first at {place}" if refusal.cause else place)


def _line(change: Change, library: Library) -> str | None:
    from sorasync.manifest.provenance import provenance

    name = owner(change.address).removeprefix("clip.")
    if name not in library.clips:
        return None
    changed = {field.name for field in change.fields}
    rows = provenance(library, name)
    origins = (origin for field, _, origin in rows if field in changed and isinstance(origin, Origin))
    position = library.position(next(origins, library.clips[name].origin))
    return None if position is None else f"{position.file}:{position.line}"
