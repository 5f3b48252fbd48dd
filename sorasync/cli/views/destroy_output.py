"""The output of `sorasync destroy`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sorasync.cli.terminal.units import size
from sorasync.cli.views.gc_output import deleted_json, doomed_json, doomed_text
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.gc import Deleted, Everything
from sorasync.plan.cost import total
from sorasync.state.record import IN_FLIGHT
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.project import Project


def destroy_text(project: Project, found: Everything, *, keep_remote: bool, quiet: bool) -> Iterator[str]:
    """What is deleted, what rendering it again would cost, and what stays."""
    going = found.renders
    if not quiet:
        yield from doomed_text(going, project.clock.now())
    for record in found.unsettled:
        yield f"! {record.address} stays: it is not known whether it was sent; sorasync apply finds out"
    if not going:
        yield f"{project.name} has nothing to delete."
        return
    bytes_ = size(sum(one.bytes for one in going))
    yield f"{counted(len(going), 'render')}, {bytes_}: everything that {project.name} has rendered."
    flying = sum(one.record.status in IN_FLIGHT for one in going)
    if flying:
        yield f"{flying} of them {'is' if flying == 1 else 'are'} paid for and still in flight."
    yield f"Rendering all of it again would cost {total(one.cost for one in going)}."
    yield from _remote(project, keep_remote=keep_remote)


def _remote(project: Project, *, keep_remote: bool) -> Iterator[str]:
    for _, profile in project.hosts:
        name = profile.provider_name
        if keep_remote:
            yield f"The videos at {name} are kept."
        elif not profile.can("delete"):
            yield f"{name} does not delete videos on request; they expire."
        else:
            yield f"The videos at {name} are deleted too."


def destroy_json(found: Everything, deleted: Deleted | None) -> dict[str, object]:
    """The same as plain data."""
    cost = total(one.cost for one in found.renders)
    return {
        "format_version": 1,
        "renders": doomed_json(found.renders),
        "bytes": sum(one.bytes for one in found.renders),
        "cost_usd": None if cost.unknown else usd(cost.known_usd),
        "unsettled": [
            {"address": r.address, "key": r.key, "status": r.status.value} for r in found.unsettled
        ],
        "deleted": deleted_json(deleted),
    }
