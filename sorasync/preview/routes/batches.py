"""The batch routes."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sorasync.preview.faults.middleware import rule_for
from sorasync.preview.fields import read_fields
from sorasync.preview.model import StoredBatch
from sorasync.preview.paging import page_of
from sorasync.preview.refusal import RefusedError, bad, missing
from sorasync.preview.server import Server

_WINDOW_SECONDS = 86_400
_ONCE_THERE = (
    "errors",
    "output_file_id",
    "error_file_id",
    "in_progress_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
)


class BatchRoutes:
    """Handlers over one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def batch(self, request: Request) -> Response:
        """Queue the requests of an input file."""
        values = (await read_fields(request)).values
        file = self._server.shelf.file(str(values.get("input_file_id")))
        if file is None or file.purpose != "batch":
            raise bad("'input_file_id' must name a file with the purpose 'batch'.", "input_file_id")
        if values.get("endpoint") != "/v1/videos":
            raise bad("'endpoint' must be '/v1/videos'.", "endpoint", "invalid_value")
        if values.get("completion_window") != "24h":
            raise bad("'completion_window' must be '24h'.", "completion_window", "invalid_value")
        now = self._server.now()
        doc: dict[str, object] = {"metadata": values.get("metadata")}
        rule = rule_for(request, "batch_expires")
        if rule is not None:
            doc["stop_part"] = rule.done
        batch = StoredBatch(
            f"batch_{secrets.token_hex(12)}", file.id, "validating", now, now + _WINDOW_SECONDS, doc
        )
        self._server.shelf.add_batch(batch)
        self._server.batches.kick()
        return JSONResponse(self._body(batch))

    async def batch_get(self, request: Request) -> Response:
        """One batch."""
        return JSONResponse(self._body(self._find(request)))

    async def batch_list(self, request: Request) -> Response:
        """A page of the batches, newest first."""
        found = [self._body(batch) for batch in self._server.shelf.batches()]
        return JSONResponse(page_of(found, request.query_params, default=20))

    async def batch_cancel(self, request: Request) -> Response:
        """Stop a batch; what is done stays done."""
        with self._server.database.write():
            batch = self._find(request)
            if batch.status not in ("validating", "in_progress"):
                raise RefusedError(
                    409, f"Cannot cancel a batch that is {batch.status}.", code="batch_not_cancellable"
                )
            now = int(self._server.now())
            batch = self._server.shelf.change_batch(batch, "cancelling", cancelling_at=now)
        return JSONResponse(self._body(batch))

    def _find(self, request: Request) -> StoredBatch:
        batch = self._server.shelf.batch(request.path_params["id"])
        if batch is None:
            raise missing("Batch", request.path_params["id"])
        return batch

    def _body(self, batch: StoredBatch) -> dict[str, Any]:
        """The batch. What is not there yet is left out: only the metadata may be null."""
        counts = self._server.jobs.batch_counts(batch.id)
        refused = len(self._server.shelf.refused_lines(batch.id))
        failed = refused + sum(counts.get(state, 0) for state in ("failed", "expired", "cancelled"))
        total = batch.doc.get("total", sum(counts.values()) + refused)
        told = {name: value for name in _ONCE_THERE if (value := batch.doc.get(name)) is not None}
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/videos",
            "input_file_id": batch.input_file,
            "completion_window": "24h",
            "status": batch.status,
            "created_at": int(batch.created),
            "expires_at": int(batch.expires),
            **told,
            "request_counts": {"total": total, "completed": counts.get("completed", 0), "failed": failed},
            "metadata": batch.doc.get("metadata"),
        }
