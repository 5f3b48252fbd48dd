"""FastVideo 0.2: an older form of SGLang's server, whose list says nothing about a next page."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sorasync.preview.dialects.sglang import SGLang
from sorasync.preview.fields import RequestFields
from sorasync.preview.job_view import Shown
from sorasync.preview.refusal import RefusedError


class FastVideo(SGLang):
    """The server. A job is queued until it is done."""

    name = "fastvideo"
    list_default = 100

    def new_id(self) -> str:
        """A UUID without hyphens."""
        return uuid.uuid4().hex

    def understand(self, fields: RequestFields, route: str) -> RequestFields:
        """In a form `extra_body` is JSON as text."""
        extra = fields.values.get("extra_body")
        if fields.encoding == "multipart" and isinstance(extra, str):
            try:
                fields.values["extra_body"] = json.loads(extra)
            except ValueError:
                fields.values["extra_body"] = {}
        return super().understand(fields, route)

    def job(self, shown: Shown) -> dict[str, Any]:
        """Less than SGLang says; the size stands in it, the prompt does not."""
        done = shown.status == "completed"
        job = shown.job
        return {
            "id": job.id,
            "object": "video",
            "model": job.model,
            "status": "queued" if shown.status == "in_progress" else shown.status,
            "progress": 100 if done else 0,
            "created_at": int(job.created),
            "size": job.size,
            "seconds": str(job.seconds),
            "quality": "standard",
            "url": None,
            "file_path": f"outputs/videos/{job.id}.mp4",
            "completed_at": None if job.completed is None else int(job.completed),
            "error": self.job_error(shown),
            "peak_memory_mb": None,
            "inference_time_s": 1.0 if done else None,
        }

    def listing(self, page: list[Shown], *, more: bool) -> dict[str, Any]:
        """Jobs and nothing about what comes after them."""
        return {"data": [self.job(shown) for shown in page], "object": "list"}

    def variant(self, asked: str | None) -> str:
        """Variants are not looked at."""
        return "video"

    def not_ready(self, shown: Shown) -> RefusedError:
        """500 for a render that failed."""
        if shown.status == "failed":
            return RefusedError(500, "Video generation failed")
        return RefusedError(404, "Video still being generated")
