"""Lists the takes of clips and stills, from the manifests and the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sorasync.api.outside_loop import outside_loop
from sorasync.api.take import Take
from sorasync.errors import SorasyncError
from sorasync.text import close_match

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sorasync.graph.graph import ClipNode
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.state.record import Record


def takes_of(project: Project, kind: str = "clip") -> dict[str, tuple[Take, ...]]:
    """The takes of every clip or still, by its name."""
    planned = _planned(project)
    nodes = planned.graph.stills if kind == "still" else planned.graph.clips
    return _listed(project, planned, nodes)


def takes_of_one(project: Project, named: str) -> tuple[Take, ...]:
    """The takes of one clip, or still (`still.quay`). Raises `SorasyncError` for an unknown one."""
    kind = "still" if named.startswith("still.") else "clip"
    planned, name = _planned(project), named.removeprefix(f"{kind}.")
    nodes = planned.graph.stills if kind == "still" else planned.graph.clips
    if name not in nodes:
        near = close_match(name, nodes)
        raise SorasyncError(f"there is no {kind} {name!r}", hint=f"did you mean {near!r}?" if near else None)
    return _listed(project, planned, {name: nodes[name]})[name]


def _planned(project: Project) -> Planned:
    from sorasync.operations.plan import PlanOptions, make_plan

    return outside_loop(lambda: make_plan(project, PlanOptions(offline=True)))


def _listed(project: Project, planned: Planned, nodes: Mapping[str, ClipNode]) -> dict[str, tuple[Take, ...]]:
    renders = planned.graph.renders
    keys = [renders[address].key for node in nodes.values() for address in node.takes]
    with project.synced_store() as store:
        records = store.records(keys)
    present = project.assets().present()
    return {name: tuple(_takes(project, planned, node, records, present)) for name, node in nodes.items()}


def _takes(
    project: Project,
    planned: Planned,
    node: ClipNode,
    records: Mapping[str, Record],
    present: Mapping[str, int],
) -> list[Take]:
    graph, assets = planned.graph, project.assets()
    takes = []
    for number, address in enumerate(node.takes, 1):
        render = graph.renders[address]
        record = records.get(render.key)
        asset = record.asset if record and record.asset in present else None
        charge = record.charge if record else None
        takes.append(
            Take(
                address=graph.label(address),
                clip=node.name,
                number=number,
                key=render.key,
                prompt=render.prompt,
                model=render.model,
                size=render.size,
                seconds=render.seconds,
                picked=node.chosen == number,
                status=record.status.value if record else None,
                remote_id=record.remote_id if record else None,
                file=assets.file_of(asset) if asset else None,
                cost_usd=charge.usd if charge else None,
            )
        )
    return takes
