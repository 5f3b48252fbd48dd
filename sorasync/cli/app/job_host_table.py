"""The table of hosts with a job API in docs/providers.md, made from their profiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.cli.views.profile_output import cancelling
from sorasync.profile import load_profile
from sorasync.profile.load import profile_names
from sorasync.profile.video_model import TIERS, price_name

if TYPE_CHECKING:
    from sorasync.profile.job import JobProfile

HEADING = "## Hosts with a job API\n"
_END = "\n*Tested* means:"
_COLUMNS = (
    "profile",
    "create",
    "follow",
    "fetch",
    "cancel",
    "list",
    "lost answer",
    "price",
    "reported cost",
    "tried with",
)
# Clients of other makers that drive the preview server from create to file.
TRIED_WITH = {
    "comfy-api": "comfy-sdk 0.5.0, comfy-api-proxy 0.1.6",
    "comfy-router": "comfy-sdk 0.5.0",
    "fal": "fal-client 1.0.3",
    "luma": "lumaai 1.21.0",
    "replicate": "replicate 1.0.7",
    "runway": "runwayml 5.24.0",
    "vertex": "google-genai 3.6.1",
}
_SETTLE = {
    "ask": "asks",
    "list": "matches by prompt",
    "replay": "resends, same key",
    "reject": "resends once, else asks",
    "own_id": "looks up its own id",
    "label": "matches by label",
}


def with_table(page: str) -> str:
    """The page with the table of today's profiles in place of the one that it has."""
    before, heading, rest = page.partition(HEADING)
    _, end, after = rest.partition(_END)
    return f"{before}{heading}\n{_table()}\n{end}{after}"


def _table() -> str:
    profiles = (load_profile(name, base_dir=Path()) for name in profile_names())
    rows = [_COLUMNS, ("---",) * len(_COLUMNS)]
    rows += [tuple(_cells(profile.job)) for profile in profiles if profile.job is not None]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(job: JobProfile) -> Iterator[str]:
    yield f"`{job.name}`"
    yield f"`{job.create.request}`"
    yield f"`{job.get.request}`, {job.get.least_seconds:g} s apart"
    yield _fetch(job)
    yield cancelling(job)
    yield _list(job)
    yield _SETTLE[job.settle]
    yield _price(job)
    yield {"token": "tokens", "credit": "credits", "usd": "dollars", "usd_ticks": "dollars"}.get(
        (job.cost.unit or "").partition(":")[0], "–"
    )
    yield TRIED_WITH.get(job.name, "no client; sorasync alone")


def _fetch(job: JobProfile) -> str:
    result = job.result
    where = "in the answer" if result.base64 else "by address"
    where = f"`{result.request}`, then {where}" if result.request else where
    key = ", with the key" if result.needs_key else ""
    return f"{where}{key}" + (f", for {result.lives}" if result.lives else "")


def _list(job: JobProfile) -> str:
    if job.list is None:
        return "–"
    shows = [name for name, path in (("prompts", job.list.prompt), ("labels", job.list.label)) if path]
    return f"{'complete' if job.list.complete else 'partial'}, with {' and '.join(shows) or 'ids'}"


def _price(job: JobProfile) -> str:
    """What the profile's prices go by."""
    names = [price_name(name) for model in job.models.values() for name in model.prices]
    found = [
        ("by token", any(model.token_prices for model in job.models.values())),
        ("by tier", any(name.size in TIERS.values() for name in names)),
        ("by size", any("x" in name.size for name in names)),
        ("by model", any(name.size == "*" for name in names)),
        ("with or without sound", any(name.words for name in names)),
    ]
    ways = [way for way, holds in found if holds]
    return ", ".join(ways) or "yours"
