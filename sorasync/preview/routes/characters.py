"""Character uploads."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sorasync.preview.fields import read_fields, save_upload
from sorasync.preview.limits import NAME_MAX
from sorasync.preview.model import Character
from sorasync.preview.refusal import bad, missing
from sorasync.preview.server import Server


class CharacterRoutes:
    """Handlers over one server, in its dialect."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def character(self, request: Request) -> Response:
        """Upload a reference clip."""
        fields = await read_fields(request)
        try:
            name = fields.values.get("name")
            if not isinstance(name, str) or not 1 <= len(name) <= NAME_MAX:
                raise bad(f"'name' must have 1 to {NAME_MAX} characters.", "name", "invalid_value")
            upload = fields.files.get("video")
            if upload is None:
                raise bad("Missing required parameter: 'video'.", "video", "missing_required_parameter")
            path = self._server.new_upload("character")
            if await save_upload(upload, path) == 0:
                raise bad("The character clip is empty.", "video", "invalid_video")
        finally:
            await fields.close()
        return self._answer(self._server.add_character(name, path))

    async def character_get(self, request: Request) -> Response:
        """One character."""
        asked = request.path_params["id"]
        character = self._server.shelf.character(self._server.dialect.character_in(asked))
        if character is None:
            raise missing("Character", asked)
        return self._answer(character)

    def _answer(self, character: Character) -> Response:
        shown = self._server.dialect.character_out(character.id)
        return JSONResponse({"id": shown, "name": character.name, "created_at": int(character.created)})
