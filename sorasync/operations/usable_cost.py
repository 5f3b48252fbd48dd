"""`sorasync cost --usable`: what a second of video that the library uses has cost, with every try counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sorasync.graph.address import natural
from sorasync.graph.graph import Graph
from sorasync.operations.cost import By, CostSum, spending
from sorasync.operations.project import Project
from sorasync.state.record import Record, Status
from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class UsableCost:
    """What was spent on a clip or model, beside what the library uses of it.

    `clips` are those whose picked or only take is stored, `seconds` the length of these; `spent` also counts
    takes that nobody picked, earlier versions and charged failures.
    """

    spent: CostSum
    clips: int = 0
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The clip or the model."""
        return self.spent.name

    @property
    def tries(self) -> int:
        """Requests that were sent, failed ones included."""
        return self.spent.renders + self.spent.failed

    @property
    def usd_per_second(self) -> Decimal | None:
        """Dollars for each usable second; None where there is none, or a price is unknown."""
        if not self.seconds or self.spent.unknown:
            return None
        return self.spent.spent / Decimal(str(self.seconds))

    @property
    def tries_per_second(self) -> float | None:
        """Requests for each usable second; None where there is none."""
        return self.tries / self.seconds if self.seconds else None


@dataclass(frozen=True, slots=True)
class UsableCosts:
    """The lines, dearest second first and those without one last, and their total."""

    by: By
    lines: tuple[UsableCost, ...]
    total: UsableCost
    simulated: bool


def usable_cost_report(project: Project, by: By = By.MODEL, since: float = 0.0) -> UsableCosts:
    """What each second in use has cost since a Unix time; see `usable_costs`."""
    graph = project.graph(project.library())
    with project.synced_store() as store:
        return usable_costs(project, store, graph, by, since)


def usable_costs(
    project: Project, store: Store, graph: Graph, by: By = By.MODEL, since: float = 0.0
) -> UsableCosts:
    """Compare what was spent since a Unix time with what the library uses now, by model or by clip."""
    spent = spending(project, store, by, since)
    used: dict[str, list[float]] = {}
    for clip, record in _used_renders(graph, store):
        name = clip if by is By.CLIP else record.model or "(unknown)"
        used.setdefault(name, []).append(record.seconds or 0.0)
    sums = {line.name: line for line in spent.lines}
    lines = [
        UsableCost(sums.get(name) or CostSum(name), len(used.get(name, ())), sum(used.get(name, ()), 0.0))
        for name in sums.keys() | used.keys()
    ]
    total = UsableCost(spent.total, sum(one.clips for one in lines), sum(one.seconds for one in lines))
    return UsableCosts(by, tuple(sorted(lines, key=_dearest_first)), total, spent.simulated)


def _used_renders(graph: Graph, store: Store) -> Iterator[tuple[str, Record]]:
    """Each clip whose picked or only take is stored, with its last render; a render of two clips once."""
    finals: Mapping[str, str] = {
        graph.keys[node.final]: f"clip.{node.name}"
        for node in graph.clips.values()
        if node.final is not None and node.waits_for is None and (node.single or node.chosen is not None)
    }
    for key, record in store.records(finals).items():
        if record.status is Status.STORED:
            yield finals[key], record


def _dearest_first(line: UsableCost) -> tuple[bool, Decimal, str]:
    price = line.usd_per_second
    return price is None, -(price or Decimal(0)), natural(line.name)
