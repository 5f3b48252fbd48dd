"""Stills: the Images API. An answer holds the picture, or its address; nothing else is kept of it."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from sorasync.preview.faults.middleware import rule_for
from sorasync.preview.fields import RequestFields, read_fields, save_upload
from sorasync.preview.media import UnreadableError, look_at_image
from sorasync.preview.refusal import RefusedError, bad
from sorasync.preview.request_parsing import Picture, parse_picture
from sorasync.preview.server import Server

_TYPES = {"png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg"}
# A picture's name tells until when it can be downloaded, in Unix seconds.
_NAME = re.compile(r"img_[0-9a-f]{24}-([0-9]{1,12})\.(png|webp|jpeg)")
_NO_PICTURE = b"The picture could not be written."


class ImageRoutes:
    """Handlers over one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def still(self, request: Request) -> Response:
        """A picture from a prompt."""
        fields = await read_fields(request)
        try:
            wanted = parse_picture(fields, strict=self._server.dialect.checks.strict)
            return await self._answer(request, wanted, ())
        finally:
            await fields.close()

    async def still_edit(self, request: Request) -> Response:
        """A picture from others."""
        fields = await read_fields(request)
        images: list[Path] = []
        try:
            wanted = parse_picture(fields, strict=self._server.dialect.checks.strict, edit=True)
            images += [await self._saved(upload) for upload in _images(fields)]
            if not images:
                raise bad("Missing required parameter: 'image'.", "image", "missing_required_parameter")
            for image in images:
                _check(image)
            return await self._answer(request, wanted, images)
        finally:
            await fields.close()
            for image in images:
                image.unlink(missing_ok=True)

    async def picture(self, request: Request) -> Response:
        """A picture by its address, for as long as that holds."""
        name = request.path_params["id"]
        found = _NAME.fullmatch(name)
        path = self._server.places.pictures / name
        over = found is not None and int(found[1]) <= self._server.now()
        if found is None or over or rule_for(request, "expire") or not path.exists():
            raise RefusedError(404, f"There is no image '{name}' any more.", code="asset_expired")
        return FileResponse(path, media_type=_TYPES[found[2]])

    async def _answer(self, request: Request, wanted: Picture, images: Iterable[Path]) -> Response:
        given = tuple(images)
        data = await asyncio.to_thread(self._server.draw_picture, wanted, given)
        self._server.bill_picture(wanted, len(given), request.headers.get("idempotency-key"))
        if rule_for(request, "no_picture"):
            data = _NO_PICTURE
        item: dict[str, str]
        if wanted.by_url:
            until = int(self._server.now() + self._server.settings.expires_after)
            name = f"img_{secrets.token_hex(12)}-{until}.{wanted.form}"
            self._server.places.pictures.mkdir(parents=True, exist_ok=True)
            (self._server.places.pictures / name).write_bytes(data)
            item = {"url": f"{str(request.base_url).rstrip('/')}/v1/pictures/{name}"}
        else:
            item = {"b64_json": base64.b64encode(data).decode("ascii")}
        body = {"created": int(self._server.now()), "data": [item], "output_format": wanted.form}
        return JSONResponse(body | {"size": wanted.size})

    async def _saved(self, upload: UploadFile) -> Path:
        path = self._server.new_upload("image")
        await save_upload(upload, path)
        return path


def _images(fields: RequestFields) -> list[UploadFile]:
    return [upload for name, upload in fields.uploads if name == "image"]


def _check(image: Path) -> None:
    try:
        look_at_image(image)
    except UnreadableError as error:
        raise bad(f"Invalid image: {error}.", "image", "invalid_image") from error
