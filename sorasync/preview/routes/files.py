"""Files for batches and image references."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from sorasync.preview.fields import read_fields, save_upload
from sorasync.preview.limits import BATCH_BYTES_MAX
from sorasync.preview.model import StoredFile
from sorasync.preview.paging import page_of
from sorasync.preview.refusal import bad, missing
from sorasync.preview.server import Server

_PURPOSES = ("batch", "vision", "user_data")


class FileRoutes:
    """Handlers over one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def files(self, request: Request) -> Response:
        """Upload a file."""
        fields = await read_fields(request)
        try:
            purpose = fields.values.get("purpose")
            if purpose not in _PURPOSES:
                raise bad(f"'purpose' must be one of {', '.join(_PURPOSES)}.", "purpose", "invalid_value")
            upload = fields.files.get("file")
            if upload is None:
                raise bad("Missing required parameter: 'file'.", "file", "missing_required_parameter")
            path = self._server.new_upload("file")
            size = await save_upload(upload, path)
            filename = upload.filename or "file"
        finally:
            await fields.close()
        if purpose == "batch" and size > BATCH_BYTES_MAX:
            path.unlink()
            raise bad("A batch input file has 200 MB at most.", "file", "file_too_large")
        relative = path.relative_to(self._server.places.root).as_posix()
        file = StoredFile(
            f"file-{secrets.token_hex(12)}", purpose, filename, size, relative, self._server.now()
        )
        self._server.shelf.add_file(file)
        return JSONResponse(_file_object(file))

    async def upload(self, request: Request) -> Response:
        """Keep an image under its own name, in the place of an earlier one."""
        fields = await read_fields(request)
        try:
            upload = fields.files.get("image") or fields.files.get("file")
            if upload is None:
                raise bad("Missing required parameter: 'image'.", "image", "missing_required_parameter")
            path, name = self._server.new_upload("image"), upload.filename or "image"
            size = await save_upload(upload, path)
        finally:
            await fields.close()
        self._server.shelf.remove_file(name)
        relative = path.relative_to(self._server.places.root).as_posix()
        self._server.shelf.add_file(StoredFile(name, "vision", name, size, relative, self._server.now()))
        return JSONResponse(self._server.dialect.uploaded(name))

    async def files_list(self, request: Request) -> Response:
        """A page of the files, newest first."""
        purpose = request.query_params.get("purpose")
        found = [_file_object(file) for file in self._server.shelf.files() if purpose in (None, file.purpose)]
        return JSONResponse(page_of(found, request.query_params, default=10_000))

    async def files_get(self, request: Request) -> Response:
        """One file's description."""
        return JSONResponse(_file_object(self._find(request)))

    async def files_content(self, request: Request) -> Response:
        """One file's bytes."""
        path = self._server.places.inside(self._find(request).path)
        return FileResponse(path, media_type="application/octet-stream")

    async def files_delete(self, request: Request) -> Response:
        """Remove a file."""
        file = self._find(request)
        self._server.shelf.remove_file(file.id)
        self._server.places.inside(file.path).unlink(missing_ok=True)
        return JSONResponse({"id": file.id, "object": "file", "deleted": True})

    def _find(self, request: Request) -> StoredFile:
        file = self._server.shelf.file(request.path_params["id"])
        if file is None:
            raise missing("File", request.path_params["id"])
        return file


def _file_object(file: StoredFile) -> dict[str, object]:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": int(file.created),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
    }
