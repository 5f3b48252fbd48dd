"""A batch as the server reports it, and the lines of its input and output files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sorasync.provider import encode
from sorasync.provider.errors import InvalidRequest, NotSupported
from sorasync.provider.json_values import first, moment, number, parse, table, text, word
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.read import job_id, read_error, read_job
from sorasync.provider.wire import CreateRequest, Job, JobError


class BatchStatus(StrEnum):
    """A batch's state; `unknown` keeps a word nobody has seen before."""

    VALIDATING = "validating"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def terminal(self) -> bool:
        """Whether the batch will never change again."""
        return self in (
            BatchStatus.FAILED,
            BatchStatus.COMPLETED,
            BatchStatus.EXPIRED,
            BatchStatus.CANCELLED,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch. Only `id` and `status` are always there; times are Unix seconds.

    `output_file_id` and `error_file_id` name files of one line a request, in any order; a batch that ended
    early may have both, either or none. `done` and `failed` count requests out of `total`.
    """

    id: str
    status: BatchStatus
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: float | None = None
    expires_at: float | None = None
    total: int = 0
    done: int = 0
    failed: int = 0
    error: JobError | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    raw: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One line of an output or error file: what became of the request `custom_id`.

    `job` is there whenever the server made one, ended well or not; `error` says why there is none.
    `status` is the HTTP status the request would have got, None where it was never carried out.
    """

    custom_id: str
    job: Job | None
    error: JobError | None
    status: int | None = None

    @property
    def doubtful(self) -> bool:
        """Whether there may be a job that the line does not name: it was accepted, or the server failed."""
        return self.job is None and self.status is not None and not 300 <= self.status < 500


def read_batch(body: object, *, known_id: str | None = None) -> Batch | None:
    """The batch in a body, None where there is none."""
    data = table(body)
    found_id, said = known_id or job_id(data), text(data.get("status"))
    if found_id is None or said is None:
        return None
    counts = table(data.get("request_counts"))
    listed = table(data.get("errors")).get("data")
    error = listed[0] if isinstance(listed, list) and listed else data.get("error")
    return Batch(
        id=found_id,
        status=_status(said),
        input_file_id=text(data.get("input_file_id")),
        output_file_id=text(data.get("output_file_id")),
        error_file_id=text(data.get("error_file_id")),
        created_at=moment(data.get("created_at")),
        expires_at=moment(data.get("expires_at")),
        total=int(number(counts.get("total")) or 0),
        done=int(number(counts.get("completed")) or 0),
        failed=int(number(counts.get("failed")) or 0),
        error=read_error(error),
        metadata=table(data.get("metadata")),
        raw=data,
    )


def read_batch_page(body: object) -> tuple[list[Batch], str | None, int] | None:
    """A page of the list of batches, what asks for the next one, and how many entries cannot be read.

    None where the body is no list. What asks for more where an empty page says that there is more is "": it
    leads nowhere. A batch whose status is missing has an unknown one.
    """
    data = table(body)
    listed = data.get("data")
    if not isinstance(listed, list):
        return None
    read = [read_batch({"status": BatchStatus.UNKNOWN.value, **table(entry)}) for entry in listed]
    found = [batch for batch in read if batch is not None]
    more = data.get("has_more") is True
    after = (text(data.get("last_id")) or (found[-1].id if found else "")) if more else None
    return found, after, len(read) - len(found)


def batch_line(
    host: ProviderHost, custom_id: str, request: CreateRequest, image_id: str | None = None
) -> bytes:
    """One request as a line of JSONL with its line break. An image must be a file the host holds already."""
    if request.image is not None and image_id is None:
        raise NotSupported("an image in a batch has to be uploaded first and named by its file id")
    if not custom_id:
        raise InvalidRequest("a batch line needs a custom_id")
    body = encode.create_fields(host, request)
    if image_id is not None:
        body["input_reference"] = {"file_id": image_id}
    line = {"custom_id": custom_id, "method": "POST", "url": "/v1/videos", "body": body}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_batch_line(line: bytes | str) -> BatchResult | None:
    """One line of an output or error file; None for a line that names no request."""
    data = table(parse(line.encode("utf-8", "replace") if isinstance(line, str) else line))
    custom_id = word(data.get("custom_id"))
    if custom_id is None:
        return None
    response = table(data.get("response"))
    status = number(response.get("status_code"))
    body = response.get("body")
    named = table(body).get("status") is not None or (status == 200 and job_id(body) is not None)
    job = read_job(body) if named else None
    error = read_error(data.get("error"))
    if job is None and error is None:
        error = read_error(first(table(body).get("error"), body)) or JobError(
            None, "no answer was recorded", ours=True
        )
    return BatchResult(custom_id, job, error, None if status is None else int(status))


def _status(said: str) -> BatchStatus:
    plain = said.strip().lower()
    plain = {"canceled": "cancelled", "canceling": "cancelling"}.get(plain, plain)
    return BatchStatus(plain) if plain in set(BatchStatus) else BatchStatus.UNKNOWN
