"""The LiteLLM proxy 1.109 over the reference: long encoded ids, fewer fields, no delete, no list."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import (
    BATCHES,
    CHARACTERS,
    CONTENT,
    CREATE,
    EDITS,
    EXTEND,
    FILES,
    GET,
    IMAGES,
    LIST,
    MODELS,
    REMIX,
    Dialect,
)
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError

_KEPT = (
    "id",
    "object",
    "status",
    "created_at",
    "completed_at",
    "expires_at",
    "error",
    "progress",
    "remixed_from_video_id",
    "seconds",
    "size",
    "model",
)
_DEPLOYMENT = hashlib.sha256(b"preview").hexdigest()


class LiteLLM(Dialect):
    """The proxy with one deployment behind it."""

    name = "litellm"
    paths = (
        CREATE
        | LIST
        | CHARACTERS
        | EXTEND
        | EDITS
        | REMIX
        | GET
        | CONTENT
        | FILES
        | BATCHES
        | MODELS
        | IMAGES
    )
    poll_hint = False
    ranges = False

    def id_out(self, job_id: str) -> str:
        """The id with the deployment wrapped around it, about 230 characters."""
        return "video_" + _wrap(f"model_id:sora-2;video_id:{job_id};deployment_id:{_DEPLOYMENT}")

    def id_in(self, job_id: str) -> str:
        """The id inside. Raises `RefusedError` for one that the proxy did not make."""
        return _unwrap(job_id, "video_", "video_id:")

    def character_out(self, character_id: str) -> str:
        """Wrapped as well."""
        return "character_" + _wrap(f"model_id:sora-2;character_id:{character_id}")

    def character_in(self, character_id: str) -> str:
        """The id inside; raw ids are taken in a create."""
        if character_id.startswith("char_"):
            return character_id
        return _unwrap(character_id, "character_", "character_id:")

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """Whole numbers of seconds become text. An image as an object, or an uploaded source of an
        extension, is lost on the way.
        """
        if isinstance(fields.values.get("seconds"), int):
            fields.values["seconds"] = str(fields.values["seconds"])
        if isinstance(fields.values.get("input_reference"), dict):
            raise RefusedError(400, "Missing required parameter: 'prompt'.")
        if route == "extend" and "video" in fields.files:
            raise RefusedError(400, 'Invalid video: {"video": {"id": ""}}')
        return fields

    def job(self, shown: Shown) -> dict[str, Any]:
        """What the proxy lets through."""
        job = super().job(shown)
        kept = {name: job.get(name) for name in _KEPT}
        return kept | {"usage": {"duration_seconds": float(shown.job.seconds)}}

    def listing(self, page: list[Shown], *, more: bool) -> dict[str, Any]:
        """There is a route, but it never works."""
        raise RefusedError(400, "LLM Provider NOT provided. Pass in the LLM provider you are trying to call.")

    def variant(self, asked: str | None) -> str:
        """The query is dropped on the way."""
        return "video"

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """The upstream's answer as text; the code is the status, as text; headers get a prefix."""
        upstream = super().refuse(refusal, route)
        kind = "RateLimitError" if refusal.status == 429 else "BadRequestError"
        text = bytes(upstream.body).decode()
        error = {
            "message": f"litellm.{kind}: OpenAIException - {text}",
            "type": None,
            "param": None,
            "code": str(refusal.status),
        }
        headers = {f"llm_provider-{name}": value for name, value in refusal.headers.items()}
        return JSONResponse({"error": error}, refusal.status, headers=headers)

    def unrouted(self, status: int, method: str, path: str) -> Response:
        """The web framework's own form."""
        return JSONResponse({"detail": "Not Found" if status == 404 else "Method Not Allowed"}, status)

    def unauthorised(self) -> Response:
        """The proxy's own answer."""
        error = {
            "message": "Authentication Error, No api key passed in.",
            "type": "auth_error",
            "param": "None",
            "code": "401",
        }
        return JSONResponse({"error": error}, 401)


def _wrap(text: str) -> str:
    return base64.urlsafe_b64encode(f"litellm:custom_llm_provider:openai;{text}".encode()).decode()


def _unwrap(wrapped: str, prefix: str, mark: str) -> str:
    try:
        text = base64.urlsafe_b64decode(wrapped.removeprefix(prefix)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    if mark not in text:
        raise RefusedError(500, "litellm.InternalServerError: Cannot connect to host api.openai.com", kind="")
    return text.split(mark, 1)[1].split(";", 1)[0]
