"""What hosts that render by job have in common: routes of their own, ids, files under open addresses."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from sorasync.preview.dialects.base import Dialect
from sorasync.preview.model import PreviewJob
from sorasync.preview.request_parsing import Checks


def text_and_frame(content: object) -> dict[str, Any]:
    """The prompt and the first frame in a list of contents of several types."""
    found: dict[str, Any] = {}
    for item in content if isinstance(content, list) else []:
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "text":
            found["prompt"] = item.get("text")
        if kind == "image_url" and item.get("role") == "first_frame":
            found["input_reference"] = {"image_url": item["image_url"]["url"]}
    return found


# The model of a job that makes a picture.
PICTURE = "picture"


class JobHost(Dialect):
    """A host that renders by job. `routes` are its methods and paths, with the name of each route."""

    routes: ClassVar[list[tuple[str, re.Pattern[str], str]]]
    checks = Checks(strict=False)
    poll_hint = False

    def route_name(self, method: str, path: str) -> tuple[str, str | None]:
        """One of its own routes."""
        return self.named_by(self.routes, method, path)

    def new_id(self) -> str:
        """A job's id."""
        return str(uuid.uuid4())

    def id_in(self, job_id: str) -> str:
        """A file is named by its job."""
        return job_id.removesuffix(".mp4").removesuffix(".png")

    def is_picture(self, job: PreviewJob) -> bool:
        """Workflows without a length make pictures."""
        return job.model == PICTURE
