"""What `sorasync check` has found, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sorasync.checks.check_result import CheckResult
from sorasync.graph.address import owner
from sorasync.operations.check import checked_before, failing_renders, render_to_check

if TYPE_CHECKING:
    from sorasync.review.library_view import Snapshot
    from sorasync.state.store import Store


def check_results(snapshot: Snapshot, store: Store, addresses: Iterable[str]) -> dict[str, list[CheckResult]]:
    """The results of finished renders, by address; nothing is checked for this."""
    planned, renders = snapshot.planned, []
    for address in addresses:
        asset = snapshot.asset_of(address)
        if asset is not None:
            render = planned.graph.renders[address]
            source = snapshot.asset_of(render.source) if render.source else None
            graph, library = planned.graph, planned.library
            renders.append(render_to_check(snapshot.project, library, graph, render, asset, source))
    return {one.render.address: list(one.results) for one in checked_before(store, renders)}


def failed_checks(snapshot: Snapshot, store: Store) -> dict[str, list[str]]:
    """What has failed, in words, by the name of the clip."""
    found: dict[str, list[str]] = {}
    for address, checked in failing_renders(snapshot.project, store, snapshot.planned).items():
        words = [f"{one.check}: {one.message}" for one in checked.results]
        found.setdefault(owner(address).removeprefix("clip."), []).extend(words)
    return found


def check_json(result: CheckResult) -> dict[str, Any]:
    """One result for the page."""
    return {
        "check": result.check,
        "verdict": result.verdict.value,
        "message": result.message,
        "at": result.at,
        "frame": result.frame,
    }
