"""A request's body, whatever its encoding, as names and values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from sorasync.preview.refusal import bad

_PARTS = re.compile(r"\[([^\]]*)\]")
_OBJECTS = frozenset(
    {
        "characters",
        "video",
        "input_reference",
        "last_frame",
        "image_reference",
        "metadata",
        "expires_after",
    }
)
_CHUNK = 1 << 20


@dataclass(slots=True)
class RequestFields:
    """A body, and the parts of its path. `encoding` is `json`, `multipart` or `form`.

    Close it to drop the uploads.
    """

    encoding: str
    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, UploadFile] = field(default_factory=dict)
    # Every upload with its field, also where several have the same.
    uploads: list[tuple[str, UploadFile]] = field(default_factory=list)
    path: dict[str, str] = field(default_factory=dict)

    async def close(self) -> None:
        """Drop the uploads' temporary files."""
        for _, upload in self.uploads:
            await upload.close()


async def read_fields(request: Request) -> RequestFields:
    """Read a body. Raises `RefusedError` where it cannot be understood."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return await _read_form(request, "multipart" if content_type.startswith("multipart") else "form")
    body = await request.body()
    if not body:
        return RequestFields("json")
    try:
        values = json.loads(body)
    except ValueError as error:
        raise bad(f"We could not parse the JSON body of your request. ({error})") from error
    if not isinstance(values, dict):
        raise bad("The body must be a JSON object.")
    return RequestFields("json", values)


async def _read_form(request: Request, encoding: str) -> RequestFields:
    fields = RequestFields(encoding)
    form = await request.form(max_part_size=_CHUNK)
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            fields.files[name.removesuffix("[]")] = value
            fields.uploads.append((name.removesuffix("[]"), value))
        else:
            _put(fields.values, name, value)
    return fields


def _put(values: dict[str, Any], name: str, value: str) -> None:
    """Set `a`, `a[b]`, `a[]` or `a[][b]`; objects may also stand as JSON text."""
    head, bracket, _rest = name.partition("[")
    keys = _PARTS.findall(name) if bracket else []
    match keys:
        case []:
            values[head] = _decode(value) if head in _OBJECTS else value
        case ["", key]:
            cast("list[Any]", values.setdefault(head, [])).append({key: value})
        case [""]:
            cast("list[Any]", values.setdefault(head, [])).append(_decode(value))
        case [key, *_]:
            cast("dict[str, Any]", values.setdefault(head, {}))[key] = value


def _decode(value: str) -> Any:
    if value[:1] in "{[" and value:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


async def save_upload(upload: UploadFile, path: Path) -> int:
    """Copy an upload to a file; its size in bytes."""
    await upload.seek(0)
    return await run_in_threadpool(_copy_stream, upload.file, path)


def _copy_stream(source: BinaryIO, path: Path) -> int:
    size = 0
    with path.open("wb") as target:
        while chunk := source.read(_CHUNK):
            size += target.write(chunk)
    return size
