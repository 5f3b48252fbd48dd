"""The output and error files of a batch."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sorasync.preview.model import PreviewJob, StoredBatch, StoredFile

if TYPE_CHECKING:
    from sorasync.preview.server import Server


def write_results(server: Server, batch: StoredBatch) -> dict[str, str | None]:
    """Write both files; their ids as `output_file_id` and `error_file_id`, None for one with no lines."""
    return {
        "output_file_id": _write_result_file(server, batch, "output", _done(server, batch)),
        "error_file_id": _write_result_file(server, batch, "error", _not_done(server, batch)),
    }


def _done(server: Server, batch: StoredBatch) -> Iterator[dict[str, Any]]:
    for job in server.jobs.of_batch(batch.id, ["completed", "failed"]):
        body = server.dialect.job(server.show(job))
        yield _result_line(job.custom_id or "", {"status_code": 200, "body": body}, None)


def _not_done(server: Server, batch: StoredBatch) -> Iterator[dict[str, Any]]:
    for custom_id, status, body in server.shelf.refused_lines(batch.id):
        yield _result_line(custom_id, {"status_code": status, "body": body}, None)
    for job in server.jobs.of_batch(batch.id, ["expired", "cancelled"]):
        yield _result_line(job.custom_id or "", None, _reason(job))


def _reason(job: PreviewJob) -> dict[str, str | None]:
    return {"code": job.error_code, "message": job.error_message}


def _result_line(custom_id: str, response: dict[str, Any] | None, error: object) -> dict[str, Any]:
    if response is not None:
        response = {"request_id": f"req_{secrets.token_hex(8)}"} | response
    return {
        "id": f"batch_req_{secrets.token_hex(8)}",
        "custom_id": custom_id,
        "response": response,
        "error": error,
    }


def _write_result_file(
    server: Server, batch: StoredBatch, name: str, lines: Iterable[dict[str, Any]]
) -> str | None:
    path = server.new_upload(name)
    size = 0
    with path.open("wb") as stream:
        for line in lines:
            size += stream.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    if size == 0:
        path.unlink()
        return None
    relative = path.relative_to(server.places.root).as_posix()
    file_id = f"file-{secrets.token_hex(12)}"
    file = StoredFile(file_id, "batch_output", f"{batch.id}_{name}.jsonl", size, relative, server.now())
    server.shelf.add_file(file)
    return file_id
