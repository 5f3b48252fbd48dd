"""`sorasync retry`: allows another attempt after a refusal or too many failures. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.graph import Graph
from sorasync.graph.render import Render
from sorasync.operations.address_lookup import find_wanted
from sorasync.operations.locked_state import ChangeSession, changing
from sorasync.operations.project import Project
from sorasync.plan.cost import cost_at
from sorasync.state.record import CANCEL, CANCELLED, RETRY, Record, Status
from sorasync.state.store import Store
from sorasync.text import shell_word

if TYPE_CHECKING:
    from sorasync.state.lock import LockWait


@dataclass(frozen=True, slots=True)
class Lifted:
    """A render that the next apply tries again. `cost_usd` is its price, None where unknown."""

    address: str
    label: str
    before: Status
    why: str
    attempts: int
    cost_usd: Decimal | None
    cancelled: bool = False


def retry_renders(
    project: Project,
    addresses: Sequence[str],
    waiting: LockWait,
    *,
    failed: bool = False,
    blocked: bool = False,
) -> list[Lifted]:
    """Let the next apply try renders again: those of the addresses, and all that failed or were blocked.

    Raises `SorasyncError` for an address that has nothing to be tried again.
    """
    graph = project.graph(project.library())
    with changing(project, waiting) as session:
        bound = session.store.bindings() if addresses else ()
        named = [render for text in addresses for render in find_wanted(text, graph, bound).renders]
        limit = project.config.apply.attempts
        more = stuck(session.store, graph, limit, failed=failed, blocked=blocked)
        wanted = list(dict.fromkeys([*named, *more]))
        return lift(project, session, graph, wanted) if wanted else []


def stuck(store: Store, graph: Graph, limit: int, *, failed: bool, blocked: bool) -> list[str]:
    """Addresses of wanted renders that were refused (`blocked`), or failed `limit` times (`failed`)."""
    records = store.records({render.key for render in graph.renders.values()})
    return [
        address
        for address, render in graph.renders.items()
        if (record := records.get(render.key)) is not None
        and record.error_stage != RETRY
        and (
            (blocked and record.status is Status.BLOCKED and record.error_stage != CANCEL)
            or (failed and record.status is Status.FAILED and record.attempts >= limit)
        )
    ]


def lift(project: Project, session: ChangeSession, graph: Graph, addresses: Iterable[str]) -> list[Lifted]:
    """Allow the renders of those addresses one more attempt; another failure stops them again.

    Of a clip's renders those that wait for another or are done are kept. Raises `SorasyncError`
    where nothing is left to be lifted.
    """
    renders = [graph.renders[address] for address in addresses]
    records = session.store.records({render.key for render in renders})
    lifted = {}
    with session.store.transaction():
        for render in renders:
            record = records.get(render.key)
            if record is None or record.status not in (Status.FAILED, Status.BLOCKED):
                continue
            if render.key not in lifted:
                _lift(session, record)
                lifted[render.key] = _lifted(project, graph, render, record)
    if not lifted:
        raise _nothing_to_retry(session.store, graph, renders)
    return list(lifted.values())


def _lift(session: ChangeSession, record: Record) -> None:
    store = session.store
    if record.status is Status.BLOCKED:
        store.move(record.key, Status.FAILED, run=session.run, error_stage=RETRY)
    else:
        store.amend(record.key, run=session.run, error_stage=RETRY)
    store.log(
        "to be tried again",
        record.address,
        record.key,
        session.run,
        was=record.status.value,
        why=record.error_message,
    )


def _lifted(project: Project, graph: Graph, render: Render, record: Record) -> Lifted:
    return Lifted(
        address=render.address,
        label=graph.label(render.address),
        before=record.status,
        why=record.error_message or record.error_code or "no reason given",
        attempts=record.attempts,
        cost_usd=cost_at(project.hosts, render),
        cancelled=record.error_code == CANCELLED,
    )


_INSTEAD = {
    Status.LOST: ("is lost: only a paid render brings it back", "`sorasync apply --replace {word}`"),
    Status.INTENT: ("was sent and the answer was lost", "`sorasync resolve {word}`"),
    Status.UNKNOWN: ("was sent and the answer was lost", "`sorasync resolve {word}`"),
    Status.STORED: ("already exists", "`sorasync apply --replace {word}` re-renders it"),
}


def _nothing_to_retry(store: Store, graph: Graph, renders: list[Render]) -> SorasyncError:
    """Why none of the renders can be lifted, by the first that is not there already."""
    known = store.records({render.key for render in graph.renders.values()})
    absent = [render for render in renders if not _stored(known, render)]
    for render in absent:
        if (record := known.get(render.key)) is not None:
            return _instead(graph, render, record)
    for render in absent:
        for need in render.needs:
            if not _stored(known, graph.renders[need]):
                return SorasyncError(
                    f"{graph.label(render.address)} waits for {graph.label(need)}",
                    hint=f"`sorasync retry {shell_word(graph.label(need))}`, or `sorasync plan` to see why",
                )
    if renders and not absent:
        return _instead(graph, renders[0], known[renders[0].key])
    label = graph.label(renders[0].address) if renders else "nothing"
    return SorasyncError(f"{label} was neither refused nor failed", hint="`sorasync plan` shows what is next")


def _stored(known: Mapping[str, Record], render: Render) -> bool:
    record = known.get(render.key)
    return record is not None and record.status is Status.STORED


def _instead(graph: Graph, render: Render, record: Record) -> SorasyncError:
    what, hint = _INSTEAD.get(record.status, ("is still rendering", "`sorasync apply` follows it"))
    label = graph.label(render.address)
    return SorasyncError(f"{label} {what}", hint=hint.format(word=shell_word(label)))
