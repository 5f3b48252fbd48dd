"""Everything known of one address, gathered without asking the provider: for `show` and `why`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sorasync.graph.address import parse
from sorasync.graph.render import Kind
from sorasync.operations.address_lookup import FoundAddress, find
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.status import RenderStage, changes_by_address, stage_of

if TYPE_CHECKING:
    from pathlib import Path

    from sorasync.checks.check_result import CheckResult
    from sorasync.graph.graph import ClipNode, Graph
    from sorasync.graph.render import Render
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.plan.change import Change
    from sorasync.state.history import Run
    from sorasync.state.record import Binding, Record
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class RenderView:
    """One render: what the manifests want (`render`), what is known about it, and its change.

    `record` belongs to the wanted key, or to the bound one where nothing is wanted. `bound` is the key that
    the address points to. `file` is the video's name relative to the library, None where it is not here;
    `bytes` its size, `recorded_bytes` what the state knows of it. `needed_by` are labels.
    """

    address: str
    label: str
    stage: RenderStage
    render: Render | None
    record: Record | None
    bound: str | None
    protected: bool
    change: Change | None
    run: Run | None
    file: str | None
    bytes: int | None
    recorded_bytes: int | None
    needs: tuple[str, ...]
    needed_by: tuple[str, ...]
    # What is known of its video by checks, as they are set now.
    checks: tuple[CheckResult, ...] = ()
    # Whether its video is in the bucket, and not on this disk.
    in_bucket: bool = False
    # PQ or HLG if the headers of its file say that it is HDR.
    hdr: str | None = None


@dataclass(frozen=True, slots=True)
class AddressView:
    """An address, its renders in order, and what they were found in.

    `labels` are those of the addresses that point to a key, or will.
    """

    found: FoundAddress
    planned: Planned
    renders: tuple[RenderView, ...]
    labels: Mapping[str, str]


def look(project: Project, text: str) -> AddressView:
    """Find an address and what is known about it. Raises `SorasyncError` for an unknown one."""
    with project.synced_store() as store:
        planned = make_plan(project, PlanOptions(offline=True), store)
        found = find(text, planned.graph, planned.known.bindings)
        return _AddressSearch(project, store, planned, found).view()


class _AddressSearch:
    def __init__(self, project: Project, store: Store, planned: Planned, found: FoundAddress) -> None:
        self._project = project
        self._store = store
        self._planned = planned
        self._found = found
        self._graph = planned.graph
        self._bindings = planned.known.bindings
        self._changes = changes_by_address(planned.plan.changes)
        keys = [render.key for a in found.renders if (render := self._graph.renders.get(a))]
        bound = [self._bindings[a].key for a in found.renders if a in self._bindings]
        self._records = store.records({*keys, *bound})
        self._names = _names(project, planned, found)
        self._sizes = project.assets().present()
        self._recorded = store.assets()

    def view(self) -> AddressView:
        labels = {binding.key: self._graph.label(a) for a, binding in self._bindings.items()}
        labels |= {render.key: self._graph.label(a) for a, render in self._graph.renders.items()}
        return AddressView(
            found=self._found,
            planned=self._planned,
            renders=tuple(map(self._render, self._found.renders)),
            labels=labels,
        )

    def _render(self, address: str) -> RenderView:
        graph = self._graph
        render, binding = graph.renders.get(address), self._bindings.get(address)
        record = self._record(render, binding)
        change = self._changes.get(address)
        asset = record.asset if record and record.asset in self._sizes else None
        return RenderView(
            address=address,
            label=graph.label(address),
            stage=stage_of(change, self._planned.known.briefs.get(record.key) if record else None),
            render=render,
            record=record,
            bound=binding.key if binding else None,
            protected=bool(binding and binding.protect),
            change=change,
            run=self._store.run(record.run) if record and record.run is not None else None,
            file=self._file(address, asset) if asset else None,
            bytes=self._sizes.get(asset) if asset else None,
            recorded_bytes=self._recorded[asset].size if asset in self._recorded else None,
            needs=tuple(graph.label(need) for need in render.needs) if render else (),
            needed_by=_needed_by(graph, address),
            checks=self._checks(render, record),
            hdr=self._hdr(render, asset),
            in_bucket=asset is None and record is not None and record.asset in self._planned.known.present,
        )

    def _checks(self, render: Render | None, record: Record | None) -> tuple[CheckResult, ...]:
        if render is None or record is None or render.kind in (Kind.CHARACTER, Kind.STILL):
            return ()
        from sorasync.operations.check import asset_of, checked_before, render_to_check

        briefs = self._planned.known.briefs
        asset, source = (asset_of(self._graph, briefs, one) for one in (render.address, render.source))
        if asset is None:
            return ()
        wanted = render_to_check(self._project, self._planned.library, self._graph, render, asset, source)
        return checked_before(self._store, [wanted])[0].results

    def _record(self, render: Render | None, binding: Binding | None) -> Record | None:
        if render is not None:
            return self._records.get(render.key)
        return self._records.get(binding.key) if binding else None

    def _file(self, address: str, asset: str) -> str:
        """The human name if there is one, else the object's."""
        root, assets = self._project.root, self._project.assets()
        name = _best_name(self._planned.graph, address, [n for n, sha in self._names.items() if sha == asset])
        path = assets.path / name if name else assets.file_of(asset)
        if not self._holds(path, asset):
            path = assets.file_of(asset)
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

    def _hdr(self, render: Render | None, asset: str | None) -> str | None:
        if asset is None or render is None or render.kind in (Kind.CHARACTER, Kind.STILL):
            return None
        from sorasync.assets.video_form import hdr_of

        return hdr_of(self._project.assets().file_of(asset))

    def _holds(self, path: Path, asset: str) -> bool:
        """Whether a name seems to link to that video: it may be an earlier take."""
        try:
            return path.stat().st_size == self._recorded[asset].size
        except (OSError, KeyError):
            return False


def _needed_by(graph: Graph, address: str) -> tuple[str, ...]:
    return tuple(graph.label(a) for a, render in graph.renders.items() if address in render.needs)


def _names(project: Project, planned: Planned, found: FoundAddress) -> dict[str, str]:
    """The names of one clip's videos below the asset directory, with the digest of each."""
    from sorasync.apply.wanted_names import asset_view

    node = planned.graph.node(found.owner)
    if node is None:
        return {}
    known = planned.known
    naming = project.file_naming(planned.graph)
    still = node.kind == "still"
    nodes: dict[str, ClipNode] = {node.name: node}
    part = replace(planned.graph, clips={} if still else nodes, stills=nodes if still else {})
    objects = project.assets().objects() if still else ()
    view = asset_view(part, known.bindings, known.briefs, objects, naming)
    return {name: link.sha256 for name, link in view.items() if link.main}


def _best_name(graph: Graph, address: str, names: list[str]) -> str | None:
    """Which of several names of the same bytes means a render: the clip's own for its final one."""
    place = parse(address)
    step = f"-step-{place.step}" if place.step else ""
    node = graph.node(address)
    final = node is not None and node.final == address
    take = f"take-{place.take}{step}"
    wanted = [n for n in names if (PurePosixPath(n).stem == take) is not final]
    return next(iter(wanted or names), None)
