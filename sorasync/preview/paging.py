"""Pages of files and batches, as the published description has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams

from sorasync.preview.refusal import bad


def page_of(entries: Sequence[dict[str, Any]], query: QueryParams, *, default: int) -> dict[str, Any]:
    """The page that `limit`, `after` and `order` ask for, of entries that stand newest first."""
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise bad(f"Invalid value '{order}' for 'order'.", "order", "invalid_value")
    text = query.get("limit", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise bad(f"Invalid value '{text}' for 'limit'.", "limit", "invalid_value")
    ordered = list(entries if order == "desc" else reversed(entries))
    ids = [entry["id"] for entry in ordered]
    after = query.get("after")
    if after is not None:
        ordered = ordered[ids.index(after) + 1 :] if after in ids else []
    data = ordered[: int(text)]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(ordered) > len(data),
    }
