"""ComfyUI: a graph of nodes is queued under an id that the client may choose, and ends up in the history."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sorasync.preview.dialects.base import Paths
from sorasync.preview.dialects.job_host import PICTURE, JobHost
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError

_PATHS: Paths = {
    "create": (("POST", "/prompt"),),
    "get": (("GET", "/history/{id}"),),
    "queue": (("GET", "/queue"),),
    "content": (("GET", "/view"),),
    "upload": (("POST", "/upload/image"),),
    "cancel": (("POST", "/queue"), ("POST", "/interrupt")),
}
_ROUTES = [
    ("POST", re.compile(r"/queue|/interrupt"), "cancel"),
    ("POST", re.compile(r"/prompt"), "create"),
    ("POST", re.compile(r"/upload/image"), "upload"),
    ("GET", re.compile(r"/history/([^/]+)"), "get"),
    ("GET", re.compile(r"/queue"), "queue"),
    ("GET", re.compile(r"/view"), "content"),
]
_FPS = 16
# An image that every server has.
_SHIPPED = "example.png"


class ComfyUI(JobHost):
    """The server. It draws what the longest text of the graph says, as large and long as its nodes say."""

    name = "comfyui"
    paths = _PATHS
    routes = _ROUTES
    cancel_bills = "never"
    cancel_forgets = "queued"
    ranges = False

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """What a graph would render."""
        values = rendered_by(fields.values.get("prompt"))
        return RequestFields("json", values | {"own_id": fields.values.get("prompt_id")})

    def created(self, shown: Shown) -> Response:
        """The id, and a place in the queue."""
        return JSONResponse({"prompt_id": shown.job.id, "number": 1, "node_errors": {}})

    def absent(self, job_id: str) -> Response:
        """An empty history."""
        return JSONResponse({})

    def queued(self, jobs: list[Shown]) -> Response:
        """Rows of a number, the id, the graph and more."""
        rows: dict[str, list[list[Any]]] = {"queue_running": [], "queue_pending": []}
        for number, shown in enumerate(jobs):
            name = "queue_running" if shown.status == "in_progress" else "queue_pending"
            rows[name].append([number, shown.job.id, {}, {}, []])
        return JSONResponse(rows)

    def fetched(self, shown: Shown) -> Response:
        """Nothing until it has ended."""
        job = shown.job
        if shown.status in ("queued", "in_progress"):
            return JSONResponse({})
        ending = "png" if self.is_picture(job) else "mp4"
        file = {"filename": f"{job.id}.{ending}", "subfolder": "", "type": "output"}
        outputs = {"9": {"images": [file], "animated": [True]}} if shown.done else {}
        messages: list[list[Any]] = [["execution_start", {"prompt_id": job.id}]]
        good = shown.status == "completed"
        if not good:
            said = {"exception_message": job.error_message or shown.status, "exception_type": "RuntimeError"}
            messages.append(["execution_error", {"prompt_id": job.id, "node_id": "3", **said}])
        status = {"status_str": "success" if good else "error", "completed": good, "messages": messages}
        return JSONResponse({job.id: {"prompt": [], "outputs": outputs, "status": status, "meta": {}}})

    async def to_cancel(self, request: Request) -> str:
        """The job that the body names."""
        said = await request.json()
        ids = said.get("delete") or [said.get("prompt_id")]
        return str(ids[0])

    def cancelled(self, shown: Shown) -> Response:
        """Nothing."""
        return Response()

    def refuse(self, refusal: RefusedError, route: str = "other") -> Response:
        """An error, and what is wrong with which node."""
        kind = "prompt_outputs_failed_validation" if refusal.code else refusal.kind
        error = {"type": kind, "message": refusal.message, "details": "", "extra_info": {}}
        return JSONResponse({"error": error, "node_errors": {}}, refusal.status, headers=refusal.headers)


def rendered_by(graph: object) -> dict[str, Any]:
    """What a graph would render, in the reference's words. Raises `RefusedError` for what is no graph."""
    if not isinstance(graph, dict) or not graph:
        raise RefusedError(400, "No prompt provided", kind="no_prompt")
    for name, node in graph.items():
        if not isinstance(node, dict) or "class_type" not in node:
            message = f"Cannot execute because node {name} is missing the class_type property."
            raise RefusedError(400, message, kind="invalid_prompt")
    inputs = list(_inputs(graph))
    kinds = {node["class_type"] for node in graph.values()}
    loaded = [node["inputs"].get("image") for node in graph.values() if node["class_type"] == "LoadImage"]
    # At Comfy's API an image is an asset by its id.
    loaded = [one["info"]["id"] if isinstance(one, dict) and "info" in one else one for one in loaded]
    images = [{"file_id": name} for name in loaded if isinstance(name, str) and name != _SHIPPED]
    texts = [value for name, value in inputs if name in ("text", "prompt") and isinstance(value, str)]
    wide, high = _whole(inputs, "width"), _whole(inputs, "height")
    frames, fps = _whole(inputs, "length"), _whole(inputs, "fps") or _FPS
    seconds = max(1, (frames - 1) // fps) if frames else _whole(inputs, "seconds")
    return {
        "prompt": max(texts, key=len, default=""),
        "model": PICTURE if "SaveImage" in kinds and not (frames or seconds) else "workflow",
        "seconds": seconds or 5,
        "size": f"{wide}x{high}" if wide and high else "832x480",
        **({"input_reference": images[0]} if images else {}),
    }


def _inputs(graph: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for node in graph.values():
        if isinstance(node.get("inputs"), dict):
            yield from node["inputs"].items()


def _whole(inputs: list[tuple[str, object]], wanted: str) -> int | None:
    found = (value for name, value in inputs if name == wanted and isinstance(value, int | float))
    number = next(found, None)
    return None if number is None else int(number)
